"""Intervals of pooled scores, from resampling subjects, and McNemar's exact test of two classifiers."""

from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import unique_labels

from skmer._utils._arguments import ROWS, SEED, check_argument, check_same_length, checked, integer, real
from skmer.metrics._scores import SCORES, check_labels

_MOST_RESAMPLES = 100_000  # bounds the memory; the ends of an interval no longer move


class Interval(NamedTuple):
    """Two ends of a confidence interval.

    Attributes
    ----------
    low, high : float
        Its ends.
    """

    low: float
    high: float


@checked(y_true=ROWS, y_pred=ROWS, groups=ROWS, level=[real(0, 1)], random_state=SEED)
def subject_bootstrap(y_true, y_pred, groups, *, level=0.95, n_resamples=2000, random_state=0):
    """Percentile intervals of the pooled scores, from resampling whole subjects.

    Clips of one subject resemble each other, so subjects are drawn with replacement, never single clips.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.
    y_pred : array-like of shape (n_samples,) or (n_runs, n_samples)
        Out-of-fold predictions; with several runs (seeds) the scores are the means over them.
    groups : array-like of shape (n_samples,)
        Subjects.
    level : float, default=0.95
        Coverage.
    n_resamples : int, default=2000
        Number of draws, at most 100,000.
    random_state : int, RandomState instance or None, default=0
        Source of the draws.

    Returns
    -------
    dict of str to Interval
        Keys "accuracy", "uf1" and "uar". A class that a draw of subjects does not hold is left out of that
        draw's mean.

    Raises
    ------
    ValueError
        If `level` or `n_resamples` is out of its range, lengths differ, an entry is missing, or there is only
        one subject.

    Notes
    -----
    The trained models are taken as they are: how they would change with other training subjects is not in it.
    Draws go by the sorted names of subjects, so that other names, as another seed, move the last digits.

    Examples
    --------
    >>> from skmer.metrics import subject_bootstrap
    >>> truth = ["a", "b"] * 10
    >>> guess = ["a", "b", "a", "a"] * 5
    >>> interval = subject_bootstrap(truth, guess, groups=[i // 2 for i in range(20)])["accuracy"]
    >>> interval.low < 0.75 < interval.high
    True
    """
    draws = _draws(y_true, {"y_pred": y_pred}, groups, n_resamples, random_state)
    return {name: _interval(score(draws[0]).mean(axis=0), level) for name, score in SCORES.items()}


@checked(y_true=ROWS, y_pred_a=ROWS, y_pred_b=ROWS, groups=ROWS, level=[real(0, 1)], random_state=SEED)
def paired_bootstrap(y_true, y_pred_a, y_pred_b, groups, *, level=0.95, n_resamples=2000, random_state=0):
    """Percentile intervals of the difference of two methods' pooled scores, on the same drawn subjects.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.
    y_pred_a, y_pred_b : array-like of shape (n_samples,) or (n_runs, n_samples)
        Out-of-fold predictions of each method; with several runs the scores are the means over them.
    groups : array-like of shape (n_samples,)
        Subjects.
    level : float, default=0.95
        Coverage.
    n_resamples : int, default=2000
        Number of draws, at most 100,000.
    random_state : int, RandomState instance or None, default=0
        Source of the draws.

    Returns
    -------
    dict of str to Interval
        Of ``score(a) - score(b)``; keys "accuracy", "uf1" and "uar".

    Raises
    ------
    ValueError
        If `level` or `n_resamples` is out of its range, lengths differ, an entry is missing, or there is only
        one subject.

    Examples
    --------
    >>> from skmer.metrics import paired_bootstrap
    >>> truth = ["a", "b"] * 10
    >>> paired_bootstrap(truth, truth, ["a"] * 20, groups=[i // 2 for i in range(20)])["accuracy"]
    Interval(low=0.5, high=0.5)
    """
    a, b = _draws(y_true, {"y_pred_a": y_pred_a, "y_pred_b": y_pred_b}, groups, n_resamples, random_state)
    return {
        name: _interval(score(a).mean(axis=0) - score(b).mean(axis=0), level)
        for name, score in SCORES.items()
    }


