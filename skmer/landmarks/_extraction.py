"""Landmarks of one clip: the function that workers run, and the key by which the cache keeps its result."""

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from skmer.frames import (
    KEYFRAMES,
    FrameSequence,
    frame_label,
    is_path,
    one_opencv_thread,
    read_bytes,
    read_image,
    read_sequence,
    sequence_digest,
    sequence_label,
)
from skmer.landmarks._agreement import LOWER_LIDS, NODES, RIGID, UPPER_LIDS, still_motion
from skmer.landmarks._alignment import apply_similarity, fit_similarity
from skmer.landmarks._detection import Face, check_box, face_points, find_face
from skmer.landmarks._movement import LEAST_FRAMES, follow_sequence
from skmer.landmarks._predictor import dlib, load_predictor, predictor_checksum
from skmer.landmarks._steady_face import warp_back
from skmer.landmarks._tracking import rigid_correlation, track_points

ALGORITHM = 9
"""Version of the computation, raised by every change that moves a landmark or names a field of the result
differently: the cache does not return results of other versions."""

_FLOW_QUALITY = ("photometric_correlation", "forward_backward_error")
_AGREEMENT = ("reliability", "movement_to_noise")
_MIN_CORRELATION = 0.8  # below it the flow explains less than 0.8 ** 2 = 64 % of the variance
_MAX_ERROR = 0.003  # of the face's width: eight times the error that noise causes on a still face
_MOVED = 0.025  # of the box: dlib's points depend on where in its box a face lies
_BLINK = 0.6  # of the eyes' opening on the onset; lids that only narrow should stay above it


@dataclass(frozen=True)
class ClipSettings:
    """Parameters that the landmarks of a clip depend on, beside its frames.

    Attributes
    ----------
    tracking : {"flow", "detect"}
        Method that finds the points of apex and offset.
    n_boxes : int
        Number of boxes that a detection is averaged over.
    n_views : int
        Number of sets of landmarks, from crops of different sizes.
    predictor : str
        Path of the 68-point model.
    verify : bool
        Whether its checksum must be the published one.
    """

    tracking: str
    n_boxes: int
    n_views: int
    predictor: str
    verify: bool


def extract_clip(sources, settings, box=None, name=0):
    """Landmarks of one clip and measures of their quality.

    Parameters
    ----------
    sources : sequence of paths or images
        Onset, apex, offset; or all frames from onset to offset, if they are more than three.
    settings : ClipSettings
        Parameters of the computation.
    box : tuple of float, default=None
        Left, top, right, bottom of the face on the onset; None detects it.
    name : int or str, default=0
        Name of the clip in error messages.

    Returns
    -------
    dict
        ``landmarks``, nested lists (n_views, 3, 68, 2) in px, or None if there is no face; the fields of the
        landmarker's table.
    """
    with one_opencv_thread():
        is_sequence = len(sources) > len(KEYFRAMES)
        frames = read_sequence(sources, name) if is_sequence else _read_frames(sources, name)
        face = find_face(frames[0]) if box is None else Face(tuple(map(float, box)), float("nan"), 1, "given")
        if face is None:
            return {"landmarks": None, "flags": ["no face"]}
        check_box(face.box, frames[0].shape, f"boxes of clip {name}")
        track = _detect if settings.tracking == "detect" else _follow_all if is_sequence else _follow
        landmarks, flows, agreement = track(frames, face.box, settings)
    quality = _quality(landmarks, face, flows, frames[0].shape)
    return {"landmarks": landmarks.tolist(), **quality, **agreement}


def _read_frames(sources, name):
    labels = [frame_label(name, index, source) for index, source in enumerate(sources)]
    frames = [read_image(source, "L", label) for source, label in zip(sources, labels, strict=True)]
    if len({frame.shape for frame in frames}) > 1:
        sizes = ", ".join(
            f"{keyframe} {frame.shape[1]} x {frame.shape[0]}"
            for keyframe, frame in zip(KEYFRAMES, frames, strict=True)
        )
        raise ValueError(
            f"clip {name}: expected three frames of one size, got {sizes}; crop or scale them alike."
        )
    return frames


