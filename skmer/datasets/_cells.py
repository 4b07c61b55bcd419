"""Cells of annotation sheets: text, frame numbers, class names, action units."""

import re
from typing import NamedTuple

_EMPTY = {"nan", "na", "n/a", "none", "null"}
_FORMULA_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)", re.IGNORECASE)

_SYNONYMS = {
    "other": "others",
    "happy": "happiness",
    "sad": "sadness",
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "suprise": "surprise",
    "surprised": "surprise",
    "neg": "negative",
    "pos": "positive",
    "sur": "surprise",
}

# A letter before the number is a side or a part of the face (T, B, ...), one after it an intensity.
_START = r"(?:(?<![A-Za-z0-9.])(?:AU\s*)?([LR](?=\s*\d))?(?:\s*|[A-Z])|(?:(?<=\d)|(?<=\d[A-E]))([LR])\s*)"
_NUMBER = r"(\d{1,2})(?:\.0+)?\s*[A-E]?"
_END = r"(?:(?=[LR]\d)|(?![0-9A-Za-z]|\.\d))"
_TOKEN = re.compile(_START + _NUMBER + _END, re.IGNORECASE)


def cell_text(cell):
    """A cell as trimmed text; whole floats without their point, empty and failed cells as the empty text."""
    if cell is None or cell != cell:  # None or NaN
        return ""
    # A column with a gap becomes float in Excel and pandas: subject 7 is then 7.0.
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    return "" if text.casefold() in _EMPTY or _FORMULA_ERROR.fullmatch(text) else text


def frame_number(cell):
    """A frame cell as an integer, None if it holds none ('/', blank, a word).

    Examples
    --------
    >>> from skmer.datasets._cells import frame_number
    >>> [frame_number(cell) for cell in (46, 46.0, " 46 ", "46f", "1,071", "/", None)]
    [46, 46, 46, 46, 1071, None, None]
    """
    # Frame names and units around a number go; a thousands separator goes, a list "1,07" is no number.
    text = re.sub(r"^(?:img|frame|f)[\s_]*(?=\d)|(?<=\d)\s*f$", "", cell_text(cell).casefold())
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text) if re.fullmatch(r"\d{1,3}(,\d{3})+", text) else text
    if not re.fullmatch(r"\d+(\.\d*)?(e\+?\d{1,2})?", text):
        return None
    number = float(text)
    return int(number) if number.is_integer() else None


def canonical_label(text):
    """Write a class name in the one vocabulary.

    Parameters
    ----------
    text : object
        Cell of an annotation sheet.

    Returns
    -------
    label : str
        Lower case, trimmed, synonyms united ("Other" and "others" are one); empty if the cell is.
    """
    if text is None or text != text:  # None or NaN
        return ""
    label = " ".join(str(text).strip().lower().split())
    return _SYNONYMS.get(label, label)


class ActionUnits(NamedTuple):
    """Parsed cell: unit numbers, and the side of one-sided ones."""

    units: tuple[int, ...]
    sides: dict[int, str]


def parse_action_units(text):
    """Read a cell such as ``"4+7"``, ``"L14"``, ``"R12A+6"`` or ``"4 or 7"``.

    Parameters
    ----------
    text : object
        The cell. Empty cells and ``"?"`` have no units.

    Returns
    -------
    parsed : ActionUnits
        Units sorted and unique. Sides are ``"L"`` or ``"R"`` as the sheets write them: the person's own.
        Units of an or-clause all count; question marks and remarks are passed over.

    Examples
    --------
    >>> from skmer.datasets._cells import parse_action_units
    >>> parse_action_units("R12A + 6 ?")
    ActionUnits(units=(6, 12), sides={12: 'R'})
    """
    if text is None or text != text:  # None or NaN
        return ActionUnits((), {})
    text = str(text)
    found = [(int(number), (side or joined).upper()) for side, joined, number in _TOKEN.findall(text)]
    return ActionUnits(
        tuple(sorted({number for number, _ in found})),
        {number: side for number, side in found if side},
    )
