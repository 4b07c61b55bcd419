"""Confidence intervals of the scores of spotting, from resampling whole subjects."""

from numbers import Real

import numpy as np
from sklearn.utils import check_random_state

from skmer._utils._arguments import SEED, checked, integer
from skmer._utils._sklearn import Interval as Bounds
from skmer.metrics import Interval
from skmer.spotting._counts import ROWS, Comparison, pooled_scores
from skmer.spotting._intervals import MATCHING, SHARE
from skmer.spotting._movements import RATES, VIDEOS
from skmer.spotting._recognition_scores import Recognition, analysis_scores

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
    """Percentile intervals of pooled F1 and of the spot-then-recognise score, from resampling whole subjects.

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
        Keys "micro", "macro" and "all", and "str" where both tables have a column ``emotion``. Draws in which
        nothing is due and nothing predicted are left out; NaN where all are so.

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
    resampling = level, n_resamples, random_state
    counts = compared.counts(compared.match(iou, matching))
    intervals = resampled_intervals(counts, compared.videos["group"], *resampling)
    if "emotion" in compared.true and "emotion" in compared.pred:
        intervals["str"] = recognition_interval(
            Recognition.of(compared, iou=iou, matching=matching), *resampling
        )
    return intervals


def resampled_intervals(counts, groups, level=0.95, n_resamples=2000, random_state=0):
    """Intervals of F1 from counts of each video and type, and the group of each video."""
    table = counts.to_numpy().reshape(len(groups), len(ROWS), 3)
    (drawn,) = _drawn(groups, [table], n_resamples, random_state)
    _, _, f1 = pooled_scores(*np.moveaxis(drawn, -1, 0))
    return {kind: _interval(f1[:, k], level) for k, kind in enumerate(ROWS)}


def recognition_interval(recognition, level=0.95, n_resamples=2000, random_state=0):
    """Interval of the spot-then-recognise score, from the counts of each video."""
    tables = [recognition.spotting, recognition.classes]
    spotting, classes = _drawn(recognition.videos["group"], tables, n_resamples, random_state)
    _, _, f1 = pooled_scores(*spotting.T)
    return _interval(f1 * analysis_scores(classes)[2], level)


def _drawn(groups, tables, n_resamples, random_state):
    """Sums of tables of counts over the videos of subjects that are drawn with replacement."""
    if groups.isna().any():
        raise ValueError(
            "videos must tell the subject of each video in a column group, as true must without it; video "
            f"{groups.isna().idxmax()!r} has none."
        )
    subjects, members = np.unique(groups.astype(str).to_numpy(), return_inverse=True)
    if len(subjects) < 2:
        raise ValueError(f"true, pred or videos must tell at least two subjects, got only {list(subjects)}.")
    share = np.full(len(subjects), 1 / len(subjects))
    weights = check_random_state(random_state).multinomial(len(subjects), share, size=n_resamples)
    drawn = []
    for table in tables:
        own = np.zeros((len(subjects), *table.shape[1:]))
        np.add.at(own, members, table)
        drawn.append(np.tensordot(weights, own, 1))
    return drawn


def _interval(values, level):
    values = values[~np.isnan(values)]
    if not len(values):
        return Interval(np.nan, np.nan)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
