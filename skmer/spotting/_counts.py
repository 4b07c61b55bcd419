"""Counts of true, predicted and matched movements, video by video, and the scores that follow from them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skmer.spotting._intervals import interval_iou, match_table
from skmer.spotting._movements import TYPES, check_movements, check_videos, paired_types

ROWS = (*TYPES, "all")
_THRESHOLDS = np.arange(10, 20) / 20  # .5, .55, ... .95, each the nearest float


@dataclass(frozen=True, eq=False)
class Comparison:
    """True and predicted movements of some videos, checked and typed, with the overlaps of each pair.

    `tables` holds for each video the rows of its predictions and truths and their table of overlaps, in
    which pairs of different types have none.
    """

    true: pd.DataFrame
    pred: pd.DataFrame
    videos: pd.DataFrame
    tables: dict

    @classmethod
    def take(cls, true, pred, videos=None, fps=None):
        """Check the movements, find their types and compute all overlaps."""
        true, pred = check_movements("true", true), check_movements("pred", pred)
        if "score" in pred and pred["score"].isna().any():
            row = int(np.argmax(pred["score"].isna()))
            raise ValueError(f"pred must have a score in every row or no column score, row {row} has none.")
        about = check_videos(videos, true, pred, fps=fps)
        kinds = paired_types(true, pred, about)
        true, pred = true.assign(type=kinds[0]), pred.assign(type=kinds[1])
        places = pred.groupby("video").indices, true.groupby("video").indices
        tables = {}
        for video in about.index:
            rows, columns = (place.get(video, np.empty(0, int)) for place in places)
            overlaps = interval_iou(_pairs(pred, rows), _pairs(true, columns))
            same = kinds[1][rows][:, None] == kinds[0][columns][None]
            tables[video] = rows, columns, np.where(same, overlaps, 0.0)
        return cls(true, pred, about, tables)

    def match(self, iou=0.5, matching="optimal"):
        """Row of the truth of each prediction, -1 for none; ndarray (n_pred,)."""
        found = np.full(len(self.pred), -1)
        for rows, columns, table in self.tables.values():
            local = match_table(table, iou, matching)
            found[rows[local >= 0]] = columns[local[local >= 0]]
        return found

    def counts(self, found):
        """``n_true``, ``n_pred`` and ``n_matched`` of each video and type; DataFrame (3 n_videos, 3)."""
        names = {"n_true": self.true, "n_pred": self.pred, "n_matched": self.pred[found >= 0]}
        index = pd.MultiIndex.from_product([self.videos.index, ROWS], names=["video", "type"])
        counts = pd.DataFrame(0, index=index, columns=list(names))
        for column, table in names.items():
            sizes = table.groupby(["video", "type"]).size()
            sizes = sizes[sizes.index.get_level_values("type") != ""]
            counts.loc[sizes.index, column] = sizes.to_numpy()
            whole = table.groupby("video").size()
            counts.loc[[(video, "all") for video in whole.index], column] = whole.to_numpy()
        return counts

    def average_precision(self, kind):
        """Mean average precision over the thresholds .5 to .95, and that at .5; NaN without scores or truth.

        Without a prediction it is 0, whether or not the empty table has a column of scores.

        Parameters
        ----------
        kind : str
            One of `ROWS`.
        """
        chosen = np.ones(len(self.pred), bool) if kind == "all" else (self.pred["type"] == kind).to_numpy()
        n_true = len(self.true) if kind == "all" else int((self.true["type"] == kind).sum())
        if not n_true or ("score" not in self.pred and chosen.any()):
            return np.nan, np.nan
        if not chosen.any():
            return 0.0, 0.0
        scores = self.pred["score"].to_numpy(dtype=float)
        order = [row for row in np.argsort(-scores, kind="stable") if chosen[row]]
        values = [_area(self._hits(order, threshold), n_true) for threshold in _THRESHOLDS]
        return float(np.mean(values)), values[0]

    def _hits(self, order, threshold):
        """True for each prediction, best first, that finds an unmatched truth."""
        places = {
            row: (video, k) for video, (rows, _, _) in self.tables.items() for k, row in enumerate(rows)
        }
        left = {video: table.copy() for video, (_, _, table) in self.tables.items()}
        hits = np.zeros(len(order), bool)
        for place, row in enumerate(order):
            video, k = places[row]
            table = left[video]
            if table.shape[1] and table[k].max() >= threshold:
                table[:, table[k].argmax()] = 0.0
                hits[place] = True
        return hits


def _pairs(table, rows):
    return table[["onset", "offset"]].to_numpy()[rows]


def _area(hits, n_true):
    """Area under the precision-recall curve, each precision the best at that recall or beyond."""
    if not hits.any():
        return 0.0
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[hits].sum() / n_true)


def pooled_scores(n_true, n_pred, n_matched, zero_division=0.0):
    """Precision, recall and F1 of pooled counts; NaN where nothing is due and nothing predicted.

    Parameters
    ----------
    n_true, n_pred, n_matched : ndarray of int
        M, N and A, of equal shapes.
    zero_division : float, default=0.0
        Precision without predictions, and recall without truths.

    Returns
    -------
    tuple of three ndarrays
    """
    n_true, n_pred, n_matched = (np.asarray(count, dtype=float) for count in (n_true, n_pred, n_matched))
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(n_pred > 0, n_matched / n_pred, zero_division)
        recall = np.where(n_true > 0, n_matched / n_true, zero_division)
        f1 = 2 * n_matched / (n_true + n_pred)
    empty = n_true + n_pred == 0
    return np.where(empty, np.nan, precision), np.where(empty, np.nan, recall), f1
