"""Workbooks as cells: rows are streamed, merged areas and formulas without a value come from the XML."""

import io
import posixpath
import zipfile
from dataclasses import dataclass, field
from xml.etree import ElementTree

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from skmer.datasets._cells import Unvalued
from skmer.datasets._layouts import SYNTHETIC_MARK

MAX_ROWS, MAX_COLUMNS = 100_000, 256
"""Rows that a sheet may have, and columns that are read: a stray cell far to the right is not part of it."""

_MAX_MERGES = 10_000
_MAX_XML = (
    128 * 2**20
)  # bytes of all XML of a workbook, unpacked; an annotation sheet has less than one million


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
    """Whether a cell has a formula, and no value that a spreadsheet program has computed."""
    parts = {_tag(part): part.text for part in cell}
    return "f" in parts and not parts.get("v")
