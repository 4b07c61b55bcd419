"""A spotting result as text, Markdown, LaTeX, CSV, JSON and a page."""

import json
import math
from html import escape
from pathlib import Path

import pandas as pd

from skmer._utils._files import write_atomically, written
from skmer._utils._text import html_table, latex_table, markdown_table, text_table, three_decimals
from skmer._utils._text import parts_of_json as read_parts
from skmer.spotting._counts import ROWS
from skmer.spotting._movements import TYPES

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0
auto;max-width:60rem;padding:1rem;color:#1d2228;background:#fff}
table{border-collapse:collapse;display:block;overflow-x:auto}td,th{padding:.2rem .6rem;text-align:right}
td:first-child,th:first-child{text-align:left}tr{border-bottom:1px solid #8884} figure{margin:.7rem
0}figcaption{font-size:.85rem}svg{width:100%;height:44px;background:#8881}
.true{fill:#2b7a4b}.hit{fill:#2f6db5}.false{fill:#c4532d}pre{overflow-x:auto}
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#14171b}}
"""


def result_page(result, title, notes, rows):
    """The page; str.

    Parameters
    ----------
    result : SpottingResult
        What it shows.
    title : str
        Its heading.
    notes : list of str
        Lines under it: the sizes, and the score of recognition.
    rows : list of tuple of str
        Header and rows of the table of scores.
    """
    header, *body = rows
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    cells = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body)
    lines = "".join(f"<p>{escape(note)}</p>" for note in notes)
    figures = "".join(_timeline(result, row) for row in result.videos.itertuples())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>{lines}"
        f"<table><tr>{head}</tr>{cells}</table>"
        "<p>Upper row: true movements (green). Lower row: spotted ones, right (blue) or wrong (orange).</p>"
        f"{figures}<details><summary>Run card</summary>"
        f"<pre>{escape(json.dumps(result.run_card, indent=1))}</pre></details></html>"
    )


def _timeline(result, video):
    true = result.intervals[result.intervals["video"] == video.video]
    spotted = result.movements[result.movements["video"] == video.video]
    hits = result.hits[spotted.index] if len(spotted) else []
    marks = [_mark(row, video.n_frames, 4, "true") for row in true.itertuples()]
    marks += [
        _mark(row, video.n_frames, 24, "hit" if hit else "false")
        for row, hit in zip(spotted.itertuples(), hits, strict=True)
    ]
    seconds = video.n_frames / video.fps
    return (
        f"<figure><figcaption>{escape(str(video.video))}, {seconds:.0f} s</figcaption>"
        f'<svg viewBox="0 0 1000 44" preserveAspectRatio="none" role="img" '
        f'aria-label="{len(true)} true, {len(spotted)} spotted movements">{"".join(marks)}</svg></figure>'
    )


def _mark(row, n_frames, y, kind):
    x, width = 1000 * row.onset / n_frames, 1000 * (row.offset - row.onset + 1) / n_frames
    tip = f"{row.type}, frames {row.onset} to {row.offset}" if hasattr(row, "type") else ""
    return (
        f'<rect class="{kind}" x="{x:.2f}" y="{y}" width="{max(width, 2):.2f}" height="16">'
        f"<title>{escape(tip)}</title></rect>"
    )


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
        cells = [three_decimals(row[name]) for name in ("precision", "recall", "f1")]
        table.append(
            (kind, *counts, *cells, span, three_decimals(row["fp_per_minute"]), three_decimals(row["ap"]))
        )
    return table


def as_html(result):
    """Return a table for a notebook."""
    return html_table(rows(result), ". ".join(_notes(result)))


def recognition_line(result):
    """Return the spot-then-recognise score in a line; empty of a spotter that names no emotions."""
    score = result.recognition
    if score is None:
        return ""
    types = result.run_card.get("recognised_types", TYPES)
    span = ""
    if result.n_subjects > 1:
        low, high = result.confidence()["str"]
        span = f" (95 % interval {low:.3f} to {high:.3f})"
    return (
        f"Spot-then-recognise score of {' and '.join(types)} movements: {score.score:.3f}{span}, "
        f"F1 of spotting {score.f1_spotting:.3f} times F1 of the analysis {score.f1_analysis:.3f}"
    )


def _notes(result):
    return [note for note in (heading(result), recognition_line(result)) if note]


def as_text(result):
    """Return a table for a terminal."""
    lines = [
        f"{type(result).__name__}: {heading(result)}",
        text_table(rows(result)),
        recognition_line(result),
    ]
    return "\n".join(line for line in lines if line)


def to_csv(self, path=None):
    """Return the spotted movements as comma-separated values.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    return written(self.movements.to_csv(index=False), path)


def to_markdown(self, path=None):
    """Return the scores as a Markdown table.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    notes = "\n\n".join(_notes(self))
    return written(f"{notes}\n\n{markdown_table(rows(self))}\n", path)


def to_latex(self, path=None):
    r"""Return the scores as a LaTeX table, for booktabs.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    return written(latex_table(rows(self), _notes(self)), path)


def to_json(self, path=None):
    """Return scores, intervals, run card and all tables as JSON.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given; :meth:`from_json` reads it back.
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
        "recognition": None if self.recognition is None else _score(self.recognition),
        "run_card": self.run_card,
        **{name: _columns(getattr(self, name)) for name in ("movements", "intervals", "videos")},
    }
    return written(json.dumps(content, indent=1, allow_nan=False), path)


def _score(score):
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in score._asdict().items()
    }


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
    page = result_page(self, title or "Spotting result", _notes(self), rows(self))
    write_atomically(path, page)
    return Path(path)
