from math import comb

import numpy as np
import pytest

from skmer.metrics import Interval, mcnemar_exact, paired_bootstrap, subject_bootstrap, uar_score, uf1_score


def pooled(n_subjects=8, seed=0, right=0.7):
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_subjects), rng.integers(2, 12, n_subjects))
    truth = rng.choice(["a", "b", "c"], len(groups))
    guess = np.where(rng.uniform(size=len(groups)) < right, truth, rng.choice(["a", "b", "c"], len(groups)))
    return truth, guess, groups


def test_intervals_are_those_of_subjects_drawn_one_by_one():
    truth, guess, groups = pooled()
    n_subjects, n_resamples = 8, 300
    weights = np.random.RandomState(5).multinomial(
        n_subjects, np.full(n_subjects, 1 / n_subjects), n_resamples
    )
    uf1, uar = [], []
    for weight in weights:
        rows = np.concatenate([np.tile(np.flatnonzero(groups == s), n) for s, n in enumerate(weight)]).astype(
            int
        )
        uf1.append(uf1_score(truth[rows], guess[rows]))
        uar.append(uar_score(truth[rows], guess[rows]))
    intervals = subject_bootstrap(truth, guess, groups, level=0.9, n_resamples=n_resamples, random_state=5)
    np.testing.assert_allclose(intervals["uf1"], np.quantile(uf1, [0.05, 0.95]))
    np.testing.assert_allclose(intervals["uar"], np.quantile(uar, [0.05, 0.95]))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = [
        interval.low <= 0.8 <= interval.high
        for seed in range(200)
        for interval in [
            subject_bootstrap(*pooled(30, seed), n_resamples=300, random_state=seed)["accuracy"],
        ]
    ]
    assert 0.88 <= np.mean(covered) <= 0.99


def test_subjects_that_differ_widen_the_interval():
    groups = np.repeat(np.arange(20), 10)
    truth = np.tile(["a", "b"], 100)
    scattered = np.where(np.tile([True] * 5 + [False] * 5, 20), truth, np.roll(truth, 1))
    clustered = np.where(groups < 10, truth, np.roll(truth, 1))
    widths = [
        np.diff(subject_bootstrap(truth, guess, groups)["accuracy"])[0] for guess in (scattered, clustered)
    ]
    assert widths[0] < 0.01 < 0.3 < widths[1]


def test_several_runs_are_averaged_within_each_draw():
    truth, guess, groups = pooled()
    alone = subject_bootstrap(truth, guess, groups)
    thrice = subject_bootstrap(truth, [guess, guess, guess], groups)
    assert thrice["uf1"] == pytest.approx(alone["uf1"])
    mixed = subject_bootstrap(truth, [guess, truth], groups)["accuracy"]
    assert mixed.low == pytest.approx((alone["accuracy"].low + 1) / 2)


def test_paired_intervals_see_a_difference_that_single_ones_hide():
    truth, guess, groups = pooled(12, right=0.5)
    better = guess.copy()
    for subject in np.unique(groups):
        better[np.flatnonzero((groups == subject) & (guess != truth))[:1]] = truth[
            np.flatnonzero((groups == subject) & (guess != truth))[:1]
        ]
    a, b = (subject_bootstrap(truth, p, groups)["accuracy"] for p in (better, guess))
    assert a.low < b.high
    assert paired_bootstrap(truth, better, guess, groups)["accuracy"].low > 0


def test_paired_intervals_turn_round_with_the_methods():
    truth, guess, groups = pooled()
    there = paired_bootstrap(truth, guess, truth, groups)["uf1"]
    back = paired_bootstrap(truth, truth, guess, groups)["uf1"]
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_every_score_has_an_interval():
    for intervals in (subject_bootstrap(*pooled()), paired_bootstrap(*pooled()[:2], *pooled()[1:])):
        assert list(intervals) == ["accuracy", "uf1", "uar"]
        assert all(isinstance(ends, Interval) and ends.low <= ends.high for ends in intervals.values())


def test_same_seed_same_interval():
    assert subject_bootstrap(*pooled()) == subject_bootstrap(*pooled())
    assert subject_bootstrap(*pooled(), random_state=1) != subject_bootstrap(*pooled(), random_state=2)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_an_impossible_level_is_refused(level):
    with pytest.raises(ValueError, match="level must"):
        subject_bootstrap(*pooled(), level=level)


def test_a_single_subject_is_refused():
    with pytest.raises(ValueError, match="at least two subjects"):
        subject_bootstrap(["a", "b"], ["a", "b"], [1, 1])


@pytest.mark.parametrize("n_resamples", [[], {}, None, True, 0, -1, 1.5, 10**9])
def test_numbers_of_draws_are_checked(n_resamples):
    with pytest.raises(ValueError, match="n_resamples must be"):
        subject_bootstrap(list("mnmn"), list("mnnn"), list("xxyy"), n_resamples=n_resamples)


@pytest.mark.parametrize("level", [0, 1, None, "0.9"])
def test_levels_are_checked(level):
    with pytest.raises(ValueError, match="level must"):
        subject_bootstrap(list("mnmn"), list("mnnn"), list("xxyy"), level=level)


@pytest.mark.parametrize("place", range(3))
def test_missing_entries_are_refused(place):
    arrays = [list("mnmn"), list("mnnn"), list("xxyy")]
    arrays[place][1] = None
    name = ("y_true", "y_pred", "groups")[place]
    with pytest.raises(ValueError, match=f"{name} must have no missing entry, number 1 is None"):
        subject_bootstrap(*arrays)


@pytest.mark.parametrize(("b", "c"), [(0, 5), (3, 9), (7, 7), (1, 0)])
def test_p_value_is_the_two_sided_binomial_tail(b, c):
    p_value, only_a, only_b = mcnemar_exact(
        [True] * b + [False] * c + [True] * 4, [False] * b + [True] * c + [True] * 4
    )
    tail = 2 * sum(comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
    assert (only_a, only_b) == (b, c)
    assert p_value == pytest.approx(min(1.0, tail))


def test_nothing_to_tell_apart():
    assert mcnemar_exact([True, False], [True, False]) == (1.0, 0, 0)


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="must have the same length, got"):
        mcnemar_exact([True], [True, False])


@pytest.mark.parametrize("hits", [["happy", "sad", ""], [np.nan] * 3, [None, True, True], [2, 0, 1], []])
def test_what_is_no_hit_is_refused(hits):
    with pytest.raises(ValueError, match="correct_a must"):
        mcnemar_exact(hits, [True, False, True])
    with pytest.raises(ValueError, match="correct_b must"):
        mcnemar_exact([True, False, True], hits)


def test_ones_and_zeros_are_hits():
    assert mcnemar_exact([1, 1, 0], [0.0, 1.0, 0.0]) == mcnemar_exact(
        [True, True, False], [False, True, False]
    )
