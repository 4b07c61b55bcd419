"""The leak audit of spotting: lengths of all samples, thresholds of the test, videos that were left out."""

import inspect
import re
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.base import clone

from skmer._utils._arguments import Items, checked, integer
from skmer._utils._sklearn import HasMethods
from skmer.datasets import LongVideos
from skmer.landmarks import FaceTrack
from skmer.model_selection import LeakAudit, LeakFinding
from skmer.spotting._evaluation import ordered_tracks
from skmer.spotting._interval_scores import spotting_score
from skmer.spotting._memory import forget
from skmer.spotting._spotting_result import SpottingResult

_CLOSE = 0.005  # relative distance at which a parameter is taken for a statistic
_SWEEP = (0.5, 0.7, 0.85, 0.95, 1.05, 1.2, 1.5, 2.0)


@checked(
    spotter=[HasMethods(["fit", "get_params"])],
    videos=[LongVideos],
    tracks=[Items(FaceTrack, least=1), None],
    result=[SpottingResult, None],
    n_folds=[integer(0)],
)
def audit_spotting(spotter, videos, tracks=None, *, result=None, n_folds=2):
    """Look for ways in which the test subjects take part in a spotter or in its score.

    Four things are looked at. The videos: whether those without a movement were left out, in the data or in a
    result; one recording under two subjects. The lengths: a parameter that equals the mean or median length
    of the movements of all subjects, in seconds or frames, whole or half. The thresholds: a number that was
    given and is the best of its neighbours on all videos, while `fit` learns nothing. The fits: each of a few
    folds is fitted twice, the second time with the held-out tracks and movements changed, and has to spot the
    same.

    Parameters
    ----------
    spotter : MotionSpotter or another spotter
        Not fitted, or fitted.
    videos : LongVideos
        The videos of the evaluation.
    tracks : list of FaceTrack, default=None
        Tracks of the videos, by their names; None takes the landmarks that the videos hold.
    result : SpottingResult, default=None
        A result to look at, too.
    n_folds : int, default=2
        Folds that are fitted, twice each: those of the first subjects.

    Returns
    -------
    LeakAudit
        Findings of the kinds "empty-videos", "duplicate", "window", "threshold" and "state".

    Raises
    ------
    ValueError
        If there are fewer than two subjects, or a video has no track.

    Notes
    -----
    The audit cannot see a choice that a person made after looking at test scores, unless it is the best one
    there. Parameters at their defaults are not taken for chosen.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.spotting import MotionSpotter, audit_spotting
    >>> videos = make_long_videos(n_subjects=3, n_videos=6, duration=30, empty=0.4, random_state=0)
    >>> audit_spotting(MotionSpotter(), videos, n_folds=1).passed
    True
    >>> moving = videos.select([name in set(videos.intervals["video"]) for name in videos.names])
    >>> [finding.kind for finding in audit_spotting(MotionSpotter(), moving, n_folds=1).findings]
    ['empty-videos']
    """
    tracks = ordered_tracks(videos, tracks)
    folds = list(dict.fromkeys(videos.groups.tolist()))
    if len(folds) < 2:
        raise ValueError(f"videos must be of at least two subjects, got only {folds}.")
    findings = [*_empty(videos, result), *_duplicates(videos, tracks)]
    spots = getattr(spotter, "spotter", spotter)  # of SpotThenRecognise
    findings += [*_lengths(spots, videos), *_thresholds(spots, videos, tracks)]
    for fold in folds[:n_folds]:
        findings += _state(spotter, videos, tracks, fold)
    unique = tuple({finding.kind: finding for finding in reversed(findings)}.values())
    return LeakAudit(unique[::-1], len(videos), len(folds), tuple(folds[:n_folds]), 0)


def _empty(videos, result):
    moving = set(videos.intervals["video"])
    chosen = re.match(r"(\d+) of (.+)", videos.fingerprint)
    if chosen and moving >= set(videos.names):
        yield LeakFinding(
            "empty-videos",
            f"the {chosen[1]} videos are a selection of {chosen[2]!r}, and each has a movement: false alarms "
            "in videos without one are not counted.",
        )
    if result is not None:
        lacking = [str(name) for name in videos.names if name not in set(result.videos["video"])]
        if lacking:
            empty = sum(name not in moving for name in lacking)
            yield LeakFinding(
                "empty-videos",
                f"the result leaves out {len(lacking)} of {len(videos)} videos, {empty} of them without a "
                f"movement ({', '.join(lacking[:3])}): their false alarms and misses are not counted.",
            )


def _duplicates(videos, tracks):
    seen = {}
    for track, group in zip(tracks, videos.groups, strict=True):
        other = seen.setdefault(track.points.tobytes(), (track.name, group))
        if other[1] != group:
            yield LeakFinding("duplicate", f"{track.name!r} of {group} is {other[0]!r} of {other[1]}.")


