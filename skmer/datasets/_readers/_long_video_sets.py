"""Readers of long videos: CAS(ME)^2, SAMM Long Videos, and part A of CAS(ME)^3."""

import hashlib
import re
from itertools import pairwise

import pandas as pd

from skmer._utils._arguments import Named, check_argument
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
from skmer.datasets._readers._sheets import SHEET, read_sheet, read_workbook

_CASME_SQ = LongSet("casme_sq", "CAS(ME)^2", 30.0, 1)
_CASME_SQ_SHEETS = ("CAS(ME)^2code_final.xlsx", "CAS(ME)*code*.xlsx", "CASME*2*code*.xlsx")
_CASME_SQ_CODES = "casfecode_final"
_CASME_SQ_CLASSES = {"negative", "positive", "surprise", "others"}


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
    check_argument("annotations", annotations, [*SHEET, None])
    folder = check_folder(root, _CASME_SQ.title)
    if folder is None and annotations is None:
        raise ValueError("annotations must name the sheet where root is None.")
    source = (
        annotations if annotations is not None else find_movements(_CASME_SQ.title, _CASME_SQ_SHEETS, folder)
    )
    codes, subjects, clips, fingerprint = _read(source)
    rows = [_casme_sq_row(line, cells, subjects, clips) for line, cells in codes]
    rows = [row for row in rows if row is not None]
    if not rows:
        raise ValueError(f"annotations must hold movements, {fingerprint} has none.")
    folders = None if folder is None else video_folders(folder, _casme_sq_folder)
    return long_videos(_CASME_SQ, rows, folders, MovementLog(), fingerprint)


def _read(source):
    """Rows of the codes with their lines, folders of subjects, numbers of clips, and the fingerprint."""
    if isinstance(source, pd.DataFrame):
        digest = hashlib.sha256(source.to_csv(index=False).encode()).hexdigest()[:8]
        return list(enumerate(source.to_numpy(dtype=object))), {}, {}, f"table, sha256 {digest}"
    content, name = read_content(source)
    tables = {title.strip().casefold(): table for title, table in read_workbook(content, name).items()}
    codes = tables.get(_CASME_SQ_CODES) or next(
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


def _casme_sq_row(line, cells, subjects, clips):
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
        next((label for label in labels if label in _CASME_SQ_CLASSES), ""),
        texts[5],
    )


def _is_number(text):
    return re.fullmatch(r"\d+(\.0*)?", text) is not None


def _casme_sq_folder(parts):
    """Subject and clip of a folder "s15/15_0101disgustingteeth"."""
    match = re.match(r"(\d{1,2})_(\d{4})", parts[-1])
    return (f"s{int(match[1]):02d}", match[2]) if match else None


_SAMM_LV = LongSet("samm_lv", "SAMM Long Videos", 200.0, 1)
_SAMM_LV_SHEETS = (
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
    folder = check_folder(root, _SAMM_LV.title)
    if folder is None and annotations is None:
        raise ValueError("annotations must name the sheet where root is None.")
    source = (
        annotations if annotations is not None else find_movements(_SAMM_LV.title, _SAMM_LV_SHEETS, folder)
    )
    sheet = read_sheet(source, "FACS_Movement_Only")
    known = {} if emotions is None else _emotions(emotions)
    cells = sheet.rows.to_dict("records")
    rows = [_samm_lv_row(line, row, known) for line, row in zip(sheet.lines, cells, strict=True)]
    folders = None if folder is None else video_folders(folder, _samm_lv_folder)
    return long_videos(_SAMM_LV, rows, folders, MovementLog(), sheet.fingerprint)


def _emotions(source):
    try:
        sheet = read_sheet(source, "MICRO_ONLY")
    except ValueError as error:
        raise ValueError(f"emotions: {error}") from error
    pairs = zip(sheet.rows["clip"], sheet.rows["emotion"], strict=True)
    return {cell_text(clip): canonical_label(cell_text(emotion)) for clip, emotion in pairs}


def _samm_lv_row(line, cells, emotions):
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


def _samm_lv_folder(parts):
    """Subject and video of a folder "006_1"."""
    match = re.fullmatch(r"(\d{3})_(\d+)", parts[-1])
    return (match[1], parts[-1]) if match else None


_CASME3 = LongSet("casme3", "CAS(ME)^3", 30.0, 0)
_CASME3_SHEETS = {
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
    folder = check_folder(root, _CASME3.title)
    sources = annotations if isinstance(annotations, dict) else {"micro": annotations}
    if annotations is None:
        if folder is None:
            raise ValueError("annotations must name the sheets where root is None.")
        sources = {}
        for kind, patterns in _CASME3_SHEETS.items():
            try:
                sources[kind] = find_movements(_CASME3.title, patterns, folder)
            except FileNotFoundError:
                if kind == "micro":
                    raise
    strange = set(sources) - set(_CASME3_SHEETS)
    if strange:
        raise ValueError(f"annotations must have the keys 'micro' and 'macro', got {sorted(strange)}.")
    rows, marks = [], []
    for kind, source in sources.items():
        sheet = read_sheet(source, "label")
        marks.append(sheet.fingerprint)
        cells = sheet.rows.to_dict("records")
        rows += [_casme3_row(line, row, kind) for line, row in zip(sheet.lines, cells, strict=True)]
    folders = None if folder is None else video_folders(folder, _casme3_folder)
    return long_videos(_CASME3, rows, folders, MovementLog(), "; ".join(marks))


def _subject(text):
    match = re.search(r"(\d+)\s*$", text)
    return f"spNO.{int(match[1])}" if match else text


def _casme3_row(line, cells, kind):
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


def _casme3_folder(parts):
    """Subject and video of a folder "spNO.1/a/color"; folders of depth images are none."""
    if len(parts) < 3 or parts[-1].casefold() != "color" or not parts[-3].casefold().startswith("sp"):
        return None
    return _subject(parts[-3]), parts[-2]
