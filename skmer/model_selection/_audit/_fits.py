"""Fits of one fold before and after its held-out clips are changed."""

import random
import warnings
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from joblib import parallel_config
from sklearn.utils import _safe_indexing

from skmer.model_selection._audit._finding import LeakFinding
from skmer.model_selection._audit._state import differing, flat_state
from skmer.model_selection._samples import seeded

_SEED = 0


class Fitted(NamedTuple):
    """A fit and what it says about its training rows, alone and with the held-out ones beside them."""

    model: Any
    state: dict
    alone: np.ndarray
    beside: np.ndarray | None


class FoldAudit:
    """One fold, fitted several times under the same seed.

    Parameters
    ----------
    estimator : estimator
        Cloned for each fit.
    group_names : list of str
        Names under which its ``fit`` takes the subjects.
    samples : Samples
        All clips.
    fold : Fold
        Who is held out.
    present : ndarray of bool
        Clips with features.
    """

    def __init__(self, estimator, group_names, samples, fold, present):
        self.estimator, self.group_names, self.samples, self.fold = estimator, group_names, samples, fold
        self.present = present
        self.train = np.flatnonzero(fold.train & present)
        self.test = np.flatnonzero(fold.test & present)

    def fit(self, context=None):
        """Fit a seeded copy on the training rows; `context` surrounds the fit alone."""
        X, y, groups = self.samples.X, self.samples.y, self.samples.groups
        model = seeded(self.estimator, _SEED)
        rows, labels = _safe_indexing(X, self.train), y[self.train].copy()
        params = dict.fromkeys(self.group_names, groups[self.train])
        with _same_randomness(), parallel_config("sequential"), context or nullcontext():
            model.fit(rows, labels, **params)
        with _same_randomness():
            alone = _outputs(model, rows)
            both = np.concatenate([self.train, self.test])
            beside = _outputs(model, _safe_indexing(X, both))[: len(self.train)] if len(self.test) else None
        return Fitted(model, flat_state(model), alone, beside)

    def compare(self, first, control, changed):
        """Findings from three fits: twice on the same clips, once with the held-out ones changed."""
        who = self.fold.name
        stable = np.array_equal(first.alone, control.alone)
        if not stable and not _close(first.alone, control.alone, 1e-6):
            yield LeakFinding(
                "unrepeatable",
                f"Two fits on the same rows with the same seeds, {who} held out, predict differently, so "
                "that no fit can be audited: state survives from one fit to the next, or randomness has no "
                "random_state.",
            )
            return
        if not (np.array_equal if stable else _nearly)(first.alone, changed.alone):
            yield LeakFinding(
                "predictions",
                f"Predictions for training rows change when clips and labels of the held-out {who} do, which "
                "the pipeline was never given: it reaches them by a way of its own.",
            )
        unsteady = set(differing(first.state, control.state))
        moved = [path for path in differing(first.state, changed.state) if path not in unsteady]
        if moved:
            yield LeakFinding(
                "state",
                f"The fitted state changes ({', '.join(moved[:3])}) when clips and labels of the held-out "
                f"{who} do, which the pipeline was never given: it reaches them by a way of its own.",
            )
        elif first.beside is not None and not _close(first.beside, changed.beside, 1e-5):
            yield LeakFinding(
                "batch",
                f"A clip's prediction depends on the other clips that are predicted with it: statistics are "
                f"taken from the held-out {who} at prediction; learn them in fit.",
            )

    @contextmanager
    def changed(self):
        """Change the held-out clips and labels where they stand, for as long as the context lasts."""
        samples, rows = self.samples, self.test
        codes = np.searchsorted(samples.classes, samples.y[rows])
        labels = samples.classes[(codes + 1) % len(samples.classes)]
        with (
            _written(samples.y, rows, labels),
            _written(samples.X, rows, _other(samples.X, rows, self.train)),
        ):
            yield


def _outputs(model, rows):
    """Probabilities, decision values or label codes; (n, k)."""
    for method in ("predict_proba", "decision_function"):
        if hasattr(model, method):
            values = np.asarray(getattr(model, method)(rows))
            return values.reshape(len(values), -1)
    labels = model.predict(rows)
    return np.searchsorted(model.classes_, labels)[:, None] if hasattr(model, "classes_") else labels


def _close(a, b, tolerance):
    return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance)


def _nearly(a, b):
    return _close(a, b, 1e-6)


def _other(X, rows, train):
    """Content for held-out rows that a pipeline can take: values of training rows, mixed or enlarged."""
    rng = np.random.default_rng(_SEED)
    donors = rng.choice(train, len(rows))
    if hasattr(X, "iloc") or (isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype != object):
        values = X.to_numpy() if hasattr(X, "iloc") else X
        # Column by column, so that a category stays one.
        return np.stack([values[rng.choice(train, len(rows)), j] for j in range(values.shape[1])], axis=1)
    content = _safe_indexing(X, donors)
    if isinstance(content, np.ndarray) and content.dtype.kind == "f":
        return content * 1.5
    return content[:, ::-1] if isinstance(content, np.ndarray) and content.ndim == 2 else content


@contextmanager
def _written(target, rows, content):
    """Write rows into an array, table or list, and put the old ones back; what cannot be written stays."""
    table = target.iloc if hasattr(target, "iloc") else target
    if (isinstance(target, np.ndarray) and not target.flags.writeable) or not hasattr(table, "__setitem__"):
        yield
        return
    if isinstance(target, list):
        before = [target[row] for row in rows]
        _put(target, rows, content)
        try:
            yield
        finally:
            _put(target, rows, before)
        return
    if hasattr(target, "tocsr"):
        yield
        return
    before = table[rows].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table[rows] = content
    try:
        yield
    finally:
        table[rows] = before


def _put(target, rows, content):
    for row, item in zip(rows, content, strict=True):
        target[row] = item


@contextmanager
def _same_randomness():
    """Seed the global generators of Python, numpy and torch, and put them back."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 (a pipeline may draw from it)
    with torch.random.fork_rng(devices=[]):
        random.seed(_SEED)
        np.random.seed(_SEED)  # noqa: NPY002
        torch.default_generator.manual_seed(_SEED)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002
