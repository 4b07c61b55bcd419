"""Scores of one confusion matrix or of a stack of them; rows are the truth, columns the prediction."""

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_consistent_length

from skmer._utils._sklearn import check_sample_weight


def check_labels(name, labels):
    """Classes or subjects as an array (n,); ValueError if there is none, or one of them is missing."""
    labels = np.asarray(labels)
    shape = labels.shape
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.ravel()
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"{name} must have one entry for each sample, at least one, got shape {shape}.")
    missing = np.flatnonzero(pd.isna(labels))
    if len(missing):
        raise ValueError(f"{name} must have no missing entry, number {missing[0]} is {labels[missing[0]]!r}.")
    if labels.dtype == object and len({isinstance(label, str) for label in labels}) > 1:
        raise ValueError(f"{name} must hold strings or numbers, got both.")
    return labels


def _check_weight(sample_weight, y):
    weight = check_sample_weight(sample_weight, y[:, None])
    if (weight < 0).any():
        raise ValueError(f"sample_weight must be at least 0, got {weight.min():g}.")
    return weight


def pooled_confusion(y_true, y_pred, labels=None, sample_weight=None):
    """Confusion matrix over every class that occurs and every class of `labels`; `labels` come first."""
    y_true, y_pred = check_labels("y_true", y_true), check_labels("y_pred", y_pred)
    check_consistent_length(y_true, y_pred)
    occurring = unique_labels(y_true, y_pred)
    order = occurring if labels is None else np.concatenate([labels, np.setdiff1d(occurring, labels)])
    rank = np.argsort(order)
    cells = tuple(rank[np.searchsorted(order, y, sorter=rank)] for y in (y_true, y_pred))
    weight = 1 if sample_weight is None else _check_weight(sample_weight, y_true)
    confusion = np.zeros((len(order), len(order)), dtype=np.asarray(weight).dtype)
    np.add.at(confusion, cells, weight)
    return confusion, order


def ratio(numerator, denominator):
    """Quotient that is NaN, without a warning, where it is 0 / 0."""
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
