"""A result as text, Markdown, LaTeX, numbers and the log of the MEGC challenges."""

import json
import math
from html import escape

import pandas as pd

from skmer._utils._arguments import FLAG, PATH, TEXT, checked
from skmer._utils._files import written
from skmer._utils._text import (
    html_table,
    latex_table,
    markdown_table,
    text_table,
)
from skmer._utils._text import parts_of_json as read_parts

HEADER = ("", "accuracy", "UF1", "UAR")
SCORES = ("accuracy", "uf1", "uar")
_USUAL = ("leave-one-subject-out", "MEGC log")


def summary_rows(result, level=0.95):
    """Return the rows of the table that every form shows: a label and three cells."""
    intervals = result.intervals(level)
    rows = [
        (
            result.run_card.get("selection", "pooled over folds"),
            *_cells(result.accuracy, result.uf1, result.uar),
        ),
        (f"{level:.0%} interval by subject", *(_range(intervals[name]) for name in SCORES)),
    ]
    if len(result.seeds) > 1:
        rows.append((f"SD over {len(result.seeds)} seeds", *_cells(*result.spread[list(SCORES)])))
    rows.append(("majority baseline", *_cells(*result.baseline)))
    if len(result.per_dataset) > 1:
        rows += [
            (f"{name} alone, {_count(int(row.n_clips), 'clip')}", *_cells(*row[list(SCORES)]))
            for name, row in result.per_dataset.iterrows()
        ]
    rows.append(("mean of folds (not comparable)", *_cells(*result.fold_mean[list(SCORES)])))
    return rows


def heading(result):
    """Return the numbers of clips, folds, classes and seeds in a line."""
    parts = [_count(result.n_clips, "clip"), _count(result.n_folds, "fold")]
    parts.append(_count(len(result.class_names), "class"))
    if result.seeds != [None]:
        parts.append(_count(len(result.seeds), "seed"))
    protocol = result.run_card.get("protocol", "leave-one-subject-out")
    words = ["" if protocol in _USUAL else protocol, result.run_card.get("selection", "").upper()]
    return "; ".join([", ".join(parts), *filter(None, words)])


def notes(result):
    """Yield lines: class counts with each class's F1, inner searches, missing clips."""
    classes = result.per_class
    yield "clips (F1): " + ", ".join(
        f"{name} {row.n:.0f} ({cell(row.f1)})" for name, row in classes.iterrows()
    )
    searches = result.run_card.get("searches", [])
    if searches:
        yield _search_note(searches)
    if result.coverage is not None:
        half = cell(result.reliable_half_accuracy)
        yield f"accuracy of the half of the clips with the more reliable movement: {half}"
    if result.n_missing:
        yield missing_note(result)


def missing_note(result):
    """Return a line on the clips that no model has seen: landmarks were not found in images, or NaN given."""
    what = "features" if result.coverage is None else "landmarks"
    return f"no {what} in {_count(result.n_missing, 'clip')}, guessed as the commonest class"


def _search_note(searches):
    """Return a line on the inner searches, whose best scores are called optimistic."""
    scores = [search["best_score_optimistic"] for search in searches]
    chosen = {json.dumps(search["best_params"], sort_keys=True) for search in searches}
    return (
        f"{_count(len(searches), 'inner search')}, {len(chosen)} different choices; best inner scores "
        f"{cell(min(scores))} to {cell(max(scores))} (optimistic: of the best of "
        f"{searches[0]['n_candidates']} candidates, on the clips that chose it)"
    )


def as_text(result):
    """Return a table for a terminal."""
    table = text_table([HEADER, *summary_rows(result)])
    return "\n".join([f"{type(result).__name__}: {heading(result)}", table, *notes(result)])


def as_html(result):
    """Return a table for a notebook, with its notes below."""
    notes_below = "".join(f"<p>{escape(line)}</p>" for line in notes(result))
    return html_table([HEADER, *summary_rows(result)], heading(result)) + notes_below


def _as_markdown(result):
    """Return a Markdown table between its heading and its notes."""
    table = markdown_table([HEADER, *summary_rows(result)])
    return "\n\n".join([heading(result), table, *notes(result)]) + "\n"


def as_numbers(result, level=0.95):
    """Return plain numbers for JSON; None where a number does not exist."""
    return {
        "n_clips": result.n_clips,
        "n_folds": result.n_folds,
        "n_missing": result.n_missing,
        "class_names": list(result.class_names),
        "class_counts": {str(name): int(n) for name, n in result.class_counts.items()},
        **{name: getattr(result, name) for name in SCORES},
        "intervals": {"level": level} | {name: list(ends) for name, ends in result.intervals(level).items()},
        "baseline": result.baseline._asdict(),
        "per_class": {str(name): _numbers(row) for name, row in result.per_class.iterrows()},
        "per_seed": [{"seed": seed} | _numbers(row) for seed, row in result.per_seed.iterrows()],
        "spread": _numbers(result.spread),
        "per_dataset": {name: _numbers(row) for name, row in result.per_dataset.iterrows()},
        "fold_mean_not_comparable": _numbers(result.fold_mean),
        "reliable_half_accuracy": _number(result.reliable_half_accuracy),
    }


