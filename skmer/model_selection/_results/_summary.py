"""A result as text, Markdown, LaTeX and plain numbers."""

import json
import math

HEADER = ("", "accuracy", "UF1", "UAR")
SCORES = ("accuracy", "uf1", "uar")
_USUAL = ("leave-one-subject-out", "MEGC log")


def summary_rows(result, level=0.95):
    """Rows of the table that every form shows: a label and three cells."""
    intervals = result.intervals(level)
    rows = [
        ("pooled over folds", *_cells(result.accuracy, result.uf1, result.uar)),
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
    """N, folds and seeds in a line."""
    parts = [_count(result.n_clips, "clip"), _count(result.n_folds, "fold")]
    parts.append(_count(len(result.class_names), "class"))
    if result.seeds != [None]:
        parts.append(_count(len(result.seeds), "seed"))
    protocol = result.run_card.get("protocol", "leave-one-subject-out")
    return ", ".join(parts) + ("" if protocol in _USUAL else f"; {protocol}")


def notes(result):
    """Class counts with each class's F1, and what is missing; lines."""
    classes = result.per_class
    yield "clips (F1): " + ", ".join(
        f"{name} {row.n:.0f} ({_cell(row.f1)})" for name, row in classes.iterrows()
    )
    searches = result.run_card.get("searches", [])
    if searches:
        yield _search_note(searches)
    if result.n_missing:
        yield f"no landmarks in {_count(result.n_missing, 'clip')}, guessed as the commonest class"


def _search_note(searches):
    """What inner searches found, under the name that their best scores deserve."""
    scores = [search["best_score_optimistic"] for search in searches]
    chosen = {json.dumps(search["best_params"], sort_keys=True) for search in searches}
    return (
        f"{_count(len(searches), 'inner search')}, {len(chosen)} different choices; best inner scores "
        f"{_cell(min(scores))} to {_cell(max(scores))} (optimistic: of the best of "
        f"{searches[0]['n_candidates']} candidates, on the clips that chose it)"
    )


def as_text(result):
    """Readable table for a terminal."""
    rows = [HEADER, *summary_rows(result)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            [label.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]
        ).rstrip()
        for label, *cells in rows
    ]
    return "\n".join([f"{type(result).__name__}: {heading(result)}", *lines, *notes(result)])


def as_markdown(result):
    """Markdown table between its heading and its notes."""
    rows = [HEADER, ("---", "---:", "---:", "---:"), *summary_rows(result)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join([heading(result), table, *notes(result)]) + "\n"


def as_latex(result):
    """LaTeX tabular for booktabs; what surrounds it stands in a comment."""
    body = [" & ".join(map(_escaped, row)) + r" \\" for row in summary_rows(result)]
    lines = [
        *(f"% {_escaped(line)}" for line in (heading(result), *notes(result))),
        r"\begin{tabular}{lrrr}",
        r"\toprule",
        " & ".join(HEADER) + r" \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def as_numbers(result, level=0.95):
    """Plain numbers for JSON; None where a number does not exist."""
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
    }


def _numbers(series):
    return {str(name): None if math.isnan(value) else float(value) for name, value in series.items()}


def _cell(value):
    return f"{value:.3f}"


def _cells(*values):
    return tuple(map(_cell, values))


def _range(interval):
    return f"{interval.low:.3f} to {interval.high:.3f}"


def _count(number, noun):
    plural = noun + ("es" if noun.endswith(("s", "ch")) else "s")
    return f"{number} {noun if number == 1 else plural}"


def _escaped(text):
    for sign in "\\&%$#_{}":
        text = text.replace(sign, rf"\{sign}" if sign != "\\" else r"\textbackslash ")
    return text
