"""Tests of many methods on the same clips: p-values by subject, their correction, mean ranks."""

from numbers import Real

import numpy as np
from scipy.stats import studentized_range
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import unique_labels

from skmer._utils._arguments import (
    ROWS,
    SEED,
    Items,
    Numbers,
    as_array,
    check_argument,
    check_same_length,
    checked,
    integer,
)
from skmer._utils._sklearn import Interval
from skmer.metrics._scores import SCORES, check_labels
from skmer.metrics._significance import by_subject


@checked(groups=ROWS, n_resamples=[integer(1, 100_000)], random_state=SEED)
def subject_randomization_test(y_true, y_pred_a, y_pred_b, groups, *, n_resamples=10_000, random_state=0):
    """P-values of the difference of two methods' pooled scores, from exchanging their predictions by subject.

    Under the null hypothesis it does not matter which of the two methods a subject's predictions come from,
    so they are exchanged for a random half of the subjects. Whole subjects change places, since the clips of
    one resemble each other; McNemar's test takes them for independent.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.
    y_pred_a, y_pred_b : array-like of shape (n_samples,) or (n_runs, n_samples)
        Out-of-fold predictions of each method; with several runs (seeds), as many of both, the scores are the
        means over them.
    groups : array-like of shape (n_samples,)
        Subjects.
    n_resamples : int, default=10000
        Number of exchanges, at most 100,000.
    random_state : int, RandomState instance or None, default=0
        Source of the draws.

    Returns
    -------
    dict of str to float
        Two-sided p-values; keys "accuracy", "uf1" and "uar". None is below ``1 / (n_resamples + 1)``.

    Raises
    ------
    ValueError
        If lengths or numbers of runs differ, an entry is missing, or there is only one subject.

    References
    ----------
    Edgington and Onghena, "Randomization Tests", 4th edition, 2007.

    Examples
    --------
    >>> from skmer.metrics import subject_randomization_test
    >>> truth = ["a", "b"] * 20
    >>> subjects = [i // 2 for i in range(40)]
    >>> p = subject_randomization_test(truth, truth, ["a"] * 40, subjects)
    >>> p["accuracy"] < 0.001
    True
    """
    y_true, groups = check_labels("y_true", y_true), check_labels("groups", groups)
    names = ("y_pred_a", "y_pred_b")
    runs = [np.atleast_2d(as_array(*pair)) for pair in zip(names, (y_pred_a, y_pred_b), strict=True)]
    if runs[0].shape != runs[1].shape:
        raise ValueError(
            f"y_pred_a and y_pred_b must have as many runs and samples, got {runs[0].shape} and "
            f"{runs[1].shape}."
        )
    check_same_length(y_true=y_true, groups=groups, y_pred_a=runs[0].T)
    subjects, members = np.unique(groups, return_inverse=True)
    if len(subjects) < 2:
        raise ValueError(f"groups must name at least two subjects, got only {subjects[0]}.")
    for name, run in zip(names, runs, strict=True):
        check_labels(name, run.ravel())
    classes = unique_labels(y_true, *(run.ravel() for run in runs))
    a, b = (np.stack([by_subject(y_true, one, members, classes) for one in run]) for run in runs)
    stay = check_random_state(random_state).randint(2, size=(n_resamples, len(subjects)))
    return _p_values(a, b, np.concatenate([np.ones((1, len(subjects)), dtype=int), stay]))


def _p_values(a, b, stay):
    """Share of the exchanges with a difference as large as the first, in which none has taken place."""
    kept, moved = (np.tensordot(one, each, (1, 1)) for one, each in ((stay, a - b), (1 - stay, a - b)))
    base_a, base_b = b.sum(axis=1), b.sum(axis=1)
    found = {}
    for name, score in SCORES.items():
        difference = (score(base_a + kept) - score(base_b + moved)).mean(axis=1)
        # Equal counts may differ in the last digits, by the order in which they were added.
        found[name] = float(np.mean(np.abs(difference) >= np.abs(difference[0]) - 1e-12))
    return found


def holm_correction(p_values):
    """Correct p-values of several tests at once, by Holm's step-down procedure.

    Parameters
    ----------
    p_values : array-like of shape (n_tests,)
        Uncorrected.

    Returns
    -------
    corrected : ndarray of shape (n_tests,)
        In the same order, none below its uncorrected value. Rejecting those below a level keeps the
        probability of any false rejection among all tests below it.

    Raises
    ------
    ValueError
        If a value does not lie between 0 and 1.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian J. Statistics 6(2), 1979,
    https://www.jstor.org/stable/4615733.

    Examples
    --------
    >>> from skmer.metrics import holm_correction
    >>> holm_correction([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    check_argument("p_values", p_values, [Numbers(None), Items(n=0)])
    p_values = np.asarray(p_values, dtype=float)
    if not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError(f"p_values must be a list of numbers between 0 and 1, got {p_values.tolist()}.")
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return corrected


@checked(n_methods=[integer(2)], n_subjects=[integer(1)], level=[Interval(Real, 0, 1, closed="neither")])
def critical_difference(n_methods, n_subjects, *, level=0.95):
    """Difference of mean ranks that two of several methods need to be told apart, by Nemenyi's test.

    Parameters
    ----------
    n_methods : int
        Methods that are ranked, at least two.
    n_subjects : int
        Subjects that each rank them.
    level : float, default=0.95
        One less the probability of any false difference among all pairs.

    Returns
    -------
    difference : float
        In ranks.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Demsar, "Statistical comparisons of classifiers over multiple data sets", J. Machine Learning Research 7,
    2006, https://jmlr.org/papers/v7/demsar06a.html.

    Examples
    --------
    >>> from skmer.metrics import critical_difference
    >>> round(critical_difference(5, 30), 3)
    1.114
    """
    # Infinite degrees of freedom, which scipy takes for so large a number.
    quantile = studentized_range.ppf(level, n_methods, 1e6) / np.sqrt(2)
    return float(quantile * np.sqrt(n_methods * (n_methods + 1) / (6 * n_subjects)))
