"""Evaluation of spotters: one subject left out at a time, over all videos."""

import platform
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from sklearn.base import clone

from skmer._utils._arguments import JOBS, Items, checked
from skmer._utils._jobs import run_jobs
from skmer._utils._sklearn import HasMethods
from skmer.datasets import LongVideos
from skmer.landmarks import FaceTrack
from skmer.spotting._spotter import check_tracks
from skmer.spotting._spotting_result import SpottingResult


@checked(
    spotter=[HasMethods(["fit", "get_params"])],
    videos=[LongVideos],
    tracks=[Items(FaceTrack, least=1), None],
    n_jobs=JOBS,
    verbose=["verbose"],
)
def evaluate_spotting(spotter, videos, tracks=None, *, n_jobs=None, verbose=0):
    """Spot the movements of each subject with a spotter fitted on all others, and pool them.

    Parameters
    ----------
    spotter : MotionSpotter or another spotter
        Cloned and fitted for each fold; it has ``fit(tracks, intervals, groups=...)`` and
        ``predict(tracks)``.
    videos : LongVideos
        All videos, those without a movement too.
    tracks : list of FaceTrack, default=None
        Tracks of the videos, by their names; None takes the landmarks that the videos hold.
    n_jobs : int, default=None
        Folds at a time.
    verbose : int, default=0
        Print a line for each finished fold, with the time left.

    Returns
    -------
    SpottingResult

    Raises
    ------
    ValueError
        If there are fewer than two subjects, or a video has no track.

    Notes
    -----
    Only the training subjects' videos and movements reach `fit`. Videos without a movement are in every test:
    a false alarm there counts.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.spotting import MotionSpotter, evaluate_spotting
    >>> videos = make_long_videos(n_subjects=3, n_videos=6, duration=40, random_state=0)
    >>> result = evaluate_spotting(MotionSpotter(), videos)
    >>> result.n_videos, bool(result.scores.loc["macro", "f1"] > 0.5)
    (6, True)
    """
    tracks = ordered_tracks(videos, tracks)
    folds = list(dict.fromkeys(videos.groups.tolist()))
    if len(folds) < 2:
        raise ValueError(f"videos must be of at least two subjects, got only {folds}.")
    started, found = time.perf_counter(), {}
    shared = spotter, tracks, videos.intervals, videos.groups
    for k, table in run_jobs(_fold, folds, n_jobs=n_jobs, shared=shared, prefer="threads"):
        found[folds[k]] = table
        if verbose:
            spent = time.perf_counter() - started
            left = spent / len(found) * (len(folds) - len(found))
            print(f"{folds[k]}: {len(table)} movements, {len(found)} of {len(folds)}, {left:.0f} s left")
    # Where nothing was spotted, the columns of an empty table still tell whether emotions were named.
    tables = [found[fold] for fold in folds if len(found[fold])] or [found[folds[0]]]
    movements = pd.concat(tables, ignore_index=True)
    card = _card(spotter, videos, started)
    return SpottingResult(movements, videos.intervals, _video_table(videos, tracks), card)


def ordered_tracks(videos, tracks):
    """Tracks of the videos in their order."""
    tracks = check_tracks(videos if tracks is None else tracks)
    named = {track.name: track for track in tracks}
    lacking = [str(name) for name in videos.names if name not in named]
    if lacking:
        raise ValueError(f"tracks must hold one track for each video, {lacking[0]!r} has none.")
    return [named[name] for name in videos.names]


def _fold(fold, shared):
    spotter, tracks, intervals, groups = shared
    inside = groups != fold
    train = [track for track, is_in in zip(tracks, inside, strict=True) if is_in]
    test = [track for track, is_in in zip(tracks, inside, strict=True) if not is_in]
    own = intervals[intervals["video"].isin([track.name for track in train])].reset_index(drop=True)
    return clone(spotter).fit(train, own, groups=groups[inside]).predict(test)


def _video_table(videos, tracks):
    """The videos with the lengths that their tracks have."""
    return videos.table.assign(
        fps=[track.fps for track in tracks],
        n_frames=[len(track) for track in tracks],
        duration_s=[track.duration for track in tracks],
    )


def _card(spotter, videos, started):
    names = ("numpy", "scipy", "scikit-learn", "skmer")
    named = {"recognised_types": list(spotter.types)} if hasattr(spotter, "recognise") else {}
    return {
        "spotter": type(spotter).__name__,
        "parameters": {name: _plain(value) for name, value in spotter.get_params(deep=False).items()},
        **named,
        "protocol": "leave-one-subject-out",
        "source": videos.fingerprint,
        "seconds": round(time.perf_counter() - started, 2),
        "versions": {name: version(name) for name in names} | {"python": platform.python_version()},
    }


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