def _views(frame, box, settings):
    predictor = load_predictor(settings.predictor, settings.verify)
    views = range(settings.n_views)
    return np.stack([face_points(frame, box, predictor, settings.n_boxes, view) for view in views])


def _detect(frames, box, settings):
    onset = _views(frames[0], box, settings)
    others = [_detect_moved(frame, onset, box, settings) for frame in frames[1:]]
    landmarks = np.stack([onset, *others], axis=1)
    motions = fit_similarity(landmarks[0, :1][:, RIGID], landmarks[0, 1:][:, RIGID])
    # The predictor gives 68 points for anything: a later frame without the face only looks different.
    return (
        landmarks,
        [
            {
                "photometric_correlation": rigid_correlation(frames[0], frame, onset[0], motion),
                "forward_backward_error": float("nan"),
            }
            for frame, motion in zip(frames[1:], motions, strict=True)
        ],
        dict.fromkeys(_AGREEMENT, float("nan")),
    )


def _detect_moved(frame, onset, box, settings):
    """Points detected in the onset's box; if the head has left it, on the frame warped back into it."""
    points = _views(frame, box, settings)
    motion = fit_similarity(onset[0], points[0])
    if settings.n_boxes == 1 or _box_shift(box, motion) < _MOVED * (box[2] - box[0]):
        return points
    turned = warp_back(frame, motion, frame.shape)
    return apply_similarity(motion, _views(turned, box, settings))


def _box_shift(box, motion):
    corners = np.array(box)[[[0, 1], [2, 1], [0, 3], [2, 3]]]
    return np.abs(apply_similarity(motion, corners) - corners).max()


def _follow(frames, box, settings):
    onset = _views(frames[0], box, settings)
    return _tracked(onset, [track_points(frames[0], frame, onset.reshape(-1, 2)) for frame in frames[1:]])


def _tracked(onset, tracks):
    moved = [track.points.reshape(onset.shape) for track in tracks]
    flows = [{name: getattr(track, name) for name in _FLOW_QUALITY} for track in tracks]
    agreement = {name: getattr(tracks[0], name) for name in _AGREEMENT}
    return np.stack([onset, *moved], axis=1), flows, agreement


def _follow_all(frames, box, settings):
    """Points from all frames of a sequence; its apex is the place of the largest movement."""
    onset = _views(frames[0], box, settings)
    points = onset.reshape(-1, 2)
    if len(frames) < LEAST_FRAMES:
        tracks = [track_points(frames[0], frame, points) for frame in frames[1:]]
        moves = [still_motion(points, track.points)[NODES] for track in tracks]
        apex = int(np.argmax([np.linalg.norm(move) for move in moves]))
        landmarks, flows, agreement = _tracked(onset, [tracks[apex], tracks[-1]])
        return landmarks, flows, agreement | {"apex": apex + 1}
    movement = follow_sequence(frames, points)
    landmarks = movement.points.reshape(3, *onset.shape).swapaxes(0, 1)
    pairs = zip(movement.correlations, movement.errors, strict=True)
    flows = [dict(zip(_FLOW_QUALITY, pair, strict=True)) for pair in pairs]
    agreement = {name: getattr(movement, name) for name in (*_AGREEMENT, "apex")}
    return landmarks, flows, agreement


def _quality(landmarks, face, flows, shape):
    first = landmarks[0]
    motions = fit_similarity(first[:1, RIGID], first[1:, RIGID])
    row = dict(zip(("left", "top", "right", "bottom"), face.box, strict=True))
    row |= {"score": face.score, "n_faces": face.n_faces, "attempt": face.attempt}
    for frame, flow, motion, points in zip(KEYFRAMES[1:], flows, motions, first[1:], strict=True):
        row |= {f"{frame}_{name}": value for name, value in flow.items()}
        row[f"{frame}_rotation"] = float(np.degrees(np.arctan2(motion[1, 0], motion[0, 0])))
        row[f"{frame}_scale"] = float(np.hypot(motion[0, 0], motion[1, 0]))
        row[f"{frame}_shift"] = float(np.hypot(*(points - first[0])[RIGID].mean(axis=0)))
    return row | {"flags": _flags(first, face, flows, shape)}


