"""Similarities of the plane, and the removal of head motion between frames by them."""

import numpy as np

from skmer._utils._arguments import Numbers, check_same_shape, checked
from skmer.face import RIGID_POINTS


@checked(
    source=[Numbers(..., None, 2, finite=False)],
    target=[Numbers(..., None, 2, finite=False)],
    weights=[Numbers(..., None), None],
)
def fit_similarity(source, target, weights=None):
    """Least-squares similarity (rotation, uniform scale, shift) from points to points.

    Parameters
    ----------
    source, target : ndarray of shape (..., N, 2)
        Corresponding points; leading axes are separate problems.
    weights : ndarray of shape (..., N) or (N,), default=None
        Weight of each point's squared error, not all zero; None weighs all alike.

    Returns
    -------
    ndarray of shape (..., 2, 3)
        Matrices of the maps.

    Raises
    ------
    ValueError
        If the numbers of points differ, or weights are negative, all zero, or not one for each point.

    References
    ----------
    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", TPAMI 13(4),
    1991, doi:10.1109/34.88573. In the plane the solution is one complex quotient.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.landmarks import fit_similarity
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> fit_similarity(square, 2 * square + 3).round(6)
    array([[ 2., -0.,  3.],
           [ 0.,  2.,  3.]])
    """
    if np.shape(source)[-2] != np.shape(target)[-2]:
        check_same_shape(source=source, target=target)
    source, target = np.broadcast_arrays(
        np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    )
    share = _shares(weights, source.shape[:-1])
    source_mean, target_mean = (np.einsum("...n,...nc->...c", share, points) for points in (source, target))
    a, b = _complex(source - source_mean[..., None, :]), _complex(target - target_mean[..., None, :])
    spread = (share * np.abs(a) ** 2).sum(axis=-1)
    turn = np.where(spread > 0, (share * a.conj() * b).sum(axis=-1) / np.where(spread > 0, spread, 1.0), 1.0)
    linear = np.stack([np.stack([turn.real, -turn.imag], -1), np.stack([turn.imag, turn.real], -1)], -2)
    shift = target_mean - np.einsum("...ij,...j->...i", linear, source_mean)
    return np.concatenate([linear, shift[..., None]], axis=-1)


def _shares(weights, shape):
    """Return weights whose sum is one, for points (..., n_points) of a shape."""
    if weights is None:
        return np.full(shape[-1], 1 / shape[-1])
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape not in (shape, shape[-1:]):
        raise ValueError(f"weights must have shape {shape} or {shape[-1:]}, got {weights.shape}.")
    total = weights.sum(axis=-1, keepdims=True)
    if (weights < 0).any() or not total.all():
        raise ValueError(f"weights must not be negative, nor all zero, got the least {weights.min():g}.")
    return weights / total


def _complex(points):
    return points[..., 0] + 1j * points[..., 1]


@checked(similarity=[Numbers(..., 2, 3, finite=False)], points=[Numbers(..., None, 2, finite=False)])
def apply_similarity(similarity, points):
    """Apply similarities to points.

    Parameters
    ----------
    similarity : ndarray of shape (..., 2, 3)
        The maps.
    points : ndarray of shape (..., N, 2)
        The points.

    Returns
    -------
    ndarray of shape (..., N, 2)

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.landmarks import apply_similarity
    >>> apply_similarity(np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 0.0]]), np.zeros((1, 2)))
    array([[5., 0.]])
    """
    similarity, points = np.asarray(similarity), np.asarray(points)
    return np.einsum("...ij,...nj->...ni", similarity[..., :2], points) + similarity[..., None, :, 2]


@checked(landmarks=[Numbers(..., 3, 68, 2, finite=False)])
def align_landmarks(landmarks):
    """Remove head motion from apex and offset.

    Each of them is transformed by the similarity that fits its nose bridge and eye corners (points 27-30,
    36, 39, 42, 45), which no facial muscle moves much, onto the onset's.

    Parameters
    ----------
    landmarks : array-like of shape (..., 3, 68, 2)
        Onset, apex and offset in px.

    Returns
    -------
    ndarray of shape (..., 3, 68, 2)
        In the onset's image coordinates; the onset unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.landmarks import align_landmarks
    >>> shaken = np.stack([MEAN_SHAPE, MEAN_SHAPE + 0.1, MEAN_SHAPE * 1.02])
    >>> bool(np.allclose(align_landmarks(shaken), MEAN_SHAPE))
    True
    """
    landmarks = np.asarray(landmarks, dtype=np.float64)
    rigid = landmarks[..., list(RIGID_POINTS), :]
    aligned = apply_similarity(fit_similarity(rigid, rigid[..., :1, :, :]), landmarks)
    aligned[..., 0, :, :] = landmarks[..., 0, :, :]
    return aligned
