"""The out-of-fold table that the predictions of all folds become."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from skmer._utils._sklearn import safe_indexing
from skmer.model_selection._fits import Predictions
from skmer.model_selection._samples import transformers_of


def no_predictions(samples) -> Predictions:
    """Return the predictions of no rows."""
    probabilities = None
    if hasattr(samples.estimator, "predict_proba"):
        probabilities = np.empty((0, len(samples.classes)))
    return Predictions(np.empty(0, dtype=int), np.empty(0, dtype=int), probabilities)


def clip_reliability(samples):
    """Return the reliability of each clip's movement, from the first step that knows it; None if none does.

    Only stateless transformers may precede that step. What it computed for the fits it has in its cache.
    """
    steps = []
    for step in transformers_of(samples.estimator):
        if hasattr(step, "reliability"):
            X = clone(make_pipeline(*steps)).fit_transform(samples.X) if steps else samples.X
            found = np.full(len(samples.y), np.nan)
            kept = np.flatnonzero(samples.present)
            found[kept] = clone(step).reliability(safe_indexing(X, kept))
            return None if np.isnan(found).all() else found
        if get_tags(step).requires_fit:
            return None
        steps.append(step)
    return None


def out_of_fold_table(parts, folds, samples, seeds, by_subject):
    """Return one row a clip and seed, in the order of the clips; with `fold` where subjects are no folds."""
    reliability = clip_reliability(samples)
    majorities = [samples.classes[_class_shares(samples, fold.train).argmax()] for fold in folds]
    runs = []
    for k, seed in enumerate(seeds):
        run = parts[k * len(folds) : (k + 1) * len(folds)]
        run = [_with_missing(part, samples, fold) for part, fold in zip(run, folds, strict=True)]
        lengths = [len(part.rows) for part in run]
        names = {"fold": [fold.name for fold in folds], "majority": majorities}
        extra = {} if by_subject else {name: np.repeat(v, lengths) for name, v in names.items()}
        runs.append(_run_table(run, samples, seed, extra, reliability))
    return pd.concat(runs, ignore_index=True)


def _with_missing(part, samples, fold):
    """Return the predictions of a fold with its missing clips, guessed as the commonest training class."""
    unseen = np.flatnonzero(fold.test & ~samples.present)
    if part.failure is not None:
        unseen = np.flatnonzero(fold.test)
        part = no_predictions(samples)._replace(failure=part.failure)
    if not len(unseen):
        return part
    shares = _class_shares(samples, fold.train & samples.present)
    probabilities = part.probabilities
    if probabilities is not None:
        probabilities = np.concatenate([probabilities, np.tile(shares, (len(unseen), 1))])
    labels = np.append(part.labels, np.full(len(unseen), shares.argmax()))
    return part._replace(rows=np.append(part.rows, unseen), labels=labels, probabilities=probabilities)


def _class_shares(samples, rows):
    return (samples.y[rows][:, None] == samples.classes).mean(axis=0)


def _run_table(run, samples, seed, extra, reliability):
    failed = np.concatenate([part.rows for part in run if part.failure is not None] or [[]])
    rows = np.concatenate([part.rows for part in run])
    order = np.argsort(rows)
    rows = rows[order]
    columns = {
        "clip": samples.clip_ids[rows],
        "subject": samples.groups[rows],
        # The nullable type, since None is a seed as well.
        "seed": pd.array([seed] * len(rows), dtype="Int64"),
        "truth": samples.y[rows],
        "prediction": samples.classes[np.concatenate([part.labels for part in run])[order]],
        "missing": ~samples.present[rows] | np.isin(rows, failed),
        **{name: values[order] for name, values in extra.items()},
    }
    if reliability is not None:
        columns["reliability"] = reliability[rows]
    if all(part.probabilities is not None for part in run):
        pooled = np.concatenate([part.probabilities for part in run])[order]
        columns |= {f"probability_{name}": pooled[:, i] for i, name in enumerate(samples.classes)}
    return pd.DataFrame(columns)
