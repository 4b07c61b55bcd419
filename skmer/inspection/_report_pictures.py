"""Pictures inside the page: displays in dark ink and in light, and the cards of the clips."""

import io
from base64 import b64encode
from html import escape

import numpy as np
import pandas as pd
from PIL import Image

from skmer.face import COMPONENTS
from skmer.frames import KEYFRAMES, read_image
from skmer.inspection._action_displays import ActionMapDisplay
from skmer.inspection._coverage_display import CoverageDisplay
from skmer.inspection._net_displays import ActionWeightsDisplay, LossCurvesDisplay
from skmer.inspection._result_displays import (
    ClassScoresDisplay,
    PooledConfusionDisplay,
    SubjectScoresDisplay,
)
from skmer.landmarks import align_landmarks

_LIGHT_INK = "#E8E8E8"
_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
# Without a salt matplotlib draws ids at random: two reports of one result would differ.
_PAPER = {"svg.hashsalt": "skmer", "axes.facecolor": "none", "figure.facecolor": "none"}


def result_pictures(result):
    """Pictures of a result by name, as HTML; dict."""
    pictures = {
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
        "coverage": "",
    }
    if result.coverage is not None:
        pictures["coverage"] = picture(
            CoverageDisplay.from_result(result),
            "Curve: accuracy against the share of clips that are answered",
            "Accuracy of the clips whose movement is most reliable, and of ever more.",
        )
    return pictures


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
            # Without the date the page of a result is the same to the byte whenever it is written.
            display.figure_.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
        finally:
            plt.close(display.figure_)
    return stream.getvalue()


_QUALITY = 80
_MARGIN = 0.25  # of the landmarks' extent, around them
ENLARGED = 8  # motion of drawn landmarks
_CLOSED = ("right_eye", "left_eye", "outer_lip", "inner_lip")


def subjects_of(result):
    """Subjects in the order of the filter; list of str."""
    return sorted({str(subject) for subject in result.groups})


def clip_cards(result, clips, landmarks, frame_size):
    """HTML list items, one a clip, in the order of the result."""
    rows = None if clips is None else result.rows_in(clips)
    subjects = {name: k for k, name in enumerate(subjects_of(result))}
    classes = {name: k for k, name in enumerate(result.class_names)}
    likely = _probabilities(result)
    cards = []
    for k, clip in enumerate(result.clips.itertuples()):
        frames = [] if rows is None else _frame_pictures(clips, rows[k], landmarks, frame_size)
        run = result.runs[:, k]
        keys = {
            "subject": subjects[str(clip.subject)],
            "truth": classes[clip.truth],
            "predicted": " ".join(str(classes[name]) for name in sorted(set(run))),
            "outcome": _outcome(run == clip.truth),
        }
        cards.append(_card(clip, run, keys, likely[k], frames))
    return "".join(cards)


def _outcome(right):
    return "right" if right.all() else "mixed" if right.any() else "wrong"


def _probabilities(result):
    """Of the predicted class, mean over seeds, as text; empty where the estimator had none."""
    columns = [f"probability_{name}" for name in result.class_names]
    if any(name not in result.predictions for name in columns):
        return [""] * result.n_clips
    shares = result.predictions[columns].to_numpy().max(axis=1).reshape(len(result.seeds), -1).mean(axis=0)
    return [f"probability {share:.2f}" for share in shares]


def _card(clip, run, keys, likely, frames):
    data = " ".join(f'data-{name}="{value}"' for name, value in keys.items())
    name = f"{clip.subject}, {clip.clip}"
    reliability = getattr(clip, "reliability", np.nan)
    sure = "" if pd.isna(reliability) else f"reliability of the movement {reliability:.2f}"
    notes = [likely, sure, "no landmarks: the commonest class guessed" if clip.missing else ""]
    return (
        f'<li class="clip {keys["outcome"]}" {data}>{_frames(name, frames)}'
        f'<p class="who">{escape(name)}</p>'
        f'<p class="verdict"><span class="mark">{_verdict(run == clip.truth)}:</span> '
        f"<b>{escape(str(clip.truth))}</b>{_predicted(run, clip.truth)}</p>"
        f'<p class="note">{escape("; ".join(filter(None, notes)))}</p></li>'
    )


def _verdict(right):
    if right.all() or not right.any():
        return "✓ right" if right.all() else "✗ wrong"
    return f"≈ right with {right.sum()} of {len(right)} seeds"


def _predicted(run, truth):
    others = pd.Series(run[run != truth]).value_counts()
    if not len(others):
        return ""
    names = (
        f"{name} ({count} of {len(run)})" if len(run) > 1 else str(name) for name, count in others.items()
    )
    return f", predicted {escape(', '.join(names))}"


def _frames(name, frames):
    if not frames:
        return ""
    pictures = "".join(
        f'<img src="{source}" alt="{frame}">' if source else f'<span class="absent">no {frame}</span>'
        for frame, source in zip(KEYFRAMES, frames, strict=True)
    )
    words = escape(f"Look at {name}")
    return f'<button type="button" class="frames" aria-label="{words}">{pictures}</button>'


def _frame_pictures(clips, row, landmarks, size):
    """Addresses of onset, apex and offset, cropped around the landmarks; empty where none can be read."""
    frames = clips.frames[row]
    if clips.frames.dtype != object:
        return _drawings(frames if frames.ndim == 3 else frames[0], size)
    box = None if landmarks is None else _box(landmarks[row][0])
    return [_thumbnail(frame, box, size) for frame in frames]


def _box(points):
    """Left, upper, right and lower end of a square around the points; None without points."""
    # NaN marks a face that was not found: the whole frame is shown.
    if not np.isfinite(points).all():
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    center, half = (low + high) / 2, (0.5 + _MARGIN) * (high - low).max()
    return tuple(np.round([*(center - half), *(center + half)]).astype(int).tolist())


def _thumbnail(frame, box, size):
    try:
        image = Image.fromarray(read_image(frame, mode="RGB"))
    except (ValueError, OSError):
        return ""
    if box is not None:
        image = image.crop(box)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=_QUALITY)
    return data_uri(stream.getvalue(), "image/jpeg")


def _drawings(landmarks, size):
    """Line drawings on one scale, the motion without the head's enlarged."""
    if not np.isfinite(landmarks).all():
        return ["", "", ""]
    still = align_landmarks(landmarks)
    shown = still[0] + ENLARGED * (still - still[0])
    low, high = shown.min(axis=(0, 1)), shown.max(axis=(0, 1))
    unit = size / ((high - low).max() * 1.1)
    width, height = unit * (high - low) + 0.05 * size
    return [data_uri(_drawing((points - low) * unit + 0.025 * size, width, height)) for points in shown]


def _drawing(points, width, height):
    lines = "".join(
        f'<{"polygon" if name in _CLOSED else "polyline"} points="{_coordinates(points[list(nodes)])}"/>'
        for name, nodes in COMPONENTS.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}"><g fill="none" stroke="#3E86C4" stroke-width="1.6" '
        f'stroke-linejoin="round">{lines}</g></svg>'
    ).encode()


def _coordinates(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
