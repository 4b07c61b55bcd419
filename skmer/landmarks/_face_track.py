"""Landmarks of one face through a whole video, its blinks, and the tables that hold such tracks."""

import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import label, maximum, minimum, percentile_filter

from skmer._utils._arguments import PATH, TEXT, Named, Numbers, check_argument, checked, real
from skmer._utils._files import write_atomically
from skmer._utils._text import naming, read_csv_table
from skmer.landmarks._agreement import LOWER_LIDS, UPPER_LIDS

_TRACK = [Numbers(None, 68, 2, finite=False)]
_TIMES = [Numbers(None), real(1e-6, 1e6)]  # seconds of each frame, or a rate
_RATE = 20.0  # samples a second of the openness's baseline, which changes slowly
_BASELINE = 6.0  # s: half of it must hold open eyes
_CLOSED = 0.72  # of the baseline: eyes are closing or closed
_LONGEST = 0.5  # s
_AROUND = 0.06  # s: a blink's start and end are above the threshold


@dataclass(frozen=True, eq=False, repr=False)
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
        check_argument("points", self.points, _TRACK)
        check_argument("name", self.name, [str])
        check_argument("quality", self.quality, [Named("array-like")])
        points = np.asarray(self.points, dtype=np.float64)
        object.__setattr__(self, "points", points)
        rate = float(self.times) if np.ndim(self.times) == 0 else 1.0
        object.__setattr__(self, "_rate", rate)  # of a single frame, whose times tell none
        object.__setattr__(self, "times", check_times(self.times, len(points)))
        blinks = self.blinks
        check_argument("blinks", blinks, [Numbers(len(points)), None])
        blinks = find_blinks(points, self.times) if blinks is None else np.asarray(blinks, dtype=bool)
        object.__setattr__(self, "blinks", blinks)

    def __len__(self):
        return len(self.points)

    def __repr__(self):
        share = f"face in {100 * self.found.mean():.0f} % of them"
        return f"FaceTrack: {self.name}, {len(self)} frames, {self.duration:.1f} s, {share}"

    @cached_property
    def found(self):
        """True for each frame in which the face was found; ndarray of bool."""
        return np.isfinite(self.points).all(axis=(1, 2))

    @cached_property
    def fps(self):
        """Frames a second, from the median distance between frames; float."""
        steps = np.diff(self.times)
        return float(np.round(1 / np.median(steps), 6)) if len(steps) else self._rate

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


@checked(points=_TRACK, times=_TIMES)
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
    gap = np.linalg.norm(points[:, LOWER_LIDS] - points[:, UPPER_LIDS], axis=-1).mean(axis=1)
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


_POINTS = [f"{axis}_{point}" for axis in "xy" for point in range(68)]
# What Windows' C runtime prints for numbers that are none.
_NO_NUMBERS = ["-nan(ind)", "nan(ind)", "-nan", "nan", "inf", "-inf", "1.#IND", "-1.#IND", "1.#QNAN"]
_FACE = ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"]
_MOST_FRAMES = 1_000_000  # an hour and more at 200 a second; a number far from the others is none
_STEP = 0.5  # of the face's width that a face moves from one frame to the next, at most


@checked(path=PATH, fps=[real(1e-3, 1e6), None], name=[*TEXT, None], min_confidence=[real()])
def read_face_track(path, *, fps=None, name=None, min_confidence=0.0):
    """Read a track from a table that OpenFace or py-feat wrote.

    Parameters
    ----------
    path : str or path-like
        CSV file of OpenFace's FeatureExtraction (columns ``frame``, ``timestamp``, ``success``, ``x_0`` to
        ``y_67``) or of a Fex of py-feat (``frame``, ``FaceRectX``, ``FaceScore``, ``x_0`` to ``y_67``).
    fps : float, default=None
        Frames a second; py-feat's table and images do not tell it, OpenFace's time stamps do.
    name : str, default=None
        Name of the track; the file's by default.
    min_confidence : float, default=0.0
        Rows with a lower confidence or face score are NaN.

    Returns
    -------
    FaceTrack
        One row a frame from the first to the last; frames that are absent, without success, or whose numbers
        are none are NaN. Of several faces the one that is there in most frames is followed from frame to
        frame.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If columns are missing, it has no row, or the rate has to be given.

    References
    ----------
    Baltrusaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018, doi:10.1109/FG.2018.00019.

    Cheong et al., "Py-Feat: Python Facial Expression Analysis Toolbox", Affective Science 4, 2023,
    doi:10.1007/s42761-023-00191-4.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.landmarks import FaceTrack, read_face_track, write_face_track
    >>> track = FaceTrack(np.tile(300 + 160 * MEAN_SHAPE, (30, 1, 1)), 25.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_face_track(write_face_track(track, Path(folder) / "a.csv"))
    >>> len(again), again.fps, bool(abs(again.points - track.points).max() < 1e-3)
    (30, 25.0, True)
    """
    path = Path(path)
    options = {"skipinitialspace": True, "na_values": _NO_NUMBERS, "low_memory": False}
    table, file = read_csv_table(path, "path", "x_0", most=5_000, **options)
    with naming(file):
        return _track(table, path, fps, name, min_confidence)


