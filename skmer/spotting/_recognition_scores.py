"""Spot-then-recognise score: spotted movements and the emotions that they were given."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from skmer._utils._arguments import Items, checked, option
from skmer._utils._messages import warn_user
from skmer.spotting._counts import Comparison, pooled_scores
from skmer.spotting._intervals import MATCHING, SHARE
from skmer.spotting._megc2025 import megc2025_analysis, megc2025_pairs, script_f1
from skmer.spotting._movements import RATES, TYPES, VIDEOS


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
    types=[Items(option(*TYPES), least=1), None],
    videos=VIDEOS,
    fps=RATES,
    iou=SHARE,
    matching=MATCHING,
    compat=[option("megc2025"), None],
)
def str_score(
    true,
    pred,
    *,
    emotions=None,
    types=None,
    videos=None,
    fps=None,
    iou=0.5,
    matching="optimal",
    compat=None,
) -> STRScore:
    """Spot-then-recognise score: F1 of spotting times F1 of naming the emotion of what was spotted rightly.

    Parameters
    ----------
    true, pred : DataFrame
        Movements as `spotting_score` takes them, with a column ``emotion``: empty, NaN or None where there
        is none.
    emotions : list of str, default=None
        Classes of the analysis; None takes those of all true movements that have one. Of a matched movement
        whose truth is none of them nothing is scored; one that is predicted as none of them costs recall.
    types : list of {"micro", "macro"}, default=None
        Types of movements that count, in both factors: those that the recogniser was asked to name. None
        takes all.
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
    if compat is not None:
        if types is not None:
            raise ValueError(f"types must be None for compat={compat!r}, which does not look at types.")
        return _script_score(_with_emotions("true", true), _with_emotions("pred", pred), emotions, iou)
    compared = Comparison.take(true, pred, videos, fps)
    score = Recognition.of(compared, emotions, types, iou, matching).score()
    if score.reason:
        warn_user(f"The score is NaN: {score.reason}.", UndefinedMetricWarning)
    return score


class Recognition(NamedTuple):
    """Counts of each video whose sums over videos give the score.

    Attributes
    ----------
    videos : DataFrame
        One row a video.
    spotting : ndarray of shape (n_videos, 3)
        True, predicted and matched movements.
    classes : ndarray of shape (n_videos, n_classes, 3)
        Matched movements of each class: those that are of it, those that are called it, and both.
    n_analysed : int
        Matched movements that the analysis is over.
    """

    videos: pd.DataFrame
    spotting: np.ndarray
    classes: np.ndarray
    n_analysed: int

    @classmethod
    def of(cls, compared, emotions=None, types=None, iou=0.5, matching="optimal"):
        """Count what is matched of the movements of some types."""
        found = compared.match(iou, matching)
        true, pred = _with_emotions("true", compared.true), _with_emotions("pred", compared.pred)
        due, asked = (_of_types(table, types) for table in (true, pred))
        emotions = _classes(true[due]) if emotions is None else list(emotions)
        hits = asked & (found >= 0)
        meant = true["emotion"].to_numpy(dtype=object)[found[hits]]
        said = pred["emotion"].to_numpy(dtype=object)[hits]
        places = compared.videos.index.get_indexer(pred["video"])
        spotting = np.zeros((len(compared.videos), 3))
        np.add.at(spotting[:, 0], compared.videos.index.get_indexer(true["video"][due]), 1)
        np.add.at(spotting[:, 1], places[asked], 1)
        np.add.at(spotting[:, 2], places[hits], 1)
        kept = np.isin(meant, emotions)
        classes = np.zeros((len(compared.videos), len(emotions), 3))
        for k, name in enumerate(emotions):
            is_of, is_called = kept & (meant == name), kept & (said == name)
            for column, chosen in enumerate((is_of, is_called, is_of & is_called)):
                np.add.at(classes[:, k, column], places[hits][chosen], 1)
        return cls(compared.videos, spotting, classes, int(kept.sum()))

    def score(self):
        """The score of all videos; STRScore."""
        _, _, f1 = pooled_scores(*self.spotting.sum(axis=0))
        precision, recall, analysis = (float(value) for value in analysis_scores(self.classes.sum(axis=0)))
        reason = "there is no true and no predicted movement" if np.isnan(f1) else ""
        return STRScore(float(f1) * analysis, float(f1), analysis, precision, recall, self.n_analysed, reason)


def analysis_scores(classes):
    """Macro precision, macro recall and their harmonic mean, over the classes that occur.

    Parameters
    ----------
    classes : ndarray of shape (..., n_classes, 3)
        As of `Recognition`, summed over videos.

    Returns
    -------
    tuple of three ndarrays of shape (...)
        0 where no class occurs.
    """
    n_meant, n_said, n_both = np.moveaxis(np.asarray(classes, dtype=float), -1, 0)
    n_present = np.maximum(1, (n_meant + n_said > 0).sum(axis=-1))
    precision = (n_both / np.maximum(1, n_said)).sum(axis=-1) / n_present
    recall = (n_both / np.maximum(1, n_meant)).sum(axis=-1) / n_present
    total = precision + recall
    return precision, recall, 2 * precision * recall / np.where(total > 0, total, 1)


def _of_types(table, types):
    """Rows of a table of movements that are of some types."""
    kinds = table["type"].to_numpy(dtype=object)
    if types is not None and (kinds == "").any():
        raise ValueError("types needs a column type with 'micro' or 'macro' in every row, or fps.")
    return np.ones(len(table), bool) if types is None else np.isin(kinds, list(types))


def _script_score(true, pred, emotions, iou):
    found = megc2025_pairs(true, pred, iou)
    n_pred, n_true = found.n_matched + found.n_false, found.n_matched + found.n_missed
    f1 = script_f1(found.n_matched, n_pred, n_true)[2]
    emotions = _classes(true) if emotions is None else list(emotions)
    precision, recall, analysis, reason = megc2025_analysis(true, pred, found.pairs, emotions)
    return STRScore(f1 * analysis, f1, analysis, precision, recall, found.n_matched, reason)


def _classes(true):
    """Emotions of the true movements; a movement without one is of no class."""
    return sorted(set(true["emotion"]) - {""})


def _with_emotions(name, table):
    if not isinstance(table, pd.DataFrame) or (len(table) and "emotion" not in table):
        raise ValueError(f"{name} must be a table of movements with a column emotion.")
    said = table["emotion"] if "emotion" in table else pd.Series(index=table.index, dtype=object)
    return table.assign(emotion=said.astype(object).where(said.notna(), "").astype(str))
