"""Scores where the keyframes of held-out clips are off, or found by a program."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut

from skmer._utils._arguments import FLAG, JOBS, SEED, Items, checked, integer, real
from skmer._utils._jobs import run_jobs
from skmer._utils._progress import Progress
from skmer._utils._sklearn import HasMethods, ungated
from skmer.landmarks import find_apex
from skmer.metrics import paired_bootstrap
from skmer.model_selection._results._result_scores import pooled_scores

_ANNOTATED = ("as annotated", 0)


@checked(
    estimator=[HasMethods(["fit", "predict"])],
    clips=[HasMethods("keyframe_positions")],
    shifts=[Items(integer(1))],
    find=FLAG,
    level=[real(0, 1)],
    n_jobs=JOBS,
    random_state=SEED,
    verbose=["verbose"],
)
def keyframe_errors(
    estimator,
    clips,
    *,
    shifts=(1, 2, 4, 8),
    find=False,
    level=0.95,
    n_jobs=None,
    random_state=0,
    verbose=1,
):
    """Score an estimator on held-out clips whose keyframes are off by some frames, or found by a program.

    Each subject is left out once. The model is trained on keyframes as they are annotated, and predicts the
    held-out clips with one of them moved: what happens to a model in use, where nobody annotates.

    Parameters
    ----------
    estimator : estimator
        Classifier or pipeline that takes ``clips.frames``; it is cloned for each fold.
    clips : MicroExpressionClips
        With ``sequences``; clips without one keep their frames, and ``n_moved`` does not count them.
    shifts : sequence of int, default=(1, 2, 4, 8)
        Frames that a keyframe is off. The onset is late, the offset early, the apex both; none passes its
        neighbour, and none leaves the sequence.
    find : bool, default=False
        Whether to add a row with each apex as `find_apex` finds it; images take a while.
    level : float, default=0.95
        Coverage of the intervals.
    n_jobs : int, default=None
        Fits at a time.
    random_state : int, RandomState instance or None, default=0
        Source of the draws of the intervals.
    verbose : int, default=1
        1 shows progress; 0 nothing.

    Returns
    -------
    table : pandas.DataFrame
        A row a variant, the first as annotated: ``keyframe``, ``shift`` in frames (negative is early; of a
        found apex the median distance to the annotated one), ``n_moved``, ``accuracy``, ``uf1``, ``uar``,
        and ``uf1_change`` from the first row with ``low`` and ``high``, its interval by subject.

    Raises
    ------
    ValueError
        If no clip has a sequence with its three keyframes, or there are fewer than two subjects.

    See Also
    --------
    skmer.inspection.KeyframeErrorsDisplay : Picture of the table.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from skmer.datasets import MicroExpressionClips, make_landmark_clips
    >>> from skmer.model_selection import keyframe_errors
    >>> made = make_landmark_clips(n_subjects=3, n_clips=12, random_state=0)
    >>> steps = np.linspace(0, 1, 9)[:, None, None]
    >>> sequences = [onset + steps * (apex - onset) for onset, apex, _ in made.frames]
    >>> frames = [sequence[[0, 4, 8]] for sequence in sequences]
    >>> clips = MicroExpressionClips(frames, made.target, made.groups, sequences=sequences)
    >>> table = keyframe_errors(DummyClassifier(), clips, shifts=[2], verbose=0)
    >>> table[["keyframe", "shift", "n_moved"]].to_numpy().tolist()[1:]
    [['onset', 2, 12], ['apex', -2, 12], ['apex', 2, 12], ['offset', -2, 12]]
    """
    positions = clips.keyframe_positions()
    if not (positions >= 0).all(axis=1).any():
        raise ValueError("clips must have sequences with their keyframes, none has; read them with theirs.")
    moved = {_ANNOTATED: positions, **_shifted(positions, clips.sequences, sorted(set(shifts)))}
    if find:
        found, distance = _found(positions, clips.sequences, n_jobs)
        moved["apex, found", distance] = found
    variants = [_frames_at(clips, where) for where in moved.values()]
    predictions = _predictions(estimator, clips, variants, n_jobs, verbose)
    rows = []
    for (keyframe, shift), where, predicted in zip(moved, moved.values(), predictions, strict=True):
        scores = pooled_scores(clips.target, predicted, clips.class_names)
        pair = (clips.target, predicted, predictions[0], clips.groups)
        low, high = paired_bootstrap(*pair, level=level, random_state=random_state)["uf1"]
        rows.append(
            {"keyframe": keyframe, "shift": shift, "n_moved": int((where != positions).any(axis=1).sum())}
        )
        rows[-1] |= {**scores, "uf1_change": scores["uf1"] - rows[0]["uf1"] if len(rows) > 1 else 0.0}
        rows[-1] |= {"low": low, "high": high}
    return pd.DataFrame(rows)


def _shifted(positions, sequences, shifts):
    """Return positions by keyframe and shift."""
    known = (positions >= 0).all(axis=1)
    last = np.array([0 if sequence is None else len(sequence) - 1 for sequence in sequences])
    onset, apex, offset = positions.T
    bounds = {"onset": (np.zeros_like(last), apex - 1), "apex": (onset + 1, offset), "offset": (apex, last)}
    found = {}
    for column, (name, (low, high)) in enumerate(bounds.items()):
        for shift in [*(-s for s in reversed(shifts)), *shifts]:
            # A sequence starts at the onset and ends at the offset: neither can move outwards.
            if (name, shift > 0) in (("onset", False), ("offset", True)):
                continue
            where = positions.copy()
            target = np.clip(positions[:, column] + shift, low, np.maximum(low, high))
            where[known, column] = target[known]
            found[name, shift] = where
    return found


def _found(positions, sequences, n_jobs):
    """Return positions with the apex that is found, and the median of its distance to the annotated one."""
    rows = np.flatnonzero((positions >= 0).all(axis=1))
    tasks = [sequences[row] for row in rows]
    where = positions.copy()
    for k, apex in run_jobs(_apex_of, tasks, n_jobs=n_jobs, shared=None):
        where[rows[k], 1] = apex
    return where, float(np.median(np.abs(where - positions)[rows, 1]))


def _apex_of(sequence, _):
    return find_apex(sequence, memory="auto")


def _frames_at(clips, where):
    frames = clips.frames.copy()
    for clip, places in enumerate(where):
        if (places >= 0).all():
            for column, place in enumerate(places):
                frames[clip, column] = clips.sequences[clip][place]
    return frames


def _predictions(estimator, clips, variants, n_jobs, verbose):
    """Return the out-of-fold predictions of each variant; list of ndarray."""
    folds = list(LeaveOneGroupOut().split(clips.frames, clips.target, clips.groups))
    found = [np.empty(len(clips), dtype=object) for _ in variants]
    tasks = [(train, [frames[test] for frames in variants]) for train, test in folds]
    shared = (ungated(estimator), clips.frames, clips.target)
    with Progress(len(tasks), title="folds", unit="fit", verbose=verbose) as progress:
        for k, parts in run_jobs(_predict_fold, tasks, n_jobs=n_jobs, shared=shared):
            for column, part in zip(found, parts, strict=True):
                column[folds[k][1]] = part
            progress.add()
    return [column.astype(clips.target.dtype) for column in found]


def _predict_fold(task, shared):
    (train, variants), (estimator, frames, target) = task, shared
    model = clone(estimator).fit(frames[train], target[train])
    return [model.predict(held_out) for held_out in variants]
