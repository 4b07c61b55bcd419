"""Subjects, labels, movements and amplitudes of a synthetic corpus, before any landmark or pixel is made."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from skmer._utils._checks import check_integer, check_range
from skmer.datasets._synthetic._expressions import class_movements, class_table
from skmer.datasets._synthetic._variability import SubjectEffects, Variability, blend, flip_labels, vary
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
    check_integer("n_subjects", n_subjects, 2)
    check_integer("n_clips", n_clips, max(n_subjects, len(expressions)))
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
