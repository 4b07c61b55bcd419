"""Identity of a run: its card for readers, and its fingerprint, by which a checkpoint knows it again."""

import copyreg
import functools
import math
import os
import platform
import sys
import types
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator

from skmer._utils._files import digest
from skmer.pipelines import comparison_choices

_PACKAGES = ("skmer", "numpy", "scipy", "scikit-learn", "torch", "skorch", "pandas", "opencv-python-headless")
# One library under two names on the index; either may be installed.
_DLIB = ("dlib-bin", "dlib")


def run_card(estimator, seeds, table, fingerprint, seconds, protocol="leave-one-subject-out") -> dict:
    """Return all that it takes to run it again: versions, parameters, seeds, sizes, fingerprint, hardware.

    Of a published method it has the ``choices`` too: values, their sources, and which are reconstructed.
    """
    choices = comparison_choices(estimator)
    card = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "protocol": protocol,
        "estimator": type(estimator).__name__,
        "parameters": _parameters(estimator),
        "seeds": [plain(seed) for seed in seeds],
        "n_clips": len(table) // len(seeds),
        "n_folds": int(table["fold" if "fold" in table else "subject"].nunique()),
        "fingerprint": plain(fingerprint),
        "seconds": round(seconds, 1),
        "versions": versions(),
        "hardware": _hardware(),
    }
    return card | ({"choices": choices} if choices else {})


def _parameters(estimator):
    """Return parameters by name, without those of skorch's own callbacks."""
    chosen = {name: value for name, value in estimator.get_params().items() if "callbacks__" not in name}
    return {name: plain(value) for name, value in sorted(chosen.items())}


def plain(value):
    """Return a value as JSON holds it: its own types as they are, all else as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    anonymous = isinstance(value, BaseEstimator) or type(value).__repr__ is object.__repr__
    return type(value).__name__ if anonymous else str(value)


def versions() -> dict:
    """Return the versions of Python and of the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for name in (*_PACKAGES, *_DLIB):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _hardware():
    found = {
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "n_cores": os.cpu_count(),
    }
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


# Parameters that change how long a fit takes and not what it finds.
_WITHOUT_EFFECT = {"n_jobs", "verbose", "memory", "pre_dispatch", "stack_size", "checkpoint"}
_ATOMS = (bool, int, float, complex, str, bytes, type(None), type(...), slice, range)
_NAMED = (torch.dtype, torch.device, np.dtype, np.ufunc)


def run_identity(estimator, samples, protocol) -> dict:
    """Return digests of data, parameters, protocol and versions."""
    return {
        "data": data_digest(samples),
        "parameters": parameters_digest(estimator),
        "protocol": digest(protocol),
        "versions": digest(sorted(versions().items())),
    }


def data_digest(samples) -> str:
    """Return a digest of every row with its class, its subject and its name, and of the fit parameters."""
    columns = [samples.y, samples.groups, samples.clip_ids, samples.classes]
    texts = [None if column is None else np.asarray(column).astype(str).tolist() for column in columns]
    return digest([samples.digests, texts, content(samples.params)])


def parameters_digest(estimator) -> str:
    """Return a digest of an estimator's class and of all parameters that bear on its results."""
    return digest(content(estimator))


def content(value, path=()):
    """Return a value as lists, texts and arrays, without addresses or orders of its own.

    Equal for equal content, in any process. ValueError for values whose content cannot be read.
    """
    # A value that holds itself: its place on the way down stands for it.
    if id(value) in path:
        return ["seen", path.index(id(value))]
    path = (*path, id(value))
    for kinds, read in _READERS:
        if isinstance(value, kinds):
            return read(value, path)
    return _object(value, path)


def _estimator(value, path):
    params = value.get_params(deep=False)
    kept = {name: item for name, item in params.items() if name not in _WITHOUT_EFFECT}
    return [_name(type(value)), _mapping(kept, path)]


def _mapping(value, path):
    return sorted([str(key), type(key).__name__, content(item, path)] for key, item in value.items())


def _sequence(value, path):
    return [type(value).__name__, *(content(item, path) for item in value)]


def _set(value, path):
    return [type(value).__name__, *sorted(digest(content(item, path)) for item in value)]


def _array(value, path):
    items = digest(value) if value.dtype != object else [content(item, path) for item in value.ravel()]
    return ["ndarray", value.dtype.str, list(value.shape), items]


def _frame(value, path):
    if isinstance(value, pd.Index):
        return [type(value).__name__, content([value.to_numpy(), list(value.names), str(value.dtype)], path)]
    is_table = isinstance(value, pd.DataFrame)
    names = list(value.columns) if is_table else value.name
    kinds = [str(kind) for kind in (value.dtypes if is_table else [value.dtype])]
    return [type(value).__name__, content([value.index, value.to_numpy(), names, kinds], path)]


