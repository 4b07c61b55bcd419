"""Leaks in an unfitted pipeline: clips and labels that it holds or reaches, or statistics of them."""

import functools
import math
import sys
import sysconfig
import types
import warnings
from collections import defaultdict, deque
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import f_classif
from skorch import NeuralNet

from skmer._utils._files import as_array, row_digests
from skmer.model_selection._audit._data import numeric_table
from skmer.model_selection._audit._finding import LeakFinding
from skmer.model_selection._run._identity import code_names

_MANY = 1000  # ways to pick columns from which on the same pick is no coincidence
_LIBRARIES = tuple(
    str(folder)
    for folder in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        Path(__file__).parents[2],  # this package
    }
)
# Objects that are looked at, and entries of a container: a table of constants must not take minutes.
_LIMIT = 50_000
_LONGEST = 20_000


class Evidence:
    """The rows, labels and statistics of all clips, which a pipeline must not hold."""

    def __init__(self, samples, stages=()):
        self.samples, present = samples, samples.present
        self.arrays = [array for array in (samples.X, samples.y) if isinstance(array, np.ndarray)]
        self.tables = [numeric_table(X) for X in (samples.X, *stages)]
        self.tables = [table for table in self.tables if table is not None]
        self.rows = defaultdict(set)
        for table in self.tables:
            self.rows[table.shape[1]] |= _row_keys(table[present])
        self.objects = set() if self.tables else set(samples.digests)
        self.statistics = [entry for table in self.tables for entry in _statistics(table[present])]
        self.encodings = [entry for table in self.tables[:1] for entry in _encodings(table, samples.y)]
        self.rankings = [_ranking(table[present], samples.y[present]) for table in self.tables]

    def found_in(self, value):
        """Return the evidence that a value holds, in words; None if it holds none."""
        if isinstance(value, dict):
            value = [item for item in value.values() if isinstance(item, int | float)]
        array = _as_array(value)
        if array is None or array.ndim == 0 or not array.size:
            return None
        # By the bounds of the memory alone: views are found whatever their shape, and in no time.
        if any(np.may_share_memory(array, known) for known in self.arrays):
            return "holds the clips that the evaluation is about to hold out"
        if array.dtype == object or array.dtype.kind in "US":
            return self._text(array)
        return self._numbers(array)

    def _text(self, array):
        if self._is_labels(array):
            return "holds the labels of all clips, held-out ones among them"
        if array.ndim > 1 and self.objects.intersection(row_digests(array, self.samples.files)):
            return "holds clips that the evaluation is about to hold out"
        return None

    def _is_labels(self, array):
        y = self.samples.y
        if array.shape != y.shape or len(np.unique(y)) < 2:
            return False
        try:
            codes = np.unique(array, return_inverse=True)[1]
        except TypeError:
            return False
        return np.array_equal(codes, np.unique(y, return_inverse=True)[1])

    def _numbers(self, array):
        if self._is_labels(array):
            return "holds the labels of all clips, held-out ones among them"
        flat = array.reshape(len(array), -1).astype(np.float64)
        if flat.shape[1] > 1 and self.rows.get(flat.shape[1], set()) & _row_keys(flat):
            return "holds rows of the clips that the evaluation is about to hold out"
        values = flat.ravel()
        for name, known, tolerance in self.statistics:
            if known.shape == values.shape and np.all(np.abs(values - known) <= tolerance):
                return f"holds the {name} of each column over all clips, held-out subjects included"
        for j, name, known in self.encodings:
            if known.shape == values.shape and np.allclose(np.sort(values), known, rtol=1e-9, atol=1e-12):
                return f"holds the share of class {name} for each value of column {j}, counted over all clips"
        return self._picks(array)

    def _picks(self, array):
        if array.ndim != 1 or array.dtype.kind not in "bi":
            return None
        for ranking in self.rankings:
            n = len(ranking)
            picked = np.flatnonzero(array) if array.dtype.kind == "b" and len(array) == n else array
            if (array.dtype.kind == "b" and len(array) != n) or len(set(picked.tolist())) != len(picked):
                continue
            # Evenly spaced columns, as of a slice, are no choice by score, and one of few choices is met by
            # chance.
            telling = math.comb(n, min(len(picked), n)) >= _MANY and np.ptp(np.diff(np.sort(picked))) > 0
            if telling and set(picked.tolist()) == set(ranking[: len(picked)].tolist()):
                return (
                    f"picks just the {len(picked)} columns that separate the classes best over all clips, "
                    "held-out labels included"
                )
        return None


def pipeline_findings(estimator, evidence):
    """Yield findings in an unfitted copy of an estimator."""
    reported = set()
    # Before it is cloned: a clone forgets what a net has learned but keeps a module that is an object.
    for path, value in reachable(estimator):
        if isinstance(value, NeuralNet) and value.initialized_ and isinstance(value.module, torch.nn.Module):
            yield LeakFinding(
                "fitted-before",
                f"{type(value).__name__} at {path or 'the top'} is fitted, and its module is an object, "
                "whose trained weights every fold starts from; pass the module's class.",
            )
    for path, value in reachable(clone(estimator)):
        if isinstance(value, BaseEstimator) and _is_fitted(value):
            yield LeakFinding(
                "fitted-before",
                f"{type(value).__name__} at {path or 'the top'} was fitted before the folds are made, on "
                "rows that no fold can take back; pass it unfitted, as a step of the pipeline.",
            )
            continue
        words = evidence.found_in(value)
        if words and words not in reported:
            reported.add(words)
            yield LeakFinding(
                "holds-data",
                f"{type(estimator).__name__} {words} (at {path}): what it needs has to come through fit, or "
                "held-out subjects take part in training.",
            )


