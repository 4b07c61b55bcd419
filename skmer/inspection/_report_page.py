"""The page: numbers as tables, and its parts in a template whose policy forbids it to load anything."""

from html import escape
from pathlib import Path
from string import Template

from skmer._utils._arguments import PATH, TEXT, Numbers, checked, integer
from skmer._utils._files import write_atomically
from skmer._utils._text import html_table, three_decimals
from skmer.datasets import MicroExpressionClips
from skmer.inspection._report_pictures import (
    ENLARGED,
    clip_cards,
    model_pictures,
    result_pictures,
    subjects_of,
)
from skmer.inspection._style import content_policy, page_resource
from skmer.model_selection import LOSOResult

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
    rows = [("", *_NAMES.values()), *result.summary_rows()]
    return html_table(rows, "Pooled scores, and what to hold them against", scroll=True)


def class_table(result):
    """Clips, precision, recall and F1 of each class."""
    rows = [
        (name, f"{row.n:.0f}", *map(three_decimals, (row.precision, row.recall, row.f1)))
        for name, row in result.per_class.iterrows()
    ]
    header = ("class", "clips", "precision", "recall", "F1")
    return html_table([header, *rows], "Classes, pooled over folds", scroll=True)


def subject_table(result):
    """Clips, classes and accuracy of each held-out subject."""
    rows = [
        (name, f"{row.n_clips:.0f}", f"{row.n_classes:.0f}", three_decimals(row.accuracy))
        for name, row in result.per_subject.iterrows()
    ]
    header = ("subject", "clips", "classes", "accuracy")
    return html_table([header, *rows], "Held-out subjects", scroll=True)


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
    rows = [[_text(record.get(name)) for name in header] for record in records]
    return html_table([header, *rows], scroll=True)


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


@checked(
    result=[LOSOResult],
    path=PATH,
    clips=[MicroExpressionClips, None],
    landmarks=[Numbers(None, 3, 68, 2, finite=False), None],
    title=[*TEXT, None],
    frame_size=[integer(16, 4096)],
)
def write_report(result, path, clips=None, *, estimator=None, landmarks=None, title=None, frame_size=224):
    """Write one page with scores, pictures, run card, and every clip; `LOSOResult.to_html` calls it.

    Parameters
    ----------
    result : LOSOResult
        What the page shows.
    path : path-like
        File to write.
    clips : MicroExpressionClips, default=None
        The clips that were evaluated, or more, for their frames; None leaves the pictures out.
    estimator : DeReGRLClassifier or Pipeline, default=None
        One that is fitted, for pictures of its actions, their weights and its losses; it needs `clips`.
    landmarks : ndarray of shape (n_clips, 3, 68, 2), default=None
        Landmarks of `clips`, px; images are cropped around them.
    title : str, default=None
        Heading of the page.
    frame_size : int, default=224
        Longer side of the frames' pictures, px.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If `clips` lacks a clip of the result or has other classes, or `estimator` is given without it.
    TypeError
        If `estimator` has no actions.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from skmer.inspection import write_report
    >>> from skmer.model_selection import evaluate_loso
    >>> data = np.zeros((6, 1)), ["happiness", "others"] * 3, ["lab/a", "lab/a", "lab/b"] * 2
    >>> with TemporaryDirectory() as folder:
    ...     page = write_report(evaluate_loso(DummyClassifier(), *data), Path(folder, "result.html"))
    ...     page.read_text(encoding="utf-8").count("<li class")
    6
    """
    pictures = result_pictures(result)
    subjects, classes = subjects_of(result), list(map(str, result.class_names))
    style, script = (page_resource("_report", f"page.{kind}") for kind in ("css", "js"))
    page = Template(page_resource("_report", "page.html")).substitute(
        title=escape(title or "Leave-one-subject-out result"),
        policy=content_policy(style, script),
        style=style,
        script=script,
        heading=escape(result.heading),
        tiles=score_tiles(result),
        scores=score_table(result),
        notes="".join(f"<p>{escape(note)}</p>" for note in result.notes[1:]),
        coverage_picture=pictures["coverage"],
        confusion_picture=pictures["confusion"],
        confusion_table=confusion_table(result),
        class_picture=pictures["classes"],
        class_table=class_table(result),
        subject_picture=pictures["subjects"],
        subject_table=subject_table(result),
        model=_model_section(estimator, clips, landmarks),
        subject_options=_options(subjects),
        class_options=_options(classes),
        mixed_option='<option value="mixed">right with some seeds</option>' if len(result.seeds) > 1 else "",
        frames_note=_frames_note(clips),
        cards=clip_cards(result, clips, landmarks, frame_size),
        run_card=run_card_tables(result.run_card),
    )
    write_atomically(path, page)
    return Path(path)


def _options(names):
    return "".join(f'<option value="{k}">{escape(name)}</option>' for k, name in enumerate(names))


def _frames_note(clips):
    if clips is None or clips.frames.dtype == object:
        return ""
    text = f"Drawn from landmarks: the head's motion is taken out, the rest {ENLARGED} times enlarged."
    return f'<p class="note">{text}</p>'


def _model_section(estimator, clips, landmarks):
    if estimator is None:
        return ""
    if clips is None:
        raise ValueError("clips must be given with estimator, whose pictures are drawn from them, got None.")
    pictures = model_pictures(estimator, clips, landmarks)
    return (
        '<section aria-labelledby="model"><h2 id="model">What a fitted model looks at</h2>'
        "<p>One model fitted for looking. It made none of the predictions on this page.</p>"
        f"{''.join(pictures)}</section>"
    )
