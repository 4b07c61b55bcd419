"""Baseline of MEGC 2020: main directional maximal difference of flow in blocks."""

from numbers import Real

import numpy as np
import pandas as pd

from skmer._utils._arguments import integer
from skmer._utils._sklearn import Interval, for_estimators
from skmer.spotting._face_crops import RATE, face_crops, farneback
from skmer.spotting._intervals import Candidates
from skmer.spotting._memory import remembered
from skmer.spotting._spotter import BaseSpotter, Choice, as_table, choose, keep_type, to_frames

_BLOCKS, _DIRECTIONS, _PART = 6, 4, 3
_SIZE = 96  # px
_SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6)


class MDMDSpotter(BaseSpotter):
    """Main directional maximal difference (MDMD), the baseline of MEGC 2020.

    The face is cropped and cut into 6 x 6 blocks. The flow from the frame k before to the current one, and
    that to the frame k after it, are compared among the pixels whose first flow has the block's commonest of
    four directions: the mean of the largest third of the differences of their lengths is the block's feature,
    and the mean of the largest third of the blocks the frame's. What remains above the mean of the features k
    - 1 before and after is thresholded.

    Parameters
    ----------
    p : float, default=0.01
        Share of the way from the mean to the maximum at which the threshold of a video lies.
    micro_seconds, macro_seconds : float, default=0.4, 1.3
        k in seconds: the baseline has 12 and 39 frames at 30 a second, 80 and 260 at 200.
    learn : bool, default=False
        Choose `p`, and a least height, by pooled F1 on the training subjects, instead of the published rule.
    inner_folds : int, default=5
        As in `MotionSpotter`, where `learn` is set.

    Attributes
    ----------
    choices_ : dict of str to Choice
        Of "micro" and "macro": (p,), least height, and F1 on held-out training subjects.

    Notes
    -----
    It needs the frames, as the `source` of the tracks, and looks at 30 of them a second at most. Runs of
    frames above the threshold are intervals; those of another type's length are left out. The original's flow
    is RLOF; that it is Farneback's here, and how runs become intervals, is ours.

    References
    ----------
    He et al., "Spotting Macro- and Micro-expression Intervals in Long Video Sequences", FG 2020,
    arXiv:1912.11985.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.landmarks import FaceTrack
    >>> from skmer.spotting import MDMDSpotter
    >>> videos = make_long_videos(2, 2, duration=6, face_size=110, images=True, random_state=0)
    >>> parts = zip(videos.truth.points, videos.times, videos.names, videos.frames)
    >>> tracks = [FaceTrack(p, times, name=name, source=frames) for p, times, name, frames in parts]
    >>> spotter = MDMDSpotter().fit(tracks, videos.intervals)
    >>> bool((spotter.predict(tracks)["offset"] < 180).all())
    True
    """

    _parameter_constraints: dict = for_estimators(
        {
            "p": [Interval(Real, 0, 1, closed="both")],
            "micro_seconds": [Interval(Real, 0, None, closed="neither")],
            "macro_seconds": [Interval(Real, 0, None, closed="neither")],
            "learn": ["boolean"],
            "inner_folds": [integer(2)],
        }
    )

    def __init__(self, p=0.01, *, micro_seconds=0.4, macro_seconds=1.3, learn=False, inner_folds=5):
        self.p = p
        self.micro_seconds = micro_seconds
        self.macro_seconds = macro_seconds
        self.learn = learn
        self.inner_folds = inner_folds

    def fit(self, tracks, intervals, *, groups=None):
        """Choose the threshold on the training subjects, where `learn` is set; else only check the data.

        Parameters
        ----------
        tracks : list of FaceTrack
            The videos, with their frames as source.
        intervals : DataFrame, or list of array-like of shape (n_movements, 2)
            The movements, as `MotionSpotter` takes them.
        groups : array-like of shape (n_tracks,), default=None
            Subjects; None takes every video for one of its own.

        Returns
        -------
        self : MDMDSpotter
        """
        tracks, true, groups = self._check_fit(tracks, intervals, groups)
        self.choices_ = {}
        for kind in ("macro", "micro"):
            if not self.learn:
                self.choices_[kind] = Choice((float(self.p),), 0.0, np.nan)
                continue
            features = [self._feature(track, kind) for track in tracks]
            settings = {
                (p,): [(_runs(kind, values, seconds, p), seconds) for seconds, values in features]
                for p in _SHARES
            }
            self.choices_[kind] = choose(
                settings, self._training(kind, tracks, true, groups), self.inner_folds
            )
        return self

    def _feature(self, track, kind):
        k = max(2, round(getattr(self, f"{kind}_seconds") * min(RATE, track.fps)))
        return remembered(track, ("mdmd", k), lambda: mdmd_feature(track, k))

    def _spot(self, track):
        tables = []
        for kind, choice in self.choices_.items():
            seconds, values = self._feature(track, kind)
            found = _runs(kind, values, seconds, choice.setting[0])
            found = found.take(found.height >= choice.height)
            frames = to_frames(found, seconds, track.times)
            tables.append(as_table(track, frames, kind, found.height))
        tables = [table for table in tables if len(table)]
        return pd.concat(tables).sort_values("onset", kind="stable") if tables else pd.DataFrame()


