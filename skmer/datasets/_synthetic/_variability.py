"""Difficulty beside noise: mixed classes, subject effects, variation within a class, wrong labels."""

from dataclasses import dataclass, replace
from functools import cache
from numbers import Real

import numpy as np
from scipy.spatial.distance import cdist

from skmer.datasets._synthetic._expressions import make_movement
from skmer.face import ACTION_UNITS, MEAN_SHAPE

_RANGE = 0.35  # of the smooth fields, in eye-corner distances
_ADDED = 0.3  # rms of the movement that a variation of 1 adds, relative to the clip's
_HIGHEST = {"class_sep": 1, "flip_y": 1, "subject_effects": 3, "within_class_variation": 3}
_UNIT_NUMBERS = tuple(ACTION_UNITS)
_LEFT = -np.sign(MEAN_SHAPE[:, 0].round(2))  # 1 on the side seen on the left, 0 on the midline, -1


def covariance_root(covariance):
    """Matrix whose product with its own transpose is the covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.clip(values, 0, None))


@cache
def _smooth_root():
    return covariance_root(np.exp(-0.5 * (cdist(MEAN_SHAPE, MEAN_SHAPE) / _RANGE) ** 2))


def smooth_fields(shape, rng):
    """Random smooth fields (*shape, 68, 2) of unit rms."""
    fields = np.einsum("ij,...jk->...ik", _smooth_root(), rng.standard_normal((*shape, 68, 2)))
    return fields / np.sqrt(np.mean(fields**2, axis=(-2, -1), keepdims=True))


@dataclass(frozen=True)
class Variability:
    """Parameters of `make_landmark_clips` for departures of clips from their class's movements."""

    class_sep: float = 1.0
    flip_y: float = 0.0
    subject_effects: float = 0.0
    within_class_variation: float = 0.0

    def __post_init__(self):
        for name, highest in _HIGHEST.items():
            value = getattr(self, name)
            if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= value <= highest:
                raise ValueError(f"{name} must be a number from 0 to {highest}, got {value!r}.")


class SubjectEffects:
    """Differences between subjects in showing a class: odds, strengths, sides and paths of the units.

    Parameters
    ----------
    strength : float
        Zero for no effects; the standard deviation of a unit's log strength and log odds.
    n_subjects : int
        Number of people.
    rng : numpy.random.Generator
        Source of randomness.
    """

    def __init__(self, strength, n_subjects, rng):
        shape = (n_subjects, len(_UNIT_NUMBERS))
        self.strength = strength
        self._log_odds, self._log_strength = strength * rng.standard_normal((2, *shape))
        self._left_odds = np.exp(2 * strength * rng.standard_normal(n_subjects))
        self._lean = 0.5 * np.tanh(strength * rng.standard_normal(n_subjects))
        self._path = 0.5 * strength * smooth_fields(shape, rng)

    def draw(self, subject, movements, probabilities, rng):
        """Draw one of a class's movements with the subject's own odds, strengths and paths."""
        if not self.strength:
            return movements[rng.choice(len(movements), p=probabilities)]
        odds = self._odds(subject, movements, probabilities)
        return self._own(subject, movements[rng.choice(len(movements), p=odds)])

    def _odds(self, subject, movements, probabilities):
        left = self._left_odds[subject] / (1 + self._left_odds[subject])
        side = {"both": 1.0, "left": 2 * left, "right": 2 * (1 - left)}
        preferred = [
            side[movement.side] * np.exp(np.mean(self._log_odds[subject, _columns(movement.units)]))
            for movement in movements
        ]
        odds = probabilities * preferred
        return odds / odds.sum()

    def _own(self, subject, movement):
        columns = _columns(movement.units)
        strengths = movement.strengths * np.exp(self._log_strength[subject, columns])
        made = make_movement(movement.units, tuple(strengths), movement.side)
        path = np.tensordot(strengths / strengths.sum(), self._path[subject, columns], 1)
        lean = 1 + self._lean[subject] * _LEFT
        return _rescaled(made, lean[:, None] * made.field + _rms(made.field) * path)


def _columns(units):
    return [_UNIT_NUMBERS.index(unit) for unit in units]


def _rms(field):
    return np.sqrt(np.mean(field**2))


def _rescaled(movement, field):
    """The movement with another field, scaled to a largest norm of one."""
    largest = np.linalg.norm(field, axis=1).max()
    return replace(
        movement, field=field / largest, strengths=tuple(float(x) / largest for x in movement.strengths)
    )


def blend(movement, other, share):
    """A movement of which `other` is a part of 1 - share; its units are those of both."""
    weights = dict.fromkeys(movement.units + other.units, 0.0)
    for part, factor in ((movement, share), (other, 1 - share)):
        for unit, strength in zip(part.units, part.strengths, strict=True):
            weights[unit] += factor * strength
    units = tuple(unit for unit, weight in weights.items() if weight > 0)
    mixed = replace(movement, units=units, strengths=tuple(weights[unit] for unit in units))
    return _rescaled(mixed, share * movement.field + (1 - share) * other.field)


def vary(movement, variation, rng):
    """The movement turned and stretched by a smooth random amount at each point, and another one added."""
    change, added = smooth_fields((2,), rng) @ (1, 1j)
    turned = movement.field @ (1, 1j) * np.exp(variation * change)
    own = turned + _ADDED * variation * _rms(movement.field) * added
    return _rescaled(movement, np.stack([own.real, own.imag], axis=1))


def flip_labels(label, share, rng):
    """Shuffle the labels of a random share of the clips among each other."""
    flipped = np.flatnonzero(rng.random(len(label)) < share)
    shuffled = label.copy()
    shuffled[flipped] = label[rng.permutation(flipped)]
    return shuffled
