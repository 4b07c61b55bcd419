"""Annotation sheets as tables: the header found by its words, columns by their names, cells coerced."""

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

# What the sheets call the same column, written without blanks, punctuation and case.
_ALIASES = {
    "subject": ("subject", "subjectid", "subid", "sub", "subjectno"),
    "clip": ("filename", "foldname", "foldername", "clip", "file", "video"),
    "onset": ("onsetframe", "onset", "onsetf"),
    "apex": ("apexframe", "apex", "apexf", "apexframe1", "apexf1"),
    "offset": ("offsetframe", "offset", "offsetf"),
    "action_units": ("actionunits", "actionunit", "aus", "au"),
    "emotion": ("estimatedemotion", "emotion", "emotions", "emotionlabel", "label"),
    "objective": ("objectiveclasses", "objectiveclass"),
}
_MEANING = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_HEADER_DEPTH = 60


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of a sheet with the package's column names where it has them, and which file that was."""

    rows: pd.DataFrame
    fingerprint: str


def read_sheet(source, worksheet=None):
    """Read an annotation sheet.

    Parameters
    ----------
    source : path, binary file or DataFrame
        An Excel workbook, a CSV file, or a table read already.
    worksheet : str, default=None
        The worksheet to prefer; else the first with a header.

    Returns
    -------
    sheet : Sheet
        Columns that a data set needs under the names ``subject``, ``clip``, ``onset``, ``apex``, ``offset``,
        ``action_units``, ``emotion``, ``objective``; all others as the sheet calls them; columns without a
        name and rows without a cell left out.

    Raises
    ------
    ValueError
        If it is no workbook or no row has the words of a header.
    """
    content, name = _read(source)
    tables = _tables(content, name)
    order = sorted(tables, key=lambda key: str(key).strip().casefold() != (worksheet or "").casefold())
    for key in order:
        rows = _with_header(tables[key])
        if rows is not None:
            digest = hashlib.sha256(content).hexdigest()[:8]
            return Sheet(rows, f"{name}, {len(rows)} rows, sha256 {digest}")
    raise ValueError(
        "annotations must have a header row that names the subject, the file name and the onset frame, "
        f"{name} has none in its worksheets {list(tables)}."
    )


def _read(source):
    if isinstance(source, pd.DataFrame):
        return source.to_csv(index=False).encode(), "table.csv"
    if hasattr(source, "read"):
        content = source.read()
        content = content.encode() if isinstance(content, str) else content
        return content, Path(str(getattr(source, "name", "open file"))).name
    return Path(source).read_bytes(), Path(source).name


def _tables(content, name):
    if name.casefold().endswith(".csv"):
        return {name: pd.read_csv(io.BytesIO(content), header=None, dtype=str, keep_default_na=False)}
    try:
        return pd.read_excel(
            io.BytesIO(content), sheet_name=None, header=None, dtype=object, engine="openpyxl"
        )
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"annotations must be an .xlsx workbook or a .csv file, {name} is not: {error}."
        ) from error


def column_meaning(text):
    """The package's name of a sheet's column, or None: case, blanks and punctuation do not count."""
    return _MEANING.get(re.sub(r"[^a-z0-9]", "", str(text).casefold()))


def _with_header(table):
    for position in range(min(_HEADER_DEPTH, len(table))):
        words = table.iloc[position]
        meanings = [column_meaning(word) for word in words]
        if {"subject", "clip", "onset"} <= set(meanings):
            return _body(table.iloc[position + 1 :], words, meanings)
    return None


def _body(rows, words, meanings):
    names, kept = [], []
    for column, (word, meaning) in enumerate(zip(words, meanings, strict=True)):
        name = meaning if meaning and meaning not in names else cell_text(word)
        if name and name not in names:
            names.append(name)
            kept.append(column)
    body = rows.iloc[:, kept].set_axis(names, axis=1)
    filled = [any(cell_text(cell) for cell in row) for row in body.itertuples(index=False)]
    body = body[filled].reset_index(drop=True)
    return body.reindex(columns=[*names, *(name for name in _ALIASES if name not in names)])


def cell_text(cell):
    """A cell as trimmed text; whole floats without their point, empty cells as the empty text."""
    if cell is None or cell != cell:  # None or NaN
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()


def frame_number(cell):
    """A frame cell as an integer, None if it holds none ('/', blank, a word).

    Examples
    --------
    >>> from skmer.datasets._sheets import frame_number
    >>> [frame_number(cell) for cell in (46, 46.0, " 46 ", "46.0", "/", None)]
    [46, 46, 46, 46, None, None]
    """
    text = cell_text(cell)
    return int(float(text)) if re.fullmatch(r"\d+(\.0*)?", text) else None
