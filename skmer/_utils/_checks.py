"""Checks of plain arguments: integers, positive numbers, ranges."""

from numbers import Integral, Real

import numpy as np


def check_integer(name, value, least):
    """Refuse what is not an integer of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")


def check_positive(name, value):
    """Refuse what is not a positive finite number."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < np.inf:
        raise ValueError(f"{name} must be a positive number, got {value!r}.")


def check_range(name, value):
    """Refuse what is not an ascending pair of positive numbers."""
    try:
        low, high = (float(bound) for bound in value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a pair (low, high), got {value!r}.") from error
    if not 0 < low <= high < np.inf:
        raise ValueError(f"{name} must be a pair 0 < low <= high, got {value!r}.")
    return low, high
