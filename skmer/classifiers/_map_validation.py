"""Validation of maps and their labels."""

import math

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_consistent_length, validate_data

from skmer._utils._checks import frames_of, warn_user

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
    _check_finite(flat)
    options = {"reset": reset, "dtype": np.float32, "order": "C"}
    checked = validate_data(net, flat, **options) if y is None else validate_data(net, flat, y, **options)
    if reset:
        net.map_shape_ = shape
    if y is None:
        return checked.reshape(X.shape)
    return checked[0].reshape(X.shape), checked[1]


def _as_rows(net, X):
    expected = " or ".join(net._shapes.values())
    if issparse(X) or hasattr(X, "iloc"):
        raise TypeError(f"X must be an array of maps {expected}, got {type(X).__name__}; pass its values.")
    X = np.asarray(frames_of(X))
    if X.ndim == 2:
        raise ValueError(
            f"X must have the shape {expected}, got two dimensions, {X.shape}; reshape flattened maps first: "
            f"X.reshape(len(X), {expected.partition(', ')[2]}."
        )
    if X.ndim not in net._shapes or 0 in X.shape[1:]:
        raise ValueError(f"X must have the shape {expected}, got {X.shape}; {net._maps_come_from}.")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"X must hold numbers, got the dtype {X.dtype}; convert it to float32.")
    return X


def _check_finite(flat):
    bad = [] if flat.dtype.kind != "f" else np.flatnonzero(~np.isfinite(flat).all(axis=1))
    if len(bad):
        others = f" and {len(bad) - 1} others" if len(bad) > 1 else ""
        raise ValueError(f"X holds NaN or inf in the maps of clip {bad[0]}{others}; leave it out.")


def warn_of_other_scale(net, X):
    """Warn where maps are on quite another scale than those of the fit."""
    rms = float(np.sqrt(np.square(X, dtype=np.float64).mean()))
    ratio = max(rms, 1e-30) / net.motion_rms_
    if rms > 0 and not 1 / _MOST_RATIO < ratio < _MOST_RATIO:
        warn_user(
            f"X has an rms of {rms:.3g}, the maps of the fit had {net.motion_rms_:.3g}; use the same unit "
            "and scaling= for both."
        )
