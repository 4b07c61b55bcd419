"""Reader of CAS(ME)^2, long videos."""

import hashlib
import re
from itertools import pairwise

import pandas as pd

from skmer._utils._text import read_content
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
from skmer.datasets._readers._sheets import read_workbook

_ABOUT = LongSet("casme_sq", "CAS(ME)^2", 30.0, 1)
_SHEETS = ("CAS(ME)^2code_final.xlsx", "CAS(ME)*code*.xlsx", "CASME*2*code*.xlsx")
_CODES = "casfecode_final"
_CLASSES = {"negative", "positive", "surprise", "others"}


def load_casme_sq(root, annotations=None):
    """Read a licensed copy of CAS(ME)^2: long videos with macro- and micro-expressions.

    Parameters
    ----------
    root : path or None
        Folder of the data set with ``rawpic/s15/15_0101disgustingteeth/img*.jpg``; None reads the sheet
        alone.
    annotations : path, binary file or DataFrame, default=None
        The workbook, or its first sheet as a table without a header; by default the one in `root`.

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
        If the sheet holds no movement.

    Notes
    -----
    The sheet has no header: subject (1 to 22), clip ("anger1_1"), onset, apex, offset, action units, class,
    "macro-" or "micro-expression", self-report. Two more sheets name the folders: 'naming rule1' has the
    folder of each subject ("s15"), 'naming rule2' the number of each clip ("0101" is "disgust1"). The offset
    is 0 in 44 rows, where no end was coded; the apex is taken for it, and the row listed in
    ``corrected``. Rows that cannot be used are in ``dropped``.

    References
    ----------
    Qu et al., "CAS(ME)^2: A Database for Spontaneous Macro-Expression and Micro-Expression Spotting and
    Recognition", IEEE Transactions on Affective Computing 9(4), 2018, doi:10.1109/TAFFC.2017.2654440.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_casme_sq
    >>> sheet = pd.DataFrame([[1, "anger1_1", 557, 572, 608, "4+7", "negative", "macro-expression", "anger"]])
    >>> load_casme_sq(None, sheet).intervals[["video", "onset", "offset", "type"]].to_numpy().tolist()
    [['s01/anger1', 556, 607, 'macro']]
    """
    folder = check_folder(root, _ABOUT.title)
    if folder is None and annotations is None:
        raise ValueError("annotations must name the sheet where root is None.")
    source = annotations if annotations is not None else find_movements(_ABOUT.title, _SHEETS, folder)
    codes, subjects, clips, fingerprint = _read(source)
    rows = [_row(line, cells, subjects, clips) for line, cells in codes]
    rows = [row for row in rows if row is not None]
    if not rows:
        raise ValueError(f"annotations must hold movements, {fingerprint} has none.")
    folders = None if folder is None else video_folders(folder, _folder_key)
    return long_videos(_ABOUT, rows, folders, MovementLog(), fingerprint)


def _read(source):
    """Rows of the codes with their lines, folders of subjects, numbers of clips, and the fingerprint."""
    if isinstance(source, pd.DataFrame):
        digest = hashlib.sha256(source.to_csv(index=False).encode()).hexdigest()[:8]
        return list(enumerate(source.to_numpy(dtype=object))), {}, {}, f"table, sha256 {digest}"
    content, name = read_content(source)
    tables = {title.strip().casefold(): table for title, table in read_workbook(content, name).items()}
    codes = tables.get(_CODES) or next(
        (table for title, table in tables.items() if "naming" not in title), None
    )
    if codes is None:
        raise ValueError(f"annotations must have the sheet CASFEcode_final, {name} has {list(tables)}.")
    lines = list(zip(codes.lines, codes.cells.to_numpy(dtype=object), strict=True))
    subjects, clips = {}, {}
    for title, table in tables.items():
        if "naming" in title:
            _read_names(table, subjects, clips)
    fingerprint = f"{name}, {len(lines)} rows, sha256 {hashlib.sha256(content).hexdigest()[:8]}"
    return lines, subjects, clips, fingerprint


def _read_names(table, subjects, clips):
    """Pairs of a naming sheet, whichever comes first: an index and "s15", "disgust1" and "0101"."""
    for row in table.cells.to_numpy(dtype=object):
        texts = [text for text in map(cell_text, row) if text]
        for first, second in pairwise(texts):
            for a, b in ((first, second), (second, first)):
                if re.fullmatch(r"\d{1,2}", a) and re.fullmatch(r"s\d{1,2}", b, re.IGNORECASE):
                    subjects[int(a)] = int(b[1:])
                elif re.fullmatch(r"[a-z]+\d+", a, re.IGNORECASE) and re.fullmatch(r"\d{3,4}", b):
                    clips[a.casefold()] = b.zfill(4)


def _row(line, cells, subjects, clips):
    texts = [cell_text(cell) for cell in cells]
    if len(texts) < 8 or not any(map(_is_number, [texts[0], *texts[2:5]])):
        return None  # a header, or a remark
    subject = int(float(texts[0])) if _is_number(texts[0]) else None
    clip = texts[1].rpartition("_")[0] or texts[1]
    kind = next((text.casefold()[:5] for text in texts[5:] if text.casefold()[:5] in ("macro", "micro")), "")
    labels = [canonical_label(text) for text in texts[6:]]
    return MovementRow(
        line,
        "" if subject is None else f"s{subjects.get(subject, subject):02d}",
        clips.get(clip.casefold(), clip.casefold()),
        *(signed_frame(cell) for cell in cells[2:5]),
        kind,
        next((label for label in labels if label in _CLASSES), ""),
        texts[5],
    )


def _is_number(text):
    return re.fullmatch(r"\d+(\.0*)?", text) is not None


def _folder_key(parts):
    """Subject and clip of a folder "s15/15_0101disgustingteeth"."""
    match = re.match(r"(\d{1,2})_(\d{4})", parts[-1])
    return (f"s{int(match[1]):02d}", match[2]) if match else None
