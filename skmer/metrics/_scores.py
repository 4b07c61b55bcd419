"""Pooled scores of the field, UF1 and UAR, and their scorers for scikit-learn."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.metrics import make_scorer
from sklearn.utils._param_validation import Options, StrOptions, validate_params
from sklearn.utils.multiclass import unique_labels

from skmer._utils._warn import warn_user
from skmer.metrics._confusion import class_f1, class_precision, class_recall, pooled_confusion

_CONSTRAINTS = {
    "y_true": ["array-like"],
    "y_pred": ["array-like"],
    "labels": ["array-like", None],
    "sample_weight": ["array-like", None],
    "zero_division": [StrOptions({"warn"}), Options(Real, {0.0, 1.0}), "nan"],
}


def _mean_over_classes(values, labels, zero_division, claim):
    empty = np.isnan(values)
    if empty.any() and zero_division == "warn":
        names = ", ".join(map(str, np.asarray(labels)[empty]))
        warn_user(
            f"{claim} ({names}) and counts as 0; pass zero_division=0 to have that without this warning, "
            "or zero_division=numpy.nan to leave such classes out of the mean.",
        )
    filled = np.where(empty, 0.0 if zero_division == "warn" else zero_division, values)
    return float(np.nanmean(filled)) if not np.isnan(filled).all() else float("nan")


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def uf1_score(y_true, y_pred, *, labels=None, sample_weight=None, zero_division="warn"):
    """Unweighted F1: the mean over classes of 2 TP / (2 TP + FP + FN), counted once over all samples.

    Give it the out-of-fold predictions of all folds together. It is no mean of the folds' scores: under
    leave-one-subject-out most subjects miss a class, and a mean over them is another, larger number.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.
    labels : array-like of shape (n_classes,), default=None
        The classes to average over; samples of other classes still count as their false positives and
        false negatives. None takes every class that occurs in `y_true` or `y_pred`. Fix it wherever
        two results are compared.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample in the counts.
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"
        F1 of a class in `labels` without a single sample and without a single prediction, 0 / 0.
        "warn" counts it as 0 and says so; ``np.nan`` leaves it out of the mean, as the MEGC 2019
        evaluation does.

    Returns
    -------
    float
        In [0, 1], larger is better.

    Raises
    ------
    ValueError
        If the arrays differ in length or are empty.

    Notes
    -----
    The same as ``sklearn.metrics.f1_score(average="macro")`` on pooled predictions.

    References
    ----------
    See et al., "MEGC 2019 - the second facial micro-expressions grand challenge", FG 2019,
    doi:10.1109/FG.2019.8756611.

    Examples
    --------
    >>> from skmer.metrics import uf1_score
    >>> uf1_score(["happiness", "others", "others"], ["others", "others", "others"])
    0.4
    """
    confusion, order = pooled_confusion(y_true, y_pred, labels, sample_weight)
    n_labels = len(order) if labels is None else len(labels)
    claim = "UF1 of a class with no sample and no prediction is 0 / 0"
    return _mean_over_classes(class_f1(confusion)[:n_labels], order[:n_labels], zero_division, claim)


@validate_params(_CONSTRAINTS, prefer_skip_nested_validation=True)
def uar_score(y_true, y_pred, *, labels=None, sample_weight=None, zero_division="warn"):
    """Unweighted average recall: the mean over classes of TP / (TP + FN), counted once over all samples.

    Give it the out-of-fold predictions of all folds together, as :func:`uf1_score`.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.
    labels : array-like of shape (n_classes,), default=None
        The classes to average over. None takes every class that occurs in `y_true`.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample in the counts.
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"
        Recall of a class in `labels` without a sample in `y_true`, 0 / 0. "warn" counts it as 0 and says
        so; ``np.nan`` leaves it out of the mean.

    Returns
    -------
    float
        In [0, 1], larger is better; a constant prediction reaches 1 / n_classes.

    Raises
    ------
    ValueError
        If the arrays differ in length or are empty.

    Notes
    -----
    With ``labels=None`` the same as ``sklearn.metrics.balanced_accuracy_score`` on pooled predictions.

    References
    ----------
    See et al., "MEGC 2019 - the second facial micro-expressions grand challenge", FG 2019,
    doi:10.1109/FG.2019.8756611.

    Examples
    --------
    >>> from skmer.metrics import uar_score
    >>> uar_score(["happiness", "others", "others"], ["others", "others", "others"])
    0.5
    """
    labels = unique_labels(y_true) if labels is None else labels
    confusion, order = pooled_confusion(y_true, y_pred, labels, sample_weight)
    claim = "The recall of a class with no sample is 0 / 0"
    recall = class_recall(confusion)[: len(labels)]
    return _mean_over_classes(recall, order[: len(labels)], zero_division, claim)


def class_scores(y_true, y_pred, *, labels=None, sample_weight=None):
    """Count, precision, recall and F1 of each class over all samples.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.
    labels : array-like of shape (n_classes,), default=None
        The rows, in this order. None takes every class that occurs, sorted.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each sample in the counts.

    Returns
    -------
    pandas.DataFrame
        One row a class, columns ``n`` (samples of that class), ``precision``, ``recall``, ``f1``; NaN where
        a quotient is 0 / 0.

    Examples
    --------
    >>> from skmer.metrics import class_scores
    >>> class_scores(["happiness", "others", "others"], ["others", "others", "others"])
               n  precision  recall   f1
    happiness  1        NaN     0.0  0.0
    others     2   0.666667     1.0  0.8
    """
    confusion, order = pooled_confusion(y_true, y_pred, labels, sample_weight)
    columns = {
        "n": confusion.sum(axis=1),
        "precision": class_precision(confusion),
        "recall": class_recall(confusion),
        "f1": class_f1(confusion),
    }
    return pd.DataFrame(columns, index=order).iloc[: len(order) if labels is None else len(labels)]


uf1_scorer = make_scorer(uf1_score)
uf1_scorer.__doc__ = """:func:`uf1_score` for scikit-learn's own tools.

``cross_validate`` and ``GridSearchCV`` average it over folds, and a mean over subjects is NOT the pooled
score that papers report: a majority guesser can stand at .45 where the pooled score gives it .26. Choose
hyper-parameters with it, and report :func:`skmer.model_selection.evaluate_loso`.
"""

uar_scorer = make_scorer(uar_score)
uar_scorer.__doc__ = """:func:`uar_score` for scikit-learn's own tools.

What is said of :data:`uf1_scorer` holds here: averaged over folds it is not the pooled score.
"""
