"""Columns and scores of a result, from its out-of-fold table."""

import numpy as np
import pandas as pd

from skmer.metrics import majority_predictions, uar_score, uf1_score
from skmer.model_selection._protocols import datasets_of

_COLUMNS = ("clip", "subject", "seed", "truth", "prediction", "missing")


def check_table(table) -> None:
    """Refuse a table that is no out-of-fold table."""
    lacking = [name for name in _COLUMNS if name not in table]
    if lacking:
        raise ValueError(
            f"predictions must have the columns {list(_COLUMNS)}, got none named {lacking[0]!r}."
        )
    codes, seeds = pd.factorize(table["seed"], use_na_sentinel=False)
    n_clips = len(codes) // max(len(seeds), 1)
    clips = table[["clip", "subject", "truth"]].to_numpy()
    in_order = np.array_equal(codes, np.repeat(np.arange(len(seeds)), n_clips))
    if not in_order or not np.array_equal(clips, np.tile(clips[:n_clips], (len(seeds), 1))):
        raise ValueError("predictions must hold, seed after seed, the same clips in the same order.")


def pooled_scores(truth, run, labels=None) -> dict:
    """Return accuracy, UF1 and UAR of some predictions, counted together."""
    options = {"labels": labels, "zero_division": np.nan}
    return {
        "accuracy": float(np.mean(truth == run)),
        "uf1": uf1_score(truth, run, **options),
        "uar": uar_score(truth, run, **options),
    }


def majority_of(result) -> np.ndarray:
    """Return the commonest class among the training clips of each clip's fold."""
    if "majority" in result.clips:
        return result.clips["majority"].to_numpy()
    return majority_predictions(result.truth, result.groups)


def dataset_scores(result) -> pd.DataFrame:
    """Return pooled scores of each data set's own clips, and of its majority baseline."""
    of_clip, majority = datasets_of(result.groups), majority_of(result)
    rows = {str(name): _scores_of(result, majority, of_clip == name) for name in np.unique(of_clip)}
    return pd.DataFrame.from_dict(rows, orient="index").astype({"n_clips": int, "n_folds": int})


def _scores_of(result, majority, mask):
    truth, names = result.truth[mask], result.class_names
    runs = pd.DataFrame([pooled_scores(truth, run[mask], names) for run in result.runs])
    baseline = pooled_scores(truth, majority[mask], names)
    counts = {"n_clips": mask.sum(), "n_folds": len(np.unique(result.folds[mask]))}
    return {**counts, **runs.mean(), **{f"{name}_baseline": score for name, score in baseline.items()}}


def subject_scores(result) -> pd.DataFrame:
    """Return the numbers of clips and classes, and the accuracy, of each subject."""
    right = pd.Series((result.runs == result.truth).mean(axis=0), index=result.clips.index)
    by_subject = result.clips.assign(accuracy=right).groupby("subject")
    columns = {
        "n_clips": by_subject.size(),
        "n_classes": by_subject["truth"].nunique(),
        "accuracy": by_subject["accuracy"].mean(),
    }
    return pd.DataFrame(columns)


def fold_means(result) -> pd.Series:
    """Return the means of the folds' own scores, which are not comparable."""
    folds = [result.folds == name for name in np.unique(result.folds)]
    scores = [pooled_scores(result.truth[fold], run[fold]) for run in result.runs for fold in folds]
    return pd.DataFrame(scores).mean()
