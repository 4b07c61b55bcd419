"""Pooled scores of the field, UF1 and UAR, from confusion matrices; their scorers; the majority baseline."""

from functools import wraps
from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import make_scorer
from sklearn.utils.multiclass import unique_labels

from skmer._utils._arguments import ROWS, Numbers, check_argument, check_same_length, checked
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import HasMethods, Options, StrOptions, check_sample_weight, validate_params
from skmer._utils._text import plain_column


def check_labels(name, labels):
    """Classes or subjects as an array (n,); ValueError if there is none, or one of them is missing."""
    try:
        labels = plain_column(labels)
    except ValueError as error:
        raise ValueError(f"{name} must have one entry a sample, got lists of unequal length.") from error
    shape = labels.shape
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.ravel()
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"{name} must have one entry for each sample, at least one, got shape {shape}.")
    missing = np.flatnonzero(pd.isna(labels))
    if len(missing):
        raise ValueError(f"{name} must have no missing entry, number {missing[0]} is {labels[missing[0]]!r}.")
    others = [label for label in labels.tolist() if not isinstance(label, str | Real) or _is_huge(label)]
    if labels.dtype.kind not in "biufUSO" or others:
        raise ValueError(f"{name} must hold strings or numbers, got {labels[0]!r} of dtype {labels.dtype}.")
    if labels.dtype == object and len({isinstance(label, str) for label in labels}) > 1:
        raise ValueError(f"{name} must hold strings or numbers, got both.")
    return labels


def _is_huge(label):
    return isinstance(label, int) and not -(2**63) <= label < 2**64


def _check_weight(sample_weight, y):
    check_argument("sample_weight", sample_weight, [Numbers(len(y))])
    weight = check_sample_weight(sample_weight, y[:, None])
    if (weight < 0).any():
        raise ValueError(f"sample_weight must be at least 0, got {weight.min():g}.")
    return weight


def pooled_confusion(y_true, y_pred, labels=None, sample_weight=None):
    """Confusion matrix over every class that occurs and every class of `labels`; `labels` come first."""
    y_true, y_pred = check_labels("y_true", y_true), check_labels("y_pred", y_pred)
    check_same_length(y_true=y_true, y_pred=y_pred)
    labels = None if labels is None else check_labels("labels", labels)
    kinds = {name: isinstance(v[0], str) for name, v in _given(y_true, y_pred, labels)}
    if len({*kinds.values()}) > 1:
        raise ValueError(f"{', '.join(kinds)} must hold strings or numbers alike, got both.")
    occurring = unique_labels(y_true, y_pred)
    order = occurring if labels is None else np.concatenate([labels, np.setdiff1d(occurring, labels)])
    # searchsorted wants sorted classes, and the caller's order of labels need not be.
    rank = np.argsort(order)
    cells = tuple(rank[np.searchsorted(order, y, sorter=rank)] for y in (y_true, y_pred))
    weight = 1 if sample_weight is None else _check_weight(sample_weight, y_true)
    confusion = np.zeros((len(order), len(order)), dtype=np.asarray(weight).dtype)
    np.add.at(confusion, cells, weight)
    return confusion, order


def _given(y_true, y_pred, labels):
    named = {"y_true": y_true, "y_pred": y_pred, "labels": labels}
    return [(name, values) for name, values in named.items() if values is not None]


def ratio(numerator, denominator):
    """Quotient that is NaN, without a warning, where it is 0 / 0."""
    # NaN says that there is nothing to score; whether that is worth a warning is for the caller to say.
    with np.errstate(invalid="ignore"):
        return np.true_divide(numerator, denominator)


def class_f1(confusion):
    """2 TP / (2 TP + FP + FN) of each class; (..., n_classes)."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    return ratio(2 * hits, confusion.sum(axis=-1) + confusion.sum(axis=-2))


def class_recall(confusion):
    """TP / (TP + FN) of each class; (..., n_classes)."""
    return ratio(np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(axis=-1))


def class_precision(confusion):
    """TP / (TP + FP) of each class; (..., n_classes)."""
    return ratio(np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(axis=-2))


def accuracy(confusion):
    """Share of the diagonal; (...)."""
    return ratio(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1)))


def uf1(confusion):
    """Mean F1 over the classes that occur in truth or prediction; (...)."""
    return np.nanmean(class_f1(confusion), axis=-1)


def uar(confusion):
    """Mean recall over the classes that occur in the truth; (...)."""
    return np.nanmean(class_recall(confusion), axis=-1)


SCORES = {"accuracy": accuracy, "uf1": uf1, "uar": uar}


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
        If the arrays differ in length, are empty, or have a missing entry or a negative weight.

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
        If the arrays differ in length, are empty, or have a missing entry or a negative weight.

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
    labels = unique_labels(check_labels("y_true", y_true)) if labels is None else labels
    confusion, order = pooled_confusion(y_true, y_pred, labels, sample_weight)
    claim = "The recall of a class with no sample is 0 / 0"
    recall = class_recall(confusion)[: len(labels)]
    return _mean_over_classes(recall, order[: len(labels)], zero_division, claim)


@checked(y_true=ROWS, y_pred=ROWS, labels=["array-like", None], sample_weight=["array-like", None])
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


class _Scorer(type(make_scorer(uf1_score))):  # type: ignore[misc]
    """scikit-learn's scorer, which names what is no estimator."""

    @wraps(type(make_scorer(uf1_score)).__call__)
    def __call__(self, estimator, *args, **kwargs):
        check_argument("estimator", estimator, [HasMethods("predict")])
        return super().__call__(estimator, *args, **kwargs)


