import numpy as np
import pytest

from skmer.metrics import accuracy_at_coverage


@pytest.mark.parametrize(("at", "expected"), [(0.2, 1.0), (0.25, 1.0), (0.26, 0.9), (0.5, 0.9), (1, 0.7)])
def test_it_is_the_accuracy_of_the_first_point_that_keeps_enough(at, expected):
    assert accuracy_at_coverage([0.25, 0.5, 0.75, 1.0], [1.0, 0.9, 0.8, 0.7], at=at) == expected


def test_half_of_the_samples_is_the_default():
    assert accuracy_at_coverage([0.5, 1.0], [0.9, 0.7]) == 0.9


@pytest.mark.parametrize("n_samples", [3, 7, 10, 49])
def test_a_share_of_counted_samples_is_met_by_them(n_samples):
    coverage = np.cumsum(np.full(n_samples, 1 / n_samples))  # with rounding errors
    accuracy = np.arange(n_samples) / n_samples
    for kept in range(1, n_samples + 1):
        assert accuracy_at_coverage(coverage, accuracy, at=kept / n_samples) == accuracy[kept - 1]


def test_the_last_point_keeps_all():
    assert accuracy_at_coverage([0.5, 0.999999], [0.9, 0.7], at=1) == 0.7


@pytest.mark.parametrize(
    ("coverage", "accuracy", "at", "message"),
    [
        ([0.5, 1.0], [0.5], 0.5, "must have the same length"),
        ([0.2, 0.4], [0.5, 0.5], 0.5, r"^coverage must rise from above 0 to 1, got 2 points from 0.2 to 0.4"),
        ([0.5, 0.2, 1.0], [0.5] * 3, 0.5, "^coverage must rise"),
        ([0.0, 1.0], [0.5, 0.5], 0.5, "^coverage must rise"),
        ([0.5, np.nan], [0.5, 0.5], 0.5, "^coverage must be"),
        ([0.5, 1.0], [0.5, np.nan], 0.5, "^accuracy must be"),
        ([0.5, 1.0], [0.5, 0.5], 0, "^at must be"),
        ([0.5, 1.0], [0.5, 0.5], 1.5, "^at must be"),
    ],
)
def test_bad_arguments_are_refused(coverage, accuracy, at, message):
    with pytest.raises(ValueError, match=message):
        accuracy_at_coverage(coverage, accuracy, at=at)
