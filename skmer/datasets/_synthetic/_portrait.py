"""Frames of synthetic faces: the photograph behind them, smooth warps, camera, person, rendered sequences.

The picture is scikit-image's astronaut, in the public domain (NASA); its landmarks were read off by eye.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.spatial.distance import cdist
from scipy.special import ndtri

from skmer._utils._arguments import check_argument, integer
from skmer._utils._imports import import_optional
from skmer.datasets._synthetic._timeline import constant_speed, raised_cosine
from skmer.frames import FrameSequence, sequence_digest

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


MOVEMENT_RADIUS = 0.5  # of a point's influence, in eye-corner distances

# Quantiles of the normal distribution: picking among them is three times quicker than drawing from it.
_NORMAL = ndtri((np.arange(2**16) + 0.5) / 2**16).astype(np.float32)


@dataclass(frozen=True)
class Camera:
    """Light, noise and compression of one frame."""

    light: float
    noise_sigma: float
    jpeg_quality: int | None
    color: bool

    def __post_init__(self):
        for name, limit in (("light", 1.0), ("noise_sigma", 255.0)):
            value = getattr(self, name)
            if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= value < limit:
                raise ValueError(f"{name} must be a number from 0 to below {limit:g}, got {value!r}.")
        if self.jpeg_quality is not None:
            check_argument("jpeg_quality", self.jpeg_quality, [integer(1)])
            if self.jpeg_quality > 100:
                raise ValueError(f"jpeg_quality must be at most 100, got {self.jpeg_quality}.")

    def draw_light(self, rng):
        """Brightness of a frame, relative to the usual one."""
        return 1 + self.light * rng.uniform(-1, 1)

    def take(self, image, brightness, rng):
        """The uint8 frame that is stored of a clean float32 image."""
        frame = image * np.float32(brightness)
        if self.noise_sigma:
            drawn = rng.integers(0, len(_NORMAL), frame.shape, dtype=np.uint16)
            frame += (np.float32(self.noise_sigma) * _NORMAL)[drawn]
        frame = np.clip(np.rint(frame, out=frame), 0, 255, out=frame).astype(np.uint8)
        return frame if self.jpeg_quality is None else _compress(frame, self.jpeg_quality)


def _compress(frame, quality):
    color = frame.ndim == 3
    stored = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) if color else frame
    _, data = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    read = cv2.imdecode(data, cv2.IMREAD_COLOR if color else cv2.IMREAD_GRAYSCALE)
    return cv2.cvtColor(read, cv2.COLOR_BGR2RGB) if color else read


@dataclass(frozen=True, eq=False)
class Person:
    """A neutral face: float32 image and its 68 points in px."""

    image: np.ndarray
    points: np.ndarray

    def moved(self, displacement, motion):
        """The face moved by a displacement (68, 2) in px and then by a similarity (2, 3) about point 33."""
        placed = motion.copy()
        center = self.points[33]
        placed[:, 2] += center - motion[:, :2] @ center
        # Face and head move in one resampling: two would blur the frame twice.
        return move_image(self.image, _warp(self).inverse(displacement), placed)


@lru_cache(maxsize=1)  # a warp takes 14 MB, and the clips of a person follow each other
def _warp(person):
    eyes = np.linalg.norm(person.points[45] - person.points[36])
    return RadialWarp(person.points, person.image.shape[:2], MOVEMENT_RADIUS * eyes)


@dataclass(frozen=True, eq=False, repr=False)
class RenderedSequence(FrameSequence):
    """Frames of a synthetic clip from onset to offset, each rendered when it is read.

    Attributes
    ----------
    person : Person
        Who is seen.
    camera : Camera
        By what.
    keyframes : (int, int, int)
        Positions of onset, apex and offset.
    images : tuple of 3 ndarrays
        What is read there.
    displacement : ndarray of shape (3, 68, 2)
        Of the points at the keyframes in px; between them by half a cosine wave.
    motion : ndarray of shape (3, 2, 3)
        Similarities of the head about point 33 at the keyframes, at constant speed between them.
    brightness : ndarray of shape (3,)
        Of the keyframes, linear between them.
    seed : int
        Of the noise.
    """

    person: Person
    camera: Camera
    keyframes: tuple
    images: tuple
    displacement: np.ndarray
    motion: np.ndarray
    brightness: np.ndarray
    seed: int

    def __len__(self):
        return self.keyframes[2] + 1

    def frame(self, k):
        """Return one frame; see `FrameSequence`."""
        if k in self.keyframes:
            return self.images[self.keyframes.index(k)]
        displacement = raised_cosine(self.keyframes, self.displacement)[k]
        motion = constant_speed(self.keyframes, self.motion)[k]
        brightness = constant_speed(self.keyframes, self.brightness)[k]
        rng = np.random.default_rng([self.seed, k])
        return self.camera.take(self.person.moved(displacement, motion), brightness, rng)

    def content_digest(self):
        """Return a digest of all that the frames depend on; see `FrameSequence`."""
        person = self.person
        arrays = [*self.images, person.image, person.points, self.displacement, self.motion, self.brightness]
        text = f"{self.camera} {self.keyframes} {self.seed} {sequence_digest(arrays)}"
        return hashlib.sha256(text.encode()).hexdigest()


def write_frames(folder, images):
    """Write images one by one to ``img0.png``, ``img1.png`` and so on.

    Parameters
    ----------
    folder : path-like
        Made if absent.
    images : iterable of ndarray
        Each is dropped before the next is taken.

    Returns
    -------
    list of str
        The paths.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for k, image in enumerate(images):
        paths.append(str(folder / f"img{k}.png"))
        Image.fromarray(image).save(paths[-1], compress_level=1)
    return paths
