"""Cards of the clips: keys of the filters, truth and prediction, three small frames."""

import io
from html import escape

import numpy as np
import pandas as pd
from PIL import Image

from skmer.face import COMPONENTS
from skmer.frames import KEYFRAMES, read_image
from skmer.inspection._report._pictures import data_uri
from skmer.landmarks import align_landmarks

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
    notes = [likely, "no landmarks: the commonest class guessed" if clip.missing else ""]
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
