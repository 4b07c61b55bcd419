"""The page of published figures, written from `skmer.literature.published_results` before Sphinx starts."""

from pathlib import Path

from pandas import isna

from skmer.literature import published_results

TITLES = {
    "casme2": "CASME II",
    "samm": "SAMM",
    "smic": "SMIC-HS",
    "megc2019": "Composite of MEGC 2019 (SMIC, CASME II and SAMM in three classes)",
    "megc2018": "MEGC 2018 (CASME II and SAMM, objective classes)",
    "casme3": "CAS(ME)³",
    "casme": "CASME",
    "cd6me": "Action units over six data sets (CD6ME)",
    "4dme": "4DME",
}
INTRODUCTION = """# Published figures

What papers and audits print, each with how it was formed. A figure whose verdict is *best epoch on the test
subject* was chosen on the very clips that it is a score of; an audit found that to be worth .06 to .14 of UF1
on the composite. A *mean over folds* is another quantity than a score of pooled predictions. *Unknown* means
that neither the text nor a public training loop says it. What nobody could read is left out.

This page is written from {py:func}`skmer.literature.published_results`, a data frame, at each build of the
documentation. {doc}`/comparing` puts such figures beside your own.
"""
HEADER = "| method | N | classes | accuracy % | F1 % | UAR % | verdict | shown by, and notes | source |"
RULE = "|---|---:|---:|---:|---:|---:|---|---|---|"


def line(row):
    counts = ["" if isna(value) else str(value) for value in (row.n_clips, row.n_classes)]
    scores = ["" if isna(value) else f"{100 * value:.2f}" for value in (row.accuracy, row.f1, row.uar)]
    shown = f"{row.evidence}. {row.note}" if row.note else row.evidence
    source = f"{row.source}; {row.identifier}"
    cells = [row.method, *counts, *scores, row.verdict, shown, source]
    return f"| {' | '.join(cell.replace('|', '/').replace('<', '&lt;') for cell in cells)} |"


def page():
    table = published_results()
    parts = [INTRODUCTION]
    for dataset, title in TITLES.items():
        for protocol, rows in table[table["dataset"] == dataset].groupby("protocol", sort=False):
            parts += [f"## {title}: {protocol}\n", ":::{table}\n:class: wordy\n"]
            parts += [HEADER, RULE, *map(line, rows.itertuples()), ":::\n"]
    return "\n".join(parts)


def setup(app):
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "published.md").write_text(page(), encoding="utf-8")
    return {"parallel_read_safe": True}
