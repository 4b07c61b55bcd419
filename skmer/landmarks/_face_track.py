"""Landmarks of one face through a whole video, and its blinks."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.ndimage import label, maximum, minimum, percentile_filter

from skmer._utils._arguments import Named, Numbers, check_argument, checked, real

_POINTS = [Numbers(None, 68, 2, finite=False)]
_TIMES = [Numbers(None), real(1e-6, 1e6)]  # seconds of each frame, or a rate
_UPPER, _LOWER = [37, 38, 43, 44], [41, 40, 47, 46]
_RATE = 20.0  # samples a second of the openness's baseline, which changes slowly
_BASELINE = 6.0  # s: half of it must hold open eyes
_CLOSED = 0.72  # of the baseline: eyes are closing or closed
_LONGEST = 0.5  # s
_AROUND = 0.06  # s: a blink's start and end are above the threshold


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """Landmarks of one face in every frame of a video.

    Parameters
    ----------
    points : ndarray of shape (n_frames, 68, 2)
        x and y in px; NaN where the face was not found.
    times : array-like of shape (n_frames,), or float
        Seconds of each frame, ascending; a number is a rate in frames a second.
    blinks : ndarray of shape (n_frames,), bool, default=None
        Frames of a blink; by default `find_blinks` finds them.
    name : str, default="video"
        Name of the video, as in tables of movements.
    source : object, default=None
        The frames: a video file, a folder, or a sequence of images.
    quality : dict of str to ndarray, default={}
        Further numbers of each frame.

    Raises
    ------
    ValueError
        If shapes do not fit or times do not ascend.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.landmarks import FaceTrack
    >>> track = FaceTrack(np.tile(300 + 160 * MEAN_SHAPE, (60, 1, 1)), 30.0, name="a")
    >>> len(track), track.fps, track.duration, int(track.found.sum())
    (60, 30.0, 2.0, 60)
    """

    points: np.ndarray
    times: np.ndarray
    blinks: np.ndarray | None = None
    name: str = "video"
    source: object = None
    quality: dict = field(default_factory=dict)

    def __post_init__(self):
        check_argument("points", self.points, _POINTS)
        check_argument("name", self.name, [str])
        check_argument("quality", self.quality, [Named("array-like")])
        points = np.asarray(self.points, dtype=np.float64)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "times", check_times(self.times, len(points)))
        blinks = self.blinks
        check_argument("blinks", blinks, [Numbers(len(points)), None])
        blinks = find_blinks(points, self.times) if blinks is None else np.asarray(blinks, dtype=bool)
        object.__setattr__(self, "blinks", blinks)

    def __len__(self):
        return len(self.points)

    @cached_property
    def found(self):
        """Whether the face was found, of each frame; ndarray of bool."""
        return np.isfinite(self.points).all(axis=(1, 2))

    @cached_property
    def fps(self):
        """Frames a second, from the median distance between frames; float."""
        steps = np.diff(self.times)
        return float(np.round(1 / np.median(steps), 6)) if len(steps) else 1.0

    @property
    def duration(self):
        """Seconds from the first frame to the end of the last; float."""
        return float(np.round(self.times[-1] - self.times[0] + 1 / self.fps, 9))

    @cached_property
    def interocular(self):
        """Median distance of the outer eye corners in px; NaN if no face was found; float."""
        corners = self.points[self.found][:, [36, 45]]
        return (
            float(np.median(np.linalg.norm(np.diff(corners, axis=1)[:, 0], axis=-1)))
            if len(corners)
            else np.nan
        )


def check_times(times, n_frames):
    """Return ascending seconds of `n_frames` frames; a number is a rate."""
    check_argument("times", times, _TIMES)
    if np.ndim(times) == 0:
        return np.arange(n_frames) / float(times)
    times = np.asarray(times, dtype=np.float64)
    if times.shape != (n_frames,) or not (np.diff(times) > 0).all():
        raise ValueError(f"times must ascend and have one entry for each of {n_frames} frames.")
    return times


@checked(points=_POINTS, times=_TIMES)
def find_blinks(points, times):
    """Find the frames in which the eyes blink.

    Parameters
    ----------
    points : ndarray of shape (n_frames, 68, 2)
        Landmarks in px; frames with NaN are no blinks.
    times : ndarray of shape (n_frames,), or float
        Seconds of each frame, or a rate in frames a second.

    Returns
    -------
    ndarray of shape (n_frames,), bool
        True from the start of the closing to the end of the opening.

    Notes
    -----
    The gap between the lids of both eyes, in outer eye-corner distances, is compared with its own upper
    quartile over the six seconds around: below 72 % of it, for up to half a second, the eyes blink.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE, action_unit_field
    >>> from skmer.landmarks import find_blinks
    >>> closing = np.zeros((90, 1, 1))
    >>> closing[40:45] = 0.08
    >>> find_blinks(200 * (MEAN_SHAPE + closing * action_unit_field(43)), 30.0)[[30, 40, 44, 60]].tolist()
    [False, True, True, False]
    """
    points = np.asarray(points, dtype=np.float64)
    times = check_times(times, len(points))
    gap = np.linalg.norm(points[:, _LOWER] - points[:, _UPPER], axis=-1).mean(axis=1)
    width = np.linalg.norm(points[:, 45] - points[:, 36], axis=-1)
    gap = gap / np.where(width > 0, width, np.nan)
    known = np.isfinite(gap)
    if not known.any():
        return np.zeros(len(points), dtype=bool)
    # Lids that are narrow for a second are no baseline; an upper quantile over seconds of open eyes is.
    grid = np.arange(times[0], times[-1] + 1 / _RATE, 1 / _RATE)
    coarse = np.interp(grid, times[known], gap[known])
    width = max(1, min(len(grid), round(_BASELINE * _RATE)))
    baseline = percentile_filter(coarse, 75, size=width, mode="nearest")
    closed = known & (gap < _CLOSED * np.interp(times, grid, baseline))
    return _widened(_short(closed, times), times)


def _short(closed, times):
    """Runs of frames that are as short as blinks; longer ones are eyes that are narrowed or shut."""
    runs, n_runs = label(closed)
    if not n_runs:
        return closed
    first, last = (reduce(times, runs, np.arange(1, n_runs + 1)) for reduce in (minimum, maximum))
    keeps = np.concatenate([[False], np.asarray(last) - np.asarray(first) <= _LONGEST])
    return keeps[runs]


def _widened(closed, times):
    if not closed.any():
        return closed
    edges = np.searchsorted(times, [times[closed] - _AROUND, times[closed] + _AROUND + 1e-9])
    marks = np.zeros(len(times) + 1, dtype=int)
    np.add.at(marks, edges[0], 1)
    np.add.at(marks, edges[1], -1)
    return np.cumsum(marks)[:-1] > 0
