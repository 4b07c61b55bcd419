"""One door for arguments: constraints as scikit-learn has them, checked at the call, with one sentence."""

import functools
import inspect

import numpy as np

from skmer._utils._constraints import (
    FILE,
    FLAG,
    JOBS,
    LABELS,
    PATH,
    ROWS,
    SEED,
    SUBJECTS,
    TEXT,
    Items,
    Named,
    Numbers,
    Pairs,
    Pixels,
    Such,
    Takes,
    integer,
    made,
    one_column,
    option,
    positive,
    real,
    satisfies,
    share,
    told,
)

__all__ = [
    "FILE",
    "FLAG",
    "JOBS",
    "LABELS",
    "PATH",
    "ROWS",
    "SEED",
    "SUBJECTS",
    "TEXT",
    "Items",
    "Named",
    "Numbers",
    "Pairs",
    "Pixels",
    "Such",
    "Takes",
    "integer",
    "option",
    "positive",
    "real",
    "share",
    "ArgumentError",
    "as_array",
    "check_argument",
    "check_finite",
    "check_same_length",
    "check_same_shape",
    "checked",
    "frames_of",
    "one_column",
]


def as_array(name, value):
    """Return a value as an array; rows of different lengths are an error that names the argument."""
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name} must be an array, got {_shown(value)}: {error}.") from error


def frames_of(X):
    """Return the frames of clips, which stand for them in a pipeline; what has no masked entry as it is."""
    if np.ma.is_masked(X):
        raise ValueError("X must have no masked entries, which would be read: fill them, or leave clips out.")
    return X.frames if hasattr(X, "frames") and hasattr(X, "target") else X


def check_finite(name, X):
    """Refuse numbers that are NaN or infinite, in rows that are clips; ValueError that names the clip."""
    if X.dtype.kind != "f" or not X.size:
        return
    bad = np.flatnonzero(~np.isfinite(X.reshape(len(X), -1)).all(axis=1))
    if len(bad):
        what = "NaN" if np.isnan(X).any() else "infinity"
        others = f" and {len(bad) - 1} others" if len(bad) > 1 else ""
        raise ValueError(f"Input {name} contains {what} in clip {bad[0]}{others}; leave it out.")


def check_argument(name, value, constraints):
    """Refuse a value that fulfils none of the constraints; ValueError and TypeError in one."""
    if not satisfies(value, constraints):
        raise ArgumentError(f"{name} must be {told(constraints)}, got {_shown(value)}.")


class ArgumentError(ValueError, TypeError):
    """An argument of the wrong type or value."""


def _shown(value):
    if hasattr(value, "shape") and not isinstance(value, np.generic):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def checked(**constraints):
    """Check arguments of a function at the call, or of a class in its ``__init__``.

    Parameters
    ----------
    **constraints : list
        Constraints of each argument, one of which its value must fulfil.

    Returns
    -------
    callable
        Decorator.

    Examples
    --------
    >>> from skmer._utils._arguments import checked, integer
    >>> @checked(n=[integer(1, 9)])
    ... def double(n):
    ...     return 2 * n
    >>> double(n=10)
    Traceback (most recent call last):
        ...
    skmer._utils._arguments.ArgumentError: n must be an int in the range [1, 9], got 10.
    """

    def decorate(function):
        kinds = inspect.Parameter
        in_order = kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD
        parameters = inspect.signature(function).parameters.values()
        names = [parameter.name for parameter in parameters if parameter.kind in in_order]
        known = {name: tuple(map(made, allowed)) for name, allowed in constraints.items()}

        @functools.wraps(function)
        def call(*args, **kwargs):
            # Of a wrong number of arguments the function itself complains.
            given = dict(zip(names, args, strict=False), **kwargs)
            for name, allowed in known.items():
                if name in given:
                    check_argument(name, given[name], allowed)
            return function(*args, **kwargs)

        call._skl_parameter_constraints = constraints
        return call

    return decorate


def check_same_length(**arrays):
    """Refuse sequences of different lengths; their names are those of the arguments."""
    lengths = [len(array) for array in arrays.values()]
    if len({*lengths}) > 1:
        raise ArgumentError(f"{' and '.join(arrays)} must have the same length, got {lengths}.")


def check_same_shape(**arrays):
    """Refuse arrays of different shapes; their names are those of the arguments."""
    shapes = [np.shape(array) for array in arrays.values()]
    if len({*shapes}) > 1:
        raise ArgumentError(f"{' and '.join(arrays)} must have the same shape, got {shapes}.")
