"""Constraints of arguments: scikit-learn's, and arrays, sequences, mappings and callables of a form."""

import functools
import inspect
import os
from collections.abc import Collection, Mapping, Set
from numbers import Integral, Real

import numpy as np


class _Late:
    """A constraint of scikit-learn, made at its first use: `skmer.nn` is imported without scikit-learn."""

    def __init__(self, kind, *args, **kwargs):
        self.kind, self.args, self.kwargs = kind, args, kwargs

    @functools.cached_property
    def _constraint(self):
        from skmer._utils import _sklearn

        return getattr(_sklearn, self.kind)(*self.args, **self.kwargs)

    def is_satisfied_by(self, value):
        """Return whether a value fulfils the constraint."""
        return self._constraint.is_satisfied_by(value)

    def __str__(self):
        return str(self._constraint)


class _Bounded:
    """Constraint of a finite number in an interval; booleans, which Python counts as integers, are none."""

    def __init__(self, kind, low, high, closed="[]"):
        self.kind, self.low, self.high, self.closed = kind, low, high, closed

    def is_satisfied_by(self, value):
        """Return whether a value is a number in the interval."""
        kinds = (Integral,) if self.kind is Integral else (Integral, float, np.floating)  # no fractions
        if not isinstance(value, kinds) or isinstance(value, bool | np.bool_):
            return False
        if isinstance(value, Integral) and not -(2**63) <= value < 2**63:
            return False
        low, high = self.low, self.high
        above = low is None or (value >= low if self.closed[0] == "[" else value > low)
        below = high is None or (value <= high if self.closed[1] == "]" else value < high)
        return bool(above and below and -np.inf < value < np.inf)

    def __str__(self):
        low, high = self.low, self.high
        if (self.kind, high) == (Integral, _MOST):
            return f"an integer of at least {low}, below 2**31"
        if (low, high) == (0, None):
            return "a positive number" if self.closed[0] == "(" else "a number of at least 0"
        low, high = ("-inf" if low is None else low), ("inf" if high is None else high)
        number = "an int" if self.kind is Integral else "a float"
        return f"{number} in the range {self.closed[0]}{low}, {high}{self.closed[1]}"


class Such:
    """Constraint of a value of which a function says yes; one that it cannot be asked of is none."""

    def __init__(self, told, test):
        self.told, self.test = told, test

    def is_satisfied_by(self, value):
        """Return whether a value is such a one."""
        try:
            return bool(self.test(value))
        except (ValueError, TypeError, OverflowError):
            return False

    def __str__(self):
        return self.told


def _is_label(value):
    return isinstance(value, str | Integral | np.bool_) or (isinstance(value, Real) and value == int(value))


PATH = [Such("a path", lambda value: b"\0" not in os.fsencode(value) and not isinstance(value, bytes))]
FLAG = ["boolean"]
TEXT = [Such("a text", lambda value: isinstance(value, str) and b"\0" not in value.encode())]
ROWS = ["array-like"]
JOBS = [_Bounded(Integral, -(2**15), 2**15), None]
SEED = ["random_state"]
FILE = [*PATH, Such("an open file", lambda value: callable(getattr(value, "read", None)))]
LABELS = [Such("a text or a whole number", _is_label)]


_MOST = 2**31 - 1


def integer(least, most=_MOST):
    """Constraint of an integer between two bounds, both allowed."""
    return _Bounded(Integral, least, most)


def real(least=None, most=None):
    """Constraint of a finite number between two bounds, both allowed."""
    # A side without a bound is open: no infinity.
    return _Bounded(Real, least, most, "(["[least is not None] + ")]"[most is not None])


def positive():
    """Constraint of a finite number above 0."""
    return _Bounded(Real, 0, None, "()")


def share():
    """Constraint of a number above 0 and at most 1."""
    return _Bounded(Real, 0, 1, "(]")


def option(*names):
    """Constraint of one of these texts."""
    told = f"one of {list(names)}" if len(names) > 1 else repr(names[0])
    return Such(told, lambda value: isinstance(value, str) and value in names)


class Numbers:
    """Constraint of an array of finite numbers of a shape.

    Parameters
    ----------
    *shape : int, tuple of int, None or Ellipsis
        Length of each axis, or those allowed; None is any from 1 on. Ellipsis, first, is any further axes.
    finite : bool, default=True
        Refuse NaN and infinity.
    """

    def __init__(self, *shape, finite=True):
        self.shape, self.finite = shape, finite

    def is_satisfied_by(self, value):
        """Return whether a value is such an array."""
        if np.ma.is_masked(value):
            return False
        try:
            array = np.asarray(value)
            if array.dtype == object and all(isinstance(number, Real) for number in array.flat):
                array = np.asarray(array.tolist())  # numbers of a mixed table
        except (TypeError, ValueError, RuntimeError, OverflowError):
            return False
        if array.dtype.kind not in "biuf" or not self._fits(array.shape):
            return False
        return not self.finite or bool(np.isfinite(array).all())

    def _fits(self, shape):
        expected = self.shape
        if expected[:1] == (...,):
            expected = expected[1:]
            shape = shape[len(shape) - len(expected) :] if len(shape) >= len(expected) else ()
        return len(shape) == len(expected) and all(map(_fits, shape, expected))

    def __str__(self):
        shape = ", ".join(map(_told_length, self.shape)) + "," * (len(self.shape) == 1)
        return f"an array of {'finite ' * self.finite}numbers of shape ({shape})"


