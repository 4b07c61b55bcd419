import numpy as np
import pytest

from skmer.spotting import interval_iou, match_intervals


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((10, 19), (15, 24), 5 / 15),
        ((10, 19), (10, 19), 1),
        ((10, 19), (20, 29), 0),
        ((10, 19), (19, 28), 1 / 19),
        ((10, 29), (10, 19), 0.5),
        ((0, 0), (0, 0), 1),
        ((0, 9), (500, 900), 0),
    ],
)
def test_both_ends_are_counted(first, second, expected):
    assert interval_iou(first, second) == pytest.approx(expected, abs=1e-15)
    assert interval_iou(second, first) == interval_iou(first, second)


def test_tables_hold_all_pairs():
    table = interval_iou([(0, 9), (5, 14), (20, 20)], [(0, 9), (20, 20)])
    np.testing.assert_allclose(table, [[1, 0], [1 / 3, 0], [0, 1]])
    assert interval_iou([], [(0, 9)]).shape == (0, 1)
    assert interval_iou((0, 9), [(0, 9)]).shape == (1, 1)


@pytest.mark.parametrize(
    ("value", "message"),
    [((5, 4), "must not end before it starts"), ((1, 2, 3), "first must be"), ((np.nan, 2), "first must be")],
)
def test_what_is_no_interval_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        interval_iou(value, (0, 1))


def test_the_optimal_matching_has_most_pairs():
    # The longer prediction fits the first truth best, and only that fits the shorter one.
    true, pred = [(0, 9), (4, 13)], [(1, 10), (0, 8)]
    assert interval_iou(pred[0], true[0]) > interval_iou(pred[0], true[1]) >= 0.5
    assert interval_iou(pred[1], true[1]) < 0.5
    assert match_intervals(true, pred).tolist() == [1, 0]
    true = [(0, 9), (3, 12)]
    pred = [(1, 10), (0, 5)]
    assert match_intervals(true, pred).tolist() == [1, 0]
    assert match_intervals(true, pred, matching="greedy").tolist() == [0, -1]


def test_of_equally_many_pairs_the_largest_overlap_is_taken():
    true, pred = [(0, 9), (2, 11)], [(1, 10), (2, 11)]
    assert match_intervals(true, pred).tolist() == [0, 1]


def test_one_prediction_matches_one_truth():
    assert sorted(match_intervals([(0, 9), (0, 9)], [(0, 9)]).tolist()) == [0]
    assert match_intervals([(0, 9)], [(0, 9), (0, 9)]).tolist().count(-1) == 1


def test_half_is_enough():
    assert match_intervals([(0, 9)], [(0, 19)]).tolist() == [0]
    assert match_intervals([(0, 9)], [(0, 20)]).tolist() == [-1]
    assert match_intervals([(0, 9)], []).tolist() == []
    with pytest.raises(ValueError, match="iou must be a float in the range"):
        match_intervals([(0, 9)], [(0, 9)], iou=0)


def test_greedy_equals_optimal_on_disjoint_intervals():
    rng = np.random.default_rng(0)
    for _ in range(300):
        ends = np.sort(rng.choice(200, size=(2, 12), replace=False), axis=1).reshape(2, 6, 2)
        pairs = [match_intervals(*ends, iou=0.3, matching=name).tolist() for name in ("optimal", "greedy")]
        matched = [sum(row >= 0 for row in rows) for rows in pairs]
        assert matched[0] >= matched[1]
        first = match_intervals(*ends), match_intervals(*ends, matching="greedy")
        assert (first[0] == first[1]).all()
