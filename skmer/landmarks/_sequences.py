"""Sequences of frames: how the face moves in them, their apex, and clips made of a video or a folder."""

from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from skmer._utils._jobs import run_jobs
from skmer.face import FaceGraph
from skmer.frames import is_path, numbered_images, one_opencv_thread, read_image
from skmer.landmarks._alignment import align_landmarks
from skmer.landmarks._cache import LandmarkCache
from skmer.landmarks._detection import check_box, face_points, find_face
from skmer.landmarks._extraction import content_key
from skmer.landmarks._predictor import find_predictor, load_predictor
from skmer.landmarks._tracking import track_points

_NODES = list(FaceGraph.preset("brow-nose-lip31").nodes)
_N_BOXES = 5  # as FaceLandmarker under flow: there the boxes only say where to look
_SMOOTHING = 1.5  # standard deviation in frames: far below a micro-expression's rise, above the noise of one


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
    return np.sqrt(((aligned[:, 1] - aligned[:, 0])[:, _NODES] ** 2).sum(axis=-1).mean(axis=-1))


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


def clip_from_video(path, onset=None, apex=None, offset=None, *, box=None, predictor=None, n_jobs=None):
    """Make a clip of a video or of a folder of frames.

    Parameters
    ----------
    path : str or path-like
        A video file that OpenCV reads (mp4, avi), or a folder of frames.
    onset, apex, offset : int, default=None
        Numbers of the three frames: in a video their position, from 0; in a folder the last number in the
        file's name. By default onset and offset are the first and the last frame, and `find_apex` finds the
        apex between them.
    box : tuple of float, default=None
        Left, top, right, bottom of the face on the onset, in px, for `find_apex`.
    predictor : str or path-like, default=None
        File of dlib's 68-point model, for `find_apex`.
    n_jobs : int, default=None
        Number of frames that `find_apex` tracks in parallel.

    Returns
    -------
    ndarray of shape (1, 3), object
        One clip: onset, apex, offset, as paths or RGB images; frames as transformers and pipelines take them.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If it holds no frames, or not those asked for, or they are not in order.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmer.landmarks import clip_from_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (8, 9, 10, 11):
    ...         (Path(folder) / f"img{number}.jpg").touch()
    ...     [frame.name for frame in clip_from_video(folder, apex=10)[0]]
    ['img8.jpg', 'img10.jpg', 'img11.jpg']
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"path: there is no video or folder {str(path)!r}.")
    sequence = _folder_frames(path) if path.is_dir() else _video_frames(path, onset, offset)
    first, last = (
        given if given is not None else ends
        for given, ends in ((onset, min(sequence)), (offset, max(sequence)))
    )
    if apex is None and {first, last} <= sequence.keys() and first < last:
        between = [number for number in sorted(sequence) if first <= number <= last]
        found = find_apex(
            [sequence[number] for number in between], box=box, predictor=predictor, n_jobs=n_jobs
        )
        apex = between[found]
    chosen = (first, apex, last)
    absent = [number for number in chosen if number is not None and number not in sequence]
    if absent or not first <= (first if apex is None else apex) <= last or first == last:
        raise ValueError(
            f"onset, apex, offset: expected three frames in order out of {min(sequence)} to {max(sequence)} "
            f"in {str(path)!r}, got {chosen}."
        )
    clip = np.empty((1, 3), dtype=object)
    for position, number in enumerate(chosen):
        clip[0, position] = sequence[number]
    return clip


def _folder_frames(folder):
    """Paths of the images in a folder, by the last number in their names."""
    frames = {}
    for number, path in numbered_images(sorted(folder.iterdir())):
        if number in frames:
            raise ValueError(
                f"path: {frames[number].name!r} and {path.name!r} in {str(folder)!r} have one number."
            )
        frames[number] = path
    if not frames:
        raise ValueError(f"path: the folder {str(folder)!r} holds no numbered image.")
    return frames


def _video_frames(path, onset, offset):
    """RGB images from onset to offset, by their position in the video."""
    video = cv2.VideoCapture(str(path))
    frames = {}
    try:
        number = 0
        while (offset is None or number <= offset) and video.grab():
            if onset is None or number >= onset:
                frames[number] = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
            number += 1
    finally:
        video.release()
    if not frames:
        raise ValueError(
            f"path: no frame could be read from {str(path)!r} at {onset} to {offset}; is it a video?"
        )
    return frames
