"""Scores of spotted movements and of their recognition, with confidence intervals by subject."""

from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_random_state

from skmer._utils._arguments import SEED, Items, checked, integer, option
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import Interval as Bounds
from skmer._utils._sklearn import Options
from skmer.metrics import Interval
from skmer.spotting._counts import ROWS, Comparison, pooled_scores
from skmer.spotting._intervals import MATCHING, SHARE
from skmer.spotting._megc2025 import megc2025_analysis, megc2025_pairs, megc2025_spotting, script_f1
from skmer.spotting._movements import RATES, VIDEOS

_ZERO_DIVISION = Options(Real, {0, 1})


@checked(
    videos=VIDEOS,
    fps=RATES,
    iou=SHARE,
    matching=MATCHING,
    zero_division=[option("warn"), "nan", _ZERO_DIVISION],
    compat=[option("megc2025"), None],
)
def spotting_score(
    true, pred, *, videos=None, fps=None, iou=0.5, matching="optimal", zero_division="warn", compat=None
):
    """Score spotted movements: precision, recall, F1, false positives, average precision, apex error.

    Counts are summed over all videos before any quotient is taken. Videos without a movement count by their
    false positives.

    Parameters
    ----------
    true, pred : DataFrame, or array-like of shape (n, 2)
        True and predicted movements with the columns ``video``, ``onset`` and ``offset`` in frames, both ends
        included. Used where they are there: ``type`` ("micro" or "macro"), ``score``, ``apex``, ``onset_s``,
        ``offset_s``, and ``subject`` or ``group``. Pairs (onset, offset) are of one video.
    videos : LongVideos or DataFrame, default=None
        All videos, also those without a movement: a column ``video``, and ``fps`` with ``n_frames``, or
        ``duration_s``. Without it there are no false positives a minute.
    fps : float or dict of str to float, default=None
        Frames a second of all videos or of each, where `videos` does not tell it.
    iou : float, default=0.5
        Least intersection over union of a true and a predicted movement that match.
    matching : {"optimal", "greedy"}, default="optimal"
        As in `match_intervals`.
    zero_division : {"warn", 0, 1, nan}, default="warn"
        Value of precision without predictions and of recall without truths; ``"warn"`` is 0, and warns where
        there is neither. F1 is NaN there whatever it is, and else needs none.
    compat : {"megc2025"}, default=None
        Give the numbers of the public script of MEGC 2025 instead; see Notes.

    Returns
    -------
    DataFrame indexed by type
        Rows ``micro``, ``macro`` and ``all``; columns ``n_true`` (M), ``n_pred`` (N), ``n_matched`` (A),
        ``precision`` A/N, ``recall`` A/M, ``f1`` 2A/(M+N), ``fp_per_minute``, ``ap50``, ``ap`` (mean over
        overlaps of .5, .55, ... .95), ``apex_error`` in frames (mean over matched movements) and
        ``apex_error_s``. What cannot be known is NaN.

    Raises
    ------
    ValueError
        If a column is missing, a movement ends before it starts, or types are known on one side only and no
        rate tells the others' length.

    Warns
    -----
    UndefinedMetricWarning
        If there is nothing to find and nothing was predicted.

    Notes
    -----
    A movement is micro up to .5 s (15 frames at 30 a second), unless its own ``type`` says otherwise, and a
    prediction matches truths of its own type only. Where neither types nor rates are given, all movements are
    of one type and only ``all`` is filled.

    ``compat="megc2025"`` does as the public script STRS-Metric does, and returns the row ``all`` alone. It
    differs from the definition: subjects without a prediction are left out with their truths; predictions in
    videos without a truth are left out; one prediction counts for each truth that it overlaps enough; types
    are not looked at. It needs a column ``subject`` or ``group``.

    References
    ----------
    He et al., "Spotting Macro- and Micro-expression Intervals in Long Video Sequences", FG 2020,
    arXiv:1912.11985.

    Liong, See and Chan, "Spot-then-recognize: A micro-expression analysis network for seamless evaluation of
    long videos", Signal Processing: Image Communication 110, 2023, doi:10.1016/j.image.2022.116875.

    Examples
    --------
    >>> from skmer.spotting import spotting_score
    >>> scores = spotting_score([(10, 19), (50, 99)], [(12, 19), (60, 70)], fps=30)
    >>> scores["n_true"].tolist(), scores["n_pred"].tolist(), scores["f1"].round(3).tolist()
    ([1, 1, 2], [2, 0, 2], [0.667, 0.0, 0.5])
    """
    if compat is not None:
        return megc2025_spotting(true, pred, iou)
    compared = Comparison.take(true, pred, videos, fps)
    found = compared.match(iou, matching)
    value = 0.0 if isinstance(zero_division, str) else float(zero_division)
    counts = compared.counts(found).groupby("type", sort=False).sum().reindex(list(ROWS), fill_value=0)
    precision, recall, f1 = pooled_scores(*counts.to_numpy().T, value)
    if isinstance(zero_division, str) and np.isnan(f1[-1]):
        warn_user(
            "F1 is NaN: there is no true and no predicted movement, so there is nothing to score.",
            UndefinedMetricWarning,
        )
    areas = np.array([compared.average_precision(kind) for kind in ROWS])
    return counts.assign(
        precision=precision,
        recall=recall,
        f1=f1,
        fp_per_minute=(counts["n_pred"] - counts["n_matched"]) / _minutes(compared.videos),
        ap50=areas[:, 1],
        ap=areas[:, 0],
        **_apex_errors(compared, found),
    )


