"""Detection of the face and its 68 points in one grey frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from skmer._utils._arguments import Numbers, check_argument
from skmer.frames import is_path
from skmer.landmarks._predictor import dlib, load_detector

_FIRST_LOOK = 560  # px of the longer side: a quarter of the pixels is a quarter of the time
_BORDER = 0.25  # of the longer side: dlib's detector wants hair and chin around a face, tight crops lack them
_LARGEST_LOOK = 6400  # px of the longer side: far above any camera of the field; bounds the time
_BOX_WIDTH = 600  # px: dlib's points are integers, on a larger face they are finer
_BOX_MARGIN = 0.4  # of the box: the outline of jaw and brows lies outside of dlib's box
_JITTER = 0.06  # of the box width, in x, y and size
_SIMILAR = 0.8  # of the largest width: faces from here on are taken to be equally near to the camera


@dataclass(frozen=True)
class Face:
    """A detected face.

    Attributes
    ----------
    box : tuple of float
        Left, top, right, bottom in px.
    score : float
        Score of the detector; NaN for a given box.
    n_faces : int
        Number of faces found in the frame.
    attempt : str
        Attempt that found the face: ``"plain"``, ``"border"`` or ``"enlarged"``; ``"given"`` for a given box.
    """

    box: tuple[float, float, float, float]
    score: float
    n_faces: int
    attempt: str


def detect_faces(grey):
    """Faces that dlib's HOG detector finds in an image, as it is.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        The image.

    Returns
    -------
    list of (float, float, float, float, float)
        Left, top, right, bottom and score of each face.
    """
    boxes, scores, _ = load_detector().run(grey, 0, 0.0)
    return [
        (float(box.left()), float(box.top()), float(box.right() + 1), float(box.bottom() + 1), score)
        for box, score in zip(boxes, scores, strict=True)
    ]


def find_face(grey):
    """Find the face in a frame, by several attempts if need be.

    The frame is searched reduced to 560 px, then at twice the size and so on up to its own, then with a
    reflected border of 25 % (tight crops defeat the detector), then that enlarged twice.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        The frame.

    Returns
    -------
    Face or None
        The largest of several faces; among those of nearly its size the one with the best score.
    """
    for attempt, scale, border in _attempts(grey.shape):
        image, pad = _prepared(grey, scale, border)
        found = [((*_unscaled(box, scale, pad), score)) for *box, score in detect_faces(image)]
        # The reflected border shows faces too: mirrored ones, or half a face and its mirror image.
        found = [face for face in found if _is_inside(face, grey.shape)]
        if found:
            *box, score = _main_face(found)
            return Face(tuple(box), score, len(found), attempt)
    return None


def _attempts(shape):
    reduced = _FIRST_LOOK / max(shape)
    while reduced < 1 and reduced * max(shape) <= _LARGEST_LOOK:
        yield "plain", reduced, 0
        reduced *= 2
    border = round(_BORDER * max(shape))
    side = max(shape) + 2 * border
    for attempt, scale, width in (("plain", 1.0, 0), ("border", 1.0, border), ("enlarged", 2.0, border)):
        if scale * side <= _LARGEST_LOOK:
            yield attempt, scale, width
        elif attempt == "border":
            yield attempt, _LARGEST_LOOK / side, width


def _prepared(grey, scale, border):
    """Return the image to search, and the width of its border before scaling."""
    if border:
        grey = cv2.copyMakeBorder(grey, border, border, border, border, cv2.BORDER_REFLECT_101)
    if scale != 1:
        filtering = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=filtering)
    return grey, border


def _unscaled(box, scale, pad):
    return tuple(edge / scale - pad for edge in box)


def _is_inside(face, shape):
    left, top, right, bottom, _ = face
    return 0 <= left + right <= 2 * shape[1] and 0 <= top + bottom <= 2 * shape[0]


def check_box(box, shape, label):
    """Validate the box of a face on a frame.

    Parameters
    ----------
    box : sequence of 4 float
        Left, top, right, bottom in px.
    shape : (int, int)
        Height and width of the frame.
    label : str
        Name of the box in error messages.

    Returns
    -------
    tuple of float
        The box.

    Raises
    ------
    ValueError
        If it is no box, smaller than 8 px, beyond the frame, or more than four times as large.
    """
    try:
        left, top, right, bottom = box = tuple(map(float, box))
    except (TypeError, ValueError):
        raise ValueError(f"{label}: expected a box (left, top, right, bottom) in px, got {box!r}.") from None
    height, width = shape
    is_on_frame = left < width and top < height and right > 0 and bottom > 0
    largest = 4 * max(shape)
    if not (is_on_frame and 8 <= right - left <= largest and 8 <= bottom - top <= largest):
        raise ValueError(
            f"{label}: expected a box (left, top, right, bottom) of at least 8 px on a frame of {width} x "
            f"{height}, and of at most {largest} px, got {box}."
        )
    return box


def _main_face(found):
    widths = np.array([right - left for left, _, right, _, _ in found])
    large = [face for face, width in zip(found, widths, strict=True) if width >= _SIMILAR * widths.max()]
    return max(large, key=lambda face: face[4])


def face_points(grey, box, predictor, n_boxes, view=0):
    """Landmarks of a face, averaged over jittered boxes.

    The face is first scaled to one size, so that the rounding of dlib's integer points is the same share of
    a face in every clip. Every frame and clip has the same jitter.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        The frame.
    box : tuple of float
        Left, top, right, bottom of the face in px.
    predictor : dlib.shape_predictor
        The 68-point model.
    n_boxes : int
        Number of boxes to average over; the first is `box` itself.
    view : int, default=0
        Number of the view; each draws other boxes, from a crop of another size.

    Returns
    -------
    ndarray of shape (68, 2)
        x and y in px of the frame.
    """
    crop, scale, origin = _enlarged_crop(grey, box)
    left, top, right, bottom = (edge * scale for edge in box)
    centre = np.array([(left + right) / 2, (top + bottom) / 2]) - origin * scale
    width = max(right - left, bottom - top)
    points = np.zeros((68, 2))
    for dx, dy, size in box_jitter(n_boxes, view):
        corner = np.round(centre + width * np.array([dx - size / 2, dy - size / 2])).astype(int)
        far = np.round(corner + width * size).astype(int) - 1
        shape = predictor(crop, dlib().rectangle(*map(int, (*corner, *far))))
        points += [(point.x, point.y) for point in shape.parts()]
    return (points / n_boxes + 0.5) / scale - 0.5 + origin


def _enlarged_crop(grey, box):
    left, top, right, bottom = box
    margin = _BOX_MARGIN * max(right - left, bottom - top)
    x0, y0 = (max(0, int(edge - margin)) for edge in (left, top))
    crop = grey[y0 : int(bottom + margin) + 1, x0 : int(right + margin) + 1]
    scale = _BOX_WIDTH / max(right - left, bottom - top)
    return (
        cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR),
        scale,
        np.array([x0, y0]),
    )


@lru_cache(maxsize=32)
def box_jitter(n_boxes, view=0):
    """Shifts and sizes of the boxes that landmarks are averaged over, the same for every clip.

    Parameters
    ----------
    n_boxes : int
        Number of boxes.
    view : int, default=0
        View 0 starts with the box itself; the sizes of another one spread about another mean within 6 % of
        it.

    Returns
    -------
    tuple of (float, float, float)
        Shift in x and y and the size, each as a share of the box's width.
    """
    rng = np.random.default_rng(view)
    centre = 1.0 + (rng.uniform(-0.06, 0.06) if view else 0.0)
    jitter = rng.uniform(-_JITTER, _JITTER, (n_boxes, 3))
    jitter[0] = 0.0
    jitter[:, 2] += centre
    return tuple(map(tuple, jitter.tolist()))


def box_of(boxes, clip, row, n_clips):
    """Return the box that `FaceLandmarker` was given for one clip, or None.

    Parameters
    ----------
    boxes : array-like of shape (4,) or (n_clips, 4), mapping, or None
        As of `FaceLandmarker`.
    clip : int
        Number of the clip.
    row : sequence of paths or images
        Its frames.
    n_clips : int
        Number of clips.

    Returns
    -------
    tuple of 4 float, or None
        Left, top, right, bottom, px.
    """
    if isinstance(boxes, Mapping):
        box = boxes.get(row[0], boxes.get(str(row[0]))) if is_path(row[0]) else None
    elif boxes is None:
        box = None
    else:
        check_argument("boxes", boxes, [Numbers(4, finite=False), Numbers(n_clips, 4, finite=False)])
        box = _box_row(np.asarray(boxes, dtype=np.float64), clip, n_clips)
    return None if box is None or np.isnan(box).any() else tuple(map(float, box))


def _box_row(boxes, clip, n_clips):
    if boxes.shape == (4,):
        return boxes
    if boxes.shape != (n_clips, 4):
        raise ValueError(
            f"boxes: expected shape (4,) or ({n_clips}, 4), one for each of the {n_clips} clips, got "
            f"{boxes.shape}; a mapping from the onset's path also serves cross-validation."
        )
    return boxes[clip]
