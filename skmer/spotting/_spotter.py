"""Base of all spotters: their input, the choice of settings on training subjects, tables of movements."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import LABELS, Items, Pairs, check_argument
from skmer._utils._sklearn import DocumentedMixin
from skmer._utils._text import check_subjects
from skmer.datasets import LongVideos
from skmer.landmarks import FaceTrack
from skmer.spotting._intervals import interval_iou
from skmer.spotting._movements import LONGEST_MICRO, TYPES, check_movements, check_videos, movement_types

COLUMNS = ["video", "onset", "apex", "offset", "type", "score", "onset_s", "apex_s", "offset_s"]
MORE_COLUMNS = [*COLUMNS, "regions", "peak_px"]


class Choice(NamedTuple):
    """A setting that was chosen, its least height of a peak, and its F1 on held-out training subjects."""

    setting: tuple
    height: float
    f1: float


class TrainingVideo(NamedTuple):
    """One training video: its true intervals of one type in frames, its group, and its frames' seconds."""

    true: np.ndarray
    group: object
    times: np.ndarray


class BaseSpotter(DocumentedMixin, BaseEstimator):
    """Base of the spotters: `fit` on tracks and their movements, `predict` a table of movements."""

    _parameter_constraints: dict = {}

    def _check_fit(self, tracks, intervals, groups):
        """Validate parameters and data; tracks, table of movements with types, groups."""
        self._validate_params()
        tracks = check_tracks(tracks)
        true = training_movements(intervals, tracks)
        return tracks, true, check_groups(groups, tracks)

    def _training(self, kind, tracks, true, groups):
        rows = true[true["type"] == kind].groupby("video")[["onset", "offset"]]
        own = {name: table.to_numpy() for name, table in rows}
        none = np.empty((0, 2))
        return [
            TrainingVideo(own.get(track.name, none), group, track.times)
            for track, group in zip(tracks, groups, strict=True)
        ]

    def _complete_loaded(self):
        """Name the parts of the choices, which a file holds as plain tuples."""
        if hasattr(self, "choices_"):
            self.choices_ = {kind: Choice(*choice) for kind, choice in self.choices_.items()}

    def __sklearn_is_fitted__(self):
        return hasattr(self, "choices_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        tags.requires_fit = True
        return tags

    def predict(self, tracks):
        """Spot the movements in videos.

        Parameters
        ----------
        tracks : list of FaceTrack, or LongVideos of landmarks
            The videos.

        Returns
        -------
        DataFrame
            One row a movement: ``video``, ``onset``, ``apex`` and ``offset`` in frames, ``type``, ``score``
            (height of the peak over the least one), the three in seconds, and where known the ``regions``
            that moved and ``peak_px``, how far.
        """
        check_is_fitted(self)
        found = [self._spot(track) for track in check_tracks(tracks)]
        found = [table for table in found if len(table)]
        if not found:
            return pd.DataFrame(columns=MORE_COLUMNS)
        return pd.concat(found, ignore_index=True)


def check_tracks(tracks):
    """Return the tracks as a list; LongVideos of landmarks give theirs."""
    check_argument("tracks", tracks, [FaceTrack, LongVideos, Items()])
    tracks = tracks.tracks() if isinstance(tracks, LongVideos) else tracks
    tracks = [tracks] if isinstance(tracks, FaceTrack) else list(tracks)
    for track in tracks:
        if not isinstance(track, FaceTrack):
            raise TypeError(
                f"tracks must hold FaceTrack, got {type(track).__name__}; make them with "
                "skmer.landmarks.FaceTracker, or of points and times with skmer.landmarks.FaceTrack."
            )
    if not tracks:
        raise ValueError("tracks must hold at least one video, got none.")
    names = [track.name for track in tracks]
    if len(set(names)) < len(names):
        raise ValueError(f"tracks must have names of their own, {len(names)} have {len(set(names))}.")
    return tracks


def check_groups(groups, tracks):
    """Subjects of the tracks; every track is one of its own where none are given."""
    check_argument("groups", groups, [Items(*LABELS, n=len(tracks)), None])
    return [track.name for track in tracks] if groups is None else check_subjects(groups).tolist()


def training_movements(intervals, tracks):
    """Movements of the tracks with their types; others are refused."""
    check_argument("intervals", intervals, [pd.DataFrame, Items(Pairs(), n=len(tracks))])
    if not isinstance(intervals, pd.DataFrame):
        rows = [
            (track.name, *pair)
            for track, own in zip(tracks, intervals, strict=True)
            for pair in np.reshape(own, (-1, 2)).tolist()
        ]
        intervals = pd.DataFrame(rows, columns=["video", "onset", "offset"])
    true = movements_of("intervals", intervals, tracks)
    about = pd.DataFrame({"video": [track.name for track in tracks], "fps": [track.fps for track in tracks]})
    return true.assign(type=movement_types(true, check_videos(about, true)))


def movements_of(name, table, tracks):
    """Return a checked table of movements, all of which lie in the tracks."""
    made = check_movements(name, table)
    lengths = {track.name: len(track) for track in tracks}
    lie = made["video"].isin(lengths) & (made["onset"] >= 0) & (made["offset"] < made["video"].map(lengths))
    if "apex" in made:
        apex = pd.to_numeric(made["apex"], errors="coerce")
        lie &= made["apex"].isna() | ((apex >= 0) & (apex < made["video"].map(lengths))).fillna(False)
    if not lie.all():
        row = made.loc[lie.idxmin(), [c for c in ("video", "onset", "apex", "offset") if c in made]].tolist()
        raise ValueError(f"{name} must lie in the tracks, {row} does not.")
    return made


def to_frames(candidates, seconds, times):
    """Candidates in samples as onset, apex and offset in frames, one frame at least."""
    onset = np.searchsorted(times, seconds[candidates.onset] - 1e-6)
    offset = np.searchsorted(times, seconds[candidates.offset] + 1e-6) - 1
    middle = np.clip(np.searchsorted(times, seconds[candidates.apex]), 0, len(times) - 1)
    onset, offset = np.minimum(onset, middle), np.maximum(offset, middle)
    return np.stack([onset, np.clip(middle, onset, offset), offset], axis=1)


def keep_type(kind, candidates, seconds):
    """Candidates as long as movements of a type are."""
    step = seconds[1] - seconds[0] if len(seconds) > 1 else 1.0
    lengths = (candidates.offset - candidates.onset + 1) * step
    short = lengths <= LONGEST_MICRO + 2 * step
    return candidates.take(short if kind == TYPES[0] else ~short)


def choose(settings, videos, inner_folds=5, iou=0.5):
    """Choose a setting and the least height of its peaks by pooled F1, on held-out training subjects.

    Parameters
    ----------
    settings : dict of tuple to list of (Candidates, seconds)
        Of each setting the candidates of each video.
    videos : list of TrainingVideo
        The videos.
    inner_folds : int, default=5
        Parts that the subjects are dealt into. Each is scored with the height that the others choose.
    iou : float, default=0.5
        Least overlap of a match.

    Returns
    -------
    Choice
        The setting with the best pooled F1 of the held-out parts, and the height that is best on all.
    """
    subjects = np.unique([str(video.group) for video in videos])
    parts = np.array([np.searchsorted(subjects, str(video.group)) % max(inner_folds, 2) for video in videos])
    n_true = np.array([len(video.true) for video in videos])
    best = None
    for setting, candidates in settings.items():
        heights, owner, hits = _pooled(candidates, videos, iou)
        f1 = _held_out_f1(heights, owner, hits, n_true, parts)
        if best is None or f1 > best.f1:
            best = Choice(setting, _best_height(heights, hits, n_true.sum()), f1)
    return best


def _pooled(candidates, videos, iou):
    """Heights of all candidates, their videos, and whether each finds a truth."""
    heights, owner, hits = [], [], []
    for k, ((found, seconds), video) in enumerate(zip(candidates, videos, strict=True)):
        frames = to_frames(found, seconds, video.times)[:, [0, 2]]
        overlaps = interval_iou(frames, video.true) if len(frames) else np.empty((0, len(video.true)))
        heights.append(found.height)
        owner.append(np.full(len(frames), k))
        # Candidates of a setting do not overlap each other, so that a truth has one at most.
        hits.append((overlaps >= iou).any(axis=1) if overlaps.size else np.zeros(len(frames), bool))
    return np.concatenate(heights), np.concatenate(owner).astype(int), np.concatenate(hits)


def _best_height(heights, hits, n_true):
    """The height from which on the candidates have the best F1; above all of them where none hits."""
    if not hits.any():
        return float(heights.max() * 1.01) if len(heights) else np.inf
    order = np.argsort(-heights, kind="stable")
    f1 = 2 * np.cumsum(hits[order]) / (n_true + np.arange(1, len(order) + 1))
    last = int(np.argmax(f1))
    below = heights[order[last + 1]] if last + 1 < len(order) else 0.0
    return float((heights[order[last]] + below) / 2)


def _held_out_f1(heights, owner, hits, n_true, parts):
    n_hits = n_found = 0
    for part in np.unique(parts):
        inside = parts[owner] == part
        if len(np.unique(parts)) > 1:
            height = _best_height(heights[~inside], hits[~inside], n_true[parts != part].sum())
        else:
            height = _best_height(heights, hits, n_true.sum())
        kept = inside & (heights >= height)
        n_hits, n_found = n_hits + hits[kept].sum(), n_found + kept.sum()
    total = n_found + n_true.sum()
    return float(2 * n_hits / total) if total else 0.0


def as_table(track, frames, kind, scores):
    """Rows of spotted movements of one track."""
    seconds = track.times[frames]
    return pd.DataFrame(
        {
            "video": track.name,
            **{name: frames[:, k] for k, name in enumerate(("onset", "apex", "offset"))},
            "type": kind,
            "score": scores,
            **{f"{name}_s": seconds[:, k] for k, name in enumerate(("onset", "apex", "offset"))},
        }
    )


def without_inside(candidates, seconds, spans):
    """Candidates whose peak lies in none of some spans of seconds."""
    if not len(spans) or not len(candidates.apex):
        return candidates
    apex = seconds[candidates.apex][:, None]
    return candidates.take(~((apex >= spans[:, 0]) & (apex <= spans[:, 1])).any(axis=1))
