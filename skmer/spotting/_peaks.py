"""Peaks of a curve as intervals."""

from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks


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
