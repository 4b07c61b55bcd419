"""Plain values as JSON and arrays, and back: numbers, text, containers, arrays, face graphs, names."""

import dataclasses
import math
import os
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator

from skmer._utils._text import short_repr
from skmer.face import FaceGraph
from skmer.io._container import DTYPES

# Far below Python's own limit, so that a deep document is refused and no RecursionError is raised.
MAX_DEPTH = 40
# Bytes of all arrays that are made of lists of labels or names.
MAX_LABEL_BYTES = 2**26
MAX_NODES, MAX_FRAMES = 8192, 1024
# What int64 and uint64 hold; an integer of JSON may be longer than any number of numpy.
_INTEGERS = range(-(2**63), 2**64)
_SCALARS = {dtype.str for dtype in DTYPES.values()}
_GRAPH_FIELDS = tuple(field.name for field in dataclasses.fields(FaceGraph))


class EstimatorNode:
    """An estimator that is named in a document: nothing of it exists before the whole document is checked."""

    def __init__(self, name, params, state):
        self.name, self.params, self.state = name, params, state


class ObjectNode:
    """A class or function that is named in a document."""

    def __init__(self, name):
        self.name = name


class GraphNode:
    """The fields of a `FaceGraph` in a document."""

    def __init__(self, fields):
        self.fields = fields


class Encoder:
    """Makes a document of objects, and collects their arrays.

    Parameters
    ----------
    encode_estimator : callable
        Called with this encoder and an estimator; returns name, parameters and state.
    name_of : callable
        Called with a class or a function; returns its dotted name, or raises ValueError.
    """

    def __init__(self, encode_estimator, name_of):
        self.tensors: dict = {}
        self.encode_estimator, self.name_of = encode_estimator, name_of

    def encode(self, value, depth=0):
        """Return a value as JSON can hold it; arrays go into ``tensors`` under names of their own."""
        if depth > MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} containers in one another cannot be saved")
        if value is None or isinstance(value, bool | str):
            return str(value) if isinstance(value, str) else value
        if isinstance(value, np.generic):
            return _encode_scalar(value)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else {"$float": str(float(value))}
        if isinstance(value, dict | list | tuple):
            return self._encode_container(value, depth + 1)
        if isinstance(value, np.ndarray):
            return self._encode_array(value)
        return self._encode_object(value, depth + 1)

    def _encode_container(self, value, depth):
        # Pairs, since the keys of JSON are text alone: 1 and "1" would become one.
        if isinstance(value, dict):
            pairs = [[self.encode(key, depth), self.encode(item, depth)] for key, item in value.items()]
            return {"$dict": pairs}
        kind = "$list" if isinstance(value, list) else "$tuple"
        return {kind: [self.encode(item, depth) for item in value]}

    def _encode_array(self, value):
        if isinstance(value, np.ma.MaskedArray):
            raise ValueError("a masked array cannot be saved without pickle")
        if value.dtype.kind in "UO":
            items = [self.encode(item) for item in value.ravel().tolist()]
            return {"$items": items, "dtype": value.dtype.str, "shape": list(value.shape)}
        native = value.dtype.newbyteorder("<")
        if native.str not in _SCALARS:
            raise ValueError(f"an array of {value.dtype} cannot be saved without pickle")
        name = str(len(self.tensors))
        self.tensors[name] = np.ascontiguousarray(value, dtype=native).reshape(value.shape)
        # The order of the axes in memory decides the last digits of a matrix product.
        return {"$array": name, "order": "C" if value.flags.c_contiguous else "F"}

    def _encode_object(self, value, depth):
        if isinstance(value, os.PathLike | torch.device):
            return str(value)
        if isinstance(value, np.dtype) and value.str in _SCALARS:
            return {"$dtype": value.str}
        if isinstance(value, FaceGraph):
            return {"$graph": {name: self.encode(getattr(value, name), depth) for name in _GRAPH_FIELDS}}
        if isinstance(value, BaseEstimator):
            name, params, state = self.encode_estimator(value)
            return {
                "$estimator": name,
                "params": self.encode(params, depth),
                "state": self.encode(state, depth),
            }
        if isinstance(value, type) or callable(value):
            return {"$object": self.name_of(value)}
        raise ValueError(f"{type(value).__name__} cannot be saved without pickle")