def _is_fitted(estimator):
    """Return whether an estimator has learned attributes that a new one of its class has not."""
    try:
        fresh = vars(type(estimator)(**estimator.get_params(deep=False)))
    except Exception:
        return False
    # skorch sets history_ and others in __init__: attributes that a new object has prove nothing.
    learned = {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}
    if not learned - fresh.keys():
        return bool(getattr(estimator, "initialized_", False))
    return True


def _as_array(value):
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy()
    if issparse(value) or isinstance(value, pd.DataFrame | pd.Series):
        return as_array(value)
    if (
        isinstance(value, list | tuple)
        and len(value) > 1
        and isinstance(value[0], int | float | str | np.generic)
    ):
        try:
            return np.asarray(value)
        except ValueError:
            return None
    return None


def _row_keys(table):
    """Return rows in float32 as bytes, without those of a single value, which coincide by chance."""
    table = np.ascontiguousarray(table, dtype=np.float32)
    return {row.tobytes() for row in table if len(row) > 1 and np.ptp(row) > 0}


def _statistics(table):
    whole = {
        "mean": table.mean(axis=0),
        "standard deviation": table.std(axis=0),
        "standard deviation (n - 1)": table.std(axis=0, ddof=1),
        "minimum": table.min(axis=0),
        "maximum": table.max(axis=0),
        "median": np.median(table, axis=0),
    }
    # float32 keeps seven digits; the statistics of a fold's own rows differ from the second on.
    tolerance = 1e-12 + 1e-5 * table.std(axis=0)
    whole["variance"], tolerances = table.var(axis=0), {"variance": 1e-12 + 1e-5 * table.var(axis=0)}
    return [
        (name, values, tolerances.get(name, tolerance))
        for name, values in whole.items()
        if len(values) > 1 and np.ptp(values) > 0
    ]


def _encodings(table, y):
    for j, column in enumerate(table.T):
        values, codes = np.unique(column, return_inverse=True)
        if 2 < len(values) <= len(column) / 2:
            sizes = np.bincount(codes)
            for name in np.unique(y):
                shares = np.sort(np.bincount(codes, weights=y == name) / sizes)
                if len(np.unique(shares)) > 2:
                    yield j, name, shares


def _ranking(table, y):
    """Return columns by how well they separate the classes, the best first."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        scores = f_classif(table, y)[0]
    return np.argsort(-np.nan_to_num(scores), kind="stable")


def reachable(root):
    """Yield pairs of a path and an object, each object once, from the root down."""
    queue, seen, n_seen = deque([("", root)]), set(), 0
    keep = []  # a temporary object that is freed would give its address, and so its id, to another
    while queue and n_seen < _LIMIT:
        path, value = queue.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        n_seen += 1
        yield path, value
        queue.extend((f"{path}.{name}" if path else str(name), part) for name, part in _parts(value))


def _parts(value):
    if isinstance(value, str | bytes | int | float | bool | types.ModuleType) or value is None:
        return []
    if isinstance(value, functools.partial):
        return [("func", value.func), *enumerate(value.args), *value.keywords.items()]
    if isinstance(value, types.MethodType):
        return [("self", value.__self__), *_parts(value.__func__)]
    if isinstance(value, types.FunctionType):
        return _function_parts(value)
    if isinstance(value, type):
        return [] if _is_library(value.__module__) else _class_parts(value)
    if isinstance(value, dict):
        return list(value.items())[:_LONGEST]
    if isinstance(value, list | tuple | set | frozenset):
        return list(enumerate(value))[:_LONGEST]
    if hasattr(value, "__dict__"):
        return [*vars(value).items(), ("class", type(value))]
    return []


def _class_parts(owner):
    parts = [(name, part) for name, part in vars(owner).items() if not name.startswith("__")]
    parts += [(name, vars(owner)[name]) for name in ("__init__", "__call__") if name in vars(owner)]
    parts = [
        (name, getattr(part, "__func__", None) or getattr(part, "fget", None) or part) for name, part in parts
    ]
    return parts + [(base.__name__, base) for base in owner.__bases__]


def _function_parts(function):
    if _is_library(function.__module__):
        return []
    parts = list(enumerate(function.__defaults__ or ()))
    parts += list((function.__kwdefaults__ or {}).items())
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            parts.append((name, cell.cell_contents))
        except ValueError:  # a cell that nothing was assigned to
            continue
    # Globals that the code names, in functions inside of it as well.
    names = set(code_names(function.__code__))
    return parts + [(name, function.__globals__[name]) for name in names if name in function.__globals__]


@functools.lru_cache(maxsize=1000)
def _is_library(module):
    """Return whether a module came with Python or was installed, so that it holds no data of the user."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return file.startswith(_LIBRARIES) if file else module in sys.builtin_module_names
