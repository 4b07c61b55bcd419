"""The spot-then-recognise score."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from skmer._utils._arguments import Items, checked, option
from skmer._utils._checks import warn_user
from skmer.spotting._counts import Comparison, pooled_scores
from skmer.spotting._intervals import MATCHING, SHARE
from skmer.spotting._megc2025 import megc2025_analysis, megc2025_pairs, script_f1
from skmer.spotting._movements import RATES, VIDEOS


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