def _numbers(spotter):
    """Numbers among the parameters that are not at their defaults: name to number."""
    usual = inspect.signature(type(spotter)).parameters
    for name, value in spotter.get_params(deep=False).items():
        default = usual[name].default if name in usual else inspect.Parameter.empty
        if np.shape(value) == np.shape(default) and np.all(np.asarray(value == default)):
            continue
        for k, number in enumerate(np.ravel(np.asarray(value, dtype=object))):
            if isinstance(number, Real) and not isinstance(number, bool) and number > 0:
                yield (name if np.ndim(value) == 0 else f"{name}, entry {k}"), float(number)


def _statistics(intervals):
    frames = (intervals["offset"] - intervals["onset"] + 1).astype(float)
    seconds = intervals["offset_s"] - intervals["onset_s"]
    for kind in ("micro", "macro", "all"):
        rows = np.ones(len(intervals), bool) if kind == "all" else (intervals["type"] == kind).to_numpy()
        for unit, lengths in (("frames", frames), ("seconds", seconds)):
            if rows.sum() > 2:
                own = lengths[rows]
                for name, value in (("mean", own.mean()), ("median", own.median()), ("longest", own.max())):
                    yield f"{name} length of {kind} movements in {unit}", float(value)
                    yield f"half the {name} length of {kind} movements in {unit}", float((value + 1) / 2)


def _lengths(spotter, videos):
    known = list(_statistics(videos.intervals))
    for name, number in _numbers(spotter):
        for label, value in known:
            if value > 0 and (abs(number - value) <= _CLOSE * value or number == round(value)):
                yield LeakFinding(
                    "window",
                    f"{name} = {number:g} is {label} over all subjects ({value:g}), also the held-out one; "
                    "let fit choose it from the training subjects.",
                )
                return


def _thresholds(spotter, videos, tracks):
    """Numbers that nothing learns and that are best on the test."""
    for name, number in _numbers(spotter):
        if name not in spotter.get_params(deep=False):  # an entry of a parameter
            continue
        scores = {}
        for factor in (1.0, *_SWEEP):
            try:
                other = clone(spotter).set_params(**{name: number * factor})
                fitted = other.fit(tracks, videos.intervals, groups=videos.groups)
            except (ValueError, TypeError):
                continue
            if any(np.isfinite(choice.f1) for choice in getattr(fitted, "choices_", {}).values()):
                return  # fit chooses what is scored here
            found = fitted.predict(tracks)
            scores[factor] = spotting_score(videos.intervals, found, videos=videos, zero_division=0).loc[
                "all", "f1"
            ]
        rest = [score for factor, score in scores.items() if factor != 1.0]
        if len(rest) == len(_SWEEP) and max(rest[0], rest[-1], 0) < scores[1.0] >= max(rest):
            yield LeakFinding(
                "threshold",
                f"{name} = {number:g} was given, and of its neighbours from half to twice it has the best F1 "
                f"on these very videos ({scores[1.0]:.3f}, at half of it {rest[0]:.3f}); let fit choose it.",
            )


def _state(spotter, videos, tracks, fold):
    """A fit whose outcome changes with the held-out subject has seen it."""
    inside = videos.groups != fold
    train = [track for track, is_in in zip(tracks, inside, strict=True) if is_in]
    held = [track for track, is_in in zip(tracks, inside, strict=True) if not is_in]
    names = [track.name for track in train]
    own = videos.intervals[videos.intervals["video"].isin(names)].reset_index(drop=True)
    rows = ~videos.intervals["video"].isin(names).to_numpy()
    columns = ["onset", "offset", "onset_s", "offset_s"]
    before = videos.intervals[columns].copy(), [track.points.copy() for track in held]
    outcomes = []
    for is_changed in (False, True):
        if is_changed:
            for column, part in zip(columns, (0.5, 0.5, 0.5, 0.5), strict=True):
                changed = videos.intervals[column].astype(float) * np.where(rows, part, 1.0)
                videos.intervals[column] = changed.round() if column in columns[:2] else changed
            for track in held:
                track.points[:] = track.points[::-1].copy()
            forget(held)
        try:
            outcomes.append(
                clone(spotter).fit(train, own.copy(), groups=videos.groups[inside]).predict(train)
            )
        finally:
            if is_changed:
                videos.intervals[columns] = before[0]
                for track, points in zip(held, before[1], strict=True):
                    track.points[:] = points
                forget(held)
    if not _equal(*outcomes):
        yield LeakFinding(
            "state",
            f"a spotter fitted without {fold} spots otherwise when only the tracks and movements of {fold} "
            "are changed: it reaches them by another way than its arguments.",
        )


def _equal(first, second):
    try:
        pd.testing.assert_frame_equal(first, second)
    except AssertionError:
        return False
    return True
