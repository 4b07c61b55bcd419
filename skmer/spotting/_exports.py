"""A spotting result as text, Markdown, LaTeX, CSV, JSON and a page."""

import json
import math
from pathlib import Path

import pandas as pd

from skmer._utils._csv_tables import parts_of_json as read_parts
from skmer._utils._files import write_atomically, written
from skmer._utils._text import markdown_table, text_table
from skmer.spotting._counts import ROWS
from skmer.spotting._page import result_page

_HEADER = ("", "true", "spotted", "right", "precision", "recall", "F1", "95 % interval", "FP/min", "AP")
_SCORES = ("precision", "recall", "f1", "fp_per_minute", "ap50", "ap", "apex_error", "apex_error_s")


def heading(result):
    """Return the sizes of a result in a line."""
    minutes = (result.videos["n_frames"] / result.videos["fps"]).sum() / 60
    return (
        f"{result.n_videos} videos ({result.n_empty} without a movement), {minutes:.1f} min, "
        f"{result.n_subjects} subjects; leave-one-subject-out"
    )


def rows(result):
    """Return the header and a row of cells for each type."""
    intervals = result.confidence() if result.n_subjects > 1 else dict.fromkeys(ROWS, (math.nan, math.nan))
    table = [_HEADER]
    for kind, row in result.scores.iterrows():
        counts = [f"{int(row[name])}" for name in ("n_true", "n_pred", "n_matched")]
        low, high = intervals[kind]
        span = f"{low:.3f} to {high:.3f}"
        cells = [_cell(row[name]) for name in ("precision", "recall", "f1")]
        table.append((kind, *counts, *cells, span, _cell(row["fp_per_minute"]), _cell(row["ap"])))
    return table


def _cell(value):
    return "-" if math.isnan(value) else f"{value:.3f}"


def as_text(result):
    """Return a table for a terminal."""
    return f"{type(result).__name__}: {heading(result)}\n{text_table(rows(result))}"


def to_csv(self, path=None):
    """Return the spotted movements as comma-separated values.

    Parameters
    ----------
    path : path-like, default=None
        File to write as well.

    Returns
    -------
    str
        The text.
    """
    return written(self.movements.to_csv(index=False), path)


def to_markdown(self, path=None):
    """Return the scores as a Markdown table.

    Parameters
    ----------
    path : path-like, default=None
        File to write as well.

    Returns
    -------
    str
        The text.
    """
    return written(f"{heading(self)}\n\n{markdown_table(rows(self))}\n", path)


def to_latex(self, path=None):
    r"""Return the scores as a LaTeX table, for booktabs.

    Parameters
    ----------
    path : path-like, default=None
        File to write as well.

    Returns
    -------
    str
        The text.
    """
    header, *body = rows(self)
    lines = [
        f"% {heading(self)}",
        rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
        r"\toprule",
        " & ".join(header).replace("%", r"\%") + r" \\",
        r"\midrule",
        *(" & ".join(row) + r" \\" for row in body),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return written("\n".join(lines) + "\n", path)


def to_json(self, path=None):
    """Return scores, intervals, run card and all tables as JSON.

    Parameters
    ----------
    path : path-like, default=None
        File to write as well.

    Returns
    -------
    str
        The text; :meth:`from_json` reads it back.
    """
    intervals = self.confidence() if self.n_subjects > 1 else {}
    content = {
        "scores": {
            kind: {name: None if math.isnan(row[name]) else float(row[name]) for name in self.scores}
            for kind, row in self.scores.iterrows()
        },
        "confidence": {
            kind: None if math.isnan(ends.low) else list(ends) for kind, ends in intervals.items()
        },
        "run_card": self.run_card,
        **{name: _columns(getattr(self, name)) for name in ("movements", "intervals", "videos")},
    }
    return written(json.dumps(content, indent=1, allow_nan=False), path)


def _columns(table):
    return json.loads(table.to_json(orient="split", index=False, double_precision=15))


def parts_of_json(path):
    """Return the tables and the run card of a file that `to_json` wrote."""

    def take(content):
        tables = [pd.DataFrame(**content[name]) for name in ("movements", "intervals", "videos")]
        return *tables, content["run_card"]

    return read_parts(path, take)


def to_html(self, path, *, title=None):
    """Write one page with scores and the timeline of every video; it loads nothing.

    Parameters
    ----------
    path : path-like
        File to write.
    title : str, default=None
        Heading of the page.

    Returns
    -------
    pathlib.Path
        The file.
    """
    page = result_page(self, title or "Spotting result", heading(self), rows(self))
    write_atomically(path, page)
    return Path(path)
