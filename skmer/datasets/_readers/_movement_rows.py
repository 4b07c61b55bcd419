"""Rows of sheets of movements, and the long videos that they are of."""

import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, check_argument
from skmer.datasets._cells import cell_text, frame_number
from skmer.datasets._long_videos import LongVideos
from skmer.frames import is_image_file, numbered_images

KEYS = ("onset", "apex", "offset")
_COLUMNS = ["row", "subject", "video", "reason"]


@dataclass
class MovementRow:
    """One row of a sheet: its line, subject and video, its frames as the sheet numbers them, its labels."""

    line: int
    subject: str
    video: str
    onset: int | None
    apex: int | None
    offset: int | None
    type: str
    emotion: str = ""
    action_units: str = ""
    cells: dict = field(default_factory=dict)


@dataclass(frozen=True)
class LongSet:
    """Facts of a set: its name, frames a second, and the number of the first frame."""

    name: str
    title: str
    fps: float
    first_frame: int


class MovementLog:
    """Rows that are left out or changed, each with its reason."""

    def __init__(self):
        self._rows = {"dropped": [], "corrected": []}

    def drop(self, row, reason):
        """List a row that cannot be used; what was changed in it does not matter any more."""
        place = (row.line, row.subject, row.video)
        self._rows["corrected"] = [entry for entry in self._rows["corrected"] if entry[:3] != place]
        self._rows["dropped"].append((*place, reason))

    def correct(self, row, reason):
        """List a row that is changed."""
        self._rows["corrected"].append((row.line, row.subject, row.video, reason))

    def table(self, name):
        """DataFrame of the rows that are "dropped" or "corrected"."""
        return pd.DataFrame(self._rows[name], columns=_COLUMNS)


def signed_frame(cell):
    """A frame cell as an integer, also a negative one; None if it holds none."""
    text = cell_text(cell)
    if text.startswith(("-", "\u2212")):
        number = frame_number(text[1:])
        return None if number is None else -number
    number = frame_number(cell)
    if number is None:
        try:
            number = round(float(text)) if text else None
        except (ValueError, OverflowError):
            number = None
    return number


def video_folders(root, key):
    """Frames of each video below a folder: key to (folder, {number: path}).

    Parameters
    ----------
    root : path-like
        Folder of the data set.
    key : callable
        From the parts of a folder's path to the video's key, None if it is no video's folder.

    Returns
    -------
    dict
    """
    found = {}
    for folder, subfolders, files in os.walk(root, followlinks=True):
        subfolders.sort()
        images = sorted(name for name in files if is_image_file(name))
        place = Path(folder).relative_to(root).parts
        video = key((Path(root).name, *place)) if images else None
        if video is None:
            continue
        if video in found:
            raise ValueError(
                f"root must hold one folder of each video, {str(found[video][0])!r} and {folder!r} are one; "
                "give one's root."
            )
        numbered = {}
        for number, name in numbered_images(images):
            numbered.setdefault(number, Path(folder) / name)
        found[video] = Path(folder), numbered
    return found


def check_folder(root, title):
    """Return the folder of a set, or None; an error names what is not there."""
    if root is None:
        return None
    check_argument("root", root, PATH)
    if not Path(root).is_dir():
        raise FileNotFoundError(f"root must be the folder of {title}, {str(root)!r} is none.")
    return Path(root)


def find_movements(title, patterns, folder):
    """Path of the sheet whose name matches the first pattern that any has, in a folder or one level below."""
    files = sorted(path for depth in ("*", "*/*") for path in folder.glob(depth) if path.is_file())
    for pattern in patterns:
        found = [
            path
            for path in files
            if fnmatchcase(path.name.casefold(), pattern.casefold()) and not path.name.startswith("~$")
        ]
        if len(found) > 1:
            names = [str(path.relative_to(folder)) for path in found]
            raise ValueError(
                f"annotations must name one sheet, {str(folder)!r} holds {names}; pass one of them."
            )
        if found:
            return found[0]
    raise FileNotFoundError(
        f"annotations: no {title} sheet {patterns[0]!r} in {str(folder)!r} or a folder in it; pass its path."
    )


