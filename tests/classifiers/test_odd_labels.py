"""Labels of several kinds, or none in a row, are refused by name wherever a classifier is fitted."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from skmer.classifiers import KTGSL, BalancedLDA, DeReGRLClassifier, FlipAugmentedClassifier

X = np.random.default_rng(0).normal(size=(8, 186)).astype(np.float32)
CLASSIFIERS = [
    BalancedLDA(),
    KTGSL(),
    DeReGRLClassifier(max_epochs=1),
    FlipAugmentedClassifier(DummyClassifier()),
]


@pytest.mark.parametrize("odd", [None, 1, float("nan"), 1j], ids=str)
@pytest.mark.parametrize("clf", CLASSIFIERS, ids=lambda clf: type(clf).__name__)
def test_odd_labels_are_refused_by_name(clf, odd):
    y = np.array(["a", "b"] * 4, dtype=object)
    y[3] = odd
    with pytest.raises(ValueError, match=r"(?i)\by\b|label|Input contains NaN"):
        clf.fit(X, y)


@pytest.mark.parametrize("mirror", [type("Alien", (), {}), "rows", lambda: 0])
def test_a_mirror_that_takes_no_rows_is_refused_by_name(mirror):
    clf = FlipAugmentedClassifier(DummyClassifier(), mirror)
    with pytest.raises(ValueError, match="'mirror' parameter"):
        clf.fit(X, ["a", "b"] * 4)
