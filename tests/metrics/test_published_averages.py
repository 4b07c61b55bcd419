"""Figures of published code that are called F1 or accuracy, and are other quantities than ours."""

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from skmer.metrics import uf1_score

CONFUSION = np.array([[8, 2, 0], [1, 5, 4], [0, 0, 10]])
TRUTH, FOUND = (np.repeat(place, CONFUSION.ravel()) for place in np.indices((3, 3)).reshape(2, 9))


def test_the_f1_of_dssn_is_no_macro_f1():
    # Its script takes the harmonic mean of macro precision and macro recall.
    precision, recall = (f(TRUTH, FOUND, average="macro") for f in (precision_score, recall_score))
    assert 2 * precision * recall / (precision + recall) == pytest.approx(0.7696, abs=5e-5)
    assert uf1_score(TRUTH, FOUND) == pytest.approx(0.7546, abs=5e-5)


def test_a_mean_over_subjects_is_no_pooled_accuracy():
    # Two clips of one subject weigh as much as 28 of another in the mean that LBP-FIP's script takes.
    subjects = np.repeat(["s1", "s2"], [28, 2])
    right = TRUTH == FOUND
    mean = np.mean([right[subjects == name].mean() for name in ("s1", "s2")])
    assert (right.mean(), mean) == (pytest.approx(23 / 30), pytest.approx((21 / 28 + 1) / 2))
