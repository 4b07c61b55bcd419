"""Annotation sheets, workbooks or CSV, as tables: cells are streamed, columns are found by their words."""

import csv
import hashlib
import io
import posixpath
import re
import zipfile
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import count
from xml.etree import ElementTree

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from skmer._utils._arguments import FILE
from skmer._utils._text import decode_text, read_content
from skmer.datasets._cells import Unvalued, cell_text
from skmer.datasets._layouts import SYNTHETIC_MARK

MAX_ROWS, MAX_COLUMNS = 100_000, 256
"""Rows that a sheet may have, and columns that are read: a stray cell far to the right is not part of it."""

_MAX_MERGES = 10_000
# Bytes of all XML of a workbook, unpacked; an annotation sheet has less than one million.
_MAX_XML = 128 * 2**20


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of a worksheet that hold a cell, and the line (from 1) of each.

    `merged` are areas over several rows: first column from 0, first and last line.
    """

    cells: pd.DataFrame
    lines: list[int]
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    synthetic: bool = False


def read_workbook(content, name):
    """Cells of every worksheet.

    Parameters
    ----------
    content : bytes
        A workbook.
    name : str
        The file's name, for errors.

    Returns
    -------
    tables : dict of str to Cells

    Raises
    ------
    ValueError
        If the workbook is damaged, or larger than any annotation sheet.
    """
    try:
        _check_size(content, name)
        notes = _scan_sheets(content, name)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        synthetic = book.properties.description == SYNTHETIC_MARK
        tables = {
            page.title: _cells(page, *notes.get(page.title, ({}, [])), synthetic, name)
            for page in book.worksheets
        }
        book.close()
    except TooLargeError:
        raise
    # A damaged archive or damaged XML can raise nearly anything inside of zipfile, zlib, expat and openpyxl.
    except Exception as error:
        raise ValueError(
            f"annotations must be an .xlsx workbook or a .csv file, {name} is damaged: "
            f"{str(error).rstrip('.') or type(error).__name__}."
        ) from error
    return tables


class TooLargeError(ValueError):
    """Raised for a workbook that no annotation sheet can be."""


def _check_size(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # Sizes as the archive states them: zipfile unpacks no part beyond its own.
        size = sum(part.file_size for part in archive.infolist() if part.filename.endswith((".xml", ".rels")))
    if size > _MAX_XML:
        raise TooLargeError(
            f"annotations must be a workbook of at most {_MAX_XML >> 20} MB of XML, {name} unpacks to "
            f"{size >> 20} MB; save the annotation sheet alone."
        )


def _cells(page, formulas, merged, synthetic, name):
    page.reset_dimensions()  # the range that a file states may be wrong
    lines, rows = [], []
    for line, row in enumerate(page.iter_rows(values_only=True), start=1):
        if any(cell is not None for cell in row) or line in formulas:
            lines.append(line)
            rows.append([*row[:MAX_COLUMNS]])
            for column in formulas.get(line, ()):
                if column < len(rows[-1]) and rows[-1][column] is None:
                    rows[-1][column] = Unvalued("a formula without a value")
    return Cells(as_table(rows, None, name), lines, merged, synthetic)


def as_table(rows, empty, name):
    """Rows of unequal lengths as a DataFrame; ValueError if there are too many."""
    if len(rows) > MAX_ROWS:
        raise TooLargeError(f"annotations must have at most {MAX_ROWS} rows, {name} has {len(rows)}.")
    width = max(map(len, rows), default=0)
    return pd.DataFrame([[*row, *[empty] * (width - len(row))] for row in rows], dtype=object)


def _scan_sheets(content, name):
    """Formulas without a value and merged areas of each worksheet, by its title."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {title: _scan(archive, path, name) for title, path in _sheet_paths(archive)}


def _sheet_paths(archive):
    """Titles of the worksheets and their places in the archive."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if _tag(element) == "sheet":
            link = next((value for key, value in element.items() if key.endswith("}id")), None)
            path = posixpath.normpath(posixpath.join("/xl", targets.get(link, "")))[1:]
            if path in names:
                yield element.get("name"), path


def _scan(archive, path, name):
    formulas, merged, column = {}, [], 0
    with archive.open(path) as file:
        for _, element in ElementTree.iterparse(file):
            tag = _tag(element)
            if tag == "c" and _is_unvalued(element) and element.get("r"):
                column, line, _, _ = range_boundaries(element.get("r"))
                formulas.setdefault(line, []).append(column - 1)
            elif tag == "mergeCell":
                first_column, first, _, last = range_boundaries(element.get("ref"))
                merged += [(first_column - 1, first, last)] * (last > first)
            elif tag == "row":
                element.clear()  # keeps the tree of a large sheet small
            if len(merged) > _MAX_MERGES:
                raise TooLargeError(
                    f"annotations must have at most {_MAX_MERGES} merged areas, {name} has more."
                )
    return formulas, merged


def _tag(element):
    return element.tag.rpartition("}")[2]


def _is_unvalued(cell):
    """Return True for a formula without the value that a spreadsheet program computes."""
    parts = {_tag(part): part.text for part in cell}
    return "f" in parts and not parts.get("v")


# Names of each column in the sheets, without blanks, punctuation and case; the first is preferred.
_ALIASES = {
    "subject": ("subject", "subjectid", "subid", "sub", "subjectno"),
    "clip": ("filename", "foldname", "foldername", "clip", "file", "video", "material", "count"),
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


SHEET = [*FILE, pd.DataFrame]


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
