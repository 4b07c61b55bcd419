"""Cards of the clips: what the filters go by, truth and prediction, three frames."""

from html import escape

import numpy as np
import pandas as pd

from skmer.frames import KEYFRAMES
from skmer.inspection._report._frames import frame_pictures


def subjects_of(result):
    """Subjects in the order of the filter; list of str."""
    return sorted({str(subject) for subject in result.groups})


def clip_cards(result, clips, landmarks, frame_size):
    """HTML list items, one a clip, in the order of the result."""
    rows = None if clips is None else matching_rows(result, clips)
    subjects = {name: k for k, name in enumerate(subjects_of(result))}
    classes = {name: k for k, name in enumerate(result.class_names)}
    likely = _probabilities(result)
    cards = []
    for k, clip in enumerate(result.clips.itertuples()):
        frames = [] if rows is None else frame_pictures(clips, rows[k], landmarks, frame_size)
        run = result.runs[:, k]
        keys = {
            "subject": subjects[str(clip.subject)],
            "truth": classes[clip.truth],
            "predicted": " ".join(str(classes[name]) for name in sorted(set(run))),
            "outcome": _outcome(run == clip.truth),
        }
        cards.append(_card(clip, run, keys, likely[k], frames))
    return "".join(cards)


def matching_rows(result, clips):
    """Row of `clips` for each clip of the result, by subject and clip; ndarray of int."""
    wanted = pd.MultiIndex.from_arrays([result.groups.astype(str), result.clips["clip"].astype(str)])
    have = pd.MultiIndex.from_arrays([clips.groups.astype(str), clips.table["clip"].astype(str)])
    if len(wanted) == len(have) and (wanted == have).all():
        rows = np.arange(len(have))
    elif not have.is_unique:
        raise ValueError("clips must have each (subject, clip) once, got repeated ones.")
    else:
        rows = have.get_indexer(wanted)
    if (rows < 0).any():
        raise ValueError(
            f"clips must hold every clip of the result, got none named {wanted[rows < 0][0]}; pass the clips "
            "that were evaluated."
        )
    if not np.array_equal(clips.target[rows].astype(str), result.truth.astype(str)):
        raise ValueError("clips must have the result's true classes, got different ones.")
    return rows


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
