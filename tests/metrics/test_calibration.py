import numpy as np
import pytest

from skmer.metrics import expected_calibration_error


def drawn(n_samples, sharpness, seed=0):
    """Probabilities, and classes drawn from them before they are sharpened."""
    rng = np.random.default_rng(seed)
    honest = rng.dirichlet(np.ones(3), n_samples)
    y = (rng.random((n_samples, 1)) > honest.cumsum(axis=1)).sum(axis=1)
    stated = honest**sharpness
    return y, stated / stated.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_honest_probabilities_have_no_error_and_boasting_ones_do(strategy):
    errors = [
        expected_calibration_error(*drawn(20_000, sharpness), strategy=strategy) for sharpness in (1, 2, 5)
    ]
    assert errors[0] < 0.015
    assert errors[0] + 0.05 < errors[1] < errors[2]


def test_by_hand():
    y = np.array(["a", "a", "b", "b", "b"])
    first = np.array([0.95, 0.93, 0.91, 0.35, 0.32])
    probabilities = np.column_stack([first, 1 - first])
    # ten bins: (.9, 1] holds three, two of them right; (.6, .7] two, both right
    expected = (abs(2 - (0.95 + 0.93 + 0.91)) + abs(2 - (0.65 + 0.68))) / 5
    assert expected_calibration_error(y, probabilities) == pytest.approx(expected)
    every = abs(4 - (0.95 + 0.93 + 0.91 + 0.65 + 0.68)) / 5
    assert expected_calibration_error(y, probabilities, n_bins=1) == pytest.approx(every)
    # five bins of equal mass: each sample by itself
    alone = expected_calibration_error(y, probabilities, n_bins=5, strategy="quantile")
    assert alone == pytest.approx((0.05 + 0.07 + 0.91 + 0.35 + 0.32) / 5)


def test_an_edge_belongs_to_the_bin_below_and_equal_probabilities_share_one():
    half = np.full((4, 2), 0.5)
    for strategy in ("uniform", "quantile"):
        assert expected_calibration_error([0, 1, 0, 1], half, n_bins=2, strategy=strategy) == 0
    mixed = np.array([[0.5, 0.5], [0.51, 0.49]])
    assert expected_calibration_error([1, 0], mixed, labels=[0, 1], n_bins=2) == pytest.approx(
        (0.5 + 0.49) / 2
    )


def test_order_of_labels_is_that_of_the_columns():
    probabilities = [[0.9, 0.1], [0.2, 0.8]]
    assert expected_calibration_error(["b", "a"], probabilities, labels=["b", "a"]) == pytest.approx(0.15)
    assert expected_calibration_error(["b", "a"], probabilities) == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("y", "probabilities", "options", "message"),
    [
        ([0, 1], [[0.5, 0.5]], {}, "must have the same length"),
        ([0, 0], [[0.5, 0.5]] * 2, {}, r"which has 2, got 1 classes; pass labels="),
        ([0, 1], [[2.0, 1.0]] * 2, {}, "sum to 1 in each row, got rows that sum from 3 to 3"),
        ([0, 1], [[-0.5, 1.5]] * 2, {}, "smallest entry of -0.5"),
        ([0, 1], [[0.5, 0.5]] * 2, {"n_bins": 0}, "n_bins"),
        ([0, 1], [[0.5, 0.5]] * 2, {"n_bins": 10**9}, "n_bins"),
        ([0, 1], [[0.5, 0.5]] * 2, {"n_bins": 10**30}, "n_bins"),
        ([0, 1], [[0.5, 0.5]] * 2, {"strategy": "width"}, "strategy"),
    ],
)
def test_bad_arguments_are_refused(y, probabilities, options, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(y, probabilities, **options)
