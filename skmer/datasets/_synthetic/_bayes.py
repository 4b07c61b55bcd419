"""The best accuracy that is possible on a synthetic corpus, from its generative model."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import log_ndtr, logsumexp

from skmer._utils._arguments import FLAG, SEED, TEXT, Items, Numbers, check_argument, checked, integer, real
from skmer.datasets._synthetic._corpus_plan import OFFSET_SHARE, Variability, check_range, numpy_generator
from skmer.datasets._synthetic._expressions import class_movements, class_table
from skmer.datasets._synthetic._landmark_clips import noise_correlation, noise_level

_CHUNK = 200  # clips scored at once; bounds the memory
_SHARE_POINTS = 12  # Gauss-Legendre points over the offset's share of the apex


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Fields (M, 2 N) of the distinct movements, whitened by the noise, and P(class, movement) (C, M)."""

    fields: np.ndarray
    joint: np.ndarray


@checked(
    noise=[str, real(0, 1e3)],
    dataset=TEXT,
    gain=[real(0, 1e6), None],
    amplitude=[Numbers(2)],
    n_classes=[Integral, None],
    flip_y=[real(0, 1e6)],
    offset=FLAG,
    class_sep=[real(0, 1e6)],
    subject_effects=[real(0, 1e6)],
    within_class_variation=[real(0, 1e6)],
    points=[Items(Integral), None],
    n_samples=[integer(1, 10**7)],
    random_state=SEED,
)
def bayes_accuracy(
    noise="flow",
    *,
    dataset="casme2",
    gain=None,
    amplitude=(0.5, 2.5),
    n_classes=None,
    flip_y=0.0,
    offset=True,
    class_sep=1.0,
    subject_effects=0.0,
    within_class_variation=0.0,
    points=None,
    n_samples=4000,
    random_state=None,
):
    """Estimate the accuracy of the best possible classifier of `make_landmark_clips`.

    This observer knows the generative model and its parameters: class shares, units and sides of each class,
    range of amplitudes, gain, size and correlation of the noise. Of a clip it sees the displacements of apex
    and offset from the onset, with noise, in the face's own frame: identity and head motion are known to it
    and removed without error. It does not know the movement, amplitude or offset share, over which it
    integrates, nor the subject's preferences. A classifier that must estimate any of this from training clips
    scores less.

    Parameters
    ----------
    noise : {"flow", "averaged", "single"} or float, default="flow"
        Rms error of the displacement per coordinate, as in `make_landmark_clips`, above zero.
    dataset : {"casme2", "samm", "casme3", "megc2019"}, default="casme2"
        Data set whose classes and action units are used.
    gain : float, default=None
        Share of a true displacement that is seen; by default the detector's own.
    amplitude : (float, float), default=(0.5, 2.5)
        Range of the apex's largest displacement, uniform, in px of a 280 px face.
    n_classes : {3, 5, 7}, default=None
        Number of classes, by default the set's own.
    flip_y : float, default=0.0
        Fraction of clips whose labels are shuffled among each other.
    offset : bool, default=True
        Whether the observer sees an offset frame.
    class_sep, subject_effects, within_class_variation : float
        As in `make_landmark_clips`, and at their defaults 1, 0 and 0 alone: with others the movements of a
        class are no list that could be summed over.
    points : sequence of int, default=None
        Landmarks that the observer sees, such as ``FaceGraph.preset("brow-nose-lip31").nodes``; all 68 by
        default.
    n_samples : int, default=4000
        Clips drawn. The standard error is at most ``0.5 / sqrt(n_samples)``.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same estimate every time.

    Returns
    -------
    accuracy : float
        Share of drawn clips whose most probable class is their own.

    Raises
    ------
    ValueError
        If `noise` is zero (two classes that share a movement then differ by nothing that is random: use a
        small number), `class_sep`, `subject_effects` or `within_class_variation` is not at its default,
        or another parameter is out of its range.

    Notes
    -----
    Given movement m with field F_m, amplitude A ~ U(low, high) and offset share s ~ U(0, .3), the two
    observed displacements are Gaussian with means (A, A s) times gain F_m and covariance ((1, 1/2), (1/2, 1))
    sigma^2 times the correlation of the points. The integral over A is a difference of normal distribution
    functions, that over s a Gauss-Legendre sum. For corpora beyond this, the score of a classifier that is
    trained on many times the subjects shows what can be reached.

    Examples
    --------
    >>> from skmer.datasets import bayes_accuracy
    >>> bayes_accuracy("flow", n_samples=500, random_state=0) > 0.8
    True
    >>> bayes_accuracy("single", n_samples=500, random_state=0) > 0.8
    False
    """
    rms, gain = noise_level(noise, gain)
    if rms == 0:
        raise ValueError("noise must be above 0 for a likelihood, got 0; use a small number such as 0.001.")
    _check_variability(Variability(class_sep, flip_y, subject_effects, within_class_variation))
    amplitude = check_range("amplitude", amplitude)
    check_argument("n_samples", n_samples, [integer(1, 10_000_000)])
    points = _check_points(points)
    rng = numpy_generator(random_state)
    mixture = _flipped(_mixture(class_table(dataset, n_classes), points, gain / rms), flip_y)
    sizes = [min(_CHUNK, n_samples - start) for start in range(0, n_samples, _CHUNK)]
    hits = [_draw_and_classify(mixture, amplitude, offset, size, rng) for size in sizes]
    return float(np.concatenate(hits).mean())


