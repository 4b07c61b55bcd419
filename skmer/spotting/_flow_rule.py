"""The optical-flow rule that won MEGC 2021 and 2022: peaks of the flow in regions of the face."""

from numbers import Real

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter
from scipy.signal import butter, savgol_filter, sosfiltfilt

from skmer._utils._arguments import integer
from skmer._utils._sklearn import Interval, StrOptions, for_estimators
from skmer.frames import sample_flow
from skmer.spotting._face_crops import face_crops, farneback
from skmer.spotting._intervals import peak_intervals
from skmer.spotting._memory import remembered
from skmer.spotting._spotter import BaseSpotter, Choice, as_table, choose, keep_type, to_frames

_SIZE = 128  # px; heights are stated for the original's 256
_ORIGINAL = 256
_WINDOW = 200 / 30  # s
_REGIONS = (18, 19, 20, 23, 24, 25, 31, 35, 48, 54, 50, 52, 51, 57)
_NOSE = (29, 30, 33)
_AROUND = 2  # px around a landmark whose flow is averaged
_BAND = (1.0, 5.0)  # Hz
_SMOOTH = 0.4  # s
_SHARE = 1 / 3
_PADDED = 20  # samples that the filter needs at least


class OpticalFlowSpotter(BaseSpotter):
    """Peaks of the optical flow in regions of the face, the rule of MEGC 2021 and 2022.

    In windows of some seconds the face is cropped by its eye corners, and the flow of each frame to the
    window's first is averaged around landmarks of brows, nose wings and mouth. The nose's flow is subtracted,
    the curves are filtered, and peaks above a fixed height become intervals, down to a third of the peak.

    Parameters
    ----------
    height : float or None, default=1.8
        Least height of a peak in px of a crop of 256 px; published rules have 1.4 to 2.1. None chooses it
        for each type by pooled F1 on the training subjects.
    smoothing : {"band-pass", "savgol"}, default="band-pass"
        Butterworth filter from 1 to 5 Hz, or a Savitzky-Golay filter minus the median of a window.
    inner_folds : int, default=5
        As in `MotionSpotter`, where `height` is None.

    Attributes
    ----------
    choices_ : dict of str to Choice
        Of "micro" and "macro": an empty setting, least height, and F1 on held-out training subjects.

    Notes
    -----
    It needs the frames, as the `source` of the tracks, and looks at 30 of them a second at most. Curves of
    consecutive windows are joined where they meet; that, and one curve of the largest region instead of a
    merging of intervals, is ours.

    References
    ----------
    He, "Research on Micro-Expression Spotting Method Based on Optical Flow Features", ACM MM 2021,
    doi:10.1145/3474085.3479225.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.landmarks import FaceTrack
    >>> from skmer.spotting import OpticalFlowSpotter
    >>> videos = make_long_videos(2, 2, duration=6, face_size=110, images=True, random_state=0)
    >>> parts = zip(videos.truth.points, videos.times, videos.names, videos.frames)
    >>> tracks = [FaceTrack(p, times, name=name, source=frames) for p, times, name, frames in parts]
    >>> spotter = OpticalFlowSpotter().fit(tracks, videos.intervals)
    >>> bool((spotter.predict(tracks)["offset"] < 180).all())
    True
    """

    _parameter_constraints: dict = for_estimators(
        {
            "height": [Interval(Real, 0, None, closed="neither"), None],
            "smoothing": [StrOptions({"band-pass", "savgol"})],
            "inner_folds": [integer(2)],
        }
    )

    def __init__(self, height=1.8, *, smoothing="band-pass", inner_folds=5):
        self.height = height
        self.smoothing = smoothing
        self.inner_folds = inner_folds

    def fit(self, tracks, intervals, *, groups=None):
        """Choose the heights on the training subjects, where `height` is None; else only check the data.

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
        self : OpticalFlowSpotter
        """
        tracks, true, groups = self._check_fit(tracks, intervals, groups)
        self.choices_ = {}
        for kind in ("macro", "micro"):
            if self.height is not None:
                self.choices_[kind] = Choice((), float(self.height), np.nan)
                continue
            found = [self._candidates(track, kind) for track in tracks]
            videos = self._training(kind, tracks, true, groups)
            self.choices_[kind] = choose({(): found}, videos, self.inner_folds)
        return self

    def _candidates(self, track, kind):
        seconds, curves = remembered(track, ("flow rule",), lambda: region_flow(track))
        curve = np.abs(_filtered(curves, seconds, self.smoothing)).max(axis=1, initial=0.0)
        return keep_type(kind, peak_intervals(curve, _SHARE), seconds), seconds

    def _spot(self, track):
        tables = []
        for kind, choice in self.choices_.items():
            found, seconds = self._candidates(track, kind)
            found = found.take(found.height >= choice.height)
            frames = to_frames(found, seconds, track.times)
            tables.append(as_table(track, frames, kind, found.height / max(choice.height, 1e-9)))
        tables = [table for table in tables if len(table)]
        return pd.concat(tables).sort_values("onset", kind="stable") if tables else pd.DataFrame()


def region_flow(track):
    """Seconds, and the flow of each region without the nose's, in px of a crop of 256; (n,), (n, 28)."""
    seconds, rows = [], []
    first = spots = offset = None
    for time, crop, points, is_new in face_crops(track, _SIZE, _WINDOW):
        if is_new:
            offset = rows[-1] if rows else np.zeros(2 * len(_REGIONS))
            first, spots = crop, points
        flow = farneback(first, crop)
        nose = _around(flow, spots[list(_NOSE)]).mean(axis=0)
        rows.append(offset + (_around(flow, spots[list(_REGIONS)]) - nose).ravel() * (_ORIGINAL / _SIZE))
        seconds.append(time)
    return np.array(seconds), np.array(rows).reshape(len(seconds), 2 * len(_REGIONS))


def _around(flow, points):
    steps = np.arange(-_AROUND, _AROUND + 1, 2)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(1, -1, 2)
    places = (points[:, None] + grid).reshape(-1, 2)
    return sample_flow(flow, places).reshape(len(points), -1, 2).mean(axis=1)


def _filtered(curves, seconds, smoothing):
    if len(curves) <= _PADDED:
        return np.zeros_like(curves)
    rate = 1 / np.median(np.diff(seconds))
    if smoothing == "savgol":
        width = max(5, round(_SMOOTH * rate) | 1)
        rest = median_filter(curves, size=(min(len(curves), round(_WINDOW * rate)), 1), mode="nearest")
        return savgol_filter(curves, width, 2, axis=0) - rest
    high = min(_BAND[1], 0.45 * rate)
    return sosfiltfilt(butter(2, [_BAND[0], high], "bandpass", fs=rate, output="sos"), curves, axis=0)
