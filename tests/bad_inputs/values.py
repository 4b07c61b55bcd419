"""Values to put in an argument's place: of every type, and damaged copies of the valid one."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse


class Alien:
    """An object that no argument can mean."""

    def __repr__(self):
        return "Alien()"


COMMON = {
    "None": None,
    "alien": Alien(),
    "class": Alien,
    "True": True,
    "zero": 0,
    "minus one": -1,
    "huge": 10**30,
    "minus huge": -(10**30),
    "past int64": 2**63,
    "half": 0.5,
    "nan": float("nan"),
    "inf": float("inf"),
    "minus inf": -float("inf"),
    "1e300": 1e300,
    "complex": 1j,
    "decimal": Decimal("NaN"),
    "NA": pd.NA,
    "NaT": np.datetime64("NaT"),
    "empty text": "",
    "text": "abc",
    "NUL": "a\0b",
    "surrogate": "a\ud800",
    "long text": "a" * 5000,
    "no such file": "/no/such/folder/file",
    "path": Path("/no/such/file"),
    "folder": Path("."),
    "bytes": b"abc",
    "empty list": [],
    "list of None": [None],
    "list of aliens": [Alien(), Alien()],
    "ragged": [[1], [2, 3]],
    "texts": ["a", "b"],
    "mixed": ["a", 1, None],
    "nans": [float("nan")] * 3,
    "huge numbers": [10**30, -(10**30)],
    "tuple": (),
    "pair": (-1, 2),
    "set": {1},
    "dict": {},
    "odd dict": {1: None, "a": [2]},
    "function": len,
    "lambda": lambda: None,
    "0-d": np.array(3.0),
    "empty array": np.empty(0),
    "zeros": np.zeros((2, 2, 2)),
    "aliens": np.array([Alien(), None], dtype=object),
    "dates": np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
    "complexes": np.array([1j, 2]),
    "records": np.zeros(2, dtype=[("a", int)]),
    "frame": pd.DataFrame(),
    "odd frame": pd.DataFrame({"a": [1, None], 3: ["x", "y"]}),
}


def values_for(valid):
    """Values by name: the common ones, and those made of a valid value."""
    yield from COMMON.items()
    if isinstance(valid, np.ndarray):
        yield from _arrays(valid)
    elif isinstance(valid, pd.DataFrame):
        yield from _frames(valid)
    elif isinstance(valid, list | tuple) and valid:
        yield from _sequences(valid)
    elif isinstance(valid, dict) and valid:
        yield from _dicts(valid)
    elif isinstance(valid, str) and valid:
        yield from {"upper": valid.swapcase() + "?", "listed": [valid], "encoded": valid.encode()}.items()
    elif isinstance(valid, int | float) and not isinstance(valid, bool):
        yield from {"listed": [valid], "as text": str(valid), "negative": -valid - 1, "far": 1e9}.items()


def _arrays(valid):
    yield "short", valid[:-1]
    yield "none of it", valid[:0]
    yield "one more", np.concatenate([valid, valid[:1]]) if valid.ndim else valid
    yield "deeper", valid[..., None]
    yield "flat", valid.ravel() if valid.ndim > 1 else valid[0] if len(valid) else valid
    yield "turned", valid.T if valid.ndim > 1 else valid[None]
    yield "half of the last", valid[..., : valid.shape[-1] // 2]
    yield "as list of lists", valid.tolist()
    for kind in ("U", "datetime64[D]", complex, bool):
        try:
            yield f"as {kind}", valid.astype(kind)
        except (TypeError, ValueError):
            continue
    for name, item in (("None", None), ("NaN", float("nan")), ("inf", float("inf")), ("alien", Alien())):
        if valid.size:
            damaged = valid.astype(object)
            damaged.flat[valid.size // 2] = item
            yield f"{name} in it", damaged
            if valid.dtype.kind == "f" and isinstance(item, float):
                yield f"{name} among numbers", damaged.astype(valid.dtype)
    if valid.size:
        yield from _kinds(valid)
    if valid.dtype.kind in "fiu":
        yield "1e30 times", valid * 1e30
        yield "negative", -valid.astype(float) - 1


def _kinds(valid):
    """The same numbers or texts in other kinds of arrays."""
    yield "as object", valid.astype(object)
    yield "masked", np.ma.masked_array(valid, mask=np.arange(valid.size).reshape(valid.shape) == 1)
    yield "unmasked", np.ma.masked_array(valid)
    locked = valid.copy()
    locked.flags.writeable = False
    yield "read-only", locked
    yield "backwards", valid[::-1] if valid.ndim else valid
    if valid.dtype.kind in "fiu":
        yield "big-endian", valid.astype(valid.dtype.newbyteorder(">"))
        yield "half precision", valid.astype(np.float16)
        yield "long double", valid.astype(np.longdouble)
    if valid.ndim == 1:
        series = pd.Series(valid, index=range(len(valid), 0, -1))
        yield "series", series
        yield "categories", series.astype(str).astype("category")
        yield "text with NA", series.astype(str).astype("string").mask(series.index == 1)
        yield "whole numbers with NA", pd.Series([pd.NA, *range(len(valid) - 1)], dtype="Int64")
    if valid.ndim == 2:
        yield "sparse", scipy.sparse.csr_array(valid) if valid.dtype.kind in "fiu" else valid
        yield "same columns", pd.DataFrame(valid, columns=["a"] * valid.shape[1])


def _frames(valid):
    yield "no rows", valid.iloc[:0]
    yield "twice", pd.concat([valid, valid])
    for column in valid.columns:
        yield f"without {column}", valid.drop(columns=column)
        for name, item in (("None", None), ("text", "?"), ("number", -7.5), ("alien", Alien())):
            yield f"{name} as {column}", valid.assign(**{str(column): [item] * len(valid)})


def _sequences(valid):
    kind = list
    yield "short", kind(valid[:-1])
    yield "twice", kind(valid) * 2
    for name, item in (("None", None), ("alien", Alien()), ("nan", float("nan")), ("text", "?")):
        yield f"{name} first", kind([item, *valid[1:]])
    yield "nested", [kind(valid)]
    yield "items", iter(valid)


def _dicts(valid):
    for key in valid:
        for name, item in (("None", None), ("alien", Alien()), ("empty", []), ("text", "?")):
            yield f"{name} at {key}", {**valid, key: item}
    yield "odd keys", {Alien(): value for value in valid.values()}
    yield "keys alone", list(valid)
