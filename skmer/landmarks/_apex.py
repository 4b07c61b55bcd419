"""Sequences of frames: how the face moves in them, and their apex."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from skmer._utils._arguments import JOBS, PATH, Numbers, check_argument, checked
from skmer._utils._jobs import run_jobs
from skmer._utils._store import FileCache
from skmer.frames import is_path, one_opencv_thread, read_image
from skmer.landmarks._agreement import NODES
from skmer.landmarks._alignment import align_landmarks
from skmer.landmarks._cache import LandmarkCache
from skmer.landmarks._detection import check_box, face_points, find_face
from skmer.landmarks._extraction import content_key
from skmer.landmarks._predictor import find_predictor, load_predictor
from skmer.landmarks._tracking import track_points

_N_BOXES = 5  # as FaceLandmarker under flow: there the boxes only say where to look
_SMOOTHING = 1.5  # standard deviation in frames: far below a micro-expression's rise, above the noise of one


@checked(frames=["array-like"], box=[Numbers(4), None], predictor=[*PATH, None], n_jobs=JOBS)
def motion_curve(frames, *, box=None, predictor=None, n_jobs=None):
    """Distance that brows, nose and lips have moved since the first frame, for every frame.

    Parameters
    ----------
    frames : sequence of paths or images, or array-like of shape (n_frames, 68, 2)
        A sequence that starts at the onset, or its landmarks in px.
    box : tuple of float, default=None
        Left, top, right, bottom of the face on the first frame, in px; None detects it.
    predictor : str or path-like, default=None
        File of dlib's 68-point model; see FaceLandmarker.
    n_jobs : int, default=None
        Number of frames tracked in parallel.

    Returns
    -------
    ndarray of shape (n_frames,)
        Root mean square displacement of the paper's 31 nodes in px, head motion removed; the first is zero.

    Raises
    ------
    ValueError
        If there are no frames, one cannot be read, they differ in size, or there is no face on the first.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.landmarks import motion_curve
    >>> landmarks = np.tile(300 + 160 * MEAN_SHAPE, (5, 1, 1))
    >>> landmarks[:, 48, 1] -= [0, 1, 2, 1, 0]
    >>> motion_curve(landmarks).round(2)
    array([0.  , 0.18, 0.36, 0.18, 0.  ])
    """
    landmarks = _given_landmarks(frames)
    if landmarks is None:
        landmarks = _tracked(list(frames), box, find_predictor(predictor), n_jobs)
    onsets = np.broadcast_to(landmarks[0], landmarks.shape)
    aligned = align_landmarks(np.stack([onsets, landmarks, landmarks], axis=1))
    return np.sqrt(((aligned[:, 1] - aligned[:, 0])[:, NODES] ** 2).sum(axis=-1).mean(axis=-1))


@checked(
    frames=["array-like"],
    box=[Numbers(4), None],
    predictor=[*PATH, None],
    n_jobs=JOBS,
    memory=[*PATH, FileCache, None],
)
def find_apex(frames, *, box=None, predictor=None, memory=None, n_jobs=None):
    """Find the apex of a sequence that has none.

    It is the frame at which `motion_curve`, smoothed over time against the noise of single frames, is
    largest.

    Parameters
    ----------
    frames : sequence of paths or images, or array-like of shape (n_frames, 68, 2)
        From onset to offset, at least two.
    box : tuple of float, default=None
        Left, top, right, bottom of the face on the first frame, in px; None detects it.
    predictor : str or path-like, default=None
        File of dlib's 68-point model; see FaceLandmarker.
    memory : "auto", str, path-like, LandmarkCache or None, default=None
        Cache of results, by the content of the images; see FaceLandmarker. None computes the apex anew.
    n_jobs : int, default=None
        Number of frames tracked in parallel.

    Returns
    -------
    int
        Position of the apex among the frames; never the first.

    Raises
    ------
    ValueError
        If there are fewer than two frames, one cannot be read, they differ in size, or there is no face on
        the first.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.landmarks import find_apex
    >>> landmarks = np.tile(300 + 160 * MEAN_SHAPE, (9, 1, 1))
    >>> landmarks[:, 48, 1] -= [0, 0, 0.5, 1, 1.5, 2, 1.5, 1, 0]
    >>> find_apex(landmarks)
    5
    """
    if len(frames) < 2:
        raise ValueError(
            f"frames: expected at least onset and one more frame to find an apex, got {len(frames)}."
        )
    cache = LandmarkCache.resolve(memory) if _given_landmarks(frames) is None else None
    key = _cache_key(frames, box, find_predictor(predictor)) if cache else None
    apex = cache.get(key) if cache else None
    if type(apex) is not int or not 0 < apex < len(frames):
        curve = motion_curve(frames, box=box, predictor=predictor, n_jobs=n_jobs)
        apex = 1 + int(np.argmax(gaussian_filter1d(curve, _SMOOTHING, mode="nearest")[1:]))
        if cache:
            cache.put(key, apex)
    return apex


def _given_landmarks(frames):
    if len(frames) == 0:
        raise ValueError("frames: expected a sequence of paths, images or landmarks, got none.")
    if any(is_path(frame) for frame in frames) or {np.shape(frame) for frame in frames} != {(68, 2)}:
        return None
    check_argument("frames", frames, [Numbers(None, 68, 2, finite=False)])
    return np.asarray(frames, dtype=np.float64)


def _tracked(frames, box, predictor, n_jobs):
    onset = read_image(frames[0], label=_label(0, frames[0]))
    with one_opencv_thread():
        if box is None:
            face = find_face(onset)
            if face is None:
                raise ValueError(f"{_label(0, frames[0])}: no face was found; give its box.")
            box = face.box
        box = check_box(box, onset.shape, "box")
        points = face_points(onset, box, load_predictor(predictor), _N_BOXES)
    landmarks = np.empty((len(frames), 68, 2))
    tasks = list(enumerate(frames))
    for index, found in run_jobs(_follow, tasks, n_jobs=n_jobs, shared=(onset, points), label=_task_label):
        landmarks[index] = found
    return landmarks


def _follow(task, shared):
    (index, frame), (onset, points) = task, shared
    image = read_image(frame, label=_label(index, frame))
    if image.shape != onset.shape:
        raise ValueError(
            f"{_label(index, frame)}: expected {onset.shape} pixels as in the first frame, got {image.shape}."
        )
    with one_opencv_thread():
        return track_points(onset, image, points).points


def _cache_key(frames, box, predictor):
    labels = [_label(index, frame) for index, frame in enumerate(frames)]
    return content_key(frames, labels, predictor, "apex", _N_BOXES, _SMOOTHING, _as_key(box))


def _as_key(box):
    return None if box is None else np.asarray(box).tolist()


def _task_label(task):
    return _label(*task)


def _label(index, frame):
    return f"frame {index} ({str(frame)!r})" if is_path(frame) else f"frame {index}"
