"""Reading the action unit column of the annotation sheets."""

import re
from typing import NamedTuple

# A letter before the number is a side or a part of the face (T, B, ...), one after it an intensity.
_START = r"(?:(?<![A-Za-z0-9.])(?:AU\s*)?([LR](?=\s*\d))?(?:\s*|[A-Z])|(?:(?<=\d)|(?<=\d[A-E]))([LR])\s*)"
_NUMBER = r"(\d{1,2})(?:\.0+)?\s*[A-E]?"
_END = r"(?:(?=[LR]\d)|(?![0-9A-Za-z]|\.\d))"
_TOKEN = re.compile(_START + _NUMBER + _END, re.IGNORECASE)


class ActionUnits(NamedTuple):
    """Parsed cell: unit numbers, the side of one-sided ones, and what could not be read."""

    units: tuple[int, ...]
    sides: dict[int, str]
    unread: str


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
        Units of an or-clause all count. What is no unit, such as a question mark or a remark, stays in
        ``unread``.

    Examples
    --------
    >>> from skmer.datasets._action_unit_text import parse_action_units
    >>> parse_action_units("R12A + 6 ?")
    ActionUnits(units=(6, 12), sides={12: 'R'}, unread='?')
    """
    if text is None or text != text:  # None or NaN
        return ActionUnits((), {}, "")
    text = str(text)
    found = [(int(number), (side or joined).upper()) for side, joined, number in _TOKEN.findall(text)]
    rest = re.sub(r"\bor\b|[+,;/&()\s]", " ", _TOKEN.sub(" ", text), flags=re.IGNORECASE)
    return ActionUnits(
        tuple(sorted({number for number, _ in found})),
        {number: side for number, side in found if side},
        " ".join(rest.split()),
    )