def _as_json(result):
    """Return numbers, run card and out-of-fold table as JSON; floats keep every digit."""
    # 15 digits are the most that pandas writes.
    table = result.predictions.to_json(orient="split", index=False, double_precision=15)
    content = {**as_numbers(result), "run_card": result.run_card, "predictions": json.loads(table)}
    return json.dumps(content, indent=1, allow_nan=False)


def parts_of_json(path):
    """Return table, class names and run card of a file that `as_json` wrote."""

    def take(content):
        table = pd.DataFrame(**content["predictions"]).astype({"seed": "Int64", "missing": bool})
        return table, content["class_names"], content["run_card"]

    return read_parts(path, take)


def _as_megc_log(result, codes=None):
    """Return the log of a result with one seed: a line a subject, then one a clip, truth and prediction."""
    if len(result.seeds) > 1:
        raise ValueError(f"to_megc_log needs a result with one seed, got {len(result.seeds)}.")
    labels = {name: name for name in result.class_names} if codes is None else codes
    lacking = [name for name in result.class_names if name not in labels]
    if lacking:
        raise ValueError(f"codes must hold every class, got none for {lacking[0]!r}.")
    lines = []
    for subject, rows in result.predictions.groupby("subject", sort=True):
        dataset, slash, name = str(subject).partition("/")
        if not slash:
            raise ValueError(f"to_megc_log needs subjects such as 'casme2/sub01', got {dataset!r}.")
        lines.append(f"{_word(dataset)} {_word(name)}")
        lines += [
            f"{_word(row.clip)} {_word(labels[row.truth])} {_word(labels[row.prediction])}"
            for row in rows.itertuples()
        ]
    return "\n".join(lines) + "\n"


def _word(value):
    text = str(value)
    if not text or text.split() != [text]:
        raise ValueError(f"to_megc_log separates by blanks, got {text!r} with blanks of its own.")
    return text


@checked(path=[*PATH, None])
def to_markdown(self, path=None):
    """Return scores, majority baseline, counts and classes as Markdown.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    return written(_as_markdown(self), path)


@checked(path=[*PATH, None], caption=[*TEXT, None], label=[*TEXT, None], fold_means=FLAG)
def to_latex(self, path=None, *, caption=None, label=None, fold_means=True):
    r"""Return scores, majority baseline and counts as a LaTeX table, for booktabs.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.
    caption, label : str, default=None
        Of a floating table around it; None of both: no such table.
    fold_means : bool, default=True
        Whether the means of folds, which compare with nothing, have a row.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    rows = [row for row in summary_rows(self) if fold_means or not row[0].startswith("mean of folds")]
    comments = heading(self), *notes(self)
    return written(latex_table([HEADER, *rows], comments, caption=caption, label=label), path)


@checked(path=[*PATH, None])
def to_csv(self, path=None):
    """Return the out-of-fold table as comma-separated values.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    return written(self.predictions.to_csv(index=False), path)


@checked(path=[*PATH, None])
def to_json(self, path=None):
    """Return scores, intervals, baseline, counts, run card and out-of-fold table as JSON.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given; :meth:`from_json` reads it back.
    """
    return written(_as_json(self), path)


@checked(path=[*PATH, None], codes=[dict, None])
def to_megc_log(self, path=None, *, codes=None):
    """Return a log of the MEGC challenges: a line "dataset subject" per fold, then a line per clip.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.
    codes : dict, default=None
        Number of each class, where the log is to hold numbers instead of names.

    Returns
    -------
    text : str or None
        None where `path` is given; :func:`read_megc_log` reads it back.

    Raises
    ------
    ValueError
        If the result has several seeds, a class has no code, a name holds blanks, or a subject lacks its
        dataset.
    """
    return written(_as_megc_log(self, codes), path)


def _numbers(series):
    return {str(name): _number(value) for name, value in series.items()}


def _number(value):
    return None if math.isnan(value) else float(value)


def cell(value):
    """Return a score in three digits."""
    return f"{value:.3f}"


def _cells(*values):
    return tuple(map(cell, values))


def _range(interval):
    return f"{interval.low:.3f} to {interval.high:.3f}"


def _count(number, noun):
    plural = noun + ("es" if noun.endswith(("s", "ch")) else "s")
    return f"{number} {noun if number == 1 else plural}"
