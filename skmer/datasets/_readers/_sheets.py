"""Annotation sheets, workbooks or CSV, as tables: header and columns are found by their words."""

import csv
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pandas as pd
from openpyxl import load_workbook

from skmer.datasets._cells import cell_text
from skmer.datasets._layouts import SYNTHETIC_MARK

# Names of each column in the sheets, without blanks, punctuation and case; the first is preferred.
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
_HEADER_DEPTH = 60
_ENCODINGS = ("utf-8-sig", "gb18030")
_SEPARATORS = (",", ";", "\t")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of a sheet with the package's column names where it has them, and which file that was.

    `absent` are the names without a column, `merged` the positions of rows whose subject a merged cell tells,
    `synthetic` says that `MicroExpressionClips.save` wrote the sheet.
    """

    rows: pd.DataFrame
    fingerprint: str
    absent: tuple[str, ...] = ()
    merged: tuple[int, ...] = ()
    synthetic: bool = False


def read_sheet(source, worksheet=None):
    """Read an annotation sheet.

    Parameters
    ----------
    source : path, binary file or DataFrame
        An Excel workbook, a CSV file (comma, semicolon or tab; UTF-8 or GB 18030), or a table read already.
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
    content, name = read_content(source)
    tables = read_tables(content, name)
    order = sorted(tables, key=lambda key: str(key).strip().casefold() != (worksheet or "").casefold())
    for key in order:
        header = _header(tables[key].cells)
        if header is not None:
            merged = _fill_merged(tables[key], header)
            rows, kept = _body(tables[key].cells, header, merged)
            return Sheet(
                rows,
                f"{name}, {len(rows)} rows, sha256 {hashlib.sha256(content).hexdigest()[:8]}",
                tuple(meaning for meaning in _ALIASES if meaning not in header.columns),
                tuple(position for position, row in enumerate(kept) if row in merged),
                tables[key].synthetic,
            )
    raise ValueError(
        "annotations must have a header row that names the subject, the file name and the onset frame, "
        f"{name} has none, looked for in {list(tables)}."
    )


def _squeezed(text):
    return re.sub(r"[^a-z0-9]", "", str(text).casefold())


@dataclass(frozen=True)
class _Header:
    """Row of a header, and which column bears each of the package's names."""

    row: int
    words: tuple[str, ...]
    columns: dict[str, int]


def _header(cells):
    for row in range(min(_HEADER_DEPTH, len(cells))):
        words = tuple(cell_text(word) for word in cells.iloc[row])
        columns = _columns(words)
        if {"subject", "clip", "onset"} <= set(columns):
            return _Header(row, words, columns)
    return None


def _columns(words):
    """Column of each meaning; of several candidates the one that comes first among the aliases."""
    squeezed = [_squeezed(word) for word in words]
    found = {
        meaning: next((alias for alias in aliases if alias in squeezed), None)
        for meaning, aliases in _ALIASES.items()
    }
    return {meaning: squeezed.index(alias) for meaning, alias in found.items() if alias}


def _fill_merged(table, header):
    """Write the subject of a merged cell into each of its rows; return the rows that had none."""
    column, filled = header.columns["subject"], set()
    for first, last in table.merged_columns.get(column, ()):
        above = table.cells.iat[first, column]
        for row in range(max(first, header.row) + 1, min(last + 1, len(table.cells))):
            table.cells.iat[row, column] = above
            filled.add(row)
    return filled


def _body(cells, header, merged):
    """Rows below a header, under unique column names, and their places in the worksheet."""
    meant = {column: meaning for meaning, column in header.columns.items()}
    names = {}
    for column, word in enumerate(header.words):
        name = meant.get(column, word)
        if name and (name in names.values() or (column not in meant and name in _ALIASES)):
            name = next(f"{name}_{n}" for n in count(2) if f"{name}_{n}" not in names.values())
        if name:
            names[column] = name
    body = cells.iloc[header.row + 1 :, list(names)].set_axis(list(names.values()), axis=1)
    blank = [row in merged for row in range(header.row + 1, len(cells))]
    # A subject that only a merged cell gives does not make an otherwise empty row a clip.
    told = body["subject"].mask(pd.Series(blank, index=body.index), "")
    own = body.assign(subject=told)
    filled = [any(cell_text(cell) for cell in row) for row in own.itertuples(index=False)]
    kept = [header.row + 1 + row for row, full in enumerate(filled) if full]
    body = body[filled].reset_index(drop=True)
    columns = [*names.values(), *(name for name in _ALIASES if name not in header.columns)]
    return body.reindex(columns=columns), kept


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a worksheet; where it has merged cells, first and last row of each by column."""

    cells: pd.DataFrame
    merged_columns: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    synthetic: bool = False


def read_content(source):
    """Bytes and name of a sheet.

    Parameters
    ----------
    source : path, file or DataFrame
        The sheet.

    Returns
    -------
    content : bytes
    name : str
    """
    if isinstance(source, pd.DataFrame):
        return source.to_csv(index=False).encode(), "table.csv"
    if hasattr(source, "read"):
        content = source.read()
        content = content.encode() if isinstance(content, str) else content
        return content, Path(str(getattr(source, "name", "open file"))).name
    return Path(source).read_bytes(), Path(source).name


def read_tables(content, name):
    """Cells of every worksheet.

    Parameters
    ----------
    content : bytes
        A workbook or a CSV file.
    name : str
        The file's name, for its ending and for errors.

    Returns
    -------
    tables : dict of str to Cells
        By the worksheets' names; of a CSV file as each separator gives them.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if zipfile.is_zipfile(io.BytesIO(content)):
        return _workbook(content, name)
    if name.casefold().endswith(_WORKBOOKS):
        raise ValueError(
            f"annotations must be an .xlsx workbook or a .csv file, {name} is no .xlsx by its content."
        )
    text = _decoded(content, name)
    return {f"separated by {mark!r}": Cells(_separated(text, mark)) for mark in _SEPARATORS}


def _workbook(content, name):
    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
        return {page.title: _cells(page, book) for page in book.worksheets}
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"annotations must be an .xlsx workbook or a .csv file, {name} is not: {error}."
        ) from error


def _cells(page, book):
    merged = {}
    for area in page.merged_cells.ranges:
        merged.setdefault(area.min_col - 1, []).append((area.min_row - 1, area.max_row - 1))
    rows = pd.DataFrame(list(page.values), dtype=object)
    return Cells(rows, merged, book.properties.description == SYNTHETIC_MARK)


def _decoded(content, name):
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValueError(
        f"annotations must be an .xlsx workbook or a .csv file, {name} is neither: save it as UTF-8 or .xlsx."
    )


def _separated(text, separator):
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error:
        rows = []
    width = max(map(len, rows), default=0)
    return pd.DataFrame([row + [""] * (width - len(row)) for row in rows], dtype=object)