class Parser:
    """Makes plain values and nodes of a document: it calls nothing and imports nothing that a file names.

    Parameters
    ----------
    tensors : dict of str to ndarray
        Arrays of the file; each has one place in the document.
    """

    def __init__(self, tensors):
        self.unused = dict(tensors)
        self.label_bytes = 0

    def parse(self, value, depth=0):
        """Return the value or the node that an entry of the document stands for."""
        if depth > MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} containers are in one another")
        if value is None or isinstance(value, bool | str | float):
            return value
        if isinstance(value, int):
            if value not in _INTEGERS:
                raise ValueError(f"the integer {str(value)[:20]}... does not fit 64 bits")
            return value
        kind = next((key for key in value if key.startswith("$")), None) if isinstance(value, dict) else None
        if kind not in _KINDS:
            raise ValueError(f"it holds an entry of the unknown kind {kind!r}")
        keys, read = _KINDS[kind]
        if value.keys() != {kind, *keys}:
            raise ValueError(f"an entry {kind!r} must have the keys {[kind, *keys]}, got {list(value)[:10]}")
        return read(self, depth + 1, value[kind], *(value[key] for key in keys))

    def parse_list(self, values, depth):
        """Return the values of a JSON list."""
        if not isinstance(values, list):
            raise ValueError(f"it holds {type(values).__name__} where a list is due")
        return [self.parse(value, depth) for value in values]

    def parse_dict(self, pairs, depth):
        """Return the dictionary of a JSON list of pairs with plain, distinct keys."""
        found: dict[Any, Any] = {}
        for pair in pairs if isinstance(pairs, list) else [None]:
            if not (isinstance(pair, list) and len(pair) == 2):
                raise ValueError("it holds a dictionary that is no list of pairs")
            key = self.parse(pair[0], depth)
            if not isinstance(key, _KEYS) or key in found:
                raise ValueError(f"a dictionary has the impossible or repeated key {short_repr(key)}")
            found[key] = self.parse(pair[1], depth)
        return found

    def parse_array(self, name, order):
        """Return a copy of an array of the file."""
        if not isinstance(name, str) or name not in self.unused:
            raise ValueError(f"the array {short_repr(name)} is not in the file, or is used twice")
        if order not in ("C", "F"):
            raise ValueError(f"an array has the order {short_repr(order)}, which is neither 'C' nor 'F'")
        # Taken out: two attributes must not share an array, and what is left belongs to nothing.
        array = self.unused.pop(name)
        return np.array(array, dtype=array.dtype.newbyteorder("="), order=order)

    def parse_items(self, items, dtype, shape):
        """Return an array of labels or names."""
        items = self.parse_list(items, MAX_DEPTH - 2)
        if not (isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)):
            raise ValueError("an array of labels has an impossible shape")
        if len(shape) > 8 or math.prod(shape) != len(items):
            raise ValueError("an array of labels has a shape that does not fit its items")
        if dtype == "|O" and all(item is None or isinstance(item, _KEYS) for item in items):
            array = np.empty(len(items), dtype=object)
            array[:] = items
            return array.reshape(shape)
        width = dtype[2:] if isinstance(dtype, str) and dtype[:2] in ("<U", ">U") else ""
        # isdigit() alone accepts digits of other scripts; numpy would make room for whatever width it is.
        if not (width.isascii() and width.isdigit() and len(width) < 10):
            raise ValueError(f"an array of labels has the unknown dtype {short_repr(dtype)}")
        if not all(isinstance(item, str) and len(item) <= int(width) for item in items):
            raise ValueError(f"an array of labels holds what does not fit its dtype {dtype!r}")
        # An empty array takes the memory of one entry.
        self.label_bytes += 4 * int(width) * max(len(items), 1)
        if self.label_bytes > MAX_LABEL_BYTES:
            raise ValueError(f"its labels and names take more than {MAX_LABEL_BYTES:,} bytes")
        return np.array(items, dtype=dtype).reshape(shape)


_KEYS = (str, bool, int, float, np.generic)


def _encode_scalar(value):
    if isinstance(value, np.str_):
        return str(value)
    dtype = value.dtype.newbyteorder("<").str
    if dtype not in _SCALARS:
        raise ValueError(f"a number of type {value.dtype} cannot be saved without pickle")
    item = value.item()
    return {"$scalar": item if np.isfinite(item) else {"$float": str(item)}, "dtype": dtype}


