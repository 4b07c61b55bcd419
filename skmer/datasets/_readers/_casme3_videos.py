"""Long videos of CAS(ME)^3, part A."""

import re

from skmer._utils._arguments import Named, check_argument
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

_ABOUT = LongSet("casme3", "CAS(ME)^3", 30.0, 0)
_SHEETS = {
    "micro": ("cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "*part_A_ME_*.xlsx"),
    "macro": ("cas(me)3_part_A_MaE_label_JpgIndex_v2.xlsx", "*part_A_MaE_*.xlsx"),
}


def load_casme3_videos(root, annotations):
    """Read the long videos of part A; `load_casme3` with ``videos=True`` calls it.

    Parameters
    ----------
    root : path or None
        Folder of the data set; None reads the sheets alone.
    annotations : dict of str to sheet, sheet or None
        The sheets of the types "micro" and "macro"; a single one is that of the micro-expressions. By
        default those in `root`.

    Returns
    -------
    LongVideos
    """
    check_argument("annotations", annotations, [*SHEET, Named(*SHEET, least=1), None])
    folder = check_folder(root, _ABOUT.title)
    sources = annotations if isinstance(annotations, dict) else {"micro": annotations}
    if annotations is None:
        if folder is None:
            raise ValueError("annotations must name the sheets where root is None.")
        sources = {}
        for kind, patterns in _SHEETS.items():
            try:
                sources[kind] = find_movements(_ABOUT.title, patterns, folder)
            except FileNotFoundError:
                if kind == "micro":
                    raise
    strange = set(sources) - set(_SHEETS)
    if strange:
        raise ValueError(f"annotations must have the keys 'micro' and 'macro', got {sorted(strange)}.")
    rows, marks = [], []
    for kind, source in sources.items():
        sheet = read_sheet(source, "label")
        marks.append(sheet.fingerprint)
        cells = sheet.rows.to_dict("records")
        rows += [_row(line, row, kind) for line, row in zip(sheet.lines, cells, strict=True)]
    folders = None if folder is None else video_folders(folder, _folder_key)
    return long_videos(_ABOUT, rows, folders, MovementLog(), "; ".join(marks))


def _subject(text):
    match = re.search(r"(\d+)\s*$", text)
    return f"spNO.{int(match[1])}" if match else text


def _row(line, cells, kind):
    subject = cell_text(cells["subject"])
    return MovementRow(
        line,
        _subject(subject) if subject else "",
        cell_text(cells["clip"]),
        *(signed_frame(cells[frame]) for frame in ("onset", "apex", "offset")),
        kind,
        canonical_label(cell_text(cells["emotion"])),
        cell_text(cells["action_units"]),
    )


def _folder_key(parts):
    """Subject and video of a folder "spNO.1/a/color"; folders of depth images are none."""
    if len(parts) < 3 or parts[-1].casefold() != "color" or not parts[-3].casefold().startswith("sp"):
        return None
    return _subject(parts[-3]), parts[-2]
