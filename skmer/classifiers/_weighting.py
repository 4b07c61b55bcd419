"""Rows of a fit: encoded labels with the weights of clips and classes, and the scale of their features."""

from collections.abc import Mapping

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from skmer.training import ClipDataset


def find_classes(y, classes=None):
    """Return the sorted classes of ``y``, or of ``classes`` where they are given; at least two."""
    check_classification_targets(y)
    found = np.unique(y) if classes is None else np.unique(classes)
    if len(found) < 2:
        raise ValueError(f"y must hold at least two classes, got one class: {found.tolist()}.")
    return found


def weighted_rows(X, y, classes, groups, sample_weight, class_weight, row_axes=3, *, action_units=None):
    """Return the rows of nonzero weight as a `ClipDataset` with encoded labels.

    Parameters
    ----------
    X : ndarray of shape (n_clips, ...)
        Features.
    y : ndarray of shape (n_clips,)
        Labels.
    classes : ndarray
        All labels, sorted.
    groups : array-like of shape (n_clips,) or None
        Subjects.
    sample_weight : ndarray of shape (n_clips,)
        Not negative.
    class_weight : {"balanced", "sqrt-balanced"}, dict or None
        As of `skmer.classifiers.DeReGRLClassifier`.
    row_axes : int
        Axes of a row that is one view.
    action_units : ndarray of shape (n_clips, n_units), optional
        As of `ClipDataset`.
    """
    rows = np.flatnonzero(sample_weight)
    X, y, sample_weight = X[rows], y[rows], sample_weight[rows]
    groups = None if groups is None else np.asarray(groups)[rows]
    unseen = np.setdiff1d(y, classes)
    if unseen.size:
        raise ValueError(
            f"y holds {unseen.tolist()[0]!r}, which is none of the first fit's {classes.tolist()}; "
            "name all classes in the first partial_fit(classes=...), or fit anew with warm_start=False."
        )
    encoded = np.searchsorted(classes, y)
    weight = sample_weight * _class_weights(class_weight, classes, encoded, sample_weight)[encoded]
    if not weight.any():
        raise ValueError("sample_weight and class_weight leave no clip a weight above zero; raise some.")
    units = None if action_units is None else action_units[rows]
    data = ClipDataset(X, encoded, weight, groups, row_axes, action_units=units)
    return data if weight.all() else data.take(np.flatnonzero(weight))


def _class_weights(class_weight, classes, encoded, sample_weight):
    """Return the weight of each class, zero for one without a clip."""
    present = np.unique(encoded)
    if isinstance(class_weight, Mapping):
        named = {label: value for label, value in class_weight.items() if label in classes}
        class_weight = {int(np.searchsorted(classes, label)): value for label, value in named.items()}
    softened = isinstance(class_weight, str) and class_weight == "sqrt-balanced"
    weights = np.zeros(len(classes))
    weights[present] = compute_class_weight(
        "balanced" if softened else class_weight, classes=present, y=encoded, sample_weight=sample_weight
    )
    return np.sqrt(weights) if softened else weights


def normalize_clips(X):
    """Return the clips (each of their views) divided by their rms over the frames that move."""
    if X.shape[-3] == 1:
        return X
    energy = np.square(X, dtype=np.float64).mean((-2, -1), keepdims=True)
    moving = (energy > 0).sum(-3, keepdims=True)
    rms = np.sqrt(energy.sum(-3, keepdims=True) / np.maximum(moving, 1))
    return (X / np.where(moving > 0, rms, 1.0)).astype(X.dtype)


def weighted_rms(data):
    """Return the root of the mean square of the features, clips weighted: the factor that divides X."""
    energy = data.X.double().square().flatten(1).mean(1)
    weight = data.sample_weight.double()
    rms = float(((weight * energy).sum() / weight.sum()).sqrt())
    return rms if rms > 0 else 1.0
