"""``skmer analyze``: a video in, its movements out, as tables and as one page."""

import json
import math
import shutil
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import cv2
import pandas as pd

from skmer._utils._files import write_atomically
from skmer.datasets import make_long_videos
from skmer.face import ACTION_UNITS, RIGID_POINTS
from skmer.frames import VideoReader
from skmer.inspection import write_analysis
from skmer.landmarks import FaceTracker, apply_similarity, cache_folder, fit_similarity, write_face_track
from skmer.spotting import (
    MotionSpotter,
    SpotThenRecognise,
    classify_movements,
    describe_movements,
    region_motion,
)

_CROP = 300  # px of the longer side of a frame's picture
_MARGIN = 0.35  # of the face's size around it
COLUMNS = ["video", "onset", "apex", "offset", "type", "emotion", "action_units"]
COLUMNS += ["onset_s", "apex_s", "offset_s"]
COLUMNS += ["regions", "peak_px", "peak_iod", "resembles", "score"]
TEXT = (
    "An expression is no lie detector: a movement does not tell what a person feels, knows or hides. "
    "Without --model no emotion is named."
)
LEARNED = "Heights of peaks were learned on synthetic videos, not on recordings of people."
UNNAMED = "No trained model was given, so no emotion is named."


def run_analysis(videos, output, *, model=None, spotter=None, fps=None, n_jobs=None, verbose=1):
    """Analyse videos, each into a folder of its own, and print what was found.

    Parameters
    ----------
    videos : list of Path
        Video files or folders of frames.
    output : Path
        Folder to write to.
    model : Path, default=None
        File of a fitted pipeline on landmarks, as ``skmer train`` writes it.
    spotter : Path, default=None
        File of a fitted MotionSpotter, or SpotThenRecognise of one, that `skmer.io.save` wrote; by default
        one that is fitted on synthetic videos.
    fps : float, default=None
        Frames a second, where a video does not tell it.
    n_jobs : int, default=None
        Chunks of a video at a time.
    verbose : int, default=1
        Whether to show progress.

    Returns
    -------
    DataFrame
        The movements of all videos.

    Raises
    ------
    ValueError
        If a file is no video, before anything is done; at the end, if videos could not be analysed.
    """
    own, named = _read_spotter(spotter), _names(videos)
    pipeline = own.pipeline if model is None else _pipeline(model)
    for video in named.values():
        VideoReader(video, fps=fps)
    output.mkdir(parents=True, exist_ok=True)
    # What is tracked waits there, chunk by chunk: a run that was ended in any way goes on from it.
    tracker = FaceTracker(memory=output / ".track", n_jobs=n_jobs, verbose=verbose)
    tables, failed = [], []
    for name, video in named.items():
        started = time.perf_counter()
        try:
            track = tracker.track(video, fps=fps, name=name)
        except ValueError as error:  # such as a video without a face: the others are analysed all the same
            failed.append(str(error))
            continue
        own = own if own.spotter else own._replace(spotter=_prepared(verbose))
        movements = describe_movements([track], own.spotter.predict([track]))
        if pipeline is not None and len(movements):
            movements = classify_movements(pipeline, [track], movements, own.types)
        notes = [*([] if spotter else [LEARNED]), *([] if pipeline is not None else [UNNAMED])]
        table = _write(output / name, track, video, fps, movements, own.spotter, notes, pipeline is not None)
        _say(verbose, f"{name}: {_told(table, track)}; {time.perf_counter() - started:.0f} s")
        tables.append(table)
    if tables:
        found = pd.concat(tables, ignore_index=True)
        write_atomically(output / "movements.csv", found.to_csv(index=False))
        _say(verbose, f"Written to {output}: movements.csv, and for each video index.html.\n{TEXT}")
    shutil.rmtree(output / ".track", ignore_errors=True)
    if failed:
        raise ValueError("\n".join(failed))
    return found


def _prepared(verbose):
    _say(verbose, "preparing the spotter on synthetic videos ...")
    return usual_spotter()


def usual_spotter():
    """MotionSpotter fitted on synthetic videos: there are no free recordings to learn the heights from.

    It is always the same, and kept in the user's cache; a file there that is damaged is made anew.
    """
    from skmer.io import load, save

    path = cache_folder() / "spotters" / f"usual-{version('skmer')}.skmer"
    with suppress(ValueError, OSError):
        kept = load(path)
        if isinstance(kept, MotionSpotter) and hasattr(kept, "choices_"):
            return kept
    videos = make_long_videos(n_subjects=8, n_videos=16, random_state=0)
    spotter = MotionSpotter().fit(videos.tracks(), videos.intervals, groups=videos.groups)
    with suppress(OSError):  # such as a full disk: it costs the time of a fit in the next run
        path.parent.mkdir(parents=True, exist_ok=True)
        save(spotter, path)
    return spotter


