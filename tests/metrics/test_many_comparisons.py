from itertools import product

import numpy as np
import pytest

from skmer.metrics import critical_difference, holm_correction, subject_randomization_test, uf1_score


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(8), rng.integers(4, 8, size=8))
    truth = rng.choice(["a", "b", "c"], len(groups))
    return truth, *(np.where(rng.random(len(groups)) < p, truth, "a") for p in (0.9, 0.6)), groups


def exact(truth, a, b, groups):
    """All exchanges of the eight subjects, one after the other."""
    labels = np.unique(truth)
    score = lambda run: uf1_score(truth, run, labels=labels)  # noqa: E731
    differences = []
    for signs in product([False, True], repeat=8):
        swap = np.array(signs)[groups]
        differences.append(score(np.where(swap, b, a)) - score(np.where(swap, a, b)))
    return np.mean(np.abs(differences) >= abs(differences[0]) - 1e-12)


def test_it_comes_near_the_exact_test(data):
    p = subject_randomization_test(*data, n_resamples=20_000)
    assert p["uf1"] == pytest.approx(exact(*data), abs=0.01)
    assert 0.001 < p["uf1"] < 0.3


def test_it_is_symmetric_repeatable_and_sees_no_difference_in_none(data):
    truth, a, b, groups = data
    p = subject_randomization_test(truth, a, b, groups)
    assert p == subject_randomization_test(truth, a, b, groups)
    assert subject_randomization_test(truth, b, a, groups)["uf1"] == pytest.approx(p["uf1"], abs=0.02)
    assert set(subject_randomization_test(truth, a, a, groups).values()) == {1.0}


def test_a_subject_counts_once_however_many_clips_it_has():
    truth, groups = np.tile(["a", "b"], 40), np.repeat(np.arange(4), 20)
    p = subject_randomization_test(truth, truth, np.full(80, "a"), groups)
    assert p["accuracy"] == pytest.approx(2 / 16, abs=0.02)  # all stay, or all change places


def test_seeds_are_averaged_before_they_are_compared(data):
    truth, a, b, groups = data
    both = subject_randomization_test(truth, np.stack([a, b]), np.stack([b, a]), groups)
    assert both["uf1"] == 1.0
    with pytest.raises(ValueError, match="must have as many runs and samples"):
        subject_randomization_test(truth, np.stack([a, b]), b, groups)


def test_one_subject_is_refused(data):
    truth, a, b, groups = data
    with pytest.raises(ValueError, match="groups must name at least two subjects, got only 0"):
        subject_randomization_test(truth, a, b, 0 * groups)


def test_holm_steps_down_and_keeps_the_order():
    p = np.array([0.04, 0.005, 0.03, 0.5])
    np.testing.assert_allclose(holm_correction(p), [0.09, 0.02, 0.09, 0.5])
    np.testing.assert_allclose(holm_correction([0.6, 0.7]), [1.0, 1.0])
    assert holm_correction([]).shape == (0,)
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm_correction([0.1, 1.2])


@pytest.mark.parametrize(("k", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_critical_differences_are_those_of_demsars_table(k, q):
    assert critical_difference(k, 68) == pytest.approx(q * np.sqrt(k * (k + 1) / (6 * 68)), rel=1e-3)


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="n_methods must be an integer of at least 2"):
        critical_difference(1, 10)
    with pytest.raises(ValueError, match="level must be a float in the range"):
        critical_difference(3, 10, level=95)