def _check_points(points):
    points = np.arange(68) if points is None else np.asarray(points)
    if (
        points.ndim != 1
        or not len(points)
        or points.dtype.kind not in "iu"
        or not np.isin(points, range(68)).all()
    ):
        raise ValueError(f"points must be numbers of landmarks from 0 to 67, at least one, got {points!r}.")
    return points


def _check_variability(variability):
    """Refuse settings under which the movements of a class are no finite list."""
    for name, default in (("class_sep", 1), ("subject_effects", 0), ("within_class_variation", 0)):
        value = getattr(variability, name)
        if value != default:
            raise ValueError(
                f"{name} must be {default}, so that a class's movements can be listed and summed over, got "
                f"{value!r}; train on many times the subjects to see what such a corpus allows."
            )


def _flipped(mixture, share):
    """Mixture after a share of the labels was shuffled among the clips."""
    prior = mixture.joint.sum(axis=1, keepdims=True)
    # A shuffled label is drawn from the classes' shares, whatever the movement.
    joint = (1 - share) * mixture.joint + share * prior * mixture.joint.sum(axis=0)
    return _Mixture(mixture.fields, joint)


def _mixture(expressions, points, signal):
    """Merge the classes' movements: a movement that two classes share is one component of both."""
    total = sum(expression.count for expression in expressions.values())
    known, fields, shares = {}, [], []
    for row, expression in enumerate(expressions.values()):
        movements, probabilities = class_movements(expression)
        for movement, probability in zip(movements, probabilities, strict=True):
            key = (movement.units, movement.strengths, movement.side)
            if key not in known:
                known[key] = len(fields)
                fields.append(movement.field[points])
                shares.append(np.zeros(len(expressions)))
            shares[known[key]][row] += probability * expression.count / total
    # In whitened units all noise is independent, and a log likelihood is a sum of squares.
    root = np.linalg.cholesky(noise_correlation()[np.ix_(points, points)])
    white = [solve_triangular(root, signal * field, lower=True).ravel() for field in fields]
    return _Mixture(np.array(white), np.array(shares).T)


def _draw_and_classify(mixture, amplitude, sees_offset, n_samples, rng):
    """Draw clips in whitened units and compare each one's class with the most probable one."""
    flat = rng.choice(mixture.joint.size, size=n_samples, p=mixture.joint.ravel() / mixture.joint.sum())
    label, movement = np.divmod(flat, mixture.joint.shape[1])
    apex = rng.uniform(*amplitude, n_samples)
    offset = apex * rng.uniform(0, OFFSET_SHARE, n_samples)
    frame_noise = rng.standard_normal((3, n_samples, mixture.fields.shape[1])) / np.sqrt(2)
    clean = mixture.fields[movement]
    # What a classifier sees are displacements, and both share the noise of the onset.
    seen_apex = apex[:, None] * clean + frame_noise[1] - frame_noise[0]
    seen_offset = offset[:, None] * clean + frame_noise[2] - frame_noise[0]
    evidence = _log_evidence(mixture.fields, seen_apex, seen_offset if sees_offset else None, *amplitude)
    with np.errstate(divide="ignore"):
        posterior = logsumexp(evidence[:, None] + np.log(mixture.joint), axis=2)
    return posterior.argmax(axis=1) == label


def _log_evidence(fields, apex, offset, low, high):
    """Log density of the observations (n, d) under each movement (n, M), up to a term that all share.

    The offset is None where there is no such frame.
    """
    energy = np.maximum(np.einsum("md,md->m", fields, fields), 1e-9)  # unseen movements have none
    on_apex = apex @ fields.T
    if offset is None:
        return _log_gaussian_integral(on_apex / energy, energy, low, high)
    on_offset = offset @ fields.T
    # Both differences subtract the noise of the same onset, so their noise is correlated by one half.
    precision = np.linalg.inv([[1.0, 0.5], [0.5, 1.0]])
    nodes, weights = np.polynomial.legendre.leggauss(_SHARE_POINTS)
    terms = []
    # Nodes in [-1, 1] moved to [0, OFFSET_SHARE]; the constant factor of the interval falls out.
    for share in OFFSET_SHARE * (nodes + 1) / 2:
        first, second = precision @ [1.0, share]
        curvature = (first + second * share) * energy
        # Completing the square in A: the exponent is curvature (best A - A^2 / 2).
        best = (first * on_apex + second * on_offset) / curvature
        terms.append(_log_gaussian_integral(best, curvature, low, high))
    return logsumexp(np.stack(terms), axis=0, b=weights[:, None, None])


def _log_gaussian_integral(best, curvature, low, high):
    """Log of the integral of exp(curvature (best A - A^2 / 2)) over A from low to high."""
    root = np.sqrt(curvature)
    upper, lower = (high - best) * root, (low - best) * root
    flip = lower > 0  # work in the lower tail, where log_ndtr is exact
    upper, lower = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    with np.errstate(divide="ignore"):
        # log(Phi(upper) - Phi(lower)) from their logarithms alone: both may be too small for a float.
        mass = log_ndtr(upper) + np.log1p(-np.exp(log_ndtr(lower) - log_ndtr(upper)))
    return curvature * best**2 / 2 + mass - np.log(root)
