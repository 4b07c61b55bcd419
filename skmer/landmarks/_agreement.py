"""One movement of landmarks out of several unlike flows, and how far each point of it is to be believed."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from skmer.face import RIGID_POINTS, FaceGraph
from skmer.landmarks._alignment import apply_similarity, fit_similarity

FLOW_GAIN = 1.15  # smooth flow makes movements smaller; docs/landmarks.md has what is left of that
NODES = list(FaceGraph.preset("brow-nose-lip31").nodes)
RIGID = list(RIGID_POINTS)
UPPER_LIDS, LOWER_LIDS = [37, 38, 43, 44], [41, 40, 47, 46]  # each above the other
_IS_LID = np.isin(np.arange(68), UPPER_LIDS + LOWER_LIDS)
_APART = 2.0  # px: where a flow of single points differs by more from the others, it has lost the point
_NOISE = 0.15  # px: a difference of flows that says nothing against either
_RIGID_NOISE = 0.1  # px, of a rigid point: beyond it the point says less of the head's motion
_REWEIGHTED = 3  # times
_ALIKE = 0.15  # of a movement: flows that differ by less agree about it
_UNLIKE = 1.4  # of a movement: flows that differ by more say nothing of it
_LEAST = 1e-6  # px: less is rounding
_LARGEST_RATIO = 1e6  # of movement to noise, where two estimates are the same


@dataclass(frozen=True, eq=False)
class FlowEstimates:
    """Displacements of the same landmarks by several unlike flows.

    Noise differs from flow to flow, and so does what is no movement: a shadow, a spot, a closing eye. Where
    the flows agree their mean is taken; where they do not, the single points give way to the dense flows,
    rigid points weigh less in the head's motion, and the movement is shrunk.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
        Landmarks on the onset in px, the 68 first.
    dense : list of ndarray of shape (..., n_points, 2)
        Displacements by dense flows; leading axes are times.
    single : ndarray of that shape
        Displacements by a flow that looks at each point alone; NaN where it has lost one.
    """

    points: np.ndarray
    dense: list
    single: np.ndarray

    @cached_property
    def _mean_dense(self):
        return np.mean(self.dense, axis=0)

    @cached_property
    def _is_lost(self):
        return ~(np.abs(self.single - self._mean_dense) < _APART).all(axis=-1)  # NaN is lost

    @cached_property
    def _flows(self):
        return [*self.dense, np.where(self._is_lost[..., None], self._mean_dense, self.single)]

    @cached_property
    def spread(self):
        """Largest distance of two flows at each point, (..., n_points), px; that of a lost one is large."""
        distances = [np.linalg.norm(a - b, axis=-1) for a, b in combinations(self._flows, 2)]
        return np.max([*distances, np.where(self._is_lost, _APART, 0.0)], axis=0)

    def rigid_weights(self, time=()):
        """Weights of the rigid points in the head's motion.

        Those whose flows differ weigh less, and so do those that move unlike the others, as the corners of a
        closing eye do: iteratively reweighted least squares.
        """
        noise = _RIGID_NOISE**2 + self.spread[time][RIGID] ** 2
        moved, weights = self.points + self._mean_dense[time], 1 / noise
        for _ in range(_REWEIGHTED):
            left = still_motion(self.points, moved, weights)[RIGID]
            weights = 1 / (noise + (left**2).sum(axis=-1))
        return weights

    def displacement(self, weights):
        """Displacement by all flows, (..., n_points, 2); dense flows alone where the single points differ."""
        dense, single = self._mean_dense, self._flows[-1]
        size = np.linalg.norm(still_motion(self.points, self.points + dense, weights), axis=-1)
        differs = np.linalg.norm(single - dense, axis=-1) / np.maximum(_NOISE, _ALIKE * size)
        share = 1 / len(self._flows) / (1 + differs**2)
        return dense + share[..., None] * (single - dense)

    def movements(self, weights):
        """The face's own movement by each flow, (..., n_points, 2); a lost point has none to agree with."""
        moved = [still_motion(self.points, self.points + shift, weights) for shift in self._flows]
        return [*moved[:-1], np.where(self._is_lost[..., None], 0.0, moved[-1])]

    def believed(self, movement, reliability, time=()):
        """The part of a movement, (n_points, 2), that is believed.

        It is shrunk by its reliability, and point by point where flows differ, and enlarged by what smooth
        flow takes off it. Lids are left as they are: they blink whether or not the nodes agree.
        """
        size = np.maximum(_NOISE, _UNLIKE * np.linalg.norm(movement, axis=-1))
        trust = 1 / (1 + (self.spread[time] / size) ** 2)
        share = np.where(np.resize(_IS_LID, len(movement)), 1.0, FLOW_GAIN * reliability * trust)
        return held_still(self.points, share[:, None] * movement)


def still_motion(points, moved, weights=None):
    """Displacement of points without the similarity that their rigid ones make; (..., n_points, 2)."""
    target = np.broadcast_to(points[RIGID], (*np.shape(moved)[:-2], len(RIGID), 2))
    return apply_similarity(fit_similarity(moved[..., RIGID, :], target, weights), moved) - points


def held_still(points, movement):
    """A movement whose rigid points turn, shift and scale nothing, so that alignment takes nothing off it.

    Points are sets of 68, each with rigid points of its own.
    """
    held = movement.copy()
    for first in range(0, len(points), 68):
        own = slice(first, first + 68)
        held[own][RIGID] = still_motion(points[own], points[own] + movement[own])[RIGID]
    return held


def agreement(one, other):
    """Reliability and movement over noise of two estimates of the same displacements.

    Parameters
    ----------
    one, other : ndarray of shape (n_points, 2)
        The estimates.

    Returns
    -------
    reliability : float
        Their correlation about zero, from zero to one; zero if nothing moves.
    movement_to_noise : float
        Root mean square length of their mean over that of half their difference; zero if nothing moves.
    """
    sizes = np.linalg.norm(one), np.linalg.norm(other)
    if min(sizes) < _LEAST:
        return 0.0, 0.0
    noise, movement = np.linalg.norm(one - other), np.linalg.norm(one + other)
    reliability = np.clip((one * other).sum() / np.prod(sizes), 0, 1)
    return float(reliability), float(movement / max(noise, movement / _LARGEST_RATIO, _LEAST))


def least_agreement(movements):
    """Least reliability, and least movement over noise, of every two of several estimates, (n_points, 2)."""
    return np.min([agreement(a[NODES], b[NODES]) for a, b in combinations(movements, 2)], axis=0).tolist()
