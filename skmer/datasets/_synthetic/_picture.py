"""The photograph behind `make_face_clips`, and smooth image warps that move given points exactly.

The picture is scikit-image's astronaut, in the public domain (NASA); its landmarks were read off by eye.
"""

from functools import lru_cache

import cv2
import numpy as np
from scipy.spatial.distance import cdist

from skmer._utils._imports import import_optional

_COARSE = 2  # fields are smooth: they are computed at every second pixel and interpolated
# Fixed-point steps of the inverse; each shrinks the error by the largest slope of the field, below .15.
_STEPS = 2

# fmt: off
_POINTS = (
    (181.0, 104.2), (181.0, 115.5), (181.5, 126.8), (182.3, 138.3), (185.1, 149.9), (191.2, 160.1),
    (199.9, 168.4), (209.3, 175.5), (220.8, 177.6), (232.1, 176.0), (243.1, 170.9), (253.1, 163.5),
    (259.8, 154.5), (265.1, 143.0), (267.4, 131.4), (270.0, 119.6), (270.8, 107.9),
    (188.3, 92.1), (193.1, 88.4), (200.5, 87.7), (208.1, 89.2), (215.1, 92.2), (236.4, 93.7), (243.6, 91.7),
    (251.1, 91.1), (258.5, 92.6), (264.1, 97.1),
    (225.7, 102.7), (225.6, 110.9), (225.4, 119.1), (224.9, 127.3), (214.4, 130.9), (219.4, 132.6),
    (224.5, 134.2), (229.7, 133.2), (234.8, 131.7),
    (193.9, 100.8), (199.8, 97.3), (206.9, 98.3), (212.6, 103.8), (206.4, 104.2), (199.8, 103.7),
    (237.2, 105.3), (243.3, 100.1), (250.3, 100.3), (256.7, 104.2), (250.5, 106.5), (243.9, 106.3),
    (201.5, 139.3), (209.5, 139.3), (217.7, 139.8), (223.6, 141.0), (229.7, 140.1), (237.7, 140.3),
    (245.6, 141.0), (238.0, 150.9), (229.2, 155.5), (222.5, 156.0), (216.3, 154.8), (208.3, 149.9),
    (203.9, 140.3), (217.4, 143.0), (223.3, 144.2), (229.5, 143.4), (242.8, 141.9), (229.5, 150.2),
    (223.0, 150.9), (216.9, 149.9),
)
# fmt: on

ASTRONAUT_POINTS = np.array(_POINTS)
"""Positions (68, 2) in px of the picture, x right, y down, pixel centres at integers."""
ASTRONAUT_POINTS.setflags(write=False)


def astronaut():
    """The picture (512, 512, 3), uint8 RGB."""
    return import_optional(
        "skimage.data", caller="make_face_clips", package="scikit-image", extra="demo"
    ).astronaut()


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
        Places of the given displacements, in px.
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
            # A fixed point of E(x) = field(x - E(x)).
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
