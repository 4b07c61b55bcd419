"""Smooth image warps that move given points exactly."""

from functools import lru_cache

import cv2
import numpy as np
from scipy.spatial.distance import cdist

_COARSE = 2  # fields are smooth: they are computed at every second pixel and interpolated
_STEPS = (
    2  # fixed-point steps of the inverse; each shrinks the error by the largest slope of the field, below .15
)


def _wendland(distance, radius):
    """Wendland's C2 function: positive definite in the plane, smooth, zero from `radius` on."""
    ratio = (distance / radius).astype(np.float32)
    near = np.clip(1 - ratio, 0, None) ** 2
    return near * near * (4 * ratio + 1)


class RadialWarp:
    """Displacement fields that take given vectors at given points and fade out away from them.

    Interpolation by Wendland's compactly supported radial function, prepared once for a set of points: a
    field is then one matrix product.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
        Where displacements are given, in px.
    shape : (int, int)
        Height and width of the image.
    radius : float
        Distance in px at which a point's influence ends.

    References
    ----------
    Wendland, "Piecewise polynomial, positive definite and compactly supported radial functions of minimal
    degree", Advances in Computational Mathematics 4, 1995, DOI 10.1007/BF02123482.
    """

    def __init__(self, points, shape, radius):
        self.shape = shape
        self._coarse_shape = tuple(-(-size // _COARSE) for size in shape)
        rows, columns = (np.arange(size) * _COARSE + (_COARSE - 1) / 2 for size in self._coarse_shape)
        grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
        self._kernel = _wendland(cdist(grid, points), radius)
        self._gram = _wendland(cdist(points, points), radius).astype(float)

    def _coarse(self, vectors):
        weights = np.linalg.solve(self._gram, vectors)
        return (self._kernel @ weights.astype(np.float32)).reshape(*self._coarse_shape, 2)

    def _full(self, coarse):
        rows, columns = self._coarse_shape
        full = cv2.resize(coarse, (_COARSE * columns, _COARSE * rows), interpolation=cv2.INTER_CUBIC)
        return full[: self.shape[0], : self.shape[1]]

    def field(self, vectors):
        """Field (height, width, 2) with the given displacements (n_points, 2)."""
        return self._full(self._coarse(vectors))

    def inverse(self, vectors):
        """Field E with x - E(x) the place that moves to x when every y moves to y + field(y)."""
        forward = self._coarse(vectors)
        grid = _pixel_grid(self._coarse_shape)
        inverse = forward
        for _ in range(_STEPS):
            inverse = _sample(forward, grid - inverse / _COARSE)
        return self._full(inverse)


@lru_cache(maxsize=4)
def _pixel_grid(shape):
    columns, rows = np.meshgrid(np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32))
    grid = np.dstack([columns, rows])
    grid.setflags(write=False)
    return grid


def _sample(image, source):
    return cv2.remap(image, source, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def warp_image(image, backward):
    """Sample `image` at x - backward(x)."""
    return _sample(image, _pixel_grid(image.shape[:2]) - backward)


def move_image(image, backward, motion):
    """Move an image by an inverse field and then by a similarity (2, 3), in one resampling."""
    undo = cv2.invertAffineTransform(motion)
    height, width = image.shape[:2]
    field = cv2.warpAffine(backward, undo, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    source = cv2.transform(_pixel_grid((height, width)), undo.astype(np.float32))
    return _sample(image, np.subtract(source, field, out=source))
