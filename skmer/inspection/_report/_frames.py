"""The frames of a clip, small: JPEG of images, drawings of landmarks."""

import io

import numpy as np
from PIL import Image

from skmer.face import COMPONENTS
from skmer.frames import read_image
from skmer.inspection._report._pictures import data_uri
from skmer.landmarks import align_landmarks

_QUALITY = 80
_MARGIN = 0.25  # of the landmarks' extent, around them
ENLARGED = 8  # motion of drawn landmarks
_CLOSED = ("right_eye", "left_eye", "outer_lip", "inner_lip")


def frame_pictures(clips, row, landmarks, size):
    """Addresses of onset, apex and offset; empty where a frame cannot be read.

    Parameters
    ----------
    clips : MicroExpressionClips
        Where the frames are.
    row : int
        Which clip.
    landmarks : ndarray of shape (n_clips, 3, 68, 2), default=None
        Points to crop images around.
    size : int
        Longer side of the pictures, px.

    Returns
    -------
    list of str
    """
    frames = clips.frames[row]
    if clips.frames.dtype != object:
        return _drawings(frames if frames.ndim == 3 else frames[0], size)
    box = None if landmarks is None else _box(landmarks[row][0])
    return [_thumbnail(frame, box, size) for frame in frames]


def _box(points):
    """Left, upper, right and lower end of a square around the points; None without points."""
    if not np.isfinite(points).all():
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    center, half = (low + high) / 2, (0.5 + _MARGIN) * (high - low).max()
    return tuple(np.round([*(center - half), *(center + half)]).astype(int).tolist())


def _thumbnail(frame, box, size):
    try:
        image = Image.fromarray(read_image(frame, mode="RGB"))
    except (ValueError, OSError):
        return ""
    if box is not None:
        image = image.crop(box)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=_QUALITY)
    return data_uri(stream.getvalue(), "image/jpeg")


def _drawings(landmarks, size):
    """Line drawings on one scale, the motion without the head's enlarged."""
    if not np.isfinite(landmarks).all():
        return ["", "", ""]
    still = align_landmarks(landmarks)
    shown = still[0] + ENLARGED * (still - still[0])
    low, high = shown.min(axis=(0, 1)), shown.max(axis=(0, 1))
    unit = size / ((high - low).max() * 1.1)
    width, height = unit * (high - low) + 0.05 * size
    return [data_uri(_drawing((points - low) * unit + 0.025 * size, width, height)) for points in shown]


def _drawing(points, width, height):
    lines = "".join(
        f'<{"polygon" if name in _CLOSED else "polyline"} points="{_coordinates(points[list(nodes)])}"/>'
        for name, nodes in COMPONENTS.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}"><g fill="none" stroke="#3E86C4" stroke-width="1.6" '
        f'stroke-linejoin="round">{lines}</g></svg>'
    ).encode()


def _coordinates(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
