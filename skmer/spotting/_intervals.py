"""Intervals of frames: overlap, the one-to-one matching of predictions to truths, peaks of a curve."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.signal import find_peaks

from skmer._utils._arguments import Pairs, check_argument, checked, option, share

MATCHING, SHARE = [option("optimal", "greedy")], [share()]


def interval_iou(first, second):
    """Intersection over union of intervals of frames, both ends included.

    Parameters
    ----------
    first : array-like of shape (2,) or (n, 2)
        Onset and offset in frames.
    second : array-like of shape (2,) or (m, 2)
        Onset and offset in frames.

    Returns
    -------
    float, or ndarray of shape (n, m)
        In [0, 1]; a number for two single intervals, else the table of all pairs.

    Raises
    ------
    ValueError
        If one is no interval, or ends before it starts.

    Notes
    -----
    The interval (s, e) has e - s + 1 frames. The baseline of MEGC 2020 has ``max(0, e - s) + 1`` for the
    intersection, which gives intervals far from each other one common frame.

    Examples
    --------
    >>> from skmer.spotting import interval_iou
    >>> round(interval_iou((10, 19), (15, 24)), 4)
    0.3333
    >>> interval_iou([(0, 9), (5, 14)], [(0, 9)]).round(2).tolist()
    [[1.0], [0.33]]
    """
    a, b = _check_intervals("first", first), _check_intervals("second", second)
    table = _iou_table(a.reshape(-1, 2), b.reshape(-1, 2))
    return float(table[0, 0]) if a.ndim == b.ndim == 1 else table


def _check_intervals(name, value):
    check_argument(name, value, [Pairs()])
    intervals = np.asarray(value, dtype=np.float64)
    if not intervals.size:
        return np.empty((0, 2))
    if (intervals[..., 1] < intervals[..., 0]).any():
        wrong = intervals.reshape(-1, 2)[(intervals[..., 1] < intervals[..., 0]).ravel()][0]
        raise ValueError(f"{name} must not end before it starts, got ({wrong[0]:g}, {wrong[1]:g}).")
    return intervals


def _iou_table(a, b):
    common = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0]) + 1
    common = common.clip(0)
    sizes = (a[:, 1] - a[:, 0] + 1)[:, None] + (b[:, 1] - b[:, 0] + 1)[None]
    return common / (sizes - common)


@checked(iou=SHARE, matching=MATCHING)
def match_intervals(true, pred, *, iou=0.5, matching="optimal"):
    """Match predicted intervals of one video to true ones, one to one.

    Parameters
    ----------
    true : array-like of shape (m, 2)
        True onsets and offsets in frames.
    pred : array-like of shape (n, 2)
        Predicted ones.
    iou : float, default=0.5
        Least intersection over union of a pair, in (0, 1].
    matching : {"optimal", "greedy"}, default="optimal"
        ``"optimal"`` has as many pairs as can be, and of such matchings the largest sum of overlaps;
        ``"greedy"`` takes the pair with the largest overlap first.

    Returns
    -------
    ndarray of shape (n,), int
        For each prediction the row of its truth, -1 for none.

    Raises
    ------
    ValueError
        If an interval or `iou` is out of its range.

    Notes
    -----
    They differ only where intervals of one side overlap each other.

    Examples
    --------
    >>> from skmer.spotting import match_intervals
    >>> match_intervals([(0, 9), (20, 29)], [(22, 31), (100, 120)]).tolist()
    [1, -1]
    """
    pred, true = (
        _check_intervals(name, value).reshape(-1, 2) for name, value in (("pred", pred), ("true", true))
    )
    return match_table(_iou_table(pred, true), iou, matching)


def match_table(table, iou, matching):
    """Row of the truth of each prediction, -1 for none, from their table of overlaps (n, m)."""
    found = np.full(len(table), -1)
    if not table.size:
        return found
    if matching == "greedy":
        order = np.argsort(-table, axis=None, kind="stable")
        for row, column in zip(*np.unravel_index(order, table.shape), strict=True):
            if table[row, column] >= iou and found[row] < 0 and column not in found:
                found[row] = column
        return found
    # A pair counts more than all overlaps together, so that the number of pairs goes first.
    gain = np.where(table >= iou, 1 + table / (1 + min(table.shape)), 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    kept = gain[rows, columns] > 0
    found[rows[kept]] = columns[kept]
    return found


class Candidates(NamedTuple):
    """Intervals around peaks, in samples, both ends included.

    Attributes
    ----------
    onset, apex, offset : ndarray of int
    height : ndarray of float
    """

    onset: np.ndarray
    apex: np.ndarray
    offset: np.ndarray
    height: np.ndarray

    def take(self, rows):
        """Select candidates."""
        return Candidates(*(values[rows] for values in self))


def peak_intervals(curve, share, lowest=0.0):
    """Intervals in which a curve stays above a share of its peaks; overlapping ones are the higher peak's.

    Parameters
    ----------
    curve : ndarray of shape (n,)
        Not negative.
    share : float
        Of the peak, down to which its interval reaches.
    lowest : float, default=0.0
        Least height of a peak.

    Returns
    -------
    Candidates
        In the order of the heights, highest first, none overlapping another.
    """
    peaks, _ = find_peaks(np.concatenate([[0.0], curve, [0.0]]), height=max(lowest, 1e-12))
    peaks -= 1
    order = peaks[np.argsort(-curve[peaks], kind="stable")]
    taken = np.zeros(len(curve), dtype=bool)
    rows = []
    for peak in order:
        if taken[peak]:
            continue
        first, last = _extent(curve, peak, share * curve[peak])
        if taken[first : last + 1].any():
            continue
        taken[first : last + 1] = True
        rows.append((first, peak, last))
    onset, apex, offset = np.array(rows, dtype=int).reshape(-1, 3).T
    return Candidates(onset, apex, offset, curve[apex])


def _extent(curve, peak, level):
    below = curve < level
    before, after = np.flatnonzero(below[:peak]), np.flatnonzero(below[peak:])
    first = before[-1] + 1 if len(before) else 0
    last = peak + after[0] - 1 if len(after) else len(curve) - 1
    return first, last
