"""``skmer train`` and ``skmer predict``: a model in a file, and the classes that it gives."""

from pathlib import Path

import numpy as np
import pandas as pd

from skmer._cli._corpora import find_landmarks, paper_set, read_clips
from skmer._cli._evaluate_command import make_method
from skmer._utils._files import write_atomically
from skmer.datasets import clip_from_video
from skmer.frames import holds_landmarks, is_image_file
from skmer.io import load, save

_VIDEOS = {".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v"}


def run_training(source, output, method, *, model=None, n_jobs=-1):
    """Fit a method on all clips and write it.

    Parameters
    ----------
    source : Source
        Clips.
    output : Path
        File to write.
    method : str
        By name.
    model : Model, default=None
        Settings of the method other than its own.
    n_jobs : int, default=-1
        Processes.

    Returns
    -------
    Pipeline
        Fitted.
    """
    clips = read_clips(source)
    print(clips)
    is_landmarks = holds_landmarks(clips.frames)
    pipeline = make_method(method, dataset=paper_set(source.names), landmarks=is_landmarks, model=model)
    find_landmarks(pipeline, clips, n_jobs)
    # The recommended pipeline leaves out subjects to choose who votes.
    subjects = {"clf__groups": clips.groups} if method == "recommended" else {}
    pipeline.fit(clips.frames, clips.target, **subjects)
    output.parent.mkdir(parents=True, exist_ok=True)
    save(pipeline, output)
    print(
        f"Written to {output}: {method} on {len(clips)} clips of {len(set(clips.groups.tolist()))} subjects, "
        f"classes {', '.join(clips.class_names)}.\nWhat it is worth on new people: skmer evaluate."
    )
    return pipeline


def run_prediction(model, clips, output, *, n_jobs=None):
    """Classify clips and write a table.

    Parameters
    ----------
    model : Path
        File of a fitted pipeline.
    clips : list of Path
        Videos, folders of frames, or folders of such folders.
    output : Path
        Table to write.
    n_jobs : int, default=None
        Frames at a time.

    Returns
    -------
    DataFrame
        ``clip``, ``prediction``, ``probability``, and ``probability_<class>`` where the model has them, and
        ``reason`` of a clip that cannot be classified, whose prediction is empty. A recommended pipeline says
        "no movement" where there may be none.

    Raises
    ------
    ValueError
        At the end, if clips could not be classified; the table is written all the same.
    """
    pipeline = load(model)
    if not hasattr(pipeline, "predict"):
        raise ValueError(f"model must hold a classifier, {str(model)!r} has {type(pipeline).__name__}.")
    places = [place for clip in clips for place in _expanded(Path(clip))]
    output.parent.mkdir(parents=True, exist_ok=True)
    tables = [_predicted(pipeline, place, n_jobs) for place in places]
    table = pd.concat(tables, ignore_index=True)
    table = table.reindex(columns=[*table.columns.drop("reason"), "reason"])
    write_atomically(output, table.to_csv(index=False))
    print(f"{table[['clip', 'prediction']].to_string(index=False)}\n\nWritten to {output}")
    failed = table[table["reason"] != ""]
    if len(failed):
        raise ValueError("\n".join(f"{row.clip}: {row.reason}" for row in failed.itertuples()))
    return table


def _predicted(pipeline, place, n_jobs):
    """Row of one clip, with the reason where it cannot be classified, such as a clip without a face."""
    row = {"clip": str(place), "prediction": "", "reason": ""}
    try:
        frames = clip_from_video(place, n_jobs=n_jobs)
        name = pipeline.predict(frames)[0]
        if hasattr(pipeline, "predict_proba"):
            shares = pipeline.predict_proba(frames)[0]
            # Of "no movement" there is none.
            row["probability"] = shares.max() if name in pipeline.classes_ else np.nan
            row |= {
                f"probability_{label}": share for label, share in zip(pipeline.classes_, shares, strict=True)
            }
        row["prediction"] = name
    except (ValueError, OSError) as error:
        row["reason"] = str(error)
    return pd.DataFrame([row])


def _expanded(place):
    """The clips at a place: itself, or the clips in it."""
    if not place.exists():
        raise FileNotFoundError(f"there is no video or folder {str(place)!r}.")
    if not place.is_dir() or any(is_image_file(path) for path in place.iterdir()):
        return [place]
    inner = [path for path in sorted(place.iterdir()) if path.is_dir() or path.suffix.casefold() in _VIDEOS]
    found = [clip for path in inner for clip in _expanded(path)]
    if not found:
        raise ValueError(f"{str(place)!r} holds no frames, no video and no folder of them.")
    return found
