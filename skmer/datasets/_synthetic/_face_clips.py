"""Synthetic corpora of face images with known movements."""

from dataclasses import dataclass
from numbers import Real

import cv2
import numpy as np
from scipy.special import ndtri

from skmer._utils._checks import check_integer, check_positive
from skmer.datasets._synthetic._landmark_clips import (
    apply_head_motion,
    draw_head_motion,
    identity_shapes,
    plan_truth,
    synthetic_clips,
)
from skmer.datasets._synthetic._picture import (
    ASTRONAUT_POINTS,
    RadialWarp,
    astronaut,
    move_image,
    warp_image,
)
from skmer.datasets._synthetic._sampling import REFERENCE_SIZE, draw_plan, numpy_generator
from skmer.face import MEAN_SHAPE, MIRROR_POINTS

_FACE_WIDTH = np.linalg.norm(ASTRONAUT_POINTS[16] - ASTRONAUT_POINTS[0])
_EYE_WIDTH = np.linalg.norm(ASTRONAUT_POINTS[45] - ASTRONAUT_POINTS[36])
_FACE_CENTER = (ASTRONAUT_POINTS.min(axis=0) + ASTRONAUT_POINTS.max(axis=0)) / 2
_HEIGHT, _WIDTH = 12 / 7, 11 / 7  # of the default frame, in face sizes
MOVEMENT_RADIUS, _IDENTITY_RADIUS = 0.5, 1.2  # of a point's influence, in eye-corner distances
_GAMMA = 1.35
_LARGEST = 4000  # px; the picture itself has a face of 90

# Quantiles of the normal distribution: picking among them is three times quicker than drawing from it.
_NORMAL = ndtri((np.arange(2**16) + 0.5) / 2**16).astype(np.float32)


def make_face_clips(
    n_subjects=12,
    n_clips=120,
    *,
    dataset="casme2",
    amplitude=(0.5, 2.5),
    head_motion=1.0,
    light=0.04,
    noise_sigma=2.0,
    jpeg_quality=90,
    color=True,
    face_size=280.0,
    frame_size=None,
    random_state=None,
):
    """Make images of synthetic micro-expressions.

    One photograph in the public domain, scikit-image's astronaut, becomes different people by smooth warps, a
    mirror and gamma; a person's face is then moved by the action units of each clip's class. Labels, units,
    sides and subjects are drawn as in `make_landmark_clips`.

    Parameters
    ----------
    n_subjects : int, default=12
        Subjects, at least two.
    n_clips : int, default=120
        Clips, at least one for every subject and class.
    dataset : {"casme2", "samm", "casme3", "megc2019"}, default="casme2"
        Data set whose classes and action units are used.
    amplitude : (float, float), default=(0.5, 2.5)
        Range of the apex's largest displacement, uniform, in px of a 280 px face. The offset keeps 0-30 % of
        it.
    head_motion : float, default=1.0
        Factor of the rigid motion of apex and offset: up to .5 degrees, 3 px and .5 % each way. Zero for
        none.
    light : float, default=0.04
        Brightness of each frame varies by up to this share each way.
    noise_sigma : float, default=2.0
        Standard deviation of the pixel noise in grey levels.
    jpeg_quality : int or None, default=90
        Quality at which every frame is compressed and read again; None for no compression.
    color : bool, default=True
        RGB frames (height, width, 3), else grey ones (height, width), in a third of the memory.
    face_size : float, default=280
        Width in px of the face between the first and the last jaw point (0 and 16), which is about its height
        from brow to chin; at least 100. Amplitudes and head motion grow with it.
    frame_size : (int, int), default=None
        Height and width of the frames; by default 12/7 and 11/7 of `face_size` (480 and 440 px), which leaves
        the face detector room and half the memory of a full 690 x 660 frame.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same corpus every time.

    Returns
    -------
    clips : MicroExpressionClips
        With uint8 images (n_clips, 3) as frames and a `truth`. 120 colour clips take 230 MB.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    ImportError
        If scikit-image, which holds the picture, is not installed.

    Notes
    -----
    The movement of the 68 points is interpolated by a smooth function that fades out within half an
    eye-corner distance, and inverted to sample the picture, so that `truth` is what the picture does. The
    photographed person smiles: her neutral face is a smile.

    Examples
    --------
    >>> from skmer.datasets import make_face_clips
    >>> clips = make_face_clips(n_subjects=2, n_clips=5, random_state=0)
    >>> clips.frames[0, 1].shape, clips.truth.displacement.shape
    ((480, 440, 3), (5, 3, 68, 2))
    """
    camera = _Camera(light, noise_sigma, jpeg_quality, bool(color))
    shape = _check_sizes(face_size, frame_size)
    scale = face_size / REFERENCE_SIZE
    rng = numpy_generator(random_state)
    plan = draw_plan(dataset, n_subjects, n_clips, amplitude, rng)
    people = draw_people(n_subjects, shape, face_size, camera.color, rng)
    displacement = scale * plan.displacement
    motion = draw_head_motion(n_clips, head_motion, scale, rng)
    onset = np.stack([person.points for person in people])[plan.subject]
    points = apply_head_motion(motion, onset[:, None] + displacement)
    frames = np.empty((n_clips, 3), object)
    for subject, person in enumerate(people):
        warp = person.warp()
        for clip in np.flatnonzero(plan.subject == subject):
            frames[clip, 0] = camera.take(person.image, rng)
            for frame in (1, 2):
                placed = _about(motion[clip, frame], person.points[33])
                moved = move_image(person.image, warp.inverse(displacement[clip, frame]), placed)
                frames[clip, frame] = camera.take(moved, rng)
    return synthetic_clips(frames, plan, plan_truth(plan, scale, displacement, points), dataset, random_state)


