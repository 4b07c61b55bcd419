"""Cells of annotation sheets: text, frame numbers, class names, action units."""

import re
from typing import NamedTuple

from skmer._utils._text import plain_text

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
# "4-7" that a spreadsheet program took for a day of this year: its numbers are no units, nor is midnight.
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?|\d\d:\d\d:\d\d")


class Unvalued(str):
    """Cell of a formula that was saved without its value; it counts as empty, and says why."""


def cell_text(cell):
    """A cell as plain text; whole floats without their point, empty and failed cells as the empty text."""
    if cell is None or cell != cell or isinstance(cell, Unvalued):  # None, NaN or no value
        return ""
    # A column with a gap becomes float in Excel and pandas: subject 7 is then 7.0.
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = plain_text(cell)
    return "" if text.casefold() in _EMPTY or _FORMULA_ERROR.fullmatch(text) else text


def shown(cell):
    """A cell as the tables of dropped and corrected rows quote it; str."""
    if isinstance(cell, Unvalued):
        return f"{cell}: open the sheet in a spreadsheet program and save it"
    return repr(cell_text(cell))


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
        Lower case, in one form, trimmed, synonyms united ("Other" and "others" are one); empty if the cell
        is.
    """
    if text is None or text != text:  # None or NaN
        return ""
    label = " ".join(plain_text(text).lower().split())
    return _SYNONYMS.get(label, label)


class ActionUnits(NamedTuple):
    """Parsed cell: unit numbers, and the side of one-sided ones."""

    units: tuple[int, ...]
    sides: dict[int, str]


def is_date(cell):
    """Whether a spreadsheet program took a cell for a date, as it does with "4-7"."""
    return bool(_DATE.fullmatch(cell_text(cell)))


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
        Units of an or-clause all count; question marks, remarks and dates are passed over.

    Examples
    --------
    >>> from skmer.datasets._cells import parse_action_units
    >>> parse_action_units("R12A + 6 ?")
    ActionUnits(units=(6, 12), sides={12: 'R'})
    """
    if text is None or text != text or isinstance(text, Unvalued):  # None, NaN or no value
        return ActionUnits((), {})
    if is_date(text):
        return ActionUnits((), {})
    text = plain_text(text)
    found = [(int(number), (side or joined).upper()) for side, joined, number in _TOKEN.findall(text)]
    return ActionUnits(
        tuple(sorted({number for number, _ in found})),
        {number: side for number, side in found if side},
    )
