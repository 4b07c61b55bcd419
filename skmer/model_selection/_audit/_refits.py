"""Fits of one fold before and after its held-out clips are changed."""

import pickle
import random
import warnings
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from joblib import parallel_config
from scipy.sparse import issparse

from skmer._utils._files import digest
from skmer._utils._sklearn import safe_indexing
from skmer.model_selection._audit._finding import LeakFinding
from skmer.model_selection._samples import seeded

_SEED = 0
_DEPTH = 12  # levels of a model that are compared part by part


class Fitted(NamedTuple):
    """A fit, and its predictions for its training rows: alone, and together with the held-out ones."""

    model: Any
    state: dict
    alone: np.ndarray
    beside: np.ndarray | None


class FoldAudit:
    """One fold, fitted several times under the same seed.

    Parameters
    ----------
    samples : Samples
        All clips, with the estimator.
    fold : Fold
        The held-out clips.
    """

    def __init__(self, samples, fold):
        self.samples, self.fold = samples, fold
        self.train = np.flatnonzero(fold.train & samples.present)
        self.test = np.flatnonzero(fold.test & samples.present)

    def fit(self, context=None):
        """Fit a seeded copy on the training rows; `context` surrounds the fit alone."""
        X, y, groups = self.samples.X, self.samples.y, self.samples.groups
        model = seeded(self.samples.estimator, _SEED)
        rows, labels = safe_indexing(X, self.train), y[self.train].copy()
        params = dict.fromkeys(self.samples.group_names, groups[self.train])
        # In this process: another has copies of what the pipeline reaches, and random streams of its own.
        with _same_randomness(), parallel_config("sequential"), context or nullcontext():
            model.fit(rows, labels, **params)
        with _same_randomness():
            alone = _outputs(model, rows)
            # The same rows, alone and beside others: a prediction that changes takes statistics of its batch.
            both = np.concatenate([self.train, self.test])
            beside = _outputs(model, safe_indexing(X, both))[: len(self.train)] if len(self.test) else None
        return Fitted(model, flat_state(model), alone, beside)

    def compare(self, first, control, changed):
        """Yield findings from three fits: two on the same clips, one with the held-out ones changed."""
        who = self.fold.name
        # Threads may add in any order: a fit that repeats to 1e-6 and not to the bit is compared to 1e-6.
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
        # What differs between two equal fits, such as the seconds that they took, proves nothing.
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
        # Each held-out clip gets another class than it has.
        labels = samples.classes[(codes + 1) % len(samples.classes)]
        with (
            _written(samples.y, rows, labels),
            _written(samples.X, rows, _other(samples.X, rows, self.train)),
        ):
            yield


def _outputs(model, rows):
    """Return probabilities, decision values or label codes; (n, k)."""
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
    """Return content for held-out rows that a pipeline takes: values of training rows, mixed or enlarged."""
    rng = np.random.default_rng(_SEED)
    donors = rng.choice(train, len(rows))
    if hasattr(X, "iloc") or (isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype != object):
        values = X.to_numpy() if hasattr(X, "iloc") else X
        # Column by column, so that a category stays one.
        return np.stack([values[rng.choice(train, len(rows)), j] for j in range(values.shape[1])], axis=1)
    content = safe_indexing(X, donors)
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
    # Rows of a sparse matrix cannot be replaced where they stand.
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


def flat_state(model):
    """Return a digest of every number, text and array in a model by its path."""
    found: dict = {}
    _walk(model, "", found, set(), _DEPTH)
    return found


def differing(a, b):
    """Return paths whose content differs, or that only one of two states has."""
    return sorted(path for path in {*a, *b} if a.get(path) != b.get(path))


def _walk(value, path, found, open_, depth):
    parts = None if depth == 0 else _parts(value)
    if parts is None:
        found[path] = _leaf(value)
        return
    # A part that holds its owner would be walked for ever.
    if id(value) in open_:
        return
    open_.add(id(value))
    for name, part in parts:
        _walk(part, f"{path}.{name}" if path else str(name), found, open_, depth - 1)
    open_.discard(id(value))


def _parts(value):
    """Return the named parts of a container or object, None for a leaf."""
    if value is None or isinstance(value, str | bytes | bool | int | float | np.generic | type):
        return None
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        return list(enumerate(value))
    if isinstance(value, np.ndarray | torch.Tensor | torch.Generator | np.random.RandomState):
        return None
    if issparse(value) or (callable(value) and not hasattr(value, "__dict__")):
        return None
    if hasattr(value, "__qualname__"):  # functions and classes
        return None
    if hasattr(value, "__dict__"):
        return list(vars(value).items())
    state = value.__getstate__() if type(value).__module__.startswith("sklearn") else None
    return list(state.items()) if isinstance(state, dict) else None


def _leaf(value):
    if isinstance(value, torch.Tensor):
        return digest(value.detach().cpu().numpy())
    if isinstance(value, torch.Generator):
        return digest(value.get_state().numpy())
    if isinstance(value, np.random.RandomState):
        return digest([str(item) for item in value.get_state()])
    if issparse(value):
        return digest(value.toarray())
    if isinstance(value, np.ndarray):
        return digest(value)
    if hasattr(value, "__qualname__"):
        return value.__qualname__
    try:
        # Locks and open files have no content to compare: their type has to do.
        return digest([pickle.dumps(value)])
    except Exception:
        return type(value).__qualname__
