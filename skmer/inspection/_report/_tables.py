"""Numbers of a result as HTML, every text escaped."""

import math
from html import escape

_NAMES = {"accuracy": "accuracy", "uf1": "UF1", "uar": "UAR"}


def score_tiles(result):
    """The three pooled scores, each with its interval and the majority baseline, on one scale."""
    intervals = result.intervals()
    return "".join(
        _tile(_NAMES[name], getattr(result, name), intervals[name], getattr(result.baseline, name))
        for name in _NAMES
    )


def _tile(name, value, interval, baseline):
    low, high = interval
    words = f"95% interval {low:.3f} to {high:.3f}; guessing scores {baseline:.3f}"
    return (
        f'<div class="tile"><p class="name">{name}</p><p class="value">{value:.3f}</p>'
        f'<svg viewBox="0 0 100 12" role="img" aria-label="{words}">'
        '<line class="scale" x1="0" x2="100" y1="6" y2="6"/>'
        f'<line class="interval" x1="{100 * low:.1f}" x2="{100 * high:.1f}" y1="6" y2="6"/>'
        f'<line class="baseline" x1="{100 * baseline:.1f}" x2="{100 * baseline:.1f}" y1="1" y2="11"/>'
        f'<circle class="score" cx="{100 * value:.1f}" cy="6" r="3"/></svg>'
        f'<p class="note">{words}</p></div>'
    )


def score_table(result):
    """Pooled scores with intervals and the majority baseline, spread over seeds, mean of folds."""
    return _table(
        "Pooled scores, and what to hold them against", ("", *_NAMES.values()), result.summary_rows()
    )


def class_table(result):
    """Clips, precision, recall and F1 of each class."""
    rows = [
        (name, f"{row.n:.0f}", *map(number, (row.precision, row.recall, row.f1)))
        for name, row in result.per_class.iterrows()
    ]
    return _table("Classes, pooled over folds", ("class", "clips", "precision", "recall", "F1"), rows)


def subject_table(result):
    """Clips, classes and accuracy of each held-out subject."""
    rows = [
        (name, f"{row.n_clips:.0f}", f"{row.n_classes:.0f}", number(row.accuracy))
        for name, row in result.per_subject.iterrows()
    ]
    return _table("Held-out subjects", ("subject", "clips", "classes", "accuracy"), rows)


def confusion_table(result):
    """Pooled counts; each is a button that shows the clips behind it."""
    names = list(map(str, result.class_names))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f"{''.join(_confusion_cell(names, i, j, value) for j, value in enumerate(row))}</tr>"
        for i, (name, row) in enumerate(zip(names, result.confusion.to_numpy(), strict=True))
    )
    caption = "Rows the truth, columns the prediction; choose a number to see its clips"
    return (
        f'<div class="scroll"><table class="confusion"><caption>{caption}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _confusion_cell(names, i, j, value):
    text = f"{value:.0f}" if value == round(value) else f"{value:.1f}"
    if not value:
        return '<td class="none">0</td>'
    words = escape(f"{text} clips, {names[i]}, predicted {names[j]}: show them")
    return (
        f'<td><button type="button" data-truth="{i}" data-predicted="{j}" aria-label="{words}">{text}'
        "</button></td>"
    )


def run_card_tables(card):
    """Run card as HTML; parameters and versions fold away."""
    nested = {name: value for name, value in card.items() if isinstance(value, dict) or _is_table(value)}
    plain = {name: value for name, value in card.items() if name not in nested}
    blocks = [_pairs(plain)] if plain else ["<p>The result has no run card.</p>"]
    for name, value in nested.items():
        inside = _pairs(value) if isinstance(value, dict) else _records(value)
        blocks.append(f"<details><summary>{escape(str(name))}, {len(value)}</summary>{inside}</details>")
    return "".join(blocks)


def _is_table(value):
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _records(records):
    """Table of records, such as those of each fold's search."""
    header = list(dict.fromkeys(name for record in records for name in record))
    return _table("", header, [[_text(record.get(name)) for name in header] for record in records])


def _pairs(values):
    items = (
        f"<div><dt>{escape(str(name))}</dt><dd>{escape(_text(value))}</dd></div>"
        for name, value in values.items()
    )
    return f"<dl>{''.join(items)}</dl>"


def _text(value):
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    if isinstance(value, float):
        return f"{value:.6g}"
    return "none" if value is None else str(value)


def number(value):
    """Three decimals; a dash where there is no number."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def _table(caption, header, rows):
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in header)
    body = "".join(
        f'<tr><th scope="row">{escape(str(label))}</th>'
        f"{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"
        for label, *cells in rows
    )
    return (
        f'<div class="scroll"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