def _tensor(value, path):
    stored = value.detach().cpu().contiguous()
    # numpy has no bfloat16: the bytes say the same.
    raw = stored.reshape(-1).view(torch.uint8).numpy() if stored.numel() else np.empty(0, np.uint8)
    return ["tensor", str(value.dtype), list(value.shape), digest(raw)]


def _partial(value, path):
    return ["partial", content([value.func, value.args, value.keywords], path)]


def _method(value, path):
    return ["method", content([value.__func__, value.__self__], path)]


def _builtin(value, path):
    owner = None if isinstance(value.__self__, types.ModuleType) else content(value.__self__, path)
    return ["name", f"{value.__module__}.{value.__qualname__}", owner]


def _function(value, path):
    """Return a function by its code, with the values that it takes from its defaults, closure and module."""
    cells = [cell.cell_contents for cell in value.__closure__ or ()]
    read = {name: value.__globals__[name] for name in code_names(value.__code__) if name in value.__globals__}
    # What an installed module holds is told by the versions of the packages.
    read = {} if _is_installed(value.__module__) else read
    parts = [value.__defaults__, value.__kwdefaults__, cells, read]
    return [_name(value), _code(value.__code__), content(parts, path)]


def code_names(code):
    """Yield the names that the code of a function refers to, those of functions within it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_names(constant)


def _code(code):
    """Return the code of a function, without where it stands."""
    if not isinstance(code, types.CodeType):
        # The order of texts in a set differs from process to process.
        return repr(sorted(map(repr, code))) if isinstance(code, frozenset) else repr(code)
    return [code.co_code.hex(), list(code.co_names), [_code(constant) for constant in code.co_consts]]


def _is_installed(module):
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return module == "skmer" or module.startswith("skmer.") or "site-packages" in file


def _object(value, path):
    """Return an object by what pickle would store of it."""
    if hasattr(value, "dist") and hasattr(value, "args") and hasattr(value, "kwds"):
        # A frozen distribution of scipy holds the global generator, whose state is none of its own.
        return [_name(type(value.dist)), content([value.args, value.kwds], path)]
    try:
        found = value.__reduce_ex__(4)
    except Exception as error:
        raise ValueError(
            f"checkpoint cannot recognise a parameter of type {type(value).__name__} in a later run, since "
            "its content cannot be read; leave checkpoint out, or use a value that can be pickled."
        ) from error
    if isinstance(found, str):
        return [_name(type(value)), found]
    make, args, *rest = found
    # Items of lists and dictionaries come as iterators, which can be read once.
    rest = [list(part) if hasattr(part, "__next__") else part for part in rest]
    named = copyreg.__newobj__ is make
    return [_name(type(value)), content([args[1:] if named else [make, args], rest], path)]


def _name(value):
    return f"{value.__module__}.{value.__qualname__}"


# The first that fits reads a value; what is none of these is read as pickle would.
_READERS = (
    (_ATOMS, lambda value, path: [type(value).__name__, repr(value)]),
    (PurePath, lambda value, path: ["path", str(value)]),
    (_NAMED, lambda value, path: [type(value).__name__, str(value)]),
    (types.ModuleType, lambda value, path: ["module", value.__name__]),
    ((type, types.GenericAlias), lambda value, path: ["name", _name(value)]),
    (types.BuiltinFunctionType, _builtin),
    (BaseEstimator, _estimator),
    (dict, lambda value, path: [_name(type(value)), *_mapping(value, path)]),
    ((list, tuple), _sequence),
    ((set, frozenset), _set),
    (np.generic, lambda value, path: [value.dtype.str, repr(value.item())]),
    (np.ndarray, _array),
    ((pd.DataFrame, pd.Series, pd.Index), lambda value, path: _frame(value, path)),
    (torch.Tensor, _tensor),
    (torch.Generator, lambda value, path: ["generator", digest(value.get_state().numpy())]),
    (np.random.RandomState, lambda value, path: ["state", content(value.get_state(), path)]),
    (np.random.Generator, lambda value, path: ["state", repr(value.bit_generator.state)]),
    (functools.partial, _partial),
    (types.MethodType, _method),
    (types.FunctionType, _function),
)


def fit_names(samples, tasks) -> list[str]:
    """Return the name of each task's part: its own, or a digest of transformers, model and rows."""
    models: dict[int, list[str]] = {}
    rows: dict[int, str] = {}
    names = []
    for task in tasks:
        if task.name is None:
            # One digest a model: a search has far fewer models than fits.
            if id(task.model) not in models:
                front = samples.transformers[task.table]
                parts = [task.model] if front is None else [front, task.model]
                models[id(task.model)] = [parameters_digest(part) for part in parts]
            of_rows = [rows.setdefault(r.tobytes(), digest(r)) for r in (task.train, task.test)]
        name = task.name or f"fits {digest([models[id(task.model)], *of_rows])[:16]}"
        names.append(f"{name} with train" if task.with_train else name)
    return names
