"""Text: one form for names that look alike, the encodings of spreadsheets and CSV files, small tables."""

import codecs
import io
import json
import math
import re
import unicodedata
from contextlib import contextmanager
from html import escape
from pathlib import Path

import numpy as np

from skmer._utils._arguments import FILE, SUBJECTS, ArgumentError, check_argument, one_column

# What is drawn as nothing beside control and format characters: Unicode's "default ignorable".
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def plain_text(text):
    """Name or label in one form: NFKC, without signs that are not seen, with single blanks, trimmed; str.

    Letters composed or with combining accents, full-width digits, zero-width blanks, control characters and
    variation selectors are not seen on a screen, and must not make two names of one.

    Examples
    --------
    >>> from skmer._utils._text import plain_text
    >>> plain_text("  Jose\u0301\u200b S\uff11 ")
    'José S1'
    """
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", str(text)))
    seen = (sign for sign in text if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf"))
    return " ".join("".join(seen).split())


def short_repr(value):
    """Return a value as an error shows it, in at most 60 signs."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def escape_latex(text):
    """Return a text with LaTeX's special signs escaped."""
    # The backslash first: those that escape the other signs must not be escaped themselves.
    for sign in "\\&%$#_{}":
        text = text.replace(sign, rf"\{sign}" if sign != "\\" else r"\textbackslash ")
    return text


def plain_column(values):
    """Labels or subjects as an array that every step takes: masked ones are None, bytes in usual order.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer._utils._text import plain_column
    >>> plain_column(np.ma.masked_array(["a", "b"], mask=[False, True])).tolist()
    ['a', None]
    >>> plain_column(["a", float("nan")]).tolist()
    ['a', nan]
    """
    if np.ma.is_masked(values):
        return np.where(np.ma.getmaskarray(values), None, values.astype(object).data)
    exact = np.asarray(values) if hasattr(values, "dtype") else np.asarray(values, dtype=object)
    # numpy makes texts of all that stand beside a text, and has texts that scikit-learn does not know ("T").
    is_mixed = exact.dtype == object and len({isinstance(value, str) for value in exact.flat}) > 1
    has_rows = exact.dtype == object and any(isinstance(value, list | tuple) for value in exact.flat)
    if is_mixed or has_rows or exact.dtype.kind == "T":
        import pandas as pd  # what has no such column does without

        column = exact.astype(object)
        column.flat[[k for k, value in enumerate(column.flat) if value is pd.NA]] = None
        return column
    column = np.asarray(values)
    return column.astype(column.dtype.newbyteorder("="), copy=False)


def one_form(name, values):
    """Subjects with those that look alike made one, or labels as they are; ValueError where two look alike.

    Examples
    --------
    >>> from skmer._utils._text import one_form
    >>> one_form("groups", ["lab/s1", "lab/s1\u200b", "lab/s2"]).tolist()
    ['lab/s1', 'lab/s1', 'lab/s2']
    """
    column = plain_column(values)
    seen = set(column.ravel().tolist()) if column.dtype.kind in "OU" else set()
    forms = {value: plain_text(value) for value in seen if isinstance(value, str)}
    if name == "groups" and any(value != form for value, form in forms.items()):
        changed = [forms.get(value, value) if isinstance(value, str) else value for value in column.ravel()]
        return np.array(changed, dtype=object if column.dtype == object else str).reshape(column.shape)
    if name != "groups" and len(set(forms.values())) < len(forms):
        alike = sorted(value for value in forms if list(forms.values()).count(forms[value]) > 1)
        raise ValueError(
            f"{name} has labels that look alike, such as {alike[0]!r} and {alike[1]!r}; write each in one "
            "form."
        )
    return column


def sorted_values(name, values):
    """Return the sorted values of a column; ValueError where they are of kinds that have no order."""
    try:
        return np.unique(plain_column(values))
    except TypeError:
        kinds = " and ".join(sorted({type(value).__name__ for value in np.ravel(plain_column(values))}))
        # The beginning is scikit-learn's, by which its checks know a refusal.
        name = "Complex data not supported: " * ("complex" in kinds) + name
        raise ValueError(f"{name} must hold values of one type, got {kinds}.") from None


def check_subjects(groups, n_clips=None):
    """Return subjects in one form, ndarray of shape (n_clips,); None without.

    Examples
    --------
    >>> from skmer._utils._text import check_subjects
    >>> check_subjects([["s1"], ["s2"]], 2).tolist()
    ['s1', 's2']
    """
    check_argument("groups", groups, SUBJECTS)
    if groups is None:
        return None
    subjects = np.ravel(one_form("groups", one_column(groups)))
    if n_clips not in (None, len(subjects)):
        raise ArgumentError(f"groups must have one entry per clip, {n_clips}, got {len(subjects)}.")
    return subjects


def read_content(source):
    """Content and name of a path or an open file, binary or text; (bytes, str)."""
    if not hasattr(source, "read"):
        return Path(source).read_bytes(), Path(source).name
    content = source.read()
    content = content.encode() if isinstance(content, str) else content
    return content, Path(str(getattr(source, "name", "open file"))).name


def decode_text(content, name, argument="file"):
    """Text of a file in UTF-8, UTF-16 with its mark, GB 18030 or Windows' Western encoding.

    Parameters
    ----------
    content : bytes
        Content of the file.
    name : str
        Name of the file, for the error.
    argument : str, default="file"
        Argument that the error names.

    Returns
    -------
    text : str

    Raises
    ------
    ValueError
        If it is no text.

    Examples
    --------
    >>> from skmer._utils._text import decode_text
    >>> [decode_text("José;1".encode(code), "a.csv") for code in ("utf-16", "utf-8-sig", "latin-1")]
    ['José;1', 'José;1', 'José;1']
    """
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValueError(f"{argument} must be a text file, {name} is none that can be decoded: save it as UTF-8.")


def _encodings(content):
    if content.startswith(_UTF_16):
        return ["utf-16"]
    # Chinese characters are pairs of bytes above 127; in Western text such a byte mostly stands alone.
    runs = re.findall(rb"[\x80-\xff]+", content)
    in_pairs = sum(len(run) % 2 == 0 for run in runs)
    regional = ["gb18030", "cp1252"] if 2 * in_pairs >= len(runs) else ["cp1252", "gb18030"]
    return ["utf-8-sig", *regional]


def text_table(rows):
    """Lay out rows of cells in columns, the first to the left and the others to the right; str.

    Examples
    --------
    >>> from skmer._utils._text import text_table
    >>> print(text_table([("", "UF1"), ("LDA", "0.7"), ("RBF-SVM", "0.72")]))
              UF1
    LDA       0.7
    RBF-SVM  0.72
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join([label.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))])
        for label, *cells in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def markdown_table(rows):
    """Write rows of cells as a Markdown table; the first row is the header, numbers stand to the right; str.

    Examples
    --------
    >>> from skmer._utils._text import markdown_table
    >>> print(markdown_table([("", "UF1"), ("LDA", "0.7")]))
    |  | UF1 |
    | --- | ---: |
    | LDA | 0.7 |
    """
    header, *body = rows
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *body))


def latex_table(rows, comments=(), *, escape=True, caption=None, label=None):
    r"""Write rows of cells as a LaTeX table for booktabs; the first row is the header; str.

    Parameters
    ----------
    rows : list of sequence of str
        Cells.
    comments : iterable of str, default=()
        Lines above the table.
    escape : bool, default=True
        Whether the signs of cells are escaped; False for cells in LaTeX.
    caption, label : str, default=None
        Of a floating table around it; None of both: no such table.

    Examples
    --------
    >>> from skmer._utils._text import latex_table
    >>> print(latex_table([("", "UF1"), ("LDA", "0.7")], ["two folds"]))
    % two folds
    \begin{tabular}{lr}
    \toprule
     & UF1 \\
    \midrule
    LDA & 0.7 \\
    \bottomrule
    \end{tabular}
    <BLANKLINE>
    """
    header, *body = (" & ".join(map(escape_latex, row) if escape else row) + r" \\" for row in rows)
    lines = [
        *(f"% {escape_latex(line)}" for line in comments),
        rf"\begin{{tabular}}{{l{'r' * (len(rows[0]) - 1)}}}",
        *(r"\toprule", header, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"),
    ]
    if caption is not None or label is not None:
        head = [rf"\caption{{{escape_latex(caption)}}}"] if caption is not None else []
        head += [rf"\label{{{label}}}"] if label is not None else []
        lines = [r"\begin{table}", r"\centering", *head, *lines, r"\end{table}"]
    return "\n".join(lines) + "\n"


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
    import pandas as pd  # what reads no table does without

    content, name = read_content(source)
    text = decode_text(content, name, argument).lstrip("\r\n")
    header = text.splitlines()[0] if text.strip() else ""
    separator = next((mark for mark in ",;\t|" if _has(header, mark, word)), ",")
    if header.count(separator) >= most:
        raise ValueError(f"{argument} must have at most {most} columns, {name} has more.")
    try:
        if int(pd.__version__.partition(".")[0]) < 3:  # which reads some numbers with another last digit
            options["float_precision"] = "round_trip"
        return pd.read_csv(io.StringIO(text), sep=separator, **options), name
    except (ValueError, OverflowError) as error:  # pandas' own errors among them
        raise ValueError(f"{argument} must be a CSV file, {name} is none: {str(error).strip()}.") from error


def _has(header, mark, word):
    return word in (cell.strip().strip('"') for cell in header.split(mark))


def parts_of_json(path, take):
    """Return the part of a result that is taken from a JSON file.

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


def three_decimals(value):
    """Return a number with three decimals; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.3f}"


_INTERVAL = re.compile(r"(\d) to ([-+]?[\d.])")


def html_table(rows, caption="", *, scroll=False):
    """Write rows of cells as an HTML table; the first row is the header, the first cell of each row its name.

    With ``scroll`` it stands in an element of the class "scroll", for pages that are read on narrow screens.
    An interval such as ".6 to .7" breaks once at most, after the "to".

    Examples
    --------
    >>> from skmer._utils._text import html_table
    >>> print(html_table([("", "UF1"), ("L<A", "0.7")], "two"))
    <table><caption>two</caption>
    <thead><tr><th scope="col"></th><th scope="col">UF1</th></tr></thead>
    <tbody><tr><th scope="row">L&lt;A</th><td>0.7</td></tr>
    </tbody></table>
    """
    header, *body = [[_INTERVAL.sub(r"\1&nbsp;to \2", escape(str(cell))) for cell in row] for row in rows]
    head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
    lines = [
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{c}</td>" for c in cells)}</tr>\n'
        for name, *cells in body
    ]
    table = (
        f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )
    return f'<div class="scroll">{table}</div>' if scroll else table
