"""Validation of node features and labels, which come in several shapes."""

import math

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_consistent_length, validate_data

from skmer.face import FaceGraph, check_graph

GENERIC = "generic"


def resolve_graph(graph, X):
    """Return the FaceGraph of a parameter; "generic" takes its width from X."""
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
            y = np.repeat(np.asarray(y), n_views)
        X, y = validate_data(estimator, X, y, **options)
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
        raise ValueError(
            f"X must have the shape (n_clips, {graph.n_frames}, {graph.n_nodes}, n_channels), the same with "
            f"views after the first axis, or two dimensions, got {shape} for graph {graph.name!r}; "
            "LandmarkGraphTransformer(graph=...) makes it, with the same graph."
        )
    n_views = shape[1] if len(shape) == 5 else 0
    return np.asarray(X).reshape(math.prod(shape[:-3]), math.prod(shape[-3:])), n_views


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
