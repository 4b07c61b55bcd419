"""Container of long videos with the movements in them."""

import hashlib
from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd

from skmer._utils._arguments import (
    LABELS,
    PATH,
    TEXT,
    Items,
    Numbers,
    Pairs,
    check_argument,
    check_same_length,
    checked,
    one_column,
    real,
)
from skmer._utils._text import html_table, plain_text
from skmer.datasets._clips import reasons_table
from skmer.frames import is_path
from skmer.landmarks import FaceTrack

MOVEMENT_COLUMNS = ("video", "onset", "apex", "offset", "type", "emotion", "action_units")
_FRAMES = ("onset", "apex", "offset")
_SECONDS = tuple(f"{name}_s" for name in _FRAMES)
_LONGEST_MICRO = 0.5  # s
_MOST_FRAMES = 2**31
_TIMES = [real(1e-6, 1e6), Numbers(None), None]  # frames a second, or seconds of each frame


class LongVideos:
    """Long videos of faces, and when they move.

    Parameters
    ----------
    frames : sequence of n_videos entries
        Each a video: landmarks (n_frames, 68, 2) in px, a `FaceTrack`, a list of paths or images, an array of
        grey images (n_frames, H, W), the path of a video file or folder, or None where only the sheet is at
        hand.
    times : float, or sequence of n_videos floats or arrays of shape (n_frames,)
        Frames a second, of all videos or of each, or the seconds of each frame. None: those of the tracks.
    intervals : DataFrame, or sequence of n_videos arrays of shape (n_movements, 2)
        The movements: columns ``video``, ``onset`` and ``offset``, which count a video's frames from 0, both
        included; ``apex``, ``type`` ("micro", "macro"), ``emotion`` and ``action_units`` where known. Videos
        without a movement have no row.
    groups : array-like of shape (n_videos,) of str
        ``"dataset/subject"``.
    names : array-like of shape (n_videos,) of str, default=None
        Names of the videos, unique; the default counts a subject's videos, or has the names of tracks.
    table : DataFrame of n_videos rows, default=None
        Further data on each video.
    dropped, corrected : DataFrame, default=None
        Rows of the sheets that were left out or changed, each with a ``reason``.
    fingerprint : str, default=None
        Version of the data; by default a hash of the movements.
    truth : object, default=None
        For synthetic corpora.

    Attributes
    ----------
    times : ndarray of shape (n_videos,), object
        Seconds of each frame, or None for a video whose file tells them.
    table : DataFrame
        ``video``, ``group``, ``dataset``, ``subject``, ``fps``, ``n_frames`` and ``duration_s`` of each
        video, and the given columns.
    intervals : DataFrame
        The movements with all columns above and ``onset_s``, ``apex_s`` and ``offset_s`` in seconds.

    Raises
    ------
    ValueError
        If lengths do not fit, names repeat, or a movement is of no video or ends before it starts.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> videos = make_long_videos(n_subjects=2, n_videos=3, duration=60, random_state=0)
    >>> len(videos), videos.frames[0].shape, sorted(set(videos.intervals["type"]))
    (3, (1800, 68, 2), ['macro', 'micro'])
    """

    @checked(
        frames=[Items()],
        intervals=[pd.DataFrame, Items(Pairs())],
        groups=[Items(*LABELS)],
        names=[Items(*LABELS), None],
        table=[pd.DataFrame, None],
        dropped=[pd.DataFrame, None],
        corrected=[pd.DataFrame, None],
        fingerprint=[*TEXT, None],
    )
    def __init__(
        self,
        frames,
        times,
        intervals,
        groups,
        *,
        names=None,
        table=None,
        dropped=None,
        corrected=None,
        fingerprint=None,
        truth=None,
    ):
        check_argument("frames", list(frames), [Items(*PATH, FaceTrack, Items(), None)])
        check_same_length(frames=frames, groups=groups)
        self.frames = _as_objects(frames)
        self.groups = _check_texts("groups", groups, len(self.frames))
        self.names = _check_texts("names", self._default_names() if names is None else names, len(self))
        if len(set(self.names)) < len(self):
            raise ValueError("names must be unique, one video has the name of another.")
        rates, self.times = _check_rates(times, self.frames)
        self.table = self._table(rates, table)
        self.intervals = complete_intervals(intervals, self.table, self.times)
        self.dropped, self.corrected = reasons_table(dropped), reasons_table(corrected)
        self.truth = truth
        content = self.intervals.to_csv(index=False) + "\n".join([*self.names, *self.groups])
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        self.fingerprint = fingerprint or f"{len(self)} videos, sha256 {digest}"

    def _table(self, rates, table):
        sizes = [None if entry is None or is_path(entry) else len(entry) for entry in self.frames]
        parts = [group.partition("/") for group in self.groups]
        made = pd.DataFrame(
            {
                "video": self.names,
                "group": self.groups,
                "dataset": [part[0] for part in parts],
                "subject": [part[2] for part in parts],
                "fps": rates,
                "n_frames": pd.array(sizes, dtype="Int64"),
            }
        )
        made["duration_s"] = made["n_frames"].astype(float) / made["fps"]
        if table is None:
            return made
        if len(table) != len(made):
            raise ValueError(f"table must have one row for each of {len(made)} videos, got {len(table)}.")
        others = [name for name in table.columns if name not in made]
        return pd.concat([made, table[others].reset_index(drop=True)], axis=1)

    @property
    def shape(self):
        """Number of videos, in a tuple as scikit-learn's splitters ask for it."""
        return (len(self),)

    def __len__(self):
        return len(self.frames)

    def __getitem__(self, rows):
        """Select videos as `select` does; a single row number gives a container of one video."""
        return self.select(rows if isinstance(rows, slice) or np.ndim(rows) else [rows])

    def __repr__(self):
        counts = self.intervals["type"].value_counts()
        kinds = ", ".join(f"{counts.get(kind, 0)} {kind}" for kind in ("macro", "micro"))
        empty = int((~np.isin(self.names, self.intervals["video"])).sum())
        minutes = self.table["duration_s"].sum() / 60
        return (
            f"LongVideos: {len(self)} videos, {minutes:.1f} min, {len(set(self.groups))} subjects\n"
            f"  movements: {kinds}; videos without a movement: {empty}\n"
            f"  dropped {len(self.dropped)}, corrected {len(self.corrected)}\n"
            f"  source: {self.fingerprint}"
        )

    def _repr_html_(self):
        table, (first, *others) = self.summary().round(3), repr(self).splitlines()
        rows = [(table.index.name or "", *table.columns), *table.itertuples()]
        return html_table(rows, first) + "".join(f"<p>{escape(line)}</p>" for line in others)

    def select(self, mask):
        """Select videos by a mask, a slice or an array of row numbers.

        Parameters
        ----------
        mask : array-like of bool or int, or slice
            As numpy indexes rows.

        Returns
        -------
        LongVideos
            With the movements of these videos.
        """
        rows = np.arange(len(self))[
            mask if isinstance(mask, slice) else np.asarray(mask, None if np.size(mask) else int)
        ]
        own = self.intervals["video"].isin(self.names[rows])
        times = _as_objects([self._given_times(row) for row in rows])
        return LongVideos(
            self.frames[rows],
            times,
            self.intervals[own].reset_index(drop=True),
            self.groups[rows],
            names=self.names[rows],
            table=self.table.iloc[rows],
            dropped=self.dropped,
            corrected=self.corrected,
            fingerprint=self.fingerprint if len(rows) == len(self) else f"{len(rows)} of {self.fingerprint}",
            truth=None if self.truth is None else self.truth.take(rows),
        )

    def _default_names(self):
        if len(self) and all(isinstance(entry, FaceTrack) for entry in self.frames):
            return [track.name for track in self.frames]
        order = pd.Series(self.groups).groupby(self.groups).cumcount() + 1
        return [f"{group}/video{k:02d}" for group, k in zip(self.groups, order, strict=True)]

    def _given_times(self, row):
        return self.table["fps"].iloc[row] if self.times[row] is None else self.times[row]

    @property
    def has_tracks(self):
        """True where the frames are landmarks; bool."""
        return all(
            isinstance(entry, FaceTrack) or (isinstance(entry, np.ndarray) and entry.shape[1:] == (68, 2))
            for entry in self.frames
        )

    def tracks(self):
        """Return the landmarks as tracks, where the frames are landmarks.

        Returns
        -------
        list of FaceTrack
            Named as the videos.

        Raises
        ------
        ValueError
            If the frames are images or files; FaceTracker then makes tracks of them.
        """
        if not self.has_tracks:
            raise ValueError("frames are no landmarks; make tracks of them with skmer.landmarks.FaceTracker.")
        return [
            replace(entry, times=times, name=str(name))
            if isinstance(entry, FaceTrack)
            else FaceTrack(entry, times, name=str(name))
            for entry, times, name in zip(self.frames, self.times, self.names, strict=True)
        ]

    def summary(self):
        """Videos, minutes and movements of each subject.

        Returns
        -------
        DataFrame indexed by group
            Columns ``videos``, ``minutes``, ``macro`` and ``micro``.
        """
        about = self.table.groupby("group")
        counts = self.intervals.merge(self.table[["video", "group"]], on="video")
        kinds = pd.crosstab(counts["group"], counts["type"]) if len(counts) else pd.DataFrame()
        kinds = kinds.reindex(index=about.size().index, columns=["macro", "micro"], fill_value=0)
        return pd.DataFrame({"videos": about.size(), "minutes": about["duration_s"].sum() / 60}).join(kinds)


