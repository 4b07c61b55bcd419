"""Frames of synthetic faces: the camera, the person before it, and sequences that are rendered when read."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.special import ndtri

from skmer._utils._checks import check_integer
from skmer.datasets._synthetic._course import constant_speed, raised_cosine
from skmer.datasets._synthetic._picture import RadialWarp, move_image
from skmer.frames import FrameSequence, sequence_digest

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
            check_integer("jpeg_quality", self.jpeg_quality, 1)
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
        """Return what tells the frames apart; see `FrameSequence`."""
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
