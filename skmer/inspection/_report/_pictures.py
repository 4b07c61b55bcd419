"""Displays as pictures inside the page, in dark ink and in light."""

import io
from base64 import b64encode
from html import escape

import numpy as np

from skmer.frames import read_image
from skmer.inspection._net_displays import ActionMapDisplay, ActionWeightsDisplay, LossCurvesDisplay
from skmer.inspection._result_displays import (
    ClassScoresDisplay,
    PooledConfusionDisplay,
    SubjectScoresDisplay,
)

_LIGHT_INK = "#E8E8E8"
_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
_PAPER = {"svg.hashsalt": "skmer", "axes.facecolor": "none", "figure.facecolor": "none"}


def result_pictures(result):
    """Pictures of a result by name, as HTML; dict."""
    return {
        "confusion": picture(
            PooledConfusionDisplay.from_result(result),
            "Confusion matrix of the pooled predictions",
            "Clips, pooled over folds; shaded by the share of each true class.",
        ),
        "classes": picture(
            ClassScoresDisplay.from_result(result),
            "Bars: F1 of each class",
            "F1 of each class, from the pooled confusion matrix.",
        ),
        "subjects": picture(
            SubjectScoresDisplay.from_result(result),
            "Bars: clips of each held-out subject, right and wrong",
            "Clips of each held-out subject.",
            wide=True,
        ),
    }


def model_pictures(estimator, clips, landmarks=None):
    """Pictures of what a fitted estimator has learned, as HTML; list."""
    face = _face(clips, landmarks)
    maps = ActionMapDisplay.from_estimator(estimator, clips.frames, **face)
    weights = ActionWeightsDisplay.from_estimator(estimator, clips.frames, clips.target)
    return [
        picture(maps, "Faces: landmarks of each action", "Share of each landmark in each action."),
        picture(weights, "Table: weight of each action by class", "Weight of each action in each class."),
        picture(LossCurvesDisplay.from_estimator(estimator), "Curves: loss terms", "Loss terms by epoch."),
    ]


def _face(clips, landmarks):
    """Image and points of the first clip that has both, to draw actions on."""
    if landmarks is None or clips.frames.dtype != object:
        return {}
    whole = np.flatnonzero(np.isfinite(np.asarray(landmarks)).all(axis=(1, 2, 3)))
    if not len(whole):
        return {}
    onset = read_image(clips.frames[whole[0], 0], mode="RGB")
    return {"image": onset, "points": landmarks[whole[0]][0]}


def picture(display, alternative, caption, *, wide=False):
    """HTML figure of a display; a reader's dark mode gets light ink."""
    light, dark = data_uri(_svg(display)), data_uri(_svg(display, dict.fromkeys(_INKED, _LIGHT_INK)))
    scroll = f' class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"' if wide else ""
    return (
        f"<figure{scroll}><picture>"
        f'<source media="screen and (prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(alternative)}"></picture>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def data_uri(content, kind="image/svg+xml"):
    """Bytes as the address of an image."""
    return f"data:{kind};base64,{b64encode(content).decode()}"


def _svg(display, ink=()):
    """Draw with matplotlib's own defaults, whatever style the caller has set, and leave no figure open."""
    from matplotlib import pyplot as plt

    with plt.ioff(), plt.style.context(["default", _PAPER | dict(ink)]):
        display.plot()
        stream = io.BytesIO()
        try:
            display.figure_.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
        finally:
            plt.close(display.figure_)
    return stream.getvalue()
