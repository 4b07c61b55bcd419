"""The files of annotation sheets: workbooks and CSV of any separator, to cells."""

import csv
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from openpyxl import load_workbook

SYNTHETIC_MARK = "written by skmer.datasets.MicroExpressionClips.save"
_ENCODINGS = ("utf-8-sig", "gb18030")
_SEPARATORS = (",", ";", "\t")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls")


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