def _minutes(videos):
    minutes = videos["minutes"].to_numpy(dtype=float)
    return minutes.sum() if len(minutes) and minutes.sum() > 0 else np.nan


def _apex_errors(compared, found):
    """Mean distance between true and predicted apex of the matched movements of each type."""
    hits = found >= 0
    pairs = compared.pred[hits].reset_index(drop=True), compared.true.iloc[found[hits]].reset_index(drop=True)
    if not all("apex" in table for table in pairs):
        return {"apex_error": np.nan, "apex_error_s": np.nan}
    apexes = [pd.to_numeric(table["apex"], errors="coerce").to_numpy(dtype=float) for table in pairs]
    frames = np.abs(apexes[0] - apexes[1])
    seconds = frames / pairs[0]["video"].map(compared.videos["fps"]).to_numpy(dtype=float)
    errors = pd.DataFrame({"apex_error": frames, "apex_error_s": seconds})
    means = errors.groupby(pairs[0]["type"].to_numpy()).mean()
    means.loc["all"] = errors.mean()
    return {name: means[name].reindex(list(ROWS)).to_numpy() for name in errors}


class STRScore(NamedTuple):
    """Spot-then-recognise score and its two factors.

    Attributes
    ----------
    score : float
        F1 of spotting times F1 of the analysis.
    f1_spotting : float
        2A/(M+N), pooled over all videos.
    f1_analysis : float
        Harmonic mean of macro precision and macro recall, over the matched movements.
    precision_analysis, recall_analysis : float
        Means over the classes.
    n_analysed : int
        Matched movements that the analysis is over.
    reason : str
        Why a number is NaN; empty otherwise.
    """

    score: float
    f1_spotting: float
    f1_analysis: float
    precision_analysis: float
    recall_analysis: float
    n_analysed: int
    reason: str = ""


@checked(
    emotions=[Items(str, least=1), None],
    videos=VIDEOS,
    fps=RATES,
    iou=SHARE,
    matching=MATCHING,
    compat=[option("megc2025"), None],
)
def str_score(
    true, pred, *, emotions=None, videos=None, fps=None, iou=0.5, matching="optimal", compat=None
) -> STRScore:
    """Spot-then-recognise score: F1 of spotting times F1 of naming the emotion of what was spotted rightly.

    Parameters
    ----------
    true, pred : DataFrame
        Movements as `spotting_score` takes them, with a column ``emotion``.
    emotions : list of str, default=None
        Classes of the analysis; None takes those of all true movements. Of a matched movement whose truth is
        another class nothing is scored; one that is predicted as another class costs recall.
    videos, fps, iou, matching : object
        As in `spotting_score`.
    compat : {"megc2025"}, default=None
        Give the numbers of the public script of MEGC 2025 instead, NaN with the reason where it ends in an
        error.

    Returns
    -------
    STRScore

    Raises
    ------
    ValueError
        If a column is missing.

    Warns
    -----
    UndefinedMetricWarning
        If there is nothing to find and nothing was predicted.

    Notes
    -----
    A class that no matched movement has and none is given counts in no mean; a class that was only predicted
    has recall 0, one that was only missed precision 0. Without a matched movement of the classes F1 of the
    analysis is 0: nothing was named rightly. The public script differs: every class counts, classes of all
    movements or none score 0, and with one class all right, or none matched, it has no number.

    References
    ----------
    Liong, See and Chan, "Spot-then-recognize: A micro-expression analysis network for seamless evaluation of
    long videos", Signal Processing: Image Communication 110, 2023, doi:10.1016/j.image.2022.116875.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.spotting import str_score
    >>> true = pd.DataFrame({"video": "a", "onset": [0, 40], "offset": [9, 49], "emotion": ["fear", "anger"]})
    >>> score = str_score(true, true.assign(emotion=["fear", "fear"]))
    >>> score.f1_spotting, score.precision_analysis, score.recall_analysis, round(score.score, 3)
    (1.0, 0.25, 0.5, 0.333)
    """
    true, pred = _with_emotions("true", true), _with_emotions("pred", pred)
    if compat is not None:
        return _script_score(true, pred, emotions, iou)
    compared = Comparison.take(true, pred, videos, fps)
    found = compared.match(iou, matching)
    _, _, f1 = pooled_scores(len(compared.true), len(compared.pred), int((found >= 0).sum()))
    said, meant = (
        compared.pred["emotion"][found >= 0].to_numpy(dtype=object),
        compared.true["emotion"].to_numpy(dtype=object)[found[found >= 0]],
    )
    emotions = sorted(set(compared.true["emotion"])) if emotions is None else list(emotions)
    kept = np.isin(meant, emotions)
    precision, recall, analysis = _analysis(meant[kept], said[kept], emotions)
    reason = ""
    if np.isnan(f1):
        reason = "there is no true and no predicted movement"
        warn_user(f"The score is NaN: {reason}.", UndefinedMetricWarning)
    return STRScore(float(f1) * analysis, float(f1), analysis, precision, recall, int(kept.sum()), reason)


