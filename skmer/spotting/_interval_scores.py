"""Scores of spotted movements."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from skmer._utils._arguments import checked, option
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import Options
from skmer.spotting._counts import ROWS, Comparison, pooled_scores
from skmer.spotting._intervals import MATCHING, SHARE
from skmer.spotting._megc2025 import megc2025_spotting
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