def _told_length(length):
    if isinstance(length, tuple):
        return " or ".join(map(str, length))
    return {...: "...", None: "n"}.get(length, str(length))


def _fits(length, expected):
    if expected is None:
        return length > 0
    return length in expected if isinstance(expected, tuple) else length == expected


class Items:
    """Constraint of a sequence whose items fulfil one of some constraints.

    Parameters
    ----------
    *constraints : object
        Constraints of an item; none allow any.
    n : int, default=None
        Number of items; None is any.
    least : int, default=0
        Smallest number of items.
    """

    def __init__(self, *constraints, n=None, least=0):
        self.constraints, self.n, self.least = constraints, n, least

    def is_satisfied_by(self, value):
        """Return whether a value is such a sequence."""
        value = one_column(value)
        if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping | Set):
            return False
        if _is_scalar(value):
            return False
        if hasattr(value, "columns") or len(value) < self.least or self.n not in (None, len(value)):
            return False
        return not self.constraints or all(satisfies(item, self.constraints) for item in value)

    def __str__(self):
        number = f"at least {self.least} " * (self.least > 0) if self.n is None else f"{self.n} "
        each = f", each {told(self.constraints)}" if self.constraints else ""
        return f"a sequence of {number}items{each}"


SUBJECTS = [Items(Such("one value", lambda value: np.shape(value) in ((), (1,)))), None]


class Named:
    """Constraint of a mapping of texts to values that fulfil one of some constraints.

    Parameters
    ----------
    *constraints : object
        Constraints of a value; none allow any.
    least : int, default=0
        Smallest number of values.
    """

    def __init__(self, *constraints, least=0):
        self.constraints, self.least = constraints, least

    def is_satisfied_by(self, value):
        """Return whether a value is such a mapping."""
        if not isinstance(value, Mapping) or len(value) < self.least:
            return False
        values_fit = not self.constraints or all(satisfies(v, self.constraints) for v in value.values())
        return values_fit and all(isinstance(name, str) for name in value)

    def __str__(self):
        return "a mapping of names" + f" to {told(self.constraints)}" * bool(self.constraints)


class Takes:
    """Constraint of a callable that takes some arguments.

    Parameters
    ----------
    n : int
        Number of those by position.
    *names : str
        Those by name.
    whole : bool, default=False
        Whether it needs no others.
    """

    def __init__(self, n, *names, whole=False):
        self.n, self.names, self.whole = n, names, whole

    def is_satisfied_by(self, value):
        """Return whether a value is such a callable; what has no signature is believed."""
        if not callable(value):
            return False
        try:
            signature = inspect.signature(value)
        except (TypeError, ValueError):
            return True
        bind = signature.bind if self.whole else signature.bind_partial
        try:
            bind(*[None] * self.n, **dict.fromkeys(self.names))
        except TypeError:
            return False
        return True

    def __str__(self):
        taken = [f"{self.n} arguments"] * bool(self.n) + [f"{name}=" for name in self.names]
        return f"a callable that takes {' and '.join(taken)}"


class Pairs(Numbers):
    """Constraint of a pair of finite numbers, or of rows of such pairs, of which there may be none."""

    def __init__(self):
        super().__init__(None, 2)

    def _fits(self, shape):
        return 0 in shape[:1] or shape == (2,) or super()._fits(shape)

    def __str__(self):
        return "a pair of finite numbers or rows of pairs"


class Pixels:
    """Constraint of an image, uint8 of shape (H, W) or (H, W, 3).

    Parameters
    ----------
    *ndims : int
        Numbers of axes; none allow 2 and 3.
    least : int, default=1
        Shorter side of the smallest image.
    """

    def __init__(self, *ndims, least=1):
        self.ndims, self.least = ndims or (2, 3), least

    def is_satisfied_by(self, value):
        """Return whether a value is such an image."""
        if not isinstance(value, np.ndarray) or np.ma.is_masked(value):
            return False
        if value.dtype != np.uint8 or value.ndim not in self.ndims:
            return False
        return min(value.shape[:2]) >= self.least and (value.ndim < 3 or value.shape[-1] == 3)

    def __str__(self):
        side = f" at least {self.least} px high and wide" * (self.least > 1)
        return f"a uint8 image of {' or '.join(map(str, self.ndims))} axes{side}"


def _is_scalar(value):
    return getattr(value, "shape", None) == ()  # an array without axes has a length that cannot be asked


def one_column(value):
    """Return the values of a table of one column; anything else as it is."""
    return value.iloc[:, 0] if hasattr(value, "columns") and np.shape(value)[1:] == (1,) else value


class _Rows(_Late):
    """Constraint "array-like" without what has no rows in an order, and without sparse matrices."""

    def is_satisfied_by(self, value):
        """Return whether a value has rows."""
        if isinstance(value, Set | Mapping) or _is_scalar(value) or hasattr(value, "tocsr"):
            return False
        return super().is_satisfied_by(value)


def made(constraint):
    """Return a constraint of scikit-learn, or of this module, as an object."""
    if isinstance(constraint, str) and constraint == "array-like":
        return _Rows("make_constraint", constraint)
    return constraint if hasattr(constraint, "is_satisfied_by") else _Late("make_constraint", constraint)


def satisfies(value, constraints):
    """Return whether a value fulfils one of the constraints."""
    return any(made(constraint).is_satisfied_by(value) for constraint in constraints)


def told(constraints):
    """Return the allowed values in words."""
    return " or ".join(str(made(constraint)) for constraint in constraints)