def _flags(landmarks, face, flows, shape):
    inside = (landmarks >= 0).all() and (landmarks <= (shape[1] - 1, shape[0] - 1)).all()
    width = np.ptp(landmarks[0], axis=0).max()
    errors = [flow["forward_backward_error"] for flow in flows]
    is_tracked = not np.isnan(errors).any()
    is_unlike = any(flow["photometric_correlation"] < _MIN_CORRELATION for flow in flows)
    flags = {
        "several faces": face.n_faces > 1,
        "unreliable flow": is_tracked and (is_unlike or max(errors) > _MAX_ERROR * width),
        "unreliable detection": is_unlike and not is_tracked,
        "blink": bool((_openness(landmarks[1:]) < _BLINK * _openness(landmarks[0])).any()),
        "outside the frame": not inside,
    }
    return [name for name, holds in flags.items() if holds]


def _openness(landmarks):
    return (landmarks[..., LOWER_LIDS, 1] - landmarks[..., UPPER_LIDS, 1]).mean(axis=-1)


class ClipTasks:
    """Sequence of the clips to compute, as they are sent to workers.

    Frames in colour are sent in grey, which takes a third of the memory.

    Parameters
    ----------
    frames : sequence of rows of 3 paths or images
        All clips.
    boxes : sequence of tuple or None
        Boxes of all clips.
    clips : sequence of int
        Rows of the clips to compute.
    """

    def __init__(self, frames, boxes, clips):
        self.frames, self.boxes, self.clips = frames, boxes, clips

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, k):
        clip = self.clips[k]
        row = self.frames[clip]
        # A sequence whose frames are made when they are read goes to the worker as what makes them.
        sources = row if isinstance(row, FrameSequence) else tuple(map(_to_grey, row))
        return sources, self.boxes[clip], clip


def _to_grey(source):
    is_colour = isinstance(source, np.ndarray) and source.ndim == 3 and source.shape[2] in (3, 4)
    return read_image(source) if is_colour and source.dtype == np.uint8 and source.size else source


def extract_task(task, settings):
    """Return `extract_clip` of one of `ClipTasks`."""
    sources, box, clip = task
    return extract_clip(sources, settings, box, clip)


def content_key(sources, labels, predictor, *parameters):
    """Cache key of a result: by the content of the frames, the parameters, and the versions of what computes.

    Parameters
    ----------
    sources : sequence of path or ndarray
        The frames.
    labels : sequence of str
        Their names in error messages.
    predictor : path-like
        File of the 68-point model.
    *parameters : object
        All else that the result depends on, told apart by ``repr``.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    versions = (ALGORITHM, cv2.__version__, dlib().__version__, predictor_checksum(predictor))
    digest = hashlib.sha256(repr((versions, parameters)).encode())
    if isinstance(sources, FrameSequence):
        digest.update(f"sequence {sequence_digest(sources)}".encode())
        return digest.hexdigest()
    for source, label in zip(sources, labels, strict=True):
        if is_path(source):
            content = read_bytes(source, label)
            digest.update(f"file {len(content)} ".encode())
            digest.update(content)
        else:
            pixels = np.ascontiguousarray(source)
            digest.update(f"array {pixels.dtype.str} {pixels.shape} ".encode())
            digest.update(pixels.data)
    return digest.hexdigest()


def clip_key(row, settings, box, clip):
    """Return the cache key of the landmarks of one clip, of three frames or of a sequence."""
    name = frame_label if len(row) == len(KEYFRAMES) else sequence_label
    labels = () if isinstance(row, FrameSequence) else [name(clip, k, source) for k, source in enumerate(row)]
    # Field by field, so that one inserted into the settings neither drops out of the key nor takes a place.
    parameters = (settings.tracking, settings.n_boxes, settings.n_views, box)
    return content_key(row, labels, settings.predictor, *parameters)
