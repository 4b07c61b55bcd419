"""Labels and subjects of samples: one for every clip, in one form."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d

from skmer._utils._text import one_form, plain_column, plain_text, sorted_values


def check_given(y, groups):
    """Refuse labels without subjects, and subjects without labels."""
    if y is None or groups is None:
        lacking = "y" if y is None else "groups"
        raise ValueError(f"{lacking} must be given with X, got None; or pass clips that hold both.")


def check_names(name, values, warn=False):
    """Return labels or subjects in one column; ValueError where a row has none or they cannot be sorted."""
    values = plain_column(values)
    column = values.astype(object)
    several = any(isinstance(value, list | tuple | np.ndarray) for value in column.flat)
    if several or column.ndim == 0 or column.shape[1:] not in ((), (1,)):
        raise ValueError(f"{name} should be a 1d array, a value for every clip, got {values!r:.80}.")
    column = column.ravel()
    rows = np.flatnonzero(pd.isna(column) | np.array([_is_blank(v) for v in column], dtype=bool))
    if len(rows):
        raise ValueError(
            f"{name} must have a value for every clip, got none in {len(rows)} of {len(column)} rows, such "
            f"as row {rows[0]}; leave these clips out, or name them."
        )
    sorted_values(name, column)
    return column_or_1d(one_form(name, values), input_name=name, warn=warn)


def _is_blank(value):
    return isinstance(value, str) and not plain_text(value)
