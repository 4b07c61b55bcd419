import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from skmer.metrics import BaselineScores, majority_baseline, majority_predictions, uar_score, uf1_score

PUBLISHED = {
    "casme2-246": (dict(others=99, disgust=63, happiness=32, repression=27, surprise=25), 0.4024, 0.115),
    "samm-136": (dict(anger=57, others=26, happiness=26, surprise=15, contempt=12), 0.4191, 0.118),
    "megc-442": (dict(negative=250, positive=109, surprise=83), 0.5656, 0.241),
}


def labels(counts):
    return np.repeat(list(counts), list(counts.values()))


@pytest.mark.parametrize(("counts", "accuracy", "uf1"), PUBLISHED.values(), ids=PUBLISHED)
@pytest.mark.parametrize("n_subjects", [None, 26])
def test_published_baselines(counts, accuracy, uf1, n_subjects):
    y = labels(counts)
    groups = None if n_subjects is None else np.random.default_rng(0).integers(n_subjects, size=len(y))
    baseline = majority_baseline(y, groups)
    assert baseline.accuracy == pytest.approx(accuracy, abs=5e-5)
    assert baseline.uf1 == pytest.approx(uf1, abs=5e-4)
    assert baseline.uar == pytest.approx(1 / len(counts))


def test_predictions_are_those_of_a_majority_classifier_under_leave_one_subject_out():
    rng = np.random.default_rng(3)
    y, groups = rng.permutation(np.repeat(["a", "b", "c"], 20)), rng.integers(9, size=60)
    expected = cross_val_predict(
        DummyClassifier(strategy="most_frequent"), np.zeros((60, 1)), y, groups=groups, cv=LeaveOneGroupOut()
    )
    np.testing.assert_array_equal(majority_predictions(y, groups), expected)
    assert len(set(expected)) > 1
    baseline = majority_baseline(y, groups)
    assert baseline.uf1 == pytest.approx(uf1_score(y, expected))
    assert baseline.uar == pytest.approx(uar_score(y, expected))
    assert baseline.accuracy == pytest.approx(np.mean(y == expected))


def test_one_class_alone_has_a_perfect_baseline():
    assert majority_baseline(["a", "a"], [1, 2]) == BaselineScores(accuracy=1.0, uf1=1.0, uar=1.0)


def test_a_single_subject_is_refused():
    with pytest.raises(ValueError, match="at least two subjects, got only sub01"):
        majority_baseline(["a", "b"], ["sub01", "sub01"])


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        majority_predictions(["a", "b"], [1])