class _Own(NamedTuple):
    """Spotter of the movements, and the pipeline that names those of some types."""

    spotter: MotionSpotter | None = None
    pipeline: object = None
    types: tuple = ("micro", "macro")


def _read_spotter(path):
    if path is None:
        return _Own()
    from skmer.io import load

    read = load(path)
    own = _Own(read)
    if isinstance(read, SpotThenRecognise) and hasattr(read, "spotter_"):
        own = _Own(read.spotter_, read.pipeline_, read.types)
    if not isinstance(own.spotter, MotionSpotter) or not hasattr(own.spotter, "choices_"):
        raise ValueError(
            f"--spotter must hold a fitted MotionSpotter, or SpotThenRecognise of one, {str(path)!r} has "
            f"{type(read).__name__}."
        )
    return own


def _say(verbose, text):
    if verbose:
        print(text, flush=True)


def _pipeline(path):
    if path is None:
        return None
    from skmer.io import load

    pipeline = load(path)
    if not hasattr(pipeline, "predict"):
        raise ValueError(f"--model must hold a classifier, {str(path)!r} has {type(pipeline).__name__}.")
    return pipeline


def _names(videos):
    """Videos by unique names."""
    names = {}
    for video in map(Path, videos):
        if not video.exists():
            raise FileNotFoundError(f"there is no video or folder {str(video)!r}.")
        name = video.stem or video.resolve().name
        taken = sum(other == name or other.startswith(f"{name}-") for other in names)
        names[f"{name}-{taken + 1}" if taken else name] = video
    return names


def _told(table, track):
    kinds = table["type"].value_counts()
    return (
        f"{track.duration:.1f} s, face in {100 * track.found.mean():.0f} % of the frames, "
        f"{kinds.get('macro', 0)} macro- and {kinds.get('micro', 0)} micro-movements"
    )


def _write(folder, track, video, fps, movements, spotter, notes, is_named):
    """Write track, table, JSON and page of one video."""
    folder.mkdir(parents=True, exist_ok=True)
    write_face_track(track, folder / "track.csv")
    pictures = _pictures(track, video, fps, movements)
    curve = region_motion(spotter, track)
    write_analysis(folder / "index.html", track, movements, pictures, curve, title=track.name, notes=notes)
    table = _table(movements, is_named)
    write_atomically(folder / "movements.csv", table.to_csv(index=False))
    content = json.dumps(_content(track, table), indent=1, allow_nan=False)
    write_atomically(folder / "analysis.json", content)
    return table


def _table(movements, is_named):
    units = [
        "+".join(part.split()[0].removeprefix("AU") for part in text.split("; ") if part)
        for text in movements.get("resembles", [])
    ]
    table = movements.assign(action_units=units) if len(movements) else movements
    table = table.reindex(columns=[*COLUMNS, *(["probability"] if is_named else [])])
    return table.assign(emotion=table["emotion"].astype(object).where(table["emotion"].notna(), ""))


def _content(track, table):
    rows = [
        {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        for row in json.loads(table.to_json(orient="records"))
    ]
    return {
        "video": track.name,
        "fps": track.fps,
        "duration_s": track.duration,
        "face_found": float(track.found.mean()),
        "blink_share": float(track.blinks.mean()),
        "interocular_px": None if math.isnan(track.interocular) else track.interocular,
        "movements": rows,
        "action_units": {str(number): unit.name for number, unit in ACTION_UNITS.items()},
        "cannot_tell": TEXT,
    }


def _pictures(track, video, fps, movements):
    """Crops of the frames of each movement, read in one pass; list of dict."""
    wanted = {}
    for k, row in enumerate(movements.to_dict("records")):
        for name in ("onset", "apex", "offset"):
            wanted.setdefault(int(row[name]), []).append((k, name))
    found = [{} for _ in range(len(movements))]
    if wanted:
        reader = VideoReader(video, fps=fps, mode="RGB")
        for frame in reader.read(stop=max(wanted) + 1):
            for k, name in wanted.get(frame.number, ()):
                found[k][name] = _crop(frame.image, track, int(movements["onset"].iloc[k]), frame.number)
    return [own if len(own) == 3 and all(part is not None for part in own.values()) else {} for own in found]


def _crop(image, track, onset, number):
    """Face of a frame, laid over that of the onset; the landmarks in it, and its scale."""
    rigid = list(RIGID_POINTS)
    if not (track.found[onset] and track.found[number]):
        return None
    face = track.points[onset]
    low, high = face.min(axis=0), face.max(axis=0)
    room = _MARGIN * (high - low).max()
    start, size = low - room, high - low + 2 * room
    scale = min(1.0, _CROP / size.max())
    motion = fit_similarity(track.points[number, rigid], (face[rigid] - start) * scale)
    width, height = (max(2, int(side * scale)) for side in size)
    crop = cv2.warpAffine(image, motion, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return crop, apply_similarity(motion, track.points[number]), scale