def _as_objects(entries):
    made = np.empty(len(entries), dtype=object)
    for row, entry in enumerate(entries):
        made[row] = entry
    return made


def _check_texts(name, values, n_videos):
    texts = np.array([plain_text(value) for value in one_column(values)], dtype=str)
    if len(texts) != n_videos or (texts == "").any():
        raise ValueError(f"{name} must have a name for each of the {n_videos} videos, got {len(texts)}.")
    return texts


def _check_rates(times, frames):
    """Frames a second of each video, and the seconds of each frame where they can be told now."""
    check_argument("times", times, [*_TIMES, Items(*_TIMES, "nan")])
    entries = list(times) if Items().is_satisfied_by(times) else [times] * len(frames)
    if len(entries) != len(frames):
        raise ValueError(
            f"times must be a rate, or one entry for each of the {len(frames)} videos, got {len(entries)}."
        )
    rates, seconds = np.full(len(frames), np.nan), np.empty(len(frames), dtype=object)
    for row, (entry, video) in enumerate(zip(entries, frames, strict=True)):
        entry = video.times if entry is None and isinstance(video, FaceTrack) else entry
        if np.ndim(entry):
            seconds[row] = np.asarray(entry, dtype=np.float64)
            if not (np.diff(seconds[row]) > 0).all() or (_length(video) not in (None, len(seconds[row]))):
                raise ValueError(f"times of video {row} must ascend and have an entry for each frame.")
            rates[row] = (
                np.round(1 / np.median(np.diff(seconds[row])), 6) if len(seconds[row]) > 1 else np.nan
            )
        elif entry is not None and entry == entry:
            rates[row] = float(entry)
            length = _length(video)
            seconds[row] = None if length is None else np.arange(length) / rates[row]
    return rates, seconds