def _draws(y_true, predictions, groups, n_resamples, random_state):
    """Confusion matrices (n_runs, n_resamples, n_classes, n_classes) of each method on the same subjects."""
    check_argument("n_resamples", n_resamples, [integer(1)])
    if n_resamples > _MOST_RESAMPLES:
        raise ValueError(f"n_resamples must be at most {_MOST_RESAMPLES}, got {n_resamples}.")
    y_true, groups = check_labels("y_true", y_true), check_labels("groups", groups)
    predictions = {name: _checked_runs(name, y_pred) for name, y_pred in predictions.items()}
    check_same_length(y_true=y_true, groups=groups, **{name: runs.T for name, runs in predictions.items()})
    predictions = [*predictions.values()]
    subjects, members = np.unique(groups, return_inverse=True)
    if len(subjects) < 2:
        raise ValueError(f"groups must name at least two subjects, got only {subjects[0]}.")
    classes = unique_labels(y_true, *(y_pred.ravel() for y_pred in predictions))
    # How often each subject is drawn. A resample is then a sum of the subjects' confusion matrices with these
    # weights, and no clip is ever copied.
    weights = check_random_state(random_state).multinomial(
        len(subjects), np.full(len(subjects), 1 / len(subjects)), size=n_resamples
    )
    return [
        np.stack([np.tensordot(weights, by_subject(y_true, run, members, classes), 1) for run in y_pred])
        for y_pred in predictions
    ]


def _checked_runs(name, y_pred):
    try:
        runs = np.atleast_2d(y_pred)
    except ValueError as error:
        raise ValueError(f"{name} must have one row a run, got rows of unequal length.") from error
    check_labels(name, runs.ravel())
    if runs.ndim != 2:
        raise ValueError(f"{name} must have shape (n_samples,) or (n_runs, n_samples), got {runs.shape}.")
    return runs


def by_subject(y_true, y_pred, members, classes):
    """Confusion matrix of each subject; (n_subjects, n_classes, n_classes)."""
    confusion = np.zeros((members.max() + 1, len(classes), len(classes)), dtype=int)
    np.add.at(confusion, (members, np.searchsorted(classes, y_true), np.searchsorted(classes, y_pred)), 1)
    return confusion


def _interval(values, level):
    if not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}.")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


@checked(correct_a=ROWS, correct_b=ROWS)
def mcnemar_exact(correct_a, correct_b):
    """Exact McNemar test of two classifiers on the same samples.

    Under the null hypothesis a sample that only one of the two gets right is as likely to be the one's as the
    other's.

    Parameters
    ----------
    correct_a, correct_b : array-like of bool of shape (n_samples,)
        Correctness of each classifier on each sample.

    Returns
    -------
    p_value : float
        Two-sided; 1 where no sample tells the two apart.
    only_a, only_b : int
        Numbers of samples that only the first and that only the second got right.

    Raises
    ------
    ValueError
        If the arrays differ in length, are empty or hold anything but True and False (or 1 and 0).

    Notes
    -----
    It takes the clips as independent, which several clips of one subject are not: read it beside the paired
    subject bootstrap.

    References
    ----------
    Dietterich, "Approximate statistical tests for comparing supervised classification learning algorithms",
    Neural Computation 10(7), 1998, doi:10.1162/089976698300017197.

    Examples
    --------
    >>> from skmer.metrics import mcnemar_exact
    >>> mcnemar_exact([True] * 6 + [False], [False] * 6 + [True])
    (0.125, 6, 1)
    """
    correct_a, correct_b = _check_hits("correct_a", correct_a), _check_hits("correct_b", correct_b)
    check_same_length(correct_a=correct_a, correct_b=correct_b)
    only_a, only_b = int((correct_a & ~correct_b).sum()), int((correct_b & ~correct_a).sum())
    p_value = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return float(p_value), only_a, only_b


def _check_hits(name, hits):
    """Hits as booleans: the labels themselves would all be true."""
    hits = check_labels(name, hits)
    if hits.dtype.kind not in "biuf" or not np.isin(hits, (0, 1)).all():
        raise ValueError(
            f"{name} must hold True where the classifier is right and False elsewhere, got "
            f"{hits[:3].tolist()}; pass y_true == y_pred."
        )
    return hits.astype(bool)
