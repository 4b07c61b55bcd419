"""Tables of CSV files in whatever encoding and separator, results in JSON; errors name the file."""

import io
import json
from contextlib import contextmanager

import pandas as pd

from skmer._utils._arguments import FILE, check_argument
from skmer._utils._text import decode_text, read_content


def read_csv_table(source, argument, word, *, most=1_000, **options):
    """Return the table of a CSV file, and the file's name.

    Parameters
    ----------
    source : path-like or open file
        The file, in UTF-8, UTF-16, GB 18030 or Windows' Western encoding.
    argument : str
        Argument that errors name.
    word : str
        Name of a column, which tells commas, semicolons, tabs and bars between columns apart.
    most : int, default=1000
        Largest number of columns.
    **options : object
        Of `pandas.read_csv`.

    Returns
    -------
    table : pandas.DataFrame
    name : str

    Raises
    ------
    ValueError
        If it is no such table.
    """
    content, name = read_content(source)
    text = decode_text(content, name, argument).lstrip("\r\n")
    header = text.splitlines()[0] if text.strip() else ""
    separator = next((mark for mark in ",;\t|" if _has(header, mark, word)), ",")
    if header.count(separator) >= most:
        raise ValueError(f"{argument} must have at most {most} columns, {name} has more.")
    try:
        return pd.read_csv(io.StringIO(text), sep=separator, **options), name
    except (ValueError, OverflowError) as error:  # pandas' own errors among them
        raise ValueError(f"{argument} must be a CSV file, {name} is none: {str(error).strip()}.") from error


def _has(header, mark, word):
    return word in (cell.strip().strip('"') for cell in header.split(mark))


def parts_of_json(path, take):
    """Return what is taken of a result in a JSON file.

    Parameters
    ----------
    path : path-like or open file
        File that a result's ``to_json`` wrote.
    take : callable
        Takes the content, a dict.

    Returns
    -------
    object

    Raises
    ------
    ValueError
        If it is another file; the message names it.
    """
    check_argument("path", path, FILE)
    content, name = read_content(path)
    text = decode_text(content, name, "path")
    try:
        return take(json.loads(text))
    # Whole JSON of another form fails where its parts are asked for.
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"path must be a result that to_json wrote, {name} is none: {error}.") from error


@contextmanager
def naming(name):
    """Context manager: an error of values in what a file holds begins with the file's name."""
    try:
        yield
    except ValueError as error:
        if str(name) in str(error):
            raise
        raise ValueError(f"{name}: {error}") from error