def _length(video):
    return None if video is None or is_path(video) else len(video)


def complete_intervals(intervals, table, times):
    """Movements with all columns of the package, in the order of the videos and their onsets.

    Parameters
    ----------
    intervals : DataFrame or sequence of arrays
        As `LongVideos` takes them.
    table : DataFrame
        The videos.
    times : sequence of ndarray or None
        Seconds of their frames.

    Returns
    -------
    DataFrame
    """
    names = table["video"].tolist()
    if not isinstance(intervals, pd.DataFrame):
        check_argument("intervals", intervals, [Items(Pairs(), n=len(names))])
        pairs = [
            (name, *pair)
            for name, own in zip(names, intervals, strict=True)
            for pair in np.reshape(own, (-1, 2)).tolist()
        ]
        intervals = pd.DataFrame(pairs, columns=["video", "onset", "offset"])
    made = intervals.reset_index(drop=True).copy()
    for name in ("video", "onset", "offset"):
        if name not in made and len(made):
            raise ValueError(f"intervals must have the columns video, onset and offset, {name} is absent.")
    made = made.reindex(columns=[*MOVEMENT_COLUMNS, *(c for c in made if c not in MOVEMENT_COLUMNS)])
    strange = made.index[~made["video"].isin(names)]
    if len(strange):
        raise ValueError(f"intervals must be of the videos in names, {made['video'][strange[0]]!r} is not.")
    for name in _FRAMES:
        numbers = pd.to_numeric(made[name], errors="coerce")
        strange = made[name].notna() & ~((numbers % 1 == 0) & (numbers.abs() < _MOST_FRAMES))
        if strange.any():
            raise ValueError(f"intervals must have frames as {name}, got {made[name][strange].iloc[0]!r}.")
        made[name] = numbers.astype("Int64")
    if not (made["onset"] <= made["offset"]).fillna(False).all():
        raise ValueError("intervals must have onset <= offset in every row.")
    rates = made["video"].map(table.set_index("video")["fps"])
    made = _in_seconds(made, dict(zip(names, times, strict=True)), rates)
    lengths = (made["offset"] - made["onset"] + 1).astype(float) / rates.astype(float)
    by_length = pd.Series(np.where(lengths <= _LONGEST_MICRO + 1e-9, "micro", "macro"), index=made.index)
    stated = made["type"].astype(object)
    made["type"] = stated.where(stated.notna(), by_length.where(lengths.notna(), ""))
    for name in ("emotion", "action_units"):
        texts = made[name].astype(object)
        made[name] = texts.where(texts.notna(), "")
    order = pd.Series(range(len(names)), index=names)
    made = made.assign(_place=made["video"].map(order)).sort_values(["_place", "onset"], kind="stable")
    return made.drop(columns="_place").reset_index(drop=True)


def _in_seconds(made, times, rates):
    for name, seconds in zip(_FRAMES, _SECONDS, strict=True):
        values = []
        for video, frame, rate in zip(made["video"], made[name], rates, strict=True):
            known = times.get(video)
            if frame is pd.NA:
                values.append(np.nan)
            elif known is None:
                values.append(frame / rate)
            elif 0 <= frame < len(known):
                values.append(known[frame])
            else:
                raise ValueError(
                    f"intervals must lie in their videos, {name} {frame} of {video!r} is not one of its "
                    f"{len(known)} frames."
                )
        made[seconds] = np.array(values, dtype=float)
    return made
