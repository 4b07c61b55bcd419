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
_APART = 2.0  # px: where a flow of single points differs by more from the others, it has lost the point
_NOISE = 0.15  # px: a difference of flows that says nothing against either
_RIGID_NOISE = 0.1  # px, of a rigid point: beyond it the point says less of the head's motion
_ALIKE, _UNLIKE = 0.15, 1.4  # of a movement: below and above it, flows that differ by that agree, and do not
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
    def flows(self):
        """Displacements of each flow; those of lost points are the mean of the dense ones."""
        return [*self.dense, np.where(self._is_lost[..., None], self._mean_dense, self.single)]

    @cached_property
    def spread(self):
        """Largest distance of two flows at each point, (..., n_points), px."""
        distances = [np.linalg.norm(a - b, axis=-1) for a, b in combinations(self.flows, 2)]
        return np.where(self._is_lost, _APART, np.max(distances, axis=0))

    def rigid_weights(self, time=()):
        """Weights of the rigid points in the head's motion: those whose flows differ weigh less."""
        return 1 / (_RIGID_NOISE**2 + self.spread[time][..., RIGID] ** 2)

    def displacement(self, weights):
        """Displacement by all flows, (..., n_points, 2); dense flows alone where the single points differ."""
        dense, single = self._mean_dense, self.flows[-1]
        size = np.linalg.norm(still_motion(self.points, self.points + dense, weights), axis=-1)
        differs = np.linalg.norm(single - dense, axis=-1) / np.maximum(_NOISE, _ALIKE * size)
        share = 1 / len(self.flows) / (1 + differs**2)
        return dense + share[..., None] * (single - dense)

    def trust(self, movement, time=()):
        """Factors from zero to one for the points of a movement, (n_points, 2): small where flows differ."""
        size = np.maximum(_NOISE, _UNLIKE * np.linalg.norm(movement, axis=-1))
        return 1 / (1 + (self.spread[time] / size) ** 2)


def still_motion(points, moved, weights=None):
    """Displacement of points without the similarity that their rigid ones make; (..., n_points, 2)."""
    target = np.broadcast_to(points[RIGID], (*np.shape(moved)[:-2], len(RIGID), 2))
    return apply_similarity(fit_similarity(moved[..., RIGID, :], target, weights), moved) - points


def held_still(points, movement):
    """A movement whose rigid points turn, shift and scale nothing, so that alignment takes nothing off it."""
    held = movement.copy()
    held[RIGID] = still_motion(points, points + movement)[RIGID]
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
    energy = np.sqrt((one**2).sum() * (other**2).sum())
    noise, movement = np.linalg.norm(one - other), np.linalg.norm(one + other)
    reliability = np.clip((one * other).sum() / energy, 0, 1) if energy else 0.0
    return float(reliability), float(movement / max(noise, movement / _LARGEST_RATIO)) if movement else 0.0


def least_agreement(movements):
    """Agreement of those two of several estimates that agree least."""
    return min(agreement(one[NODES], other[NODES]) for one, other in combinations(movements, 2))