uf1_scorer = _Scorer(uf1_score, 1, {}, "predict")
uf1_scorer.__doc__ = """:func:`uf1_score` for scikit-learn's own tools.

``cross_validate`` and ``GridSearchCV`` average it over folds, and a mean over subjects is NOT the pooled
score that papers report: a majority guesser can stand at .45 where the pooled score gives it .26. Choose
hyper-parameters with it, and report :func:`skmer.model_selection.evaluate_loso`.
"""

uar_scorer = _Scorer(uar_score, 1, {}, "predict")
uar_scorer.__doc__ = """:func:`uar_score` for scikit-learn's own tools.

What is said of :data:`uf1_scorer` holds here: averaged over folds it is not the pooled score.
"""


class BaselineScores(NamedTuple):
    """Scores of the majority baseline, which always predicts the commonest class of the training data.

    Attributes
    ----------
    accuracy, uf1, uar : float
        Its pooled scores, in [0, 1].
    """

    accuracy: float
    uf1: float
    uar: float


@checked(y=ROWS, groups=["array-like", None])
def majority_predictions(y, groups=None):
    """Predict for each sample the commonest class of the other subjects.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Classes.
    groups : array-like of shape (n_samples,), default=None
        Subjects. None gives every sample the commonest class of all.

    Returns
    -------
    ndarray of shape (n_samples,)
        Of equally common classes the first in sorted order.

    Raises
    ------
    ValueError
        If `y` and `groups` differ in length, are empty or have a missing entry, or there is only one subject.

    Examples
    --------
    >>> from skmer.metrics import majority_predictions
    >>> majority_predictions(["a", "a", "a", "b", "b"], groups=[1, 1, 1, 2, 2]).tolist()
    ['b', 'b', 'b', 'a', 'a']
    """
    classes, codes = np.unique(check_labels("y", y), return_inverse=True)
    counts = np.bincount(codes, minlength=len(classes))
    if groups is None:
        return np.full(len(codes), classes[counts.argmax()])
    groups = check_labels("groups", groups)
    check_same_length(y=codes, groups=groups)
    subjects, members = np.unique(groups, return_inverse=True)
    if len(subjects) < 2:
        raise ValueError(f"groups must name at least two subjects, got only {subjects[0]}.")
    own = np.zeros((len(subjects), len(classes)), dtype=int)
    np.add.at(own, (members, codes), 1)
    return classes[(counts - own).argmax(axis=1)[members]]


@checked(y=ROWS, groups=["array-like", None])
def majority_baseline(y, groups=None):
    """Scores of always predicting the commonest class of the training fold, under leave-one-subject-out.

    The number that any result has to be read against: two clips in five of these sets belong to one class.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Classes.
    groups : array-like of shape (n_samples,), default=None
        Subjects; each is left out in turn. None takes the commonest class of all samples.

    Returns
    -------
    BaselineScores
        Pooled ``accuracy``, ``uf1`` and ``uar``.

    Raises
    ------
    ValueError
        If `y` and `groups` differ in length, are empty or have a missing entry, or there is only one subject.

    Notes
    -----
    The 246 clips of CASME II in five classes have .402 and .115, the 136 of SAMM .419 and .118.

    Examples
    --------
    >>> from skmer.metrics import majority_baseline
    >>> counts = {"others": 99, "disgust": 63, "happiness": 32, "repression": 27, "surprise": 25}
    >>> baseline = majority_baseline([name for name, n in counts.items() for _ in range(n)])
    >>> f"{baseline.accuracy:.4f} {baseline.uf1:.3f}"
    '0.4024 0.115'
    """
    confusion, _ = pooled_confusion(y, majority_predictions(y, groups))
    return BaselineScores(float(accuracy(confusion)), float(uf1(confusion)), float(uar(confusion)))
