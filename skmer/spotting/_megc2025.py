"""Numbers of the public script of MEGC 2025, its departures from the definition included.

The script is STRS-Metric of G. B. Liong; what it computes is written here anew from its description and
behaviour.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from skmer.spotting._intervals import interval_iou
from skmer.spotting._movements import check_movements


class ScriptPairs(NamedTuple):
    """Counts of the script, and its pairs as rows of (pred, true)."""

    n_matched: int
    n_false: int
    n_missed: int
    pairs: list


def megc2025_pairs(true, pred, iou):
    """Compare movements as the script does, by subjects of predictions and videos of truths."""
    true, pred = _with_subject("true", true), _with_subject("pred", pred)
    n_false, n_missed, pairs = 0, 0, []
    for subject in pred["subject"].unique():
        own_true, own_pred = true[true["subject"] == subject], pred[pred["subject"] == subject]
        for video in own_true["video"].unique():
            truths = own_true.index[own_true["video"] == video]
            taken = set()
            for row in own_pred.index[own_pred["video"] == video]:
                overlaps = interval_iou(_ends(pred, [row]), _ends(true, truths))[0]
                found = [
                    truth
                    for truth, value in zip(truths, overlaps, strict=True)
                    if value >= iou and truth not in taken
                ]
                taken.update(found)
                pairs += [(row, truth) for truth in found]
                n_false += not found
            n_missed += len(truths) - len(taken)
    return ScriptPairs(len(pairs), n_false, n_missed, pairs)


def megc2025_spotting(true, pred, iou):
    """Scores of the script; DataFrame with the row ``all``."""
    found = megc2025_pairs(true, pred, iou)
    n_pred, n_true = found.n_matched + found.n_false, found.n_matched + found.n_missed
    precision, recall, f1 = script_f1(found.n_matched, n_pred, n_true)
    row = {"n_true": n_true, "n_pred": n_pred, "n_matched": found.n_matched}
    row |= {"precision": precision, "recall": recall, "f1": f1}
    return pd.DataFrame([row], index=pd.Index(["all"], name="type"))


def megc2025_analysis(true, pred, pairs, emotions):
    """Macro precision, macro recall, F1, and the reason where the script has none.

    Parameters
    ----------
    true, pred : DataFrame
        Movements with a column ``emotion``.
    pairs : list of (int, int)
        Matched rows of `pred` and `true`.
    emotions : list of str
        Classes of the analysis.

    Returns
    -------
    tuple of (float, float, float, str)
        The reason is empty where there are numbers.
    """
    if not pairs:
        return np.nan, np.nan, np.nan, "the script raises KeyError: there is no true positive"
    true, pred = check_movements("true", true), check_movements("pred", pred)
    if not emotions:
        return np.nan, np.nan, np.nan, "no true movement has an emotion"
    said = np.array([pred["emotion"][row] for row, _ in pairs], dtype=object)
    meant = np.array([true["emotion"][truth] for _, truth in pairs], dtype=object)
    kept = np.isin(meant, emotions)
    scores = [_class_scores(meant[kept] == name, said[kept] == name) for name in emotions]
    precision, recall = np.mean(scores, axis=0)
    if precision + recall == 0:
        return precision, recall, np.nan, "the script divides 0 by 0: no class has a score"
    return precision, recall, 2 * precision * recall / (precision + recall), ""


def script_f1(n_matched, n_pred, n_true):
    """Precision, recall and F1, each 0 where it is not defined."""
    precision = n_matched / n_pred if n_pred else 0.0
    recall = n_matched / n_true if n_true else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _class_scores(meant, said):
    # A class that all or none of the pairs have on both sides has a confusion matrix of one cell, which the
    # script takes for an error and scores as 0.
    if len({*meant.tolist(), *said.tolist()}) < 2:
        return 0.0, 0.0
    return script_f1(int((meant & said).sum()), int(said.sum()), int(meant.sum()))[:2]


def _with_subject(name, table):
    table = check_movements(name, table)
    column = next((column for column in ("subject", "group") if column in table), None)
    if column is None and len(table):
        raise ValueError(
            f"{name} must have a column subject (or group) for compat='megc2025', got {list(table.columns)}."
        )
    return table.assign(subject=table[column] if column else "")


def _ends(table, rows):
    return table.loc[rows, ["onset", "offset"]].to_numpy()
