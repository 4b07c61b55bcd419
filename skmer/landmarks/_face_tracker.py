"""Tracking of one face through a long video."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator

from skmer._utils._arguments import JOBS, PATH, TEXT, Items, check_argument
from skmer._utils._jobs import run_jobs
from skmer._utils._messages import see_page
from skmer._utils._progress import Progress
from skmer._utils._sklearn import DocumentedMixin, HasMethods, Interval, for_estimators
from skmer.frames import VideoReader, is_path, one_opencv_thread
from skmer.landmarks._cache import LandmarkCache
from skmer.landmarks._face_track import FaceTrack
from skmer.landmarks._predictor import find_predictor
from skmer.landmarks._video_chunks import ChunkSettings, chunk_key, first_face, reduced, track_chunk


class FaceTracker(DocumentedMixin, BaseEstimator):
    """Tracker of one face through a long video: landmarks of every frame, in bounded memory.

    The face is detected in the first frame that shows one, the anchor. Every later frame is compared with
    the anchor itself, by optical flow after a prediction of the head's motion from the frame before, so that
    no error adds up over frames. Where a frame is too unlike the anchor, as after a turn of the head, a
    second anchor is made of the last good frame and left again as soon as the first fits. Faces are detected
    at the start of each chunk and where the face was lost.

    Parameters
    ----------
    predictor : str or path-like, default=None
        File of dlib's 68-point model; see FaceLandmarker.
    chunk : float, default=5.0
        Seconds that are tracked as one piece: the unit of the cache, of parallel work, and of detection.
    face_width : float, default=220.0
        Width in px that the face is scaled to for the flow.
    n_boxes : int, default=9
        Boxes that the anchor's landmarks are averaged over.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of finished chunks, by the content of their frames: a run that was interrupted goes on from
        them. None keeps nothing.
    n_jobs : int, default=None
        Chunks at a time.
    verbose : int, default=0
        Show a bar with the time left, or a line a minute where there is no terminal.

    See Also
    --------
    FaceLandmarker : Landmarks of clips of three frames.

    Notes
    -----
    Where a video shows several faces, the one that is largest in the anchor is followed: at the start of a
    chunk the face that looks most like the anchor is taken. A frame whose face was lost is NaN, and the face
    is looked for again twice a second.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.landmarks import FaceTracker
    >>> videos = make_long_videos(1, 1, duration=4, images=True, face_size=200, random_state=0)
    >>> track = FaceTracker(memory=None).track(videos.frames[0], fps=30)
    >>> track.points.shape, bool(track.found.all())
    ((120, 68, 2), True)
    """

    _parameter_constraints: dict = for_estimators(
        {
            "chunk": [Interval(Real, 0.2, 600, closed="both")],
            "face_width": [Interval(Real, 60, 600, closed="both")],
            "n_boxes": [Interval(Integral, 1, 100, closed="both")],
            "predictor": [*PATH, None],
            "memory": [*PATH, LandmarkCache, None],
            "n_jobs": JOBS,
            "verbose": ["verbose"],
        }
    )

    def __init__(
        self,
        predictor=None,
        *,
        chunk=5.0,
        face_width=220.0,
        n_boxes=9,
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.predictor = predictor
        self.chunk = chunk
        self.face_width = face_width
        self.n_boxes = n_boxes
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def track(self, video, *, fps=None, times=None, name=None):
        """Track the face of one video.

        Parameters
        ----------
        video : str, path-like, or sequence of paths or images
            As `VideoReader` takes it.
        fps : float, default=None
            Frames a second, where the video does not tell it.
        times : array-like of shape (n_frames,), default=None
            Seconds of each frame instead; for folders and sequences.
        name : str, default=None
            Name of the track; the file's or folder's by default.

        Returns
        -------
        FaceTrack
            With ``photometric_correlation``, of each frame with its anchor, in its `quality`.

        Raises
        ------
        FileNotFoundError
            If there is no such video, or no model.
        ValueError
            If it is no video, its rate has to be given, or it shows no face.
        """
        self._validate_params()
        check_argument("video", video, [*PATH, Items()])
        check_argument("name", name, [*TEXT, None])
        name = name or (Path(video).stem if is_path(video) else "video")
        reader = VideoReader(video, fps=fps, times=times)
        settings = ChunkSettings(
            str(find_predictor(self.predictor)), self.n_boxes, float(self.face_width), reader.fps
        )
        with one_opencv_thread():
            face = first_face(reader, settings)
        if face is None:
            raise ValueError(f"video: no face was found in any frame of {name!r}. {see_page('spotting')}")
        chunks = _Chunks(reader, face.scale, self._chunk_frames(reader))
        shared = face, settings, LandmarkCache.resolve(self.memory)
        parts = {}
        work = run_jobs(_track, chunks, n_jobs=self.n_jobs, shared=shared, label=_label)
        with Progress(len(chunks), title=name, unit="chunk", verbose=self.verbose) as progress:
            for _, part in work:
                parts[part["first"]] = part
                progress.add()
        return _joined(parts, reader, name, video)

    def track_all(self, videos):
        """Track the face of each of several long videos.

        Parameters
        ----------
        videos : LongVideos
            With frames on disk or images.

        Returns
        -------
        list of FaceTrack
            Named as the videos.
        """
        check_argument("videos", videos, [HasMethods("tracks")])
        tracks = []
        for frames, times, rate, name in zip(
            videos.frames, videos.times, videos.table["fps"], videos.names, strict=True
        ):
            if isinstance(frames, FaceTrack):
                raise ValueError(f"videos must hold frames, and {name} is a FaceTrack; see videos.tracks().")
            given = {"times": times} if not is_path(frames) else {"fps": None if rate != rate else rate}
            tracks.append(self.track(frames, name=str(name), **given))
        return tracks

    def _chunk_frames(self, reader):
        rate = reader.fps if reader.fps == reader.fps else 30.0
        return max(2, round(self.chunk * rate))


class _Chunks(Sequence):
    """Chunks of a video's frames, each read when its turn comes; they are taken in order, once."""

    def __init__(self, reader, scale, size):
        self.reader, self.scale, self.size = reader, scale, size
        self.n_chunks = max(1, math.ceil(reader.n_frames / size))
        self._frames = iter(reader)
        self._ahead = None

    def __len__(self):
        return self.n_chunks

    def __getitem__(self, k):
        if not 0 <= k < self.n_chunks:
            raise IndexError(k)
        # The last chunk takes what a file has beyond the number of frames that it states.
        stop = math.inf if k == self.n_chunks - 1 else (k + 1) * self.size
        numbers, times, images = [], [], []
        while True:
            frame = self._ahead or next(self._frames, None)
            self._ahead = None
            if frame is None:
                break
            if frame.number >= stop:
                self._ahead = frame
                break
            numbers.append(frame.number)
            times.append(frame.time)
            images.append(reduced(frame.image, self.scale))
        return {"first": k * self.size, "numbers": numbers, "times": times, "images": images}


