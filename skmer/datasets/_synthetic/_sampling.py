"""Who shows what: subjects, labels and movements of a synthetic corpus, before any landmark or pixel."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

from skmer.datasets._synthetic._expressions import class_movements, class_table
from skmer.datasets._synthetic._variability import Habits, Variety, blend, flip_labels, vary
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
    """Drawn content of a corpus: amplitude (n, 3) per frame in px, and else an entry a clip.

    Movements are drawn from the label; the target is what the corpus says it is.
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


def draw_plan(dataset, n_subjects, n_clips, amplitude, rng, *, n_classes=None, variety=None, offset=True):
    """Draw subjects, labels, movements and amplitudes.

    Parameters
    ----------
    dataset : {"casme2", "samm", "casme3", "megc2019"}
        Whose classes and units.
    n_subjects, n_clips : int
        At least two subjects and a clip for each subject and each class.
    amplitude : (float, float)
        Range in px of the apex's largest displacement.
    rng : numpy.random.Generator
        Source of randomness.
    n_classes : int, default=None
        How many classes; by default the set's own.
    variety : Variety, default=None
        How clips depart from their class's movements; by default not at all. It has a stream of its own, so
        that subjects, labels and amplitudes stay what they are without it.
    offset : bool, default=True
        Whether anything of the movement is left at the offset.

    Returns
    -------
    plan : Plan
        Clips sorted by subject.
    """
    expressions = class_table(dataset, n_classes)
    variety = variety or Variety()
    low, high = check_range("amplitude", amplitude)
    check_integer("n_subjects", n_subjects, 2)
    check_integer("n_clips", n_clips, max(n_subjects, len(expressions)))
    names = np.array(sorted(expressions))
    subject = np.repeat(np.arange(n_subjects), rng.permutation(subject_sizes(n_subjects, n_clips)))
    counts = largest_remainder([expressions[name].count - 1 for name in names], n_clips, floor=1)
    label = names[_assign_labels(subject, counts, rng)]
    own = rng.spawn(1)[0]
    movement = _draw_movements(expressions, label, subject, variety, rng, own)
    amplitudes = _draw_amplitudes(n_clips, low, high, rng) * (1, 1, bool(offset))
    return Plan(subject, label, flip_labels(label, variety.flip_y, own), movement, amplitudes)


def _draw_movements(expressions, label, subject, variety, rng, own):
    tables = {name: class_movements(expression) for name, expression in expressions.items()}
    habits = Habits(variety.habits, subject.max() + 1, own)
    drawn = np.empty(len(label), object)
    for clip, name in enumerate(label):
        movement = habits.draw(subject[clip], *tables[name], rng)
        if variety.class_sep < 1:
            other = label[own.integers(len(label))]
            movement = blend(movement, habits.draw(subject[clip], *tables[other], own), variety.class_sep)
        drawn[clip] = vary(movement, variety.variation, own) if variety.variation else movement
    return drawn


def _draw_amplitudes(n_clips, low, high, rng):
    apex = rng.uniform(low, high, n_clips)
    return np.column_stack([np.zeros(n_clips), apex, apex * rng.uniform(0, OFFSET_SHARE, n_clips)])
