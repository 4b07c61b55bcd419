"""The page: its parts in order, in a template whose policy forbids it to load anything."""

import hashlib
from base64 import b64encode
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from skmer.inspection._report._cards import ENLARGED, clip_cards, subjects_of
from skmer.inspection._report._pictures import model_pictures, result_pictures
from skmer.inspection._report._tables import (
    class_table,
    confusion_table,
    run_card_tables,
    score_table,
    score_tiles,
    subject_table,
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
    style, script = _resource("page.css"), _resource("page.js")
    page = Template(_resource("page.html")).substitute(
        title=escape(title or "Leave-one-subject-out result"),
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}",
        style=style,
        script=script,
        heading=escape(result.heading),
        tiles=score_tiles(result),
        scores=score_table(result),
        notes="".join(f"<p>{escape(note)}</p>" for note in result.notes[1:]),
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
    path = Path(path)
    path.write_text(page, encoding="utf-8")
    return path


def _resource(name):
    return files("skmer.inspection._report").joinpath(name).read_text(encoding="utf-8")


def _hash(text):
    """Source expression of a content security policy that allows this text and no other."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


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