def _track(table, path, fps, name, min_confidence):
    table.columns = table.columns.str.strip()
    lacking = [column for column in ("frame", *_POINTS) if column not in table]
    if lacking or not len(table):
        raise ValueError(
            f"{path}: expected a table of OpenFace or py-feat with rows, frame and x_0 to y_67, "
            f"{'it has no row' if not lacking else f'{lacking[0]} is absent'}."
        )
    table = table.assign(frame=pd.to_numeric(table["frame"], errors="coerce")).dropna(subset=["frame"])
    first, last = table["frame"].min(), table["frame"].max()
    if not last - first < _MOST_FRAMES:
        raise ValueError(f"{path}: expected numbers of frames in the column frame, got {first} to {last}.")
    points = table[_POINTS].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    points = points.reshape(-1, 2, 68).swapaxes(1, 2).copy()
    points[_is_failed(table, min_confidence)] = np.nan
    numbers = table["frame"].to_numpy(dtype=int)
    rows = _one_face(points, numbers, table)
    first, last = numbers.min(), numbers.max()
    kept = np.full((last - first + 1, 68, 2), np.nan)
    kept[numbers[rows] - first] = points[rows]
    return FaceTrack(kept, _times(table, numbers, first, last, fps, path), name=name or path.stem)


def _is_failed(table, min_confidence):
    failed = np.zeros(len(table), bool)
    if "success" in table:
        failed |= ~(pd.to_numeric(table["success"], errors="coerce") > 0).to_numpy()
    for column in ("confidence", "FaceScore"):
        if column in table:
            failed |= ~(pd.to_numeric(table[column], errors="coerce") >= min_confidence).to_numpy()
    return failed


def _one_face(points, numbers, table):
    """Rows of one face: each frame's nearest to where the face was, from the frame where most faces start."""
    usable = np.isfinite(points).all(axis=(1, 2))
    if "face_id" in table:
        ids = table["face_id"].to_numpy()
        counts = pd.Series(ids[usable]).value_counts()
        if len(counts):
            usable &= ids == counts.index[0]
    rows, last = [], None
    for number in np.unique(numbers[usable]):
        here = np.flatnonzero(usable & (numbers == number))
        centres = points[here].mean(axis=1)
        widths = np.ptp(points[here], axis=1).max(axis=1)
        if last is None:
            best = int(np.argmax(widths))
        else:
            gaps = np.linalg.norm(centres - last, axis=1)
            best = int(np.argmin(gaps))
            if gaps[best] > _STEP * widths[best] and len(here) > 1:
                continue
        rows.append(here[best])
        last = centres[best]
    return np.array(rows, dtype=int)


def _times(table, numbers, first, last, fps, path):
    every = np.arange(first, last + 1)
    if fps is not None:
        return (every - first) / float(fps) if len(every) > 1 else fps
    stamps = pd.to_numeric(table["timestamp"], errors="coerce") if "timestamp" in table else None
    if stamps is not None:
        known = pd.Series(stamps.to_numpy(), index=numbers).dropna().groupby(level=0).first()
        if len(known) > 1 and (np.diff(known) > 0).all():
            return np.interp(every, known.index, known.to_numpy()) - known.iloc[0] + _before(known, first)
    raise ValueError(f"fps must be given for {path}: the table has no time stamps; pass fps=30, say.")


def _before(known, first):
    step = np.median(np.diff(known) / np.diff(known.index))
    return (known.index[0] - first) * step


@checked(track=[FaceTrack], path=PATH, layout=TEXT)
def write_face_track(track, path, *, layout="openface"):
    """Write a track as a table that readers of OpenFace or py-feat take.

    Parameters
    ----------
    track : FaceTrack
        The track.
    path : str or path-like
        CSV file to write.
    layout : {"openface", "feat"}, default="openface"
        Columns ``frame`` (from 1), ``face_id``, ``timestamp``, ``confidence``, ``success`` and the points; or
        ``frame`` (from 0), the face's box and score, and the points.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If the layout is another one.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skmer.landmarks import FaceTrack, write_face_track
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_face_track(FaceTrack(np.zeros((2, 68, 2)), 25.0), Path(folder) / "a.csv")
    ...     path.read_text().splitlines()[1][:24]
    '1,0,0.0,1.0,1,0.0,0.0,0.'
    """
    if layout not in ("openface", "feat"):
        raise ValueError(f"layout must be 'openface' or 'feat', got {layout!r}.")
    found = track.found
    flat = track.points.swapaxes(1, 2).reshape(len(track), -1).round(4)
    points = pd.DataFrame(flat, columns=_POINTS)
    if layout == "openface":
        about = {"frame": np.arange(1, len(track) + 1), "face_id": 0, "timestamp": track.times.round(6)}
        about |= {"confidence": found.astype(float), "success": found.astype(int)}
        table = pd.concat([pd.DataFrame(about), points.fillna(0.0)], axis=1)
    else:
        low, high = track.points.min(axis=1), track.points.max(axis=1)
        box = np.column_stack([low, high - low, found.astype(float)]).round(4)
        about = pd.DataFrame({"frame": np.arange(len(track)), "input": track.name})
        table = pd.concat([about, pd.DataFrame(box, columns=_FACE), points], axis=1)
    text = io.StringIO()
    table.to_csv(text, index=False)
    write_atomically(path, text.getvalue())
    return Path(path)
