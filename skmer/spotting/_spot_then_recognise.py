"""Spotting, and then a class for each movement that was spotted."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import Items, checked, option
from skmer._utils._sklearn import DocumentedMixin, HasMethods, for_estimators
from skmer.datasets import LongVideos
from skmer.landmarks import FaceTrack
from skmer.spotting._curves import steady_points
from skmer.spotting._memory import remembered
from skmer.spotting._movements import TYPES
from skmer.spotting._spotter import check_groups, check_tracks, movements_of, training_movements

_SIDE = 0.15  # s around onset and offset over which landmarks are averaged: far below a movement's length


class SpotThenRecognise(DocumentedMixin, BaseEstimator):
    """Spot the movements of long videos and give each a class.

    The spotter finds intervals and apexes; the landmarks at onset, apex and offset, turns of the head taken
    out, are a clip, which the pipeline classifies.

    Parameters
    ----------
    spotter : MotionSpotter or another spotter
        Cloned and fitted.
    pipeline : classifier or Pipeline
        Takes clips of landmarks (n, 3, 68, 2), such as ``make_pipeline(LandmarkGraphTransformer(),
        DeReGRLClassifier())``. Cloned and fitted on the true movements of the training videos.
    types : tuple of str, default=("micro", "macro")
        Types of movements that are classified and trained on; others keep an empty emotion.

    Attributes
    ----------
    spotter_, pipeline_ : estimator
        Fitted.
    classes_ : ndarray of str
        Emotions.

    Notes
    -----
    A movement's apex, where a table of true movements has none, is the frame that is farthest from its onset.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.pipelines import baseline
    >>> from skmer.spotting import MotionSpotter, SpotThenRecognise
    >>> videos = make_long_videos(n_subjects=4, n_videos=8, macro_per_minute=12, random_state=0)
    >>> model = SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames"))
    >>> model = model.fit(videos.tracks(), videos.intervals, groups=videos.groups)
    >>> found = model.predict(videos.tracks())
    >>> bool(found["emotion"].isin(model.classes_).all()), bool(found["probability"].between(0, 1).all())
    (True, True)
    """

    _parameter_constraints: dict = for_estimators(
        {
            "spotter": [HasMethods(["fit", "predict", "get_params"])],
            "pipeline": [HasMethods(["fit", "predict", "get_params"])],
            "types": [Items(option(*TYPES), least=1)],
        }
    )

    def __init__(self, spotter, pipeline, *, types=("micro", "macro")):
        self.spotter = spotter
        self.pipeline = pipeline
        self.types = types

    def fit(self, tracks, intervals, *, groups=None):
        """Fit the spotter on the videos, and the pipeline on their movements.

        Parameters
        ----------
        tracks : list of FaceTrack, or LongVideos of landmarks
            The videos, those without a movement too.
        intervals : DataFrame
            The movements, with a column ``emotion``. Those without an emotion train the spotter alone.
        groups : array-like of shape (n_tracks,), default=None
            Subjects.

        Returns
        -------
        self : SpotThenRecognise
        """
        self._validate_params()
        tracks = check_tracks(tracks)
        groups = check_groups(groups, tracks)
        movements = training_movements(intervals, tracks)
        if "emotion" not in movements:
            raise ValueError("intervals must have a column emotion to learn classes from.")
        self.spotter_ = clone(self.spotter).fit(tracks, intervals, groups=groups)
        named = movements[movements["emotion"].fillna("").ne("") & movements["type"].isin(self.types)]
        clips, rows = movement_clips(tracks, named)
        if len(set(named["emotion"].iloc[rows])) < 2:
            raise ValueError("intervals must have movements of at least two emotions whose face was found.")
        self.pipeline_ = clone(self.pipeline).fit(clips, named["emotion"].iloc[rows].to_numpy(dtype=str))
        self.classes_ = np.asarray(self.pipeline_.classes_)
        return self

    def predict(self, tracks):
        """Spot the movements and name their emotions.

        Parameters
        ----------
        tracks : list of FaceTrack, or LongVideos of landmarks
            The videos.

        Returns
        -------
        DataFrame
            As the spotter gives it, with ``emotion``, ``probability`` of it, and ``probability_<class>``
            where the pipeline has probabilities.
        """
        check_is_fitted(self)
        tracks = check_tracks(tracks)
        return self.recognise(tracks, self.spotter_.predict(tracks))

    def recognise(self, tracks, movements):
        """Name the emotions of movements that are given.

        Parameters
        ----------
        tracks : list of FaceTrack, or LongVideos of landmarks
            The videos.
        movements : DataFrame
            Movements with ``video``, ``onset`` and ``offset``, and ``type`` and ``apex`` where known.

        Returns
        -------
        DataFrame
            As `predict` returns it.
        """
        check_is_fitted(self)
        return classify_movements(self.pipeline_, tracks, movements, self.types)


@checked(
    pipeline=[HasMethods("predict")],
    tracks=[LongVideos, Items(FaceTrack)],
    movements=[pd.DataFrame],
    types=[Items(option(*TYPES), least=1)],
)
def classify_movements(pipeline, tracks, movements, types=("micro", "macro")):
    """Give movements the classes of a fitted pipeline on landmarks.

    Parameters
    ----------
    pipeline : classifier or Pipeline
        Fitted on clips of landmarks (n, 3, 68, 2).
    tracks : list of FaceTrack, or LongVideos of landmarks
        The videos.
    movements : DataFrame
        Movements with ``video``, ``onset`` and ``offset``, and ``type`` and ``apex`` where known.
    types : tuple of str, default=("micro", "macro")
        Types that are classified.

    Returns
    -------
    DataFrame
        The movements with ``emotion``, ``probability`` of it, and ``probability_<class>`` where the pipeline
        has probabilities; empty and NaN where the face was lost.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips, make_long_videos
    >>> from skmer.pipelines import baseline
    >>> from skmer.spotting import classify_movements
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=60, random_state=0)
    >>> videos = make_long_videos(n_subjects=1, n_videos=1, empty=0, random_state=0)
    >>> model = baseline("lda", input="frames").fit(clips.frames, clips.target)
    >>> named = classify_movements(model, videos.tracks(), videos.intervals)
    >>> bool(named["emotion"].isin(clips.class_names).all())
    True
    """
    tracks = check_tracks(tracks)
    movements = movements_of("movements", movements, tracks)
    movements = movements.assign(emotion=pd.Series("", movements.index, dtype=object), probability=np.nan)
    chosen = movements[movements["type"].isin(types)] if "type" in movements else movements
    clips, rows = movement_clips(tracks, chosen)
    if not len(rows):
        return movements
    at = chosen.index[rows]
    movements.loc[at, "emotion"] = np.asarray(pipeline.predict(clips), dtype=object)
    if hasattr(pipeline, "predict_proba"):
        shares = pipeline.predict_proba(clips)
        movements.loc[at, "probability"] = shares.max(axis=1)
        for name, share in zip(pipeline.classes_, shares.T, strict=True):
            movements[f"probability_{name}"] = pd.Series(share, index=at).reindex(movements.index)
    return movements


def movement_clips(tracks, movements):
    """Landmarks at onset, apex and offset of movements, each averaged over a few frames.

    Parameters
    ----------
    tracks : list of FaceTrack
        The videos.
    movements : DataFrame
        With ``video``, ``onset``, ``offset``, and ``apex`` where known.

    Returns
    -------
    clips : ndarray of shape (n, 3, 68, 2)
        In px, all in one pose of the head.
    rows : ndarray of shape (n,), int
        Positions of their movements; those in which the face was lost are left out.
    """
    named, clips, rows = {track.name: track for track in tracks}, [], []
    for row, movement in enumerate(movements.to_dict("records")):
        track = named[movement["video"]]
        onset, offset = int(movement["onset"]), int(movement["offset"])
        apex = movement.get("apex")
        apex = _farthest(track, onset, offset) if apex is None or pd.isna(apex) else int(apex)
        steady = remembered(track, ("steady",), lambda track=track: steady_points(track))
        reach = max(0, round(min(_SIDE, (offset - onset) / 8 / track.fps) * track.fps))
        spans = ((onset - reach, onset), (apex - reach // 2, apex + reach // 2), (offset, offset + reach))
        clip = np.stack([_mean(steady, *span) for span in spans])
        if np.isfinite(clip).all():
            clips.append(clip)
            rows.append(row)
    return np.array(clips).reshape(-1, 3, 68, 2), np.array(rows, dtype=int)


def _mean(points, first, last):
    part = points[max(first, 0) : last + 1]
    part = part[np.isfinite(part).all(axis=(1, 2))]
    return part.mean(axis=0) if len(part) else np.full((68, 2), np.nan)


def _farthest(track, onset, offset):
    moved = np.linalg.norm(track.points[onset : offset + 1] - track.points[onset], axis=-1).mean(axis=1)
    return onset + int(np.nanargmax(moved)) if np.isfinite(moved).any() else (onset + offset) // 2
