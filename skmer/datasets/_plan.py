"""Who shows what: subjects, labels and movements of a synthetic corpus, before any landmark or pixel."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

from skmer.datasets._expressions import EXPRESSIONS, class_movements
from skmer.face import MEAN_SHAPE

_SIZE_SKEW = 3.65  # 247 clips of 26 subjects then spread from 2 to 34, as CASME II's do
_CLASS_FOCUS = 3.0  # concentration of a subject's class preferences: most subjects miss a class
OFFSET_SHARE = 0.3
FACE_WIDTH = float(MEAN_SHAPE[16, 0] - MEAN_SHAPE[0, 0])
REFERENCE_SIZE = 280.0


def numpy_generator(random_state):
    """A `numpy.random.Generator` from scikit-learn's `random_state` (None, int or RandomState)."""
    return np.random.default_rng(check_random_state(random_state).randint(2**31 - 1, size=4))


@dataclass(frozen=True, eq=False)
class Plan:
    """Drawn content of a corpus: subject (n,), label (n,), movement (n,), amplitude (n, 3) px per frame."""

    subject: np.ndarray
    label: np.ndarray
    movement: np.ndarray
    amplitude: np.ndarray

    @property
    def displacement(self):
        """True displacement (n, 3, 68, 2) of the 68 points from the onset, in px."""
        fields = np.stack([movement.field for movement in self.movement])
        return self.amplitude[:, :, None, None] * fields[:, None]


def largest_remainder(weights, total, floor=0):
    """Integers near `weights` times a factor that sum to `total`, none below `floor`."""
    shares = np.asarray(weights, float) / np.sum(weights) * (total - floor * len(weights))
    counts = np.floor(shares).astype(int)
    missing = total - floor * len(weights) - counts.sum()
    counts[np.argsort(counts - shares, kind="stable")[:missing]] += 1
    return counts + floor


def subject_sizes(n_subjects, n_clips):
    """Unequal numbers of clips per subject, ascending."""
    rank = (np.arange(n_subjects) + 1) / n_subjects
    floor = 2 if n_clips >= 2 * n_subjects else 1
    return np.sort(largest_remainder(rank**_SIZE_SKEW, n_clips, floor))


def _assign_labels(subject, counts, rng):
    """Deal the labels out so that class counts are exact and every subject has classes of its own."""
    remaining = counts.astype(float)
    shares = remaining / remaining.sum()
    preference = rng.dirichlet(_CLASS_FOCUS * shares, size=subject.max() + 1)
    label = np.empty(len(subject), int)
    for clip in rng.permutation(len(subject)):
        odds = remaining / counts * (preference[subject[clip]] + 1e-9) * (remaining > 0)
        label[clip] = rng.choice(len(counts), p=odds / odds.sum())
        remaining[label[clip]] -= 1
    return label


def check_integer(name, value, least):
    """Refuse what is not an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")


def check_positive(name, value):
    """Refuse what is not a positive finite number."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < np.inf:
        raise ValueError(f"{name} must be a positive number, got {value!r}.")


def check_range(name, value):
    """Refuse what is not an ascending pair of positive numbers."""
    try:
        low, high = (float(bound) for bound in value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a pair (low, high), got {value!r}.") from error
    if not 0 < low <= high < np.inf:
        raise ValueError(f"{name} must be a pair 0 < low <= high, got {value!r}.")
    return low, high


def check_dataset(dataset):
    """Classes of a data set's synthetic twin, by name."""
    if dataset not in EXPRESSIONS:
        raise ValueError(f"dataset must be one of {sorted(EXPRESSIONS)}, got {dataset!r}.")
    return EXPRESSIONS[dataset]


def draw_plan(dataset, n_subjects, n_clips, amplitude, rng):
    """Draw subjects, labels, movements and amplitudes.

    Parameters
    ----------
    dataset : {"casme2", "samm"}
        Whose classes and units.
    n_subjects, n_clips : int
        At least two subjects and a clip for each subject and each class.
    amplitude : (float, float)
        Range in px of the apex's largest displacement.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    plan : Plan
        Clips sorted by subject.
    """
    expressions = check_dataset(dataset)
    low, high = check_range("amplitude", amplitude)
    check_integer("n_subjects", n_subjects, 2)
    check_integer("n_clips", n_clips, max(n_subjects, len(expressions)))
    names = np.array(sorted(expressions))
    subject = np.repeat(np.arange(n_subjects), rng.permutation(subject_sizes(n_subjects, n_clips)))
    counts = largest_remainder([expressions[name].count - 1 for name in names], n_clips, floor=1)
    label = names[_assign_labels(subject, counts, rng)]
    return Plan(
        subject, label, _draw_movements(expressions, label, rng), _draw_amplitudes(n_clips, low, high, rng)
    )


def _draw_movements(expressions, label, rng):
    tables = {name: class_movements(expression) for name, expression in expressions.items()}
    drawn = np.empty(len(label), object)
    for clip, name in enumerate(label):
        movements, probabilities = tables[name]
        drawn[clip] = movements[rng.choice(len(movements), p=probabilities)]
    return drawn


def _draw_amplitudes(n_clips, low, high, rng):
    apex = rng.uniform(low, high, n_clips)
    return np.column_stack([np.zeros(n_clips), apex, apex * rng.uniform(0, OFFSET_SHARE, n_clips)])
