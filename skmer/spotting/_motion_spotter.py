"""Spotter on the displacement of facial regions."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import Numbers, checked, integer
from skmer._utils._sklearn import HasMethods, for_estimators
from skmer.landmarks import FaceTrack
from skmer.spotting._curves import RATE, REGIONS, band_pass, region_curves
from skmer.spotting._intervals import peak_intervals
from skmer.spotting._memory import remembered
from skmer.spotting._spotter import (
    BaseSpotter,
    as_table,
    choose,
    keep_type,
    to_frames,
    without_inside,
)

_QUIET = 0.5  # s around a movement that do not count as its absence
_NOISE_QUANTILE = 0.9
_SHRINKAGE = 0.1  # of the mean variance, added to the covariance at rest
_NAMED = 0.5  # of the strongest region: those from here on are named
_NAMES = np.array(list(REGIONS))


class MotionSpotter(BaseSpotter):
    """Spotter of macro- and micro-expressions in landmark tracks.

    The track of a video becomes signed displacement curves of brows, lids, nose wings, mouth and chin, in
    outer eye-corner distances over seconds. Head motion in the image plane is taken out by a similarity,
    turns of the head by a robust regression on what they move in the rigid points; lids are bridged over
    blinks. Each curve is band-passed and divided by its own level outside of movements; their Mahalanobis
    distance from rest, by the covariance outside of movements, has peaks, which become intervals down to a
    share of their height. So regions that wander together, as a tracker's errors do, count as one.

    Parameters
    ----------
    micro_windows : sequence of (float, float), default=((0.05, 0.25), (0.07, 0.35), (0.09, 0.5))
        Standard deviations in seconds of the two averages whose difference is the band for
        micro-expressions; `fit` chooses one.
    macro_windows : sequence of (float, float), default=((0.1, 1.5), (0.12, 3.0), (0.15, 5.0))
        The same for macro-expressions.
    shares : sequence of float, default=(0.15, 0.25, 0.4)
        Shares of a peak down to which its interval reaches; `fit` chooses one for each type.
    inner_folds : int, default=5
        Parts of the training subjects; a part is scored with the height that the others choose.

    Attributes
    ----------
    choices_ : dict of str to Choice
        Of "micro" and "macro": (window, share), least height of a peak, and F1 on held-out training subjects.
    levels_ : dict of str to ndarray of shape (n_regions,)
        Level of each curve outside of movements, in outer eye-corner distances.
    whitening_ : dict of str to ndarray of shape (n_regions, n_regions)
        Matrix that makes curves over their levels independent outside of movements.
    longest_ : float
        Seconds of the longest movement in training. What is more than twice as long is not reported: it could
        overlap none of them by half.

    Notes
    -----
    Times are seconds throughout: a spotter that was fitted at 30 frames a second works at 200. A
    micro-expression inside of a spotted macro-expression is not reported.

    References
    ----------
    He, "Research on Micro-Expression Spotting Method Based on Optical Flow Features", ACM MM 2021,
    doi:10.1145/3474085.3479225, takes the peaks of flow in regions; the curves, bands and the choice of
    heights on training subjects are ours.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.spotting import MotionSpotter, spotting_score
    >>> videos = make_long_videos(n_subjects=4, n_videos=8, random_state=0)
    >>> train, test = videos[:6], videos[6:]
    >>> spotter = MotionSpotter().fit(train.tracks(), train.intervals, groups=train.groups)
    >>> found = spotter.predict(test.tracks())
    >>> bool(spotting_score(test.intervals, found, videos=test).loc["macro", "f1"] > 0.5)
    True
    """

    _parameter_constraints: dict = for_estimators(
        {
            "micro_windows": [Numbers(None, 2)],
            "macro_windows": [Numbers(None, 2)],
            "shares": [Numbers(None)],
            "inner_folds": [integer(2)],
        }
    )

    def __init__(
        self,
        micro_windows=((0.05, 0.25), (0.07, 0.35), (0.09, 0.5)),
        *,
        macro_windows=((0.1, 1.5), (0.12, 3.0), (0.15, 5.0)),
        shares=(0.15, 0.25, 0.4),
        inner_folds=5,
    ):
        self.micro_windows = micro_windows
        self.macro_windows = macro_windows
        self.shares = shares
        self.inner_folds = inner_folds

    def fit(self, tracks, intervals, *, groups=None):
        """Choose bands, shares and heights by pooled F1 on the training subjects.

        Parameters
        ----------
        tracks : list of FaceTrack, or LongVideos of landmarks
            The videos, those without a movement too.
        intervals : DataFrame, or list of array-like of shape (n_movements, 2)
            The movements, with the tracks' names in the column ``video``; or onsets and offsets of each.
        groups : array-like of shape (n_tracks,), default=None
            Subjects; None takes every video for one of its own.

        Returns
        -------
        self : MotionSpotter
        """
        tracks, true, groups = self._check_fit(tracks, intervals, groups)
        self._check_settings()
        curves = [_curves(track) for track in tracks]
        self.choices_, self.levels_, self.whitening_ = {}, {}, {}
        self.longest_ = _longest(tracks, true)
        spans = None
        for kind, windows in (("macro", self.macro_windows), ("micro", self.micro_windows)):
            rest, settings = {}, {}
            for window in map(tuple, windows):
                bands = [_band(track, window) for track in tracks]
                rest[window] = _rest(bands, curves, tracks, true)
                heights = [_height(b, *rest[window], own) for b, own in zip(bands, curves, strict=True)]
                for share in self.shares:
                    found = [
                        (self._candidates(kind, h, own, share, spans and spans[k]), own.seconds)
                        for k, (h, own) in enumerate(zip(heights, curves, strict=True))
                    ]
                    settings[(window, float(share))] = found
            choice = choose(settings, self._training(kind, tracks, true, groups), self.inner_folds)
            self.choices_[kind] = choice
            self.levels_[kind], self.whitening_[kind] = rest[choice.setting[0]]
            spans = [_spans(found, choice.height) for found in settings[choice.setting]]
        return self

    def _check_settings(self):
        for name in ("micro_windows", "macro_windows"):
            windows = np.asarray(getattr(self, name), dtype=float)
            if not ((windows > 0).all() and (windows[:, 0] < windows[:, 1]).all()):
                raise ValueError(
                    f"{name} must be pairs 0 < short < long in seconds, got {getattr(self, name)!r}."
                )
        shares = np.asarray(self.shares, dtype=float)
        if not ((shares > 0) & (shares < 1)).all():
            raise ValueError(f"shares must lie between 0 and 1, got {self.shares!r}.")

    def _candidates(self, kind, height, curves, share, spans):
        found = keep_type(kind, peak_intervals(height, share), curves.seconds)
        found = found.take((found.offset - found.onset) / RATE <= 2 * self.longest_)
        return found if spans is None else without_inside(found, curves.seconds, spans)

    def _spot(self, track):
        curves, spans, tables = _curves(track), None, []
        for kind in ("macro", "micro"):
            (window, share), least, _ = self.choices_[kind]
            band = _band(track, window)
            height = _height(band, self.levels_[kind], self.whitening_[kind], curves)
            found = self._candidates(kind, height, curves, share, spans)
            found = found.take(found.height >= least)
            spans = _spans((found, curves.seconds), least)
            frames = to_frames(found, curves.seconds, track.times)
            table = as_table(track, frames, kind, found.height / least)
            regions = [_regions(row) for row in band[found.apex]]
            peaks = np.abs(band[found.apex]).max(axis=1, initial=0.0) * track.interocular
            tables.append(table.assign(regions=regions, peak_px=peaks))
        tables = [table for table in tables if len(table)]
        if not tables:
            return pd.DataFrame()
        return pd.concat(tables).sort_values("onset", kind="stable").reset_index(drop=True)


@checked(spotter=[HasMethods("fit")], track=[FaceTrack])
def region_motion(spotter, track):
    """Size of the motion of a face over a video, as a fitted spotter sees it.

    Parameters
    ----------
    spotter : MotionSpotter
        Fitted.
    track : FaceTrack
        The video.

    Returns
    -------
    ndarray of shape (n_frames,)
        Mahalanobis distance of the regions' band-passed displacements from rest, the larger of those for
        micro- and macro-movements, each over its least height. Movements reach one; a peak above one is none
        where a higher one is beside it, it lasts too long, or, for a micro-movement, it lies inside another.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.spotting import MotionSpotter, region_motion
    >>> videos = make_long_videos(n_subjects=2, n_videos=4, random_state=0)
    >>> spotter = MotionSpotter().fit(videos.tracks(), videos.intervals, groups=videos.groups)
    >>> track = videos.tracks()[0]
    >>> region_motion(spotter, track).shape == (len(track),)
    True
    """
    check_is_fitted(spotter)
    curves = _curves(track)
    sizes = []
    for kind, choice in spotter.choices_.items():
        band = _band(track, choice.setting[0])
        height = _height(band, spotter.levels_[kind], spotter.whitening_[kind], curves)
        sizes.append(np.interp(track.times, curves.seconds, height) / choice.height)
    return np.max(sizes, axis=0)


def _curves(track):
    return remembered(track, ("curves",), lambda: region_curves(track))


def _band(track, window):
    return remembered(track, ("band", *window), lambda: band_pass(_curves(track), *window))


def _rest(bands, curves, tracks, true):
    """A high quantile of each curve outside of all movements, and the matrix that whitens curves over it."""
    quiet = []
    for band, own, track in zip(bands, curves, tracks, strict=True):
        outside = own.known.copy()
        for row in true[true["video"] == track.name].itertuples():
            first, last = track.times[row.onset] - _QUIET, track.times[row.offset] + _QUIET
            outside[(own.seconds >= first) & (own.seconds <= last)] = False
        quiet.append(band[outside])
    values = np.concatenate(quiet)
    values = values if len(values) > RATE else np.concatenate(bands)
    levels = np.quantile(np.abs(values), _NOISE_QUANTILE, axis=0) + 1e-9
    return levels, _whitening(values / levels)


def _whitening(values):
    """Inverse root of the robust, shrunk covariance of rows about zero; ndarray (n_regions, n_regions)."""
    size = np.sqrt((values**2).mean(axis=1))
    weights = 1 / np.maximum(size / (np.median(size) + 1e-12), 1.0) ** 2  # speech and blinks are in the rows
    covariance = (values * weights[:, None]).T @ values / weights.sum()
    level = np.trace(covariance) / len(covariance) + 1e-12
    values, axes = np.linalg.eigh(covariance + _SHRINKAGE * level * np.eye(len(covariance)))
    return (axes / np.sqrt(values / level)) @ axes.T


def _height(band, levels, whitening, curves):
    return np.linalg.norm(band / levels @ whitening, axis=1) * curves.known


def _longest(tracks, true):
    """Seconds of the longest movement; infinity without any."""
    times = {track.name: track.times for track in tracks}
    seconds = [times[row.video][row.offset] - times[row.video][row.onset] for row in true.itertuples()]
    return float(max(seconds, default=np.inf))


def _spans(found, least):
    """Seconds of the candidates from a height on; ndarray (n, 2)."""
    candidates, seconds = found
    kept = candidates.take(candidates.height >= least)
    return np.stack([seconds[kept.onset], seconds[kept.offset]], axis=1)


def _regions(band):
    """Names of the regions that move most, with the sign of their direction."""
    strong = np.flatnonzero(np.abs(band) >= _NAMED * np.abs(band).max())
    order = strong[np.argsort(-np.abs(band[strong]))]
    return "; ".join(f"{_NAMES[k]} {'+' if band[k] > 0 else '-'}" for k in order)
