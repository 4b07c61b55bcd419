"""Rows of a fit: node features or maps validated, labels encoded, clips and classes weighted."""

import math
from collections.abc import Mapping

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

from skmer._utils._arguments import check_finite, frames_of
from skmer._utils._messages import warn_user
from skmer._utils._text import plain_column, sorted_values
from skmer.face import FaceGraph, check_graph
from skmer.feature_extraction import normalize_nodes
from skmer.frames import is_path
from skmer.training import ClipDataset

GENERIC = "generic"


def resolve_graph(graph, X):
    """Return the FaceGraph of a parameter; "generic" takes its width from X."""
    _refuse_frames(X, "node features (n_clips, 3, 31, n_channels)", _NODES_COME_FROM)
    if graph != GENERIC:
        return check_graph(graph)
    shape = X.shape if issparse(X) or hasattr(X, "iloc") else np.asarray(X).shape
    return FaceGraph.generic(max(shape[1], 1) if len(shape) == 2 else 1)


def check_clips(estimator, X, y=None, *, graph, reset):
    """Validate node features, and labels where given.

    Parameters
    ----------
    estimator : estimator
        Where ``n_features_in_`` (T N C) and ``feature_names_in_`` are set or looked up.
    X : array-like
        (n, T, N, C), (n, views, T, N, C), or rows flattened in C order, (n, T N C).
    y : array-like of shape (n,), optional
        Labels.
    graph : FaceGraph
        Says T and N.
    reset : bool
        Whether this is the first sight of the data.

    Returns
    -------
    X : ndarray of shape (n, T, N, C) or (n, views, T, N, C), float32
    y : ndarray of shape (n,), only where given
    """
    X, n_views = _flatten(X, graph)
    options = {"reset": reset, "dtype": np.float32, "order": "C"}
    if y is None:
        X = validate_data(estimator, X, **options)
    else:
        if n_views:
            check_consistent_length(range(len(X) // n_views), y)
            y = np.repeat(plain_column(y), n_views)
        X, y = validate_data(estimator, X, plain_column(y), **options)
        y = y[:: n_views or 1]
    n_positions = graph.n_frames * graph.n_nodes
    if X.shape[1] % n_positions:
        raise ValueError(
            f"X must have a multiple of {n_positions} columns ({graph.n_frames} frames x {graph.n_nodes} "
            f"nodes of graph {graph.name!r}), got {X.shape[1]}; use another graph=, or graph='generic' for "
            "any flat table."
        )
    shape = (graph.n_frames, graph.n_nodes, X.shape[1] // n_positions)
    X = X.reshape(-1, n_views, *shape) if n_views else X.reshape(-1, *shape)
    return X if y is None else (X, y)


def _flatten(X, graph):
    """Return X as a 2-D table, one row a view, and the number of views (0 where there is no such axis)."""
    expected = f"node features (n_clips, {graph.n_frames}, {graph.n_nodes}, n_channels)"
    _refuse_frames(X, expected, _NODES_COME_FROM)
    if issparse(X) or hasattr(X, "iloc"):
        return X, 0
    shape = np.asarray(X).shape
    if len(shape) <= 2:
        return X, 0
    if graph.name == GENERIC:
        raise ValueError(
            f"X must have two dimensions for graph='generic', got the shape {shape}; flatten it."
        )
    if len(shape) not in (4, 5) or shape[-3:-1] != (graph.n_frames, graph.n_nodes):
        single = " Pass one clip as X[:1]." if shape[:-1] == (graph.n_frames, graph.n_nodes) else ""
        raise ValueError(
            f"X must have the shape (n_clips, {graph.n_frames}, {graph.n_nodes}, n_channels), the same with "
            f"views after the first axis, or two dimensions, got {shape} for graph {graph.name!r}; "
            f"LandmarkGraphTransformer(graph=...) makes it, with the same graph.{single}"
        )
    check_finite("X", np.asarray(X))
    n_views = shape[1] if len(shape) == 5 else 0
    return np.asarray(X).reshape(math.prod(shape[:-3]), math.prod(shape[-3:])), n_views


_NODES_COME_FROM = "LandmarkGraphTransformer() makes them from frames"


def _refuse_frames(X, expected, way):
    """Refuse frames or sequences of clips where features belong; ValueError that says what makes these."""
    X = frames_of(X)
    if getattr(getattr(X, "dtype", None), "kind", "") not in ("O", "U") or np.shape(X)[1:] not in ((), (3,)):
        return
    first = X.flat[0] if X.size else None
    if is_path(first) or (isinstance(first, np.ndarray | list) and len(first)):
        kind = "sequences" if X.ndim == 1 else "paths" if is_path(first) else "images"
        raise ValueError(
            f"X must hold {expected}, got clips as they are, {kind}; {way}: put it before the net, with "
            "make_pipeline."
        )


def check_node_rows(net, X, y, resume):
    """Validate node features, and labels where given, as `check_clips`; keep or set ``graph_`` of a net."""
    graph = net.graph_ if resume else resolve_graph(net.graph, X)
    checked = check_clips(net, X, y, graph=graph, reset=not resume)
    X = checked if y is None else checked[0]
    check_channel_pairs(net, graph, X.shape[-1])
    if not resume:
        net.graph_ = graph
    X = normalize_nodes(X) if net.normalize_motion else X
    return X if y is None else (X, checked[1])


def check_channel_pairs(net, graph, n_channels):
    """Refuse an odd number of channels where a parameter takes them for pairs (x, y)."""
    wants = {
        "horizontal_flip": net.horizontal_flip and graph.mirror is not None,
        "head_motion_noise": net.head_motion_noise > 0 and graph.n_frames > 1,
    }
    for name, wanted in wants.items():
        if wanted and n_channels % 2:
            value = getattr(net, name)
            raise ValueError(
                f"{name}={value} needs channels in pairs (x, y), got {n_channels} channels; "
                f"pass {name}={type(value)()}."
            )


# Motion of held-out clips is rarely a tenth or ten times that of the training clips; another unit is.
_MOST_RATIO = 30.0


def check_maps(net, X, y=None, *, reset):
    """Validate maps, and labels where given.

    Parameters
    ----------
    net : estimator
        Where ``n_features_in_`` and ``map_shape_`` are set or looked up; its ``_shapes`` says which shapes X
        may have, by the number of axes.
    X : array-like
        Maps, one row a clip.
    y : array-like of shape (n,), optional
        Labels.
    reset : bool
        Whether this is the first sight of the data.

    Returns
    -------
    X : ndarray of the shape that it came in, float32
    y : ndarray of shape (n,), only where given
    """
    X = _as_rows(net, X)
    shape = X.shape[1:]
    if not reset and shape != tuple(net.map_shape_):
        raise ValueError(
            f"X must hold maps of the shape {tuple(net.map_shape_)}, as in fit, got {shape}; use the same "
            "channels and size for all clips."
        )
    if y is not None:
        check_consistent_length(X, y)
    flat = X.reshape(len(X), math.prod(shape))
    check_finite("X", flat)
    options = {"reset": reset, "dtype": np.float32, "order": "C"}
    if y is None:
        flat = validate_data(net, flat, **options)
    else:
        flat, y = validate_data(net, flat, plain_column(y), **options)
    if reset:
        net.map_shape_ = shape
    rows = flat.reshape(X.shape)
    return rows if y is None else (rows, y)


def _as_rows(net, X):
    expected = " or ".join(net._shapes.values())
    if issparse(X) or hasattr(X, "iloc"):
        raise TypeError(f"X must be an array of maps {expected}, got {type(X).__name__}; pass its values.")
    _refuse_frames(X, f"maps {expected}", net._maps_come_from)
    X = np.asarray(frames_of(X))
    if X.ndim == 2:
        raise ValueError(
            f"X must have the shape {expected}, got two dimensions, {X.shape}; reshape flattened maps first: "
            f"X.reshape(len(X), {expected.partition(', ')[2]}."
        )
    if X.ndim not in net._shapes or 0 in X.shape[1:]:
        single = " Pass one clip as X[:1]." if X.ndim + 1 in net._shapes else ""
        raise ValueError(f"X must have the shape {expected}, got {X.shape}; {net._maps_come_from}.{single}")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"X must hold numbers, got the dtype {X.dtype}; convert it to float32.")
    return X


def warn_of_other_scale(net, X):
    """Warn where maps are on quite another scale than those of the fit."""
    rms = float(np.sqrt(np.square(X, dtype=np.float64).mean()))
    usual = net.scale_ if net.normalize_motion else net.motion_rms_
    ratio = max(rms, 1e-30) / usual
    if rms > 0 and not 1 / _MOST_RATIO < ratio < _MOST_RATIO:
        warn_user(
            f"X has an rms of {rms:.3g}, the maps of the fit had {usual:.3g}; use the same unit "
            "and scaling= for both."
        )


def labels_of(y):
    """Return the sorted labels of ``y``; those of several kinds have no order."""
    found = sorted_values("y", y)
    check_classification_targets(y)
    return found


def find_classes(y, classes=None):
    """Return the sorted classes of ``y``, or of ``classes`` where they are given; at least two."""
    found = labels_of(y)
    found = found if classes is None else np.unique(classes)
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


def weighted_rms(data):
    """Return the root of the mean square of the features, clips weighted: the factor that divides X."""
    energy = data.X.double().square().flatten(1).mean(1)
    weight = data.sample_weight.double()
    rms = float(((weight * energy).sum() / weight.sum()).sqrt())
    return rms if rms > 0 else 1.0
