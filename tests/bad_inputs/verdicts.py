"""What may come of a bad input: one sentence that names the argument, or what the documentation allows."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from os import PathLike

import numpy as np
import pandas as pd
from numpydoc.docscrape import ClassDoc, FunctionDoc
from sklearn.utils._param_validation import make_constraint

KINDS = (ValueError, TypeError, OSError, ImportError)
GOOD = ("refused", "accepted")
# Words by which data are told, and scikit-learn's own sentences on them.
DATA = {
    "X": r"frames?|clips?|landmarks|sequences?|samples?|features?|arrays?|input|y_pred",
    "y": r"labels?|class(es)?|target|y_true|samples?|inputs?|arrays?",
    "frames": r"frame|X|landmarks|clips?|sequences?",
    "clips": r"X|frames",
    "groups": r"group|subjects?|samples",
    "name": r"graph",
    "classes": r"class|chosen",
    "table": r"clips?|frames?",
    "sequences": r"clip|frame",
    "video": r"frame|source",
    "root": r"annotations|folder",
    "param_grid": r"parameter grid",
    "param_distributions": r"parameter distribution",
    "source": r"frame|file",
    "sources": r"frames?|clip|file",
    "path": r"file|folder",
    "k": r"frame",
    "target": r"y|labels?",
    "sample_weight": r"weights?|samples",
    "estimator": r"estimator\w*|steps?",
}


# Sentences of scikit-learn's own checks of data, which its check suite asks for.
SENTENCES = ("X", "y", "sample_weight", "groups")
SCIKIT_LEARN = re.compile(
    "Complex data not supported|must be a string or a real number|could not convert string to float"
    "|Expected .D array|Found array with|Input .*contains"
)


@dataclass
class Outcome:
    """What a call did: "refused", "accepted", or one of the faults."""

    verdict: str
    detail: str = ""


def judge_error(error, argument, value):
    """Outcome of a call that raised."""
    text = f"{type(error).__name__}: {error}"
    if not isinstance(error, KINDS) or isinstance(error, UnicodeError):
        return Outcome("wrong kind", text)
    names = rf"\b({re.escape(argument)}|{DATA.get(argument, '(?!)')})\b"
    if argument in SENTENCES and SCIKIT_LEARN.search(str(error)):
        return Outcome("refused", text)
    is_named = re.search(names, str(error), re.IGNORECASE) or _names_file(error, value)
    return Outcome("refused" if is_named and str(error) else "names no argument", text)


def _names_file(error, value):
    if isinstance(error, OSError) and error.filename is not None:
        return True
    return isinstance(value, str | PathLike) and len(str(value)) > 2 and str(value) in str(error)


def judge_return(allowed, value):
    """Outcome of a call that returned; `allowed` says which values are documented, None where it does not."""
    try:
        is_wrong = allowed is not None and not allowed(value)
    except (ValueError, TypeError):
        is_wrong = False
    return Outcome("wrongly accepted" if is_wrong else "accepted")


_TYPES = {
    "int": lambda v: isinstance(v, Integral) and not isinstance(v, bool | np.bool_),
    "float": lambda v: isinstance(v, Real) and not isinstance(v, bool | np.bool_),
    "bool": lambda v: isinstance(v, bool | np.bool_),
    "str": lambda v: isinstance(v, str),
    "bytes": lambda v: isinstance(v, bytes),
    "None": lambda v: v is None,
    "callable": lambda v: isinstance(v, Callable),
    "DataFrame": lambda v: isinstance(v, pd.DataFrame),
    "pandas.DataFrame": lambda v: isinstance(v, pd.DataFrame),
    "mapping": lambda v: isinstance(v, Mapping),
    "dict": lambda v: isinstance(v, Mapping),
    "estimator": lambda v: hasattr(v, "fit"),
}
_TYPES |= dict.fromkeys(["path", "path-like", "PathLike"], lambda v: isinstance(v, str | PathLike))
_ROWS = ["array-like", "ndarray", "array", "list", "tuple", "sequence", "iterable", "pair", "set", "matrix"]
_TYPES |= dict.fromkeys(_ROWS, lambda v: isinstance(v, Iterable) and not isinstance(v, str | bytes))


def allowed_by(member, owner, argument):
    """Return the test of an argument's values, by its constraints or its documentation; None for neither."""
    constraints = getattr(member, "_skl_parameter_constraints", None)
    if constraints is None and owner is not None and member is owner.__init__:
        constraints = getattr(owner, "_parameter_constraints", None)
    if constraints and argument in constraints:
        if constraints[argument] == "no_validation":
            return None
        tests = [c if hasattr(c, "is_satisfied_by") else make_constraint(c) for c in constraints[argument]]
        return lambda value: any(test.is_satisfied_by(value) for test in tests)
    return _documented(member, owner, argument)


def _documented(member, owner, argument):
    is_init = owner is not None and getattr(member, "__name__", "") == "__init__"
    entries = (ClassDoc(owner) if is_init else FunctionDoc(member))["Parameters"]
    for entry in entries:
        if argument in entry.name.split(", "):
            return _parsed(entry.type)
    return None


def _parsed(text):
    """Test of a type as numpydoc writes it; None if a part of it is not known."""
    text = re.sub(r",? *(default ?[=:]? ?.*|optional)$", "", text)
    literals = re.findall(r"[\"']([^\"']*)[\"']", text)
    text = re.sub(r"\{[^}]*\}|[\"'][^\"']*[\"']", "", text)
    text = re.sub(r" (of|with|in) (shape \([^)]*\)|[^,]*?)(?=,| or |$)", "", text)
    words = [word.strip() for word in re.split(r",| or |\|", text) if word.strip()]
    if not (words or literals) or any(word not in _TYPES for word in words):
        return None
    tests = [_TYPES[word] for word in words]
    return lambda value: (
        value in literals
        if isinstance(value, str) and literals and not any(test(value) for test in tests)
        else any(test(value) for test in tests)
    )