def long_videos(about, rows, folders, log, fingerprint):
    """Long videos of rows and of folders of frames.

    Parameters
    ----------
    about : LongSet
        The set.
    rows : list of MovementRow
        All rows of the sheets.
    folders : dict or None
        (subject, video) to its folder and numbered frames; None for sheets alone.
    log : MovementLog
        Where rows that are left out or changed are listed.
    fingerprint : str
        Of the sheets.

    Returns
    -------
    LongVideos
        Every video that has a folder, also without a row; without folders every video that has a row.
    """
    if folders is None:
        keys = sorted({(row.subject, row.video) for row in rows if row.video and row.subject})
        numbers = dict.fromkeys(keys)
    else:
        keys, numbers = sorted(folders), {key: np.array(sorted(folders[key][1])) for key in folders}
    kept = [made for row in rows if (made := _placed(row, about, numbers, log))]
    frames, times = [], []
    for key in keys:
        own = numbers[key]
        frames.append(None if own is None else [str(folders[key][1][number]) for number in own])
        times.append(about.fps if own is None else (own - about.first_frame) / about.fps)
    return LongVideos(
        frames,
        times,
        pd.DataFrame(kept, columns=["video", *KEYS, "type", "emotion", "action_units", "row"]),
        [f"{about.name}/{subject}" for subject, _ in keys],
        names=[_name(key) for key in keys],
        dropped=log.table("dropped"),
        corrected=log.table("corrected"),
        fingerprint=fingerprint,
    )


def _name(key):
    return "/".join(key)


def _placed(row, about, numbers, log):
    """The row as a movement in positions of its video's frames; None where it cannot be used."""
    reason = _repaired(row, about, log)
    if reason:
        return log.drop(row, reason)
    key = row.subject, row.video
    if key not in numbers:
        return log.drop(row, f"no folder of frames of video {_name(key)!r}")
    own = numbers[key]
    if own is None:
        places = [None if number is None else number - about.first_frame for number in _frames(row)]
    else:
        if row.onset > own[-1] or row.offset < own[0]:
            return log.drop(
                row, f"frames {row.onset} to {row.offset} are not on disk ({own[0]} to {own[-1]})"
            )
        places = [None if number is None else int(np.abs(own - number).argmin()) for number in _frames(row)]
        absent = [number for number in _frames(row) if number is not None and number not in own]
        if absent:
            log.correct(row, f"no frame {absent[0]} on disk: the nearest is taken")
    return (_name(key), *places, row.type, row.emotion, row.action_units, row.line)


def _frames(row):
    return row.onset, row.apex, row.offset


def _repaired(row, about, log):
    """Return the reason that a row cannot be used, "" if it can; fill absent ends as the sheet tells."""
    if not row.video or not row.subject:
        return "no subject or file name"
    if not row.type:
        return "neither a macro- nor a micro-expression"
    known = [number for number in (row.onset, row.apex, row.offset) if number and number > 0]
    if not known:
        return "no onset, apex and offset frame"
    if row.onset is None:
        return "no onset frame"
    if row.onset < about.first_frame:
        log.correct(row, f"onset {row.onset}: the movement has begun before, the first frame is taken")
        row.onset = about.first_frame
    if row.offset is None or row.offset <= 0:
        if not row.apex or row.apex < row.onset:
            return f"no offset ({row.offset}) and no apex ({row.apex}) after the onset {row.onset}"
        log.correct(row, f"offset {row.offset}: the apex {row.apex} is taken")
        row.offset = row.apex
    if row.offset < row.onset:
        return f"offset {row.offset} lies before the onset {row.onset}"
    if row.apex is not None and not row.onset <= row.apex <= row.offset:
        log.correct(row, f"apex {row.apex} lies outside of {row.onset} to {row.offset}: left empty")
        row.apex = None
    return ""
