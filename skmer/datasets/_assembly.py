"""Clips put together: from a table of one's own, and from several data sets."""

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from skmer._utils._arguments import FILE, PATH, TEXT, check_argument, checked
from skmer._utils._text import naming, read_csv_table
from skmer.datasets._cells import canonical_label, cell_text
from skmer.datasets._clip_sequences import folder_sequence
from skmer.datasets._clips import ClipTruth, MicroExpressionClips
from skmer.frames import KEYFRAMES, check_frames, holds_landmarks, is_path

_MAX_COLUMNS = 1_000


@checked(
    target=TEXT,
    subject=TEXT,
    dataset=TEXT,
    root=[*PATH, None],
)
def clips_from_frame(
    table, frames=None, *, target="target", subject="subject", dataset="own", root=None, sequences=None
):
    """Clips of your own from a table.

    Parameters
    ----------
    table : DataFrame or path of a CSV file
        One row per clip (a CSV file has commas, semicolons or tabs, in UTF-8, UTF-16, GB 18030 or a Western
        encoding) with a class column, a subject column, and, unless `frames` is given, columns
        ``onset``, ``apex`` and ``offset`` with paths. Any other column is kept.
    frames : array, default=None
        Landmarks (n_clips, 3, 68, 2) or nested images, instead of paths.
    target, subject : str
        Names of the two columns.
    dataset : str, default="own"
        First part of the groups.
    root : path, default=None
        Folder that relative paths start from; by default that of the CSV file, and for a DataFrame the
        working directory.
    sequences : array-like of shape (n_clips,) or True, default=None
        All frames of each clip from onset to offset, as `skmer.frames.check_sequences` accepts them, or None
        for a clip. True takes the images in the folder of onset and offset whose numbers, the last ones in
        their names, are between those of the two.

    Returns
    -------
    clips : MicroExpressionClips
        Labels are written in the package's vocabulary. Subjects that differ in case or blanks alone are one
        person, under the first spelling; 7 and 7.0 are one too.

    Raises
    ------
    ValueError
        If a column is missing, or a row has no subject or class; the message names it.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import clips_from_frame
    >>> table = pd.DataFrame({"onset": ["a0.png"], "apex": ["a1.png"], "offset": ["a2.png"],
    ...                       "target": ["Happy"], "subject": ["anna"]})
    >>> clips = clips_from_frame(table)
    >>> clips.target.tolist(), clips.groups.tolist(), clips.frames[0, 1]
    (['happiness'], ['own/anna'], 'a1.png')
    """
    if not isinstance(table, pd.DataFrame):
        check_argument("table", table, FILE)
        if root is None and not hasattr(table, "read"):
            root = Path(table).parent
        text_columns = {subject: str, target: str}
        table, name = read_csv_table(table, "table", subject, most=_MAX_COLUMNS, dtype=text_columns)
        with naming(name):
            return _clips_of(table, frames, target, subject, dataset, root, sequences)
    return _clips_of(table, frames, target, subject, dataset, root, sequences)


def _clips_of(table, frames, target, subject, dataset, root, sequences):
    needed = [target, subject, *(KEYFRAMES if frames is None else ())]
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise ValueError(
            f"table must have the columns {needed}, got {list(table.columns)} without {missing}."
        )
    for name in (target, subject):
        empty = [row for row, cell in enumerate(table[name]) if not cell_text(cell)]
        if empty:
            raise ValueError(
                f"table must name the {name} of each clip, rows {empty[:5]} are empty; fill or drop them."
            )
    if frames is None:
        frames = _paths(table[list(KEYFRAMES)], root)
    names = _people([cell_text(cell) for cell in table[subject]])
    labels = [canonical_label(label) for label in table[target]]
    kept = table.drop(columns=[target]).reset_index(drop=True)
    if subject == "subject":
        kept["subject"] = names
    if sequences is True:
        sequences = _found_sequences(frames)
    return MicroExpressionClips(
        frames, labels, [f"{dataset}/{name}" for name in names], table=kept, sequences=sequences
    )


def _found_sequences(frames):
    """Sequences in the folders of the keyframes, which must be paths."""
    rows = check_frames(frames)
    if holds_landmarks(rows) or not all(is_path(frame) for row in rows for frame in row):
        raise ValueError("sequences=True needs keyframes that are paths, got images or landmarks; pass them.")
    found = [folder_sequence(row[0], row[2]) for row in rows]
    lacking = [clip for clip, sequence in enumerate(found) if sequence is None]
    if lacking:
        raise ValueError(
            f"sequences=True needs numbered images in one folder with onset and offset, clips {lacking[:5]} "
            "have none; pass a list of paths for each clip."
        )
    return found


def _paths(cells, root):
    """Paths that start from a folder; None where they stay as they are."""
    empty = [row for row, paths in enumerate(cells.to_numpy()) if not all(map(cell_text, paths))]
    if empty:
        raise ValueError(f"table must have a path for onset, apex and offset, rows {empty[:5]} lack one.")
    return cells if root is None else cells.map(lambda path: str(Path(root) / path))


def _people(names):
    """First spelling of each name, whatever its case and blanks."""
    first = {}
    return [first.setdefault(" ".join(name.casefold().split()), name) for name in names]


def concatenate_clips(parts):
    """Put several data sets together.

    Parameters
    ----------
    parts : sequence of MicroExpressionClips
        All with paths or images, or all with landmarks.

    Returns
    -------
    clips : MicroExpressionClips
        All clips in order; tables are joined by column name, `truth` is kept if every part has one.

    Raises
    ------
    ValueError
        If there is no part, landmarks are mixed with images, or two parts share a subject's group.
    TypeError
        If a part is something else.

    Examples
    --------
    >>> from skmer.datasets import concatenate_clips, make_landmark_clips
    >>> parts = [make_landmark_clips(4, 20, dataset=name, random_state=0) for name in ("casme2", "samm")]
    >>> len(concatenate_clips(parts))
    40
    """
    parts = list(parts) if isinstance(parts, Iterable) and getattr(parts, "shape", None) != () else [parts]
    other = [type(part).__name__ for part in parts if not isinstance(part, MicroExpressionClips)]
    if other:
        raise TypeError(f"parts must all be MicroExpressionClips, got {', '.join(other[:3])}.")
    if not parts:
        raise ValueError("parts must hold at least one MicroExpressionClips, got none.")
    if len({part.frames.shape[1:] for part in parts}) > 1:
        raise ValueError(
            "parts must all hold landmarks or all hold images or paths; extract landmarks first."
        )
    names = [name for part in parts for name in set(part.groups.tolist())]
    shared = sorted({name for name in names if names.count(name) > 1})
    if shared:
        raise ValueError(f"parts must not share subjects, got {shared[:3]} in more than one of them.")
    truths = [part.truth for part in parts]
    return MicroExpressionClips(
        np.concatenate([part.frames for part in parts]),
        np.concatenate([part.target for part in parts]),
        np.concatenate([part.groups for part in parts]),
        table=pd.concat([part.table for part in parts], ignore_index=True),
        dropped=_stack([part.dropped for part in parts]),
        corrected=_stack([part.corrected for part in parts]),
        fingerprint="; ".join(part.fingerprint for part in parts),
        truth=None if None in truths else _concatenate_truth(truths),
        sequences=np.concatenate([part.sequences for part in parts]),
        times=np.concatenate([part.times for part in parts]),
    )


def _stack(tables):
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _concatenate_truth(truths):
    return ClipTruth(
        **{
            field.name: np.concatenate([getattr(truth, field.name) for truth in truths])
            for field in fields(ClipTruth)
        }
    )