def _track(task, shared):
    face, settings, cache = shared
    key = chunk_key(task, face, settings) if cache else None
    known = cache.get(key) if cache else None
    if known is None:
        with one_opencv_thread():
            points, likeness = track_chunk(task, face, settings)
        # Values that JSON holds: a thousandth of a px is far below any error.
        known = {
            "points": np.where(np.isfinite(points), points.round(3), -1e6).tolist(),
            "likeness": likeness.round(4).tolist(),
        }
        if cache:
            cache.put(key, known)
    points = np.array(known["points"], dtype=np.float64).reshape(-1, 68, 2)  # an eighth of the lists
    return {
        "first": task["first"],
        "numbers": task["numbers"],
        "times": task["times"],
        "points": points,
        "likeness": known["likeness"],
    }


def _label(task):
    return f"the chunk of frames from {task['first']} on"


def _joined(parts, reader, name, source):
    """The track of all chunks; frames that could not be decoded are NaN, at times between the others."""
    ordered = [parts[first] for first in sorted(parts)]
    numbers = np.array([number for part in ordered for number in part["numbers"]])
    n_frames = int(numbers.max()) + 1
    points = np.full((n_frames, 68, 2), np.nan)
    values = np.concatenate([part["points"] for part in ordered])
    points[numbers] = np.where(values < -9e5, np.nan, values)
    likeness = np.full(n_frames, np.nan)
    likeness[numbers] = [value for part in ordered for value in part["likeness"]]
    times = [time for part in ordered for time in part["times"]]
    every = np.interp(np.arange(n_frames), numbers, times)
    if n_frames == 1 and reader.fps == reader.fps:
        every = reader.fps
    kept = source if is_path(source) else reader.source
    return FaceTrack(points, every, name=name, source=kept, quality={"photometric_correlation": likeness})
