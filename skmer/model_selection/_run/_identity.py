"""What a run is made of, as digests that tell it from another run."""

import functools

import numpy as np
from sklearn.base import BaseEstimator

from skmer._utils._digest import digest, row_digests
from skmer.model_selection._run._card import versions

# Parameters that change how long a fit takes and not what it finds.
_WITHOUT_EFFECT = {"n_jobs", "verbose", "memory", "pre_dispatch", "chunk_size", "checkpoint"}


def run_identity(estimator, samples, protocol):
    """Digests of data, parameters, protocol and versions; dict."""
    return {
        "data": data_digest(samples),
        "parameters": parameters_digest(estimator),
        "protocol": digest([_content(item) for item in protocol]),
        "versions": digest(sorted(versions().items())),
    }


def data_digest(samples):
    """Digest of every row with its class, its subject and its name."""
    columns = [np.asarray(values).astype(str).tolist() for values in samples[1:5]]
    return digest([row_digests(samples.X), columns])


def parameters_digest(estimator):
    """Digest of an estimator's kind and of all parameters that bear on its results."""
    params = {
        name: _content(value)
        for name, value in estimator.get_params().items()
        if name.split("__")[-1] not in _WITHOUT_EFFECT and "callbacks__" not in name
    }
    return digest([_content(type(estimator)), params])


def _content(value):
    """A value without addresses: estimators by their kind, functions by name and code."""
    if isinstance(value, BaseEstimator):
        return _content(type(value))
    if isinstance(value, functools.partial):
        return [_content(value.func), _content(value.args), _content(value.keywords)]
    if isinstance(value, dict):
        return {str(key): _content(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_content(item) for item in value]
    if isinstance(value, np.random.RandomState):
        return [str(item) for item in value.get_state()]
    if hasattr(value, "__qualname__"):
        cells = [_content(cell.cell_contents) for cell in getattr(value, "__closure__", None) or ()]
        return [f"{value.__module__}.{value.__qualname__}", _code(getattr(value, "__code__", None)), cells]
    if type(value).__repr__ is object.__repr__:
        inside = {name: _content(item) for name, item in vars(value).items() if name[0] != "_"}
        return [_content(type(value)), inside] if hasattr(value, "__dict__") else _content(type(value))
    return value


def _code(code):
    """What a function does, without where it stands."""
    if not hasattr(code, "co_code"):
        return repr(code)
    return [code.co_code.hex(), list(code.co_names), [_code(constant) for constant in code.co_consts]]
