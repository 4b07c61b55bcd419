"""Reader of SAMM Long Videos."""

import re

from skmer._utils._arguments import check_argument
from skmer.datasets._cells import canonical_label, cell_text
from skmer.datasets._readers._movement_rows import (
    LongSet,
    MovementLog,
    MovementRow,
    check_folder,
    find_movements,
    long_videos,
    signed_frame,
    video_folders,
)
from skmer.datasets._readers._sheets import SHEET, read_sheet

_ABOUT = LongSet("samm_lv", "SAMM Long Videos", 200.0, 1)
_SHEETS = (
    "SAMM_LongVideos_V3_Release.xlsx",
    "SAMM_LongVideos_V2_Release.xlsx",
    "SAMM_LongVideos_V1_Release.xlsx",
    "SAMM_LongVideos*.xlsx",
)


def load_samm_lv(root, annotations=None, *, emotions=None):
    """Read a licensed copy of SAMM Long Videos: macro- and micro-movements at 200 frames a second.

    Parameters
    ----------
    root : path or None
        Folder of the data set with a folder of frames for each video ("006_1"); None reads the sheet alone.
    annotations : path, binary file or DataFrame, default=None
        The sheet ``SAMM_LongVideos_V*_Release.xlsx``; by default the newest release in `root`.
    emotions : path, binary file or DataFrame, default=None
        The sheet of SAMM's clips, ``SAMM_Micro_FACS_Codes_v2.xlsx``, whose estimated emotions are merged by
        the name of the movement: the long videos have none of their own.

    Returns
    -------
    LongVideos
        Every video that has frames, also without a movement. Frames count from 0 in `intervals`, from 1 in
        the sheet.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or sheet.
    ValueError
        If the sheet has no header.

    Notes
    -----
    The header, in row 10, is found by its words. An onset of 0, in ten rows, is a movement that had begun
    before the video: it starts with the first frame, and the row is listed in ``corrected``; evaluations that
    leave these rows out are kinder. An apex of -1 is left empty. Frames may be floats.

    References
    ----------
    Yap, Kendrick and Yap, "SAMM Long Videos: A Spontaneous Facial Micro- and Macro-Expressions Dataset", FG
    2020, doi:10.1109/FG47880.2020.00029.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_samm_lv
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "Subject": ["006"], "Filename": ["006_1_2"], "Onset": [562.0], "Apex": [-1],
    ...         "Offset": [650], "Type": ["Micro - 1/2"], "Action Units": ["4"],
    ...     }
    ... )
    >>> load_samm_lv(None, sheet).intervals[["video", "onset", "offset", "type"]].to_numpy().tolist()
    [['006/006_1', 561, 649, 'micro']]
    """
    check_argument("annotations", annotations, [*SHEET, None])
    check_argument("emotions", emotions, [*SHEET, None])
    folder = check_folder(root, _ABOUT.title)
    if folder is None and annotations is None:
        raise ValueError("annotations must name the sheet where root is None.")
    source = annotations if annotations is not None else find_movements(_ABOUT.title, _SHEETS, folder)
    sheet = read_sheet(source, "FACS_Movement_Only")
    known = {} if emotions is None else _emotions(emotions)
    cells = sheet.rows.to_dict("records")
    rows = [_row(line, row, known) for line, row in zip(sheet.lines, cells, strict=True)]
    folders = None if folder is None else video_folders(folder, _folder_key)
    return long_videos(_ABOUT, rows, folders, MovementLog(), sheet.fingerprint)


def _emotions(source):
    try:
        sheet = read_sheet(source, "MICRO_ONLY")
    except ValueError as error:
        raise ValueError(f"emotions: {error}") from error
    pairs = zip(sheet.rows["clip"], sheet.rows["emotion"], strict=True)
    return {cell_text(clip): canonical_label(cell_text(emotion)) for clip, emotion in pairs}


def _row(line, cells, emotions):
    name = cell_text(cells["clip"])
    match = re.match(r"(\d+)_(\d+)", name)
    subject = cell_text(cells["subject"]).zfill(3) if cell_text(cells["subject"]) else ""
    kind = next((cell_text(cell) for word, cell in cells.items() if str(word).casefold() == "type"), "")
    kind = kind.casefold()[:5]
    return MovementRow(
        line,
        match[1].zfill(3) if match else subject,
        f"{match[1].zfill(3)}_{match[2]}" if match else "",
        *(signed_frame(cells[frame]) for frame in ("onset", "apex", "offset")),
        kind if kind in ("macro", "micro") else "",
        emotions.get(name, ""),
        cell_text(cells["action_units"]),
    )


def _folder_key(parts):
    """Subject and video of a folder "006_1"."""
    match = re.fullmatch(r"(\d{3})_(\d+)", parts[-1])
    return (match[1], parts[-1]) if match else None