def mdmd_feature(track, k):
    """Seconds and relative feature of the frames that are looked at; two ndarrays (n,)."""
    seconds, crops = remembered(track, ("mdmd crops",), lambda: _crops(track))
    feature = np.zeros(len(crops))
    for i in range(k, len(crops) - k):
        current, tail = (farneback(crops[i - k], crops[j]) for j in (i, i + k))
        feature[i] = _difference(current, tail)
    relative = np.zeros(len(crops))
    inner = slice(2 * k - 1, len(crops) - 2 * k + 1)
    if len(feature[inner]):
        places = np.arange(len(crops))[inner]
        relative[inner] = feature[inner] - (feature[places - k + 1] + feature[places + k - 1]) / 2
    return np.array(seconds), relative.clip(0)


def _crops(track):
    parts = [(time, crop) for time, crop, _, _ in face_crops(track, _SIZE, np.inf)]
    return [time for time, _ in parts], [crop for _, crop in parts]


def _difference(current, tail):
    """Feature of one frame: the mean of the largest third of its blocks' maximal differences."""
    side = current.shape[0] // _BLOCKS * _BLOCKS
    current, tail = (_blocks(flow[:side, :side]) for flow in (current, tail))
    lengths = np.linalg.norm(current, axis=-1), np.linalg.norm(tail, axis=-1)
    angle = np.arctan2(current[..., 1], current[..., 0])
    sector = np.floor((angle + np.pi / _DIRECTIONS) / (2 * np.pi / _DIRECTIONS)).astype(int) % _DIRECTIONS
    counts = (sector[..., None] == np.arange(_DIRECTIONS)).sum(axis=1)
    main = sector == counts.argmax(axis=1)[:, None]
    gaps = np.sort(np.where(main, lengths[0] - lengths[1], -np.inf), axis=1)[:, ::-1]
    n_kept = np.maximum(1, main.sum(axis=1) // _PART)
    sums = np.cumsum(np.where(np.isfinite(gaps), gaps, 0), axis=1)
    blocks = np.sort(sums[np.arange(len(sums)), n_kept - 1] / n_kept)[::-1]
    return blocks[: len(blocks) // _PART].mean()


def _blocks(flow):
    side = flow.shape[0] // _BLOCKS
    cut = flow.reshape(_BLOCKS, side, _BLOCKS, side, 2).swapaxes(1, 2)
    return cut.reshape(_BLOCKS**2, side * side, 2)


def _runs(kind, values, seconds, p):
    """Runs of frames above the threshold of the video, as long as movements of the type are."""
    level = values.mean() + p * (values.max(initial=0.0) - values.mean()) if len(values) else 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], values > level, [0]]).astype(int)))
    onset, offset = edges[::2], edges[1::2] - 1
    apex = np.array([a + int(np.argmax(values[a : b + 1])) for a, b in zip(onset, offset, strict=True)], int)
    return keep_type(kind, Candidates(onset, apex, offset, values[apex]), seconds)
