"""A comparison of methods as text, Markdown, LaTeX and comma-separated values."""

from html import escape

import pandas as pd

from skmer._utils._files import written
from skmer._utils._text import html_table, latex_table, markdown_table, text_table
from skmer.model_selection._every_epoch import SELECTION
from skmer.model_selection._results._summary import missing_note

_LEVEL = 0.05
_TEST_EPOCH = ("test epoch: NOT COMPARABLE", "inflation")


def rows_of(result):
    """Return the rows of the table as text: a header, then a method each.

    Parameters
    ----------
    result : MethodsResult
        The comparison.

    Returns
    -------
    rows : list of tuple of str
    """
    header = ["", "N", "folds", "accuracy", "UF1", "UAR", "UF1, 95% interval", "seconds", "published"]
    rows = [tuple([*header, *(_TEST_EPOCH if result.test_epoch else ())])]
    for name, row in result.table.iterrows():
        scores = [f"{row[column]:.3f}" for column in ("accuracy", "UF1", "UAR")]
        cells = [name, f"{row['N']}", f"{row['folds']}", *scores, f"{row['low']:.3f} to {row['high']:.3f}"]
        cells += [f"{row['seconds']:.1f}", _published(row)]
        if result.test_epoch:
            best, more = row.iloc[-2:]
            cells += ["", ""] if pd.isna(best) else [f"{best:.3f}", f"{more:+.3f}"]
        rows.append(tuple(cells))
    return rows


def _published(row):
    """Return the published figure with its N and its flaw in a cell."""
    figures = [("accuracy", "{:.2%}"), ("F1", "{:.3f}")]
    found = [
        form.format(row[f"published {name}"]) for name, form in figures if pd.notna(row[f"published {name}"])
    ]
    if not found:
        return ""
    n_clips = row["published N"]
    return (
        f"{' / '.join(found)} (N {n_clips if pd.notna(n_clips) else 'not said'}; {row['published verdict']})"
    )


def notes_of(result):
    """Return lines below the table: classes, clips without features, what differs, ranks, and the stamp.

    Parameters
    ----------
    result : MethodsResult
        The comparison.

    Returns
    -------
    notes : list of str
    """
    counts = ", ".join(f"{name} {count}" for name, count in result.first.class_counts.items())
    notes = [f"clips: {counts}; predictions pooled, one a clip, by a model that had not seen its subject"]
    notes += _missing_notes(result)
    if len(result.results) > 1:
        notes += [_differences_note(result), _ranks_note(result)]
    if result.test_epoch:
        notes.append(
            f"columns of the test epoch: {SELECTION.upper()}; they show what published loops gain by it"
        )
    return notes


def _missing_notes(result):
    """Return a line for each sort of clips that methods guessed: how many, and by which methods."""
    methods: dict[str, list[str]] = {}
    for name, one in result.results.items():
        if one.n_missing:
            methods.setdefault(missing_note(one), []).append(name)
    return [f"{note} by {_all_or(names, result)}" for note, names in methods.items()]


def _all_or(names, result):
    return ", ".join(names) if len(names) < len(result.results) else "every method"


def _differences_note(result):
    table = result.uf1_differences
    sure = table[table["p_holm"] < _LEVEL]
    if not len(sure):
        return f"no UF1 differs from another: none of {len(table)} pairs at .05 after Holm's correction"
    pairs = ", ".join(f"{a} - {b} {row.difference:+.3f}" for (a, b), row in sure.iterrows())
    return f"UF1 differs at .05 after Holm's correction over {len(table)} pairs: {pairs}"


def _ranks_note(result):
    ranks = ", ".join(f"{name} {rank:.2f}" for name, rank in result.mean_ranks.items())
    n_subjects = len(result.subject_accuracy)
    return (
        f"mean ranks by accuracy over {n_subjects} subjects: {ranks}; critical difference "
        f"{result.critical_difference():.2f} (Nemenyi, .05)"
    )


def as_text(result):
    """Return the table for a terminal."""
    table = text_table(rows_of(result))
    return "\n".join([f"{type(result).__name__}: {result.heading}", table, *result.notes])


def as_html(result):
    """Return the table and its notes for a notebook."""
    notes = "".join(f"<p>{escape(note)}</p>" for note in result.notes)
    return html_table(rows_of(result), f"{type(result).__name__}: {result.heading}") + notes


def to_markdown(self, path=None):
    """Return the table and its notes as Markdown.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    text = "\n\n".join([self.heading, markdown_table(rows_of(self)), *self.notes]) + "\n"
    return written(text, path)


def to_latex(self, path=None):
    """Return the table as LaTeX, for booktabs; heading and notes stand in comments.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given.
    """
    return written(latex_table(rows_of(self), (self.heading, *self.notes)), path)


def to_csv(self, path=None):
    """Return the table as comma-separated values, one row a method, every digit.

    Parameters
    ----------
    path : path-like, default=None
        File to write; None returns the text instead.

    Returns
    -------
    text : str or None
        None where `path` is given; names of columns of the test epoch end in "(not comparable)".
    """
    return written(self.table.rename_axis("method").to_csv(), path)