def _analysis(meant, said, emotions):
    """Macro precision, macro recall and their harmonic mean, over the classes that occur."""
    present = [name for name in emotions if (meant == name).any() or (said == name).any()]
    if not present:
        return 0.0, 0.0, 0.0
    hits = [int(((meant == name) & (said == name)).sum()) for name in present]
    precision = np.mean([hit / max(1, (said == name).sum()) for hit, name in zip(hits, present, strict=True)])
    recall = np.mean([hit / max(1, (meant == name).sum()) for hit, name in zip(hits, present, strict=True)])
    total = precision + recall
    return float(precision), float(recall), float(2 * precision * recall / total) if total else 0.0


def _script_score(true, pred, emotions, iou):
    found = megc2025_pairs(true, pred, iou)
    n_pred, n_true = found.n_matched + found.n_false, found.n_matched + found.n_missed
    f1 = script_f1(found.n_matched, n_pred, n_true)[2]
    precision, recall, analysis, reason = megc2025_analysis(true, pred, found.pairs, emotions)
    return STRScore(f1 * analysis, f1, analysis, precision, recall, found.n_matched, reason)


def _with_emotions(name, table):
    if not isinstance(table, pd.DataFrame) or (len(table) and "emotion" not in table):
        raise ValueError(f"{name} must be a table of movements with a column emotion.")
    return table if "emotion" in table else table.assign(emotion="")


_MOST_RESAMPLES = 100_000  # bounds the memory; the ends of an interval no longer move


@checked(
    videos=VIDEOS,
    fps=RATES,
    iou=SHARE,
    matching=MATCHING,
    level=[Bounds(Real, 0, 1, closed="neither")],
    n_resamples=[integer(1, _MOST_RESAMPLES)],
    random_state=SEED,
)
def spotting_bootstrap(
    true,
    pred,
    *,
    videos=None,
    fps=None,
    iou=0.5,
    matching="optimal",
    level=0.95,
    n_resamples=2000,
    random_state=0,
):
    """Percentile intervals of the pooled F1, from resampling whole subjects.

    Parameters
    ----------
    true, pred, videos, fps, iou, matching : object
        As in `spotting_score`; the subject of each video is in the column ``group`` or ``subject`` of one of
        the tables.
    level : float, default=0.95
        Coverage.
    n_resamples : int, default=2000
        Number of draws, at most 100,000.
    random_state : int, RandomState instance or None, default=0
        Source of the draws.

    Returns
    -------
    dict of str to Interval
        Keys "micro", "macro" and "all". Draws in which nothing is due and nothing predicted are left out; NaN
        where all are so.

    Raises
    ------
    ValueError
        If a subject is not known, there is only one, or a parameter is out of its range.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.spotting import spotting_bootstrap
    >>> true = pd.DataFrame({"video": list("abcd"), "subject": [1, 1, 2, 3], "onset": 0, "offset": 9})
    >>> interval = spotting_bootstrap(true, true[:3], fps=30)["micro"]
    >>> interval.low < 6 / 7 <= interval.high
    True
    """
    compared = Comparison.take(true, pred, videos, fps)
    counts = compared.counts(compared.match(iou, matching))
    return resampled_intervals(counts, compared.videos["group"], level, n_resamples, random_state)


def resampled_intervals(counts, groups, level=0.95, n_resamples=2000, random_state=0):
    """Intervals of F1 from counts of each video and type, and the group of each video."""
    if groups.isna().any():
        raise ValueError(
            "videos must tell the subject of each video in a column group, as true must without it; video "
            f"{groups.isna().idxmax()!r} has none."
        )
    subjects, members = np.unique(groups.astype(str).to_numpy(), return_inverse=True)
    if len(subjects) < 2:
        raise ValueError(f"true, pred or videos must tell at least two subjects, got only {list(subjects)}.")
    table = counts.to_numpy().reshape(len(groups), len(ROWS), 3)
    own = np.zeros((len(subjects), len(ROWS), 3))
    np.add.at(own, members, table)
    share = np.full(len(subjects), 1 / len(subjects))
    weights = check_random_state(random_state).multinomial(len(subjects), share, size=n_resamples)
    drawn = np.tensordot(weights, own, 1)
    _, _, f1 = pooled_scores(*np.moveaxis(drawn, -1, 0))
    return {kind: _interval(f1[:, k], level) for k, kind in enumerate(ROWS)}


def _interval(values, level):
    values = values[~np.isnan(values)]
    if not len(values):
        return Interval(np.nan, np.nan)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
