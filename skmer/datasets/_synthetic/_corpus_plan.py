"""Plan of a synthetic corpus, before any landmark or pixel: subjects, labels, movements, difficulty."""

from dataclasses import dataclass, replace
from functools import cache
from numbers import Real

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.utils import check_random_state

from skmer._utils._arguments import check_argument, integer
from skmer.datasets._synthetic._expressions import class_movements, class_table, make_movement
from skmer.face import ACTION_UNITS, MEAN_SHAPE

_RANGE = 0.35  # of the smooth fields, in eye-corner distances
_ADDED = 0.3  # rms of the movement that a variation of 1 adds, relative to the clip's
_HIGHEST = {"class_sep": 1, "flip_y": 1, "subject_effects": 3, "within_class_variation": 3}
_UNIT_NUMBERS = tuple(ACTION_UNITS)
_LEFT = -np.sign(MEAN_SHAPE[:, 0].round(2))  # 1 on the side seen on the left, 0 on the midline, -1


def covariance_root(covariance):
    """Matrix whose product with its own transpose is the covariance, which may be singular."""
    # Not Cholesky's: rounding leaves the smallest eigenvalues just below zero.
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
    # As complex numbers: a factor turns a displacement by its phase and stretches it by its modulus.
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


_SIZE_SKEW = 3.65  # 247 clips of 26 subjects then spread from 2 to 34, as CASME II's do
_CLASS_FOCUS = 3.0  # concentration of a subject's class preferences: most subjects miss a class
OFFSET_SHARE = 0.3
FACE_WIDTH = float(MEAN_SHAPE[16, 0] - MEAN_SHAPE[0, 0])
REFERENCE_SIZE = 280.0
_MOST_CLIPS = 100_000  # bounds the memory


def numpy_generator(random_state):
    """A `numpy.random.Generator` from scikit-learn's `random_state` (None, int or RandomState)."""
    # Four numbers of 31 bits: of single ones, two in a few ten thousand corpora would be equal.
    return np.random.default_rng(check_random_state(random_state).randint(2**31 - 1, size=4))


@dataclass(frozen=True, eq=False)
class CorpusPlan:
    """Drawn content of a corpus: `amplitude` (n, 3) in px, a column per frame, and else an entry per clip.

    Movements are drawn from `label`; `target` is the class that the corpus states, which may be wrong.
    """

    subject: np.ndarray
    label: np.ndarray
    target: np.ndarray
    movement: np.ndarray
    amplitude: np.ndarray

    @property
    def displacement(self):
        """True displacement (n, 3, 68, 2) of the 68 points from the onset, in px."""
        fields = np.stack([movement.field for movement in self.movement])
        return self.amplitude[:, :, None, None] * fields[:, None]


def largest_remainder(weights, total, at_least=0):
    """Integers about proportional to `weights` that sum to `total`, none below `at_least`."""
    shares = np.asarray(weights, float) / np.sum(weights) * (total - at_least * len(weights))
    counts = np.floor(shares).astype(int)
    missing = total - at_least * len(weights) - counts.sum()
    counts[np.argsort(counts - shares, kind="stable")[:missing]] += 1
    return counts + at_least


def subject_sizes(n_subjects, n_clips):
    """Unequal numbers of clips per subject, ascending."""
    rank = (np.arange(n_subjects) + 1) / n_subjects
    at_least = 2 if n_clips >= 2 * n_subjects else 1
    return np.sort(largest_remainder(rank**_SIZE_SKEW, n_clips, at_least))


def _assign_labels(subject, counts, rng):
    """Assign labels so that class counts are exact and every subject prefers some classes."""
    remaining = counts.astype(float)
    shares = remaining / remaining.sum()
    preference = rng.dirichlet(_CLASS_FOCUS * shares, size=subject.max() + 1)
    label = np.empty(len(subject), int)
    for clip in rng.permutation(len(subject)):
        # The small number: a class that nobody prefers has to be dealt out, too.
        odds = remaining / counts * (preference[subject[clip]] + 1e-9) * (remaining > 0)
        label[clip] = rng.choice(len(counts), p=odds / odds.sum())
        remaining[label[clip]] -= 1
    return label


def draw_plan(dataset, n_subjects, n_clips, amplitude, rng, *, n_classes=None, variability=None, offset=True):
    """Draw subjects, labels, movements and amplitudes.

    Parameters
    ----------
    dataset : {"casme2", "samm", "casme3", "megc2019"}
        Data set whose classes and units are used.
    n_subjects, n_clips : int
        At least two subjects and a clip for each subject and each class.
    amplitude : (float, float)
        Range in px of the apex's largest displacement.
    rng : numpy.random.Generator
        Source of randomness.
    n_classes : int, default=None
        Number of classes; by default the set's own.
    variability : Variability, default=None
        Departures of clips from their class's movements; none by default. They are drawn from a random stream
        of their own, so that subjects, labels and amplitudes are the same with and without them.
    offset : bool, default=True
        Whether anything of the movement is left at the offset.

    Returns
    -------
    plan : CorpusPlan
        Clips sorted by subject.
    """
    expressions = class_table(dataset, n_classes)
    variability = variability or Variability()
    low, high = check_range("amplitude", amplitude)
    check_argument("n_subjects", n_subjects, [integer(2)])
    check_argument("n_clips", n_clips, [integer(max(n_subjects, len(expressions)), _MOST_CLIPS)])
    names = np.array(sorted(expressions))
    subject = np.repeat(np.arange(n_subjects), rng.permutation(subject_sizes(n_subjects, n_clips)))
    counts = largest_remainder([expressions[name].count - 1 for name in names], n_clips, at_least=1)
    label = names[_assign_labels(subject, counts, rng)]
    own = rng.spawn(1)[0]  # a child stream: drawing from it does not move `rng`
    movement = _draw_movements(expressions, label, subject, variability, rng, own)
    amplitudes = _draw_amplitudes(n_clips, low, high, rng) * (1, 1, bool(offset))
    return CorpusPlan(subject, label, flip_labels(label, variability.flip_y, own), movement, amplitudes)


def _draw_movements(expressions, label, subject, variability, rng, own):
    tables = {name: class_movements(expression) for name, expression in expressions.items()}
    effects = SubjectEffects(variability.subject_effects, subject.max() + 1, own)
    share, variation = variability.class_sep, variability.within_class_variation
    drawn = np.empty(len(label), object)
    for clip, name in enumerate(label):
        movement = effects.draw(subject[clip], *tables[name], rng)
        if share < 1:
            other = label[own.integers(len(label))]
            movement = blend(movement, effects.draw(subject[clip], *tables[other], own), share)
        drawn[clip] = vary(movement, variation, own) if variation else movement
    return drawn


def _draw_amplitudes(n_clips, low, high, rng):
    apex = rng.uniform(low, high, n_clips)
    return np.column_stack([np.zeros(n_clips), apex, apex * rng.uniform(0, OFFSET_SHARE, n_clips)])


def check_range(name, value):
    """Refuse what is not an ascending pair of positive numbers."""
    try:
        low, high = (float(bound) for bound in value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a pair (low, high), got {value!r}.") from error
    if not 0 < low <= high < np.inf:
        raise ValueError(f"{name} must be a pair 0 < low <= high, got {value!r}.")
    return low, high