@dataclass(frozen=True)
class _Camera:
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

    def take(self, image, rng):
        """The uint8 frame that is stored of a clean float32 image."""
        frame = image * np.float32(1 + self.light * rng.uniform(-1, 1))
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
class _Person:
    """A neutral face: float32 image and its 68 points in px."""

    image: np.ndarray
    points: np.ndarray

    def warp(self):
        eyes = np.linalg.norm(self.points[45] - self.points[36])
        return RadialWarp(self.points, self.image.shape[:2], MOVEMENT_RADIUS * eyes)


def _check_sizes(face_size, frame_size):
    check_positive("face_size", face_size)
    if not 100 <= face_size <= _LARGEST:
        raise ValueError(
            f"face_size must be at least 100 px, as in the picture, and at most {_LARGEST}, got {face_size}."
        )
    if frame_size is None:
        return round(_HEIGHT * face_size), round(_WIDTH * face_size)
    try:
        height, width = frame_size
    except (TypeError, ValueError) as error:
        raise ValueError(f"frame_size must be a pair (height, width), got {frame_size!r}.") from error
    for side in (height, width):
        check_integer("frame_size", side, int(face_size) + 1, 4 * _LARGEST)
    return height, width


def draw_people(n_subjects, shape, face_size, color, rng):
    """Neutral faces of subjects, with image and points, in frames of a shape; list."""
    picture = astronaut() if color else cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)
    zoom = face_size / _FACE_WIDTH
    center = (np.array([shape[1], shape[0]]) - 1) / 2
    place = np.column_stack([zoom * np.eye(2), center - zoom * _FACE_CENTER])
    image = cv2.warpAffine(
        picture.astype(np.float32), place, shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    points = ASTRONAUT_POINTS @ place[:, :2].T + place[:, 2]
    variation = (identity_shapes(n_subjects, rng) - MEAN_SHAPE) * zoom * _EYE_WIDTH
    return [_draw_person(image, points, change, rng) for change in variation]


def _draw_person(image, points, change, rng):
    """Bend, perhaps mirror, and relight the picture; the bent points are where the picture has them."""
    bent = points + change
    warp = RadialWarp(bent, image.shape[:2], _IDENTITY_RADIUS * np.linalg.norm(points[45] - points[36]))
    image = np.clip(warp_image(image, warp.field(change)), 0, 255)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        bent = bent[list(MIRROR_POINTS)] * (-1, 1) + (image.shape[1] - 1, 0)
    gamma = np.exp(rng.uniform(-1, 1) * np.log(_GAMMA))
    return _Person((255 * (image / 255) ** np.float32(gamma)).astype(np.float32), bent)


def _about(motion, center):
    """The similarity (2, 3) about `center` as a matrix on pixel coordinates."""
    placed = motion.copy()
    placed[:, 2] += center - motion[:, :2] @ center
    return placed
