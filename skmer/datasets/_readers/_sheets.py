"""Annotation sheets, workbooks or CSV, as tables: header and columns are found by their words."""

import csv
import hashlib
import io
import re
import zipfile
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import count

import pandas as pd

from skmer._utils._text import decode_text, read_content
from skmer.datasets._cells import cell_text
from skmer.datasets._readers._workbooks import MAX_COLUMNS, Cells, as_table, read_workbook

# Names of each column in the sheets, without blanks, punctuation and case; the first is preferred.
_ALIASES = {
    "subject": ("subject", "subjectid", "subid", "sub", "subjectno"),
    "clip": ("filename", "foldname", "foldername", "clip", "file", "video", "material"),
    "onset": ("onsetframe", "onset", "onsetf"),
    "apex": ("apexframe", "apex", "apexf", "apexframe1", "apexf1"),
    "offset": ("offsetframe", "offset", "offsetf"),
    "action_units": ("actionunits", "actionunit", "aus", "au"),
    "emotion": ("estimatedemotion", "emotion", "emotions", "emotionlabel", "label"),
    "objective": ("objectiveclasses", "objectiveclass"),
}
_HEADER_DEPTH = 60
_SEPARATORS = (",", ";", "\t")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of a sheet with the package's column names where it has them, and which file that was.

    `lines` are the rows' numbers in the spreadsheet, in a DataFrame their positions. `absent` are the names
    without a column; `merged` maps positions of rows to the columns that a merged cell above fills.
    `synthetic` says that `MicroExpressionClips.save` wrote the sheet.
    """

    rows: pd.DataFrame
    fingerprint: str
    lines: tuple[int, ...]
    absent: tuple[str, ...] = ()
    merged: dict[int, list[str]] = field(default_factory=dict)
    synthetic: bool = False


def read_sheet(source, worksheet=None):
    """Read an annotation sheet.

    Parameters
    ----------
    source : path, binary file or DataFrame
        An Excel workbook, a CSV file (comma, semicolon or tab; UTF-8, UTF-16,
        GB 18030 or Western), or a table read already.
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
    content, name, tables = _read_tables(source)
    order = sorted(tables, key=lambda key: str(key).strip().casefold() != (worksheet or "").casefold())
    for key in order:
        header = _header(tables[key])
        if header is not None:
            rows, lines, merged = _body(tables[key], header)
            return Sheet(
                rows,
                f"{name}, {len(rows)} rows, sha256 {hashlib.sha256(content).hexdigest()[:8]}",
                lines,
                tuple(meaning for meaning in _ALIASES if meaning not in header.columns),
                merged,
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
    """Row and line of a header, and which column bears each of the package's names."""

    row: int
    line: int
    words: tuple[str, ...]
    columns: dict[str, int]


def _header(table):
    for row, line in enumerate(table.lines):
        if line > _HEADER_DEPTH:
            break
        words = tuple(cell_text(word) for word in table.cells.iloc[row])
        columns = _columns(words)
        if {"subject", "clip", "onset"} <= set(columns):
            return _Header(row, line, words, columns)
    return None


def _columns(words):
    """Column of each meaning; of several candidates the one that comes first among the aliases."""
    squeezed = [_squeezed(word) for word in words]
    found = {
        meaning: next((alias for alias in aliases if alias in squeezed), None)
        for meaning, aliases in _ALIASES.items()
    }
    return {meaning: squeezed.index(alias) for meaning, alias in found.items() if alias}


def _body(table, header):
    """Rows below a header under unique column names, their lines, and the cells that merged ones fill."""
    names = _column_names(header)
    cells = table.cells.iloc[header.row + 1 :, list(names)].set_axis(list(names.values()), axis=1)
    # Empty rows go before merged cells are filled in: a merged subject alone makes no row.
    filled = [any(map(cell_text, row)) for row in cells.itertuples(index=False)]
    body = cells[filled].reset_index(drop=True)
    lines = [line for line, full in zip(table.lines[header.row + 1 :], filled, strict=True) if full]
    merged = _fill_merged(table, header, body, lines)
    columns = [*names.values(), *(name for name in _ALIASES if name not in header.columns)]
    return body.reindex(columns=columns), tuple(lines), merged


def _column_names(header):
    """Unique name of each column that has one."""
    meant = {column: meaning for meaning, column in header.columns.items()}
    names = {}
    for column, word in enumerate(header.words):
        name = meant.get(column, word)
        if name and (name in names.values() or (column not in meant and name in _ALIASES)):
            name = next(f"{name}_{n}" for n in count(2) if f"{name}_{n}" not in names.values())
        if name:
            names[column] = name
    return names


def _fill_merged(table, header, body, lines):
    """Write a merged cell of a known column into each of its rows; return the columns filled, by row."""
    meant = {column: meaning for meaning, column in header.columns.items()}
    place, filled = {line: k for k, line in enumerate(lines)}, {}
    for column, first, last in table.merged:
        name, top = meant.get(column), place.get(first)
        if name is None or top is None:
            continue
        above = body.at[top, name]
        for row in range(top + 1, bisect_right(lines, last)):
            if not cell_text(body.at[row, name]):
                body.at[row, name] = above
                filled.setdefault(row, []).append(name)
    return filled


def _read_tables(source):
    """Content and name of a sheet, and its cells: by worksheet, of a CSV file by separator."""
    if isinstance(source, pd.DataFrame):
        content = source.to_csv(index=False).encode()
        rows = [list(source.columns), *source.astype(object).to_numpy().tolist()]
        cells = pd.DataFrame([[_as_written(cell) for cell in row] for row in rows], dtype=object)
        # The header stands above position 0.
        return content, "table.csv", {"table": Cells(cells, list(range(-1, len(source))))}
    content, name = read_content(source)
    if zipfile.is_zipfile(io.BytesIO(content)):
        return content, name, read_workbook(content, name)
    if name.casefold().endswith(_WORKBOOKS):
        raise ValueError(
            f"annotations must be an .xlsx workbook or a .csv file, {name} is no .xlsx by its content."
        )
    text = decode_text(content, name, "annotations")
    return content, name, {f"separated by {mark!r}": _separated(text, mark, name) for mark in _SEPARATORS}


def _as_written(cell):
    """Cell of a DataFrame as in a CSV file; whole floats, which a gap makes of integers, without point."""
    if cell is None or cell != cell:  # None or NaN
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _separated(text, separator, name):
    try:
        rows = [row[:MAX_COLUMNS] for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
    except csv.Error:
        rows = []
    return Cells(as_table(rows, "", name), list(range(1, len(rows) + 1)))
