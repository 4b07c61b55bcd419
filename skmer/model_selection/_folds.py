"""Which clips are held out together, and what one fold leads to."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing

from skmer.model_selection._subjects import search_records


class Fold(NamedTuple):
    """Clips that are held out together, and those trained on instead; masks over all clips."""

    name: str
    train: np.ndarray
    test: np.ndarray


class FoldPart(NamedTuple):
    """What a fold leads to: predictions of some rows (probabilities None without) and its inner searches."""

    rows: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray | None
    majority: Any
    searches: list

    @classmethod
    def empty(cls, classes, probabilities):
        """Return the part of a fold that has nothing to predict."""
        nothing = np.empty((0, len(classes))) if probabilities else None
        return cls(np.empty(0, dtype=int), classes[:0], nothing, None, [])


def predict_fold(model, group_names, samples, fold, missing):
    """Fit on a fold's training clips and predict those held out; the missing ones by the commonest class."""
    try:
        part = _predict_present(model, group_names, samples, fold, missing)
    except Exception as error:
        error.add_note(f"evaluate_loso was holding out {fold.name}.")
        raise
    return fold_part(part, samples, fold, missing)


def fold_part(part, samples, fold, missing):
    """Return the part of a fold's present clips with its majority, and with its missing clips guessed."""
    part = part._replace(majority=samples.classes[_class_shares(samples, fold.train).argmax()])
    unseen = np.flatnonzero(fold.test & missing)
    if not len(unseen):
        return part
    shares = _class_shares(samples, fold.train & ~missing)
    probabilities = part.probabilities
    if probabilities is not None:
        probabilities = np.concatenate([probabilities, np.tile(shares, (len(unseen), 1))])
    return part._replace(
        rows=np.append(part.rows, unseen),
        labels=np.append(part.labels, np.full(len(unseen), samples.classes[shares.argmax()])),
        probabilities=probabilities,
    )


def _predict_present(model, group_names, samples, fold, missing):
    classes = samples.classes
    train, test = np.flatnonzero(fold.train & ~missing), np.flatnonzero(fold.test & ~missing)
    if not len(test):
        return FoldPart.empty(classes, probabilities=hasattr(model, "predict_proba"))
    fit_params = dict.fromkeys(group_names, samples.groups[train])
    model.fit(_safe_indexing(samples.X, train), samples.y[train], **fit_params)
    held_out = _safe_indexing(samples.X, test)
    probabilities = None
    if hasattr(model, "predict_proba"):
        probabilities = np.zeros((len(test), len(classes)))
        probabilities[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(held_out)
    return FoldPart(test, model.predict(held_out), probabilities, None, search_records(model))


def _class_shares(samples, rows):
    return (samples.y[rows][:, None] == samples.classes).mean(axis=0)


def as_json(part, classes):
    """A part as JSON holds it; floats keep every digit."""
    return {
        "rows": part.rows.tolist(),
        "labels": np.searchsorted(classes, part.labels).tolist(),
        "probabilities": None if part.probabilities is None else part.probabilities.tolist(),
        "majority": int(np.searchsorted(classes, part.majority)),
        "searches": part.searches,
    }


def from_json(content, classes):
    """Read what `as_json` made."""
    probabilities = content["probabilities"]
    if probabilities is not None:
        probabilities = np.array(probabilities, dtype=float).reshape(-1, len(classes))
    rows = np.array(content["rows"], dtype=int)
    labels = classes[np.array(content["labels"], dtype=int)]
    return FoldPart(rows, labels, probabilities, classes[content["majority"]], content["searches"])


def out_of_fold_table(parts, folds, samples, seeds, missing, by_subject):
    """One row a clip and seed, in the order of the clips; with `fold` where subjects are no folds."""
    runs = []
    for k, seed in enumerate(seeds):
        run = parts[k * len(folds) : (k + 1) * len(folds)]
        extra = {} if by_subject else _fold_columns(run, folds)
        runs.append(_run_table(run, samples, seed, missing, extra))
    return pd.concat(runs, ignore_index=True)


def _fold_columns(run, folds):
    names = [fold.name for fold in folds]
    majorities = [part.majority for part in run]
    lengths = [len(part.rows) for part in run]
    return {"fold": np.repeat(names, lengths), "majority": np.repeat(majorities, lengths)}


def _run_table(run, samples, seed, missing, extra):
    rows = np.concatenate([part.rows for part in run])
    order = np.argsort(rows)
    rows = rows[order]
    columns = {
        "clip": samples.clip_ids[rows],
        "subject": samples.groups[rows],
        "seed": pd.array([seed] * len(rows), dtype="Int64"),
        "truth": samples.y[rows],
        "prediction": np.concatenate([part.labels for part in run])[order],
        "missing": missing[rows],
        **{name: values[order] for name, values in extra.items()},
    }
    if all(part.probabilities is not None for part in run):
        pooled = np.concatenate([part.probabilities for part in run])[order]
        columns |= {f"probability_{name}": pooled[:, i] for i, name in enumerate(samples.classes)}
    return pd.DataFrame(columns)
