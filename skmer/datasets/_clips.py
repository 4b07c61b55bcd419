"""Container of clips that every reader and every synthetic corpus returns."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, fields
from html import escape

import numpy as np
import pandas as pd

from skmer._utils._arguments import TEXT, check_argument, one_column
from skmer._utils._text import html_table, plain_column, plain_text
from skmer.datasets._cells import parse_action_units
from skmer.datasets._clip_sequences import (
    check_clip_sequences,
    check_times,
    describe_sequences,
    keyframe_positions,
    sequences_identity,
)
from skmer.datasets._layouts import save_clips
from skmer.frames import KEYFRAMES, check_frames, holds_landmarks, holds_maps


@dataclass(frozen=True, eq=False)
class ClipTruth:
    """Ground truth of a synthetic corpus.

    Attributes
    ----------
    displacement : ndarray of shape (n_clips, 3, 68, 2)
        True displacement of the 68 points from the onset in px, without head motion; the onset's is zero.
    points : ndarray of shape (n_clips, 3, 68, 2)
        True positions of the 68 points in each frame in px, head motion included.
    label : ndarray of shape (n_clips,) of str
        Class that the movement was drawn from.
    units : ndarray of shape (n_clips,) of tuple of int
        Action units of each clip.
    unit_amplitude : ndarray of shape (n_clips,) of tuple of float
        Their amplitudes at the apex in px, in the same order.
    amplitude : ndarray of shape (n_clips, 3)
        Largest displacement of any point in each frame in px.
    side : ndarray of shape (n_clips,) of str
        ``"both"``, ``"left"`` or ``"right"``, as the viewer sees it.
    """

    displacement: np.ndarray
    points: np.ndarray
    label: np.ndarray
    units: np.ndarray
    unit_amplitude: np.ndarray
    amplitude: np.ndarray
    side: np.ndarray

    def take(self, rows):
        """Select the truth of some clips.

        Parameters
        ----------
        rows : array-like or slice
            Any numpy index of rows.

        Returns
        -------
        truth : ClipTruth
        """
        return ClipTruth(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


class MicroExpressionClips:
    """Clips of onset, apex and offset with labels and subjects.

    Parameters
    ----------
    frames : ndarray
        Object array (n_clips, 3) of paths or uint8 images, float array (n_clips, 3, 68, 2) of landmarks in
        px, or float32 array (n_clips, C, H, W) of flow maps.
    target : array-like of shape (n_clips,) of str
        Class names.
    groups : array-like of shape (n_clips,) of str
        ``"dataset/subject"``, the units that leave-one-subject-out leaves out.
    table : DataFrame of n_clips rows, default=None
        Data on each clip. Columns ``dataset``, ``subject`` and ``clip`` are made from `groups` and
        the row number where they are missing.
    dropped, corrected : DataFrame, default=None
        Rows of the sheet that were left out or changed, each with a ``reason``.
    fingerprint : str, default=None
        Version of the data; by default a hash of its content.
    truth : ClipTruth, default=None
        For synthetic corpora.
    sequences : array-like of shape (n_clips,), default=None
        All frames of each clip from onset to offset, both included: paths, images, or landmarks (T, 68, 2),
        in any form that `skmer.frames.check_sequences` accepts; None for a clip that has none.
    times : array-like of shape (n_clips,), default=None
        Of each clip the times of the frames of its sequence in s, or None.

    Attributes
    ----------
    sequences, times : ndarray of shape (n_clips,), object
        As passed; None for clips without.
    class_names : list of str
        The classes that occur, sorted.
    shape : tuple of int
        Of the frames, for scikit-learn's splitters and ``train_test_split``, which index clips by rows.

    Raises
    ------
    ValueError
        If lengths or shapes do not fit, or a label or group is missing or blank.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    >>> clips.frames.shape, str(clips.groups[0])
    ((20, 3, 68, 2), 'synthetic-casme2/sub01')
    >>> len(clips.select(clips.target == "disgust")), len(clips[:7])
    (5, 7)
    """

    def __init__(
        self,
        frames,
        target,
        groups,
        *,
        table=None,
        dropped=None,
        corrected=None,
        fingerprint=None,
        truth=None,
        sequences=None,
        times=None,
    ):
        for name, value, kind in (
            ("table", table, pd.DataFrame),
            ("dropped", dropped, pd.DataFrame),
            ("corrected", corrected, pd.DataFrame),
            ("truth", truth, ClipTruth),
        ):
            if value is not None and not isinstance(value, kind):
                raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}.")
        check_argument("fingerprint", fingerprint, [*TEXT, None])
        check_argument("times", times, ["array-like", None])
        self.frames = _check_frames(frames)
        self.target = _check_names("target", target, len(self.frames))
        self.groups = _check_names("groups", groups, len(self.frames))
        self.class_names = sorted(set(self.target.tolist()))
        self.table = _complete_table(table, self.groups)
        self.dropped = reasons_table(dropped)
        self.corrected = reasons_table(corrected)
        self.truth = truth
        self.sequences = check_clip_sequences(sequences, self.frames)
        self.times = check_times(times, self.sequences)
        self.fingerprint = fingerprint or f"{len(self)} clips, sha256 {self._digest()}"

    def _digest(self):
        digest = hashlib.sha256("\n".join([*self.target, *self.groups]).encode())
        digest.update(
            np.ascontiguousarray(self.frames).tobytes()
            if self.frames.dtype != object
            else repr([_identity(frame) for frame in self.frames.ravel()]).encode()
        )
        if describe_sequences(self.sequences):
            digest.update(sequences_identity(self.sequences).encode())
        return digest.hexdigest()[:8]

    @property
    def shape(self):
        """Shape of the frames; its first entry is the number of clips."""
        return self.frames.shape

    def __len__(self):
        return len(self.frames)

    def __getitem__(self, rows):
        """Select clips as `select` does; a single row number gives a container of one clip."""
        if isinstance(rows, tuple) and len(rows) == 2 and rows[1] is Ellipsis:  # as scikit-learn asks
            rows = rows[0]
        if isinstance(rows, tuple | str):
            raise TypeError(f"clips are indexed by rows alone, got {rows!r}; their columns are in .table.")
        is_number = not isinstance(rows, slice) and not np.ndim(rows)
        if is_number and isinstance(rows, int | np.integer) and not -len(self) <= rows < len(self):
            raise IndexError(f"there is no clip {rows} among {len(self)}.")  # ends an iteration
        # A number gives clips and not frames: labels and subjects never part from them.
        return self.select(rows if isinstance(rows, slice) or np.ndim(rows) else [rows])

    def __repr__(self):
        counts = ", ".join(f"{name} {count}" for name, count in self._counts().items())
        sequences = describe_sequences(self.sequences)
        return (
            f"MicroExpressionClips: {len(self)} clips, {len(set(self.groups.tolist()))} subjects (folds)\n"
            f"  classes: {counts}\n"
            f"  frames: {self._kind()}\n"
            + (f"  sequences: {sequences}\n" if sequences else "")
            + f"  dropped {len(self.dropped)}, corrected {len(self.corrected)}\n"
            f"  source: {self.fingerprint}"
        )

    def _repr_html_(self):
        table = self.summary().round(3)
        rows = [("class", *table.columns), *table.itertuples()]
        lines = "".join(f"<p>{escape(line)}</p>" for line in repr(self).splitlines()[1:])
        return html_table(rows, repr(self).splitlines()[0]) + lines

    def _kind(self):
        if holds_maps(self.frames):
            return f"maps, {' x '.join(map(str, self.frames.shape[1:]))}"
        if holds_landmarks(self.frames):
            return "landmarks (68 points, px)"
        if len(self) and isinstance(self.frames[0, 0], np.ndarray):
            return f"images, the first {' x '.join(map(str, self.frames[0, 0].shape))}"
        return "paths"

    def _counts(self):
        return {name: int(np.sum(self.target == name)) for name in self.class_names}

    def select(self, mask):
        """Select clips by a mask, a slice or an array of row numbers.

        Parameters
        ----------
        mask : array-like of bool or int, or slice
            As numpy indexes rows.

        Returns
        -------
        clips : MicroExpressionClips
            With the same `dropped`, `corrected` and the rows' own `sequences`, `table` and `truth`.
        """
        try:
            rows = np.arange(len(self))[
                mask if isinstance(mask, slice) else np.asarray(mask, None if np.size(mask) else int)
            ]
        except (IndexError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"mask must be a mask or row numbers of the {len(self)} clips, got {mask!r:.80}: {error}."
            ) from error
        if rows.ndim != 1:
            raise ValueError(f"mask must have one axis, got one of shape {np.shape(mask)}.")
        return MicroExpressionClips(
            self.frames[rows],
            self.target[rows],
            self.groups[rows],
            table=self.table.iloc[rows].reset_index(drop=True),
            dropped=self.dropped,
            corrected=self.corrected,
            fingerprint=self.fingerprint if len(rows) == len(self) else f"{len(rows)} of {self.fingerprint}",
            truth=None if self.truth is None else self.truth.take(rows),
            sequences=self.sequences[rows],
            times=self.times[rows],
        )

    def keyframe_positions(self):
        """Find onset, apex and offset of each clip in its sequence.

        Returns
        -------
        positions : ndarray of shape (n_clips, 3), int
            Positions in ``sequences``; -1 where a clip has no sequence, or not this frame in it.
        """
        return keyframe_positions(self.frames, self.sequences, self.table)

    def summary(self):
        """Clips and subjects of each class.

        Returns
        -------
        summary : DataFrame indexed by class
            Columns ``clips``, ``share`` and ``subjects``.
        """
        rows = pd.DataFrame({"class": self.target, "group": self.groups}).groupby("class")["group"]
        clips = rows.size()
        return pd.DataFrame({"clips": clips, "share": clips / max(len(self), 1), "subjects": rows.nunique()})

    def to_frame(self):
        """One tidy row per clip.

        Returns
        -------
        frame : DataFrame
            The table with ``target`` and ``group``, and the three paths where frames are paths.
        """
        frame = self.table.assign(target=self.target, group=self.groups)
        if self._kind() == "paths":
            frame = frame.assign(
                **{
                    f"{name}_path": [str(path) for path in self.frames[:, k]]
                    for k, name in enumerate(KEYFRAMES)
                }
            )
        return frame

    def action_units(self):
        """Action units as a multi-label table.

        Returns
        -------
        labels : DataFrame of shape (n_clips, n_units)
            One column per unit that occurs, True where the clip's sheet names it. Empty without a column
            ``action_units`` in the table.
        """
        texts = self.table.get("action_units", pd.Series([""] * len(self)))
        units = [parse_action_units(text).units for text in texts]
        present = sorted(set().union(*units)) if units else []
        return pd.DataFrame([[unit in row for unit in present] for row in units], columns=present, dtype=bool)

    def save(self, root, layout="casme2", quality=95):
        """Write image clips to disk in the layout of a real data set: folders, frame names, annotation sheet.

        Parameters
        ----------
        root : str or path
            Folder, made if absent.
        layout : {"casme2", "samm"}, default="casme2"
            Data set whose layout is used.
        quality : int, default=95
            JPEG quality.

        Returns
        -------
        sheet : Path
            The annotation sheet.

        Raises
        ------
        ValueError
            If the frames are not images or the layout is unknown.
        """
        return save_clips(self, root, layout, quality)


def _check_frames(frames):
    if isinstance(frames, np.ndarray) and frames.shape[:1] == (0,):
        return frames  # an empty selection
    if holds_maps(frames):
        return frames
    return check_frames(frames)


def _check_names(name, values, n_clips):
    try:
        values = [*plain_column(one_column(values)).tolist()]
    except TypeError as error:
        raise TypeError(f"{name} must be array-like, got {type(values).__name__}.") from error
    if any(isinstance(value, Collection) and not isinstance(value, str) for value in values):
        raise ValueError(f"{name} must have one entry for each of the {n_clips} clips, got several in one.")
    # Unequal to itself is NaN alone, of whatever type.
    missing = [row for row, value in enumerate(values) if value is None or value != value]
    texts = np.array([plain_text(value) for value in values], dtype=str)
    if len(texts) != n_clips:
        raise ValueError(
            f"{name} must have one entry for each of the {n_clips} clips, got shape {np.shape(values)}."
        )
    missing += np.flatnonzero(texts == "").tolist()
    if missing:
        raise ValueError(f"{name} must not be empty, row {min(missing)} is; fill or drop it.")
    return texts


def _complete_table(table, groups):
    table = pd.DataFrame(index=range(len(groups))) if table is None else table
    if len(table) != len(groups):
        raise ValueError(f"table must have one row for each of the {len(groups)} clips, got {len(table)}.")
    parts = [group.partition("/") for group in groups.tolist()]
    made = {
        "dataset": [part[0] for part in parts],
        "subject": [part[2] for part in parts],
        "clip": [f"clip{row:04d}" for row in range(len(groups))],
    }
    table = table.reset_index(drop=True)
    return table.assign(**{name: values for name, values in made.items() if name not in table.columns})


def reasons_table(rows):
    """Return a table of dropped or corrected rows, with an empty one for None."""
    return pd.DataFrame(columns=["reason"]) if rows is None else rows.reset_index(drop=True)


def _identity(frame):
    if isinstance(frame, np.ndarray):
        return frame.shape, hashlib.sha256(np.ascontiguousarray(frame).tobytes()).hexdigest()
    return str(frame)
