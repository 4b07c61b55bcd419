"""The page of the published methods' choices, written from `comparison_table` before Sphinx starts."""

from pathlib import Path

from skmer.pipelines import COMPARISON_METHODS, comparison_table

INTRODUCTION = """# Choices of the published methods

Every parameter that {py:func}`skmer.pipelines.comparison_pipeline` sets, and where its value was read.
*Published* is what the authors' paper or code says, or, where the source names it, public code of others;
*reconstructed* is ours, where nothing could be read or three keyframes take the place of a sequence. Values
are those for CASME II.

This page is written from {py:func}`skmer.pipelines.comparison_table`, a data frame, at each build of the
documentation. {doc}`/published-methods` says how to use the methods, and what those without a network are
worth on known movements; {doc}`/networks` is about the others.
"""
HEADER = "| part | value | | source |\n|---|---|---|---|"


def line(row):
    cells = [f"`{row.part}`", f"`{row.value}`", row.status, row.source]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def page():
    parts = [INTRODUCTION]
    for name, inputs in COMPARISON_METHODS.items():
        rows = comparison_table(name)
        parts += [
            f"## {name}\n",
            f"Takes {' or '.join(inputs)}.\n",
            ":::{table}\n:class: wordy\n",
            HEADER,
            *map(line, rows.itertuples()),
            ":::\n",
        ]
    return "\n".join(parts)


def setup(app):
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "choices.md").write_text(page(), encoding="utf-8")
    return {"parallel_read_safe": True}
