"""A fitted estimator as a flat table of digests, so that two of them can be compared part by part."""

import pickle

import numpy as np
import torch
from scipy.sparse import issparse

from skmer._utils._digest import digest

_DEPTH = 12


def flat_state(model):
    """Digest of every number, text and array in a model by its path; dict."""
    found: dict = {}
    _walk(model, "", found, set(), _DEPTH)
    return found


def differing(a, b):
    """Paths whose content differs, or that only one of two states has; list."""
    return sorted(path for path in {*a, *b} if a.get(path) != b.get(path))


def _walk(value, path, found, open_, depth):
    parts = None if depth == 0 else _parts(value)
    if parts is None:
        found[path] = _leaf(value)
        return
    if id(value) in open_:
        return
    open_.add(id(value))
    for name, part in parts:
        _walk(part, f"{path}.{name}" if path else str(name), found, open_, depth - 1)
    open_.discard(id(value))


def _parts(value):
    """Named parts of what is made of parts, None of a leaf."""
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
        return digest([pickle.dumps(value)])
    except Exception:
        return type(value).__qualname__