def _parse_scalar(parser, depth, item, dtype):
    if not isinstance(dtype, str) or dtype not in _SCALARS:
        raise ValueError(f"a number has the unknown dtype {short_repr(dtype)}")
    item = parser.parse(item, depth)
    kind = np.dtype(dtype).kind
    expected = {"b": bool, "i": int, "u": int, "f": float}[kind]
    # Not isinstance, to which True is an int: it would become the number 1.
    if type(item) is not expected:
        raise ValueError(f"{short_repr(item)} is no number of dtype {dtype!r}")
    if kind in "iu" and not np.iinfo(dtype).min <= item <= np.iinfo(dtype).max:
        raise ValueError(f"{item} does not fit dtype {dtype!r}")
    with np.errstate(over="ignore"):
        return np.dtype(dtype).type(item)


def _parse_float(parser, depth, text):
    if text not in ("nan", "inf", "-inf"):
        raise ValueError(f"{short_repr(text)} is no number")
    return float(text)


def _parse_dtype(parser, depth, text):
    if not isinstance(text, str) or text not in _SCALARS:
        raise ValueError(f"{short_repr(text)} is no type of numbers")
    return np.dtype(text)


def _parse_graph(parser, depth, fields):
    if not isinstance(fields, dict) or fields.keys() != set(_GRAPH_FIELDS):
        raise ValueError(f"a graph must have the fields {list(_GRAPH_FIELDS)}")
    found = {name: parser.parse(value, depth) for name, value in fields.items()}
    expected = {"name": lambda v: isinstance(v, str), "components": _are_components, "nodes": _are_positions}
    expected["n_frames"] = lambda v: is_int(v) and 1 <= v <= MAX_FRAMES
    for name, value in found.items():
        if not expected.get(name, _are_positions_or_none)(value):
            raise ValueError(f"a graph has an impossible field {name!r}")
    return GraphNode(found)


def _are_positions(value):
    return (
        isinstance(value, tuple | list)
        and len(value) <= MAX_NODES
        and all(is_int(node) and 0 <= node < 2**31 for node in value)
    )


def _are_components(value):
    return isinstance(value, dict) and all(
        isinstance(name, str) and _are_positions(nodes) for name, nodes in value.items()
    )


def _are_positions_or_none(value):
    """Return whether a field is None, positions of nodes, or pairs of such."""
    if value is None or _are_positions(value):
        return True
    return isinstance(value, tuple | list) and all(_are_positions(pair) and len(pair) == 2 for pair in value)


def is_int(value):
    """Return whether a value is an integer, and no bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _parse_object(parser, depth, name):
    return ObjectNode(_checked_name(name))


def _parse_estimator(parser, depth, name, params, state):
    params, state = parser.parse(params, depth), parser.parse(state, depth)
    for part in (params, state):
        if not (isinstance(part, dict) and all(isinstance(key, str) for key in part)):
            raise ValueError(f"{name!r} must have parameters and a state by name")
    return EstimatorNode(_checked_name(name), params, state)


def _checked_name(name):
    # The form alone. Whether a name may be used is decided by the tables, once the whole document is known.
    parts = name.split(".") if isinstance(name, str) else [""]
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        raise ValueError(f"{short_repr(name)} is no dotted name of a class or function")
    return name


# Kind of an entry -> the keys that it has beside, and what reads it.
_KINDS: dict[str | None, tuple] = {
    "$list": ((), lambda parser, depth, values: parser.parse_list(values, depth)),
    "$tuple": ((), lambda parser, depth, values: tuple(parser.parse_list(values, depth))),
    "$dict": ((), lambda parser, depth, pairs: parser.parse_dict(pairs, depth)),
    "$array": (("order",), lambda parser, depth, name, order: parser.parse_array(name, order)),
    "$items": (("dtype", "shape"), lambda parser, depth, *parts: parser.parse_items(*parts)),
    "$scalar": (("dtype",), _parse_scalar),
    "$float": ((), _parse_float),
    "$dtype": ((), _parse_dtype),
    "$graph": ((), _parse_graph),
    "$object": ((), _parse_object),
    "$estimator": (("params", "state"), _parse_estimator),
}
