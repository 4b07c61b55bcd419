"""Landmarks of a chunk of a long video: the function that workers run, and the key of its result."""

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from skmer.landmarks._alignment import apply_similarity
from skmer.landmarks._anchor import Anchor
from skmer.landmarks._detection import detect_faces, face_points, find_face
from skmer.landmarks._predictor import dlib, load_predictor

VERSION = 2
"""Raised by every change that moves a landmark: the cache does not return results of other versions."""

_SEARCHED = 0.5  # s between frames in which a face is looked for
_KEPT_WIDTH = 320.0  # px: wider faces are read smaller, since the flow does not gain by more
_LOOK = 560  # px of the longer side in which faces are looked for
_LIKE, _FAIR, _LOST = 0.93, 0.85, 0.6  # correlations: back to the first anchor, another anchor, lost
_OTHER_SIZE, _OTHER_PLACE = 0.3, 0.05  # likeness that a face loses by its log size, and by its distance
_LARGEST_STEP = 0.35  # of the face's width that a face may move from one frame to the next


@dataclass(frozen=True)
class ChunkSettings:
    """Parameters that the landmarks of a chunk depend on, beside its frames and the anchor."""

    predictor: str
    n_boxes: int
    face_width: float
    fps: float


@dataclass(frozen=True, eq=False)
class FirstFace:
    """The face that is followed: its anchor, the scale at which frames are read, its width in px."""

    anchor: Anchor
    scale: float
    width: float


def first_face(reader, settings):
    """The largest face of the first frame that shows one; FirstFace, or None."""
    predictor = load_predictor(settings.predictor)
    next_time = -np.inf
    for frame in reader:
        if frame.time < next_time:
            continue
        next_time = frame.time + _SEARCHED
        boxes = _boxes(frame.image)
        if not boxes and (face := find_face(frame.image) if frame.number == 0 else None):
            boxes = [face.box]  # tight crops need the attempts of `find_face`
        if boxes:
            box = max(boxes, key=lambda box: box[2] - box[0])
            points = face_points(frame.image, box, predictor, settings.n_boxes)
            width = float(np.ptp(points, axis=0).max())
            scale = min(1.0, _KEPT_WIDTH / width)
            local = (points + 0.5) * scale - 0.5
            anchor = Anchor.of(reduced(frame.image, scale), local, settings.face_width)
            return FirstFace(anchor, scale, width * scale)
    return None


def reduced(image, scale):
    """Image scaled down, or as it is."""
    return image if scale >= 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _boxes(image):
    """Boxes of all faces in a frame, looked for at a reduced size."""
    scale = min(1.0, _LOOK / max(image.shape))
    return [tuple(edge / scale for edge in box) for *box, _ in detect_faces(reduced(image, scale))]


def chunk_key(task, face, settings):
    """Cache key of a chunk: by its frames, the anchor, the parameters and the versions of what computes."""
    versions = (VERSION, cv2.__version__, dlib().__version__, settings, face.scale)
    digest = hashlib.sha256(repr(versions).encode())
    for array in (face.anchor.still, face.anchor.points, *task["images"]):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def track_chunk(task, face, settings):
    """Landmarks of a chunk's frames in px of the full frames, and their likeness to the anchor.

    Parameters
    ----------
    task : dict
        With ``images`` and ``times``.
    face : FirstFace
        Whom to follow.
    settings : ChunkSettings
        Parameters.

    Returns
    -------
    points : ndarray of shape (n_frames, 68, 2)
        NaN where the face was not found.
    likeness : ndarray of shape (n_frames,)
        Zero there.
    """
    follower = _Follower(face, settings)
    points = np.full((len(task["images"]), 68, 2), np.nan)
    likeness = np.zeros(len(points))
    for k, (image, time) in enumerate(zip(task["images"], task["times"], strict=True)):
        found = follower.step(image, time)
        if found is not None:
            points[k], likeness[k] = (found[0] + 0.5) / face.scale - 0.5, found[1]
    return points, likeness


class _Follower:
    """State of the tracking from frame to frame: the anchor in use, and where the face was."""

    def __init__(self, face, settings):
        self.face, self.settings = face, settings
        self.anchor, self.last, self.searched = face.anchor, None, -np.inf
        self.good = None  # the last frame that was like its anchor, with its landmarks

    def step(self, image, time):
        """Landmarks and likeness in a frame, None where the face is lost."""
        if self.last is None:
            if time - self.searched < _SEARCHED:
                return None
            self.searched = time
            self.last, self.anchor = self._search(image), self.face.anchor
            if self.last is None:
                return None
        found = self._follow(image)
        if found is None:
            self.last, self.good = None, None
            return None
        self.last = found[0]
        return found

    def _follow(self, image):
        before = self.last
        points, _, likeness = self.anchor.follow(image, self.anchor.motion_to(before))
        if self.anchor is not self.face.anchor:
            # Another anchor's landmarks have an error of their own: the first one is taken where it fits.
            first, _, likeness_first = self.face.anchor.follow(image, self.face.anchor.motion_to(points))
            if likeness_first >= _LIKE:
                self.anchor, points, likeness = self.face.anchor, first, likeness_first
        if likeness < _FAIR and self.good is not None:
            other = Anchor.of(*self.good, self.settings.face_width)
            again, _, likeness_other = other.follow(image, other.motion_to(before))
            if likeness_other > likeness:
                self.anchor, points, likeness = other, again, likeness_other
        step = np.abs(points.mean(axis=0) - before.mean(axis=0)).max()
        if likeness < _LOST or step > _LARGEST_STEP * self.face.width or not np.isfinite(points).all():
            return None
        if likeness >= _FAIR:
            self.good = image, points
        return points, likeness

    def _search(self, image):
        """Landmarks of the face that looks most like the anchor, in size and place too; None without one."""
        predictor, anchor = load_predictor(self.settings.predictor), self.face.anchor
        centre = apply_similarity(anchor.place, anchor.points).mean(axis=0)
        best = None
        for box in _boxes(image):
            points = face_points(image, box, predictor, 1)
            found, _, likeness = anchor.follow(image, anchor.motion_to(points))
            if likeness < _LOST:
                continue
            size = abs(np.log(np.ptp(found, axis=0).max() / self.face.width))
            away = np.linalg.norm(found.mean(axis=0) - centre) / self.face.width
            fit = likeness - _OTHER_SIZE * size - _OTHER_PLACE * min(away, 2.0)
            if best is None or fit > best[0]:
                best = fit, found
        return None if best is None else best[1]
