"""Forms of learned attributes, written as in ``"coef_:f[D,F] intercept_:f[D]|float"``, and their check.

A form is a kind, or several with ``|`` between them. ``f``, ``i`` and ``b`` are arrays of floats, integers
and booleans; brackets give the sizes of their axes: numbers, ``*``, or letters that stand for one size
throughout an estimator. ``F`` is the number of features, ``C`` that of classes, ``D`` and ``P`` follow from
it: columns of decisions and pairs of classes. Floats are finite unless ``~`` follows.
"""

import re

import numpy as np

from skmer.io._codec import EstimatorNode, GraphNode, ObjectNode, is_int

_FORM = re.compile(r"(=[\w.]+|[a-z]+~?)(?:\[([^\]]*)\])?")
# Names of public learned attributes, such as coef_, without the special ones of Python.
LEARNED = re.compile(r"[a-z](?:_?[A-Za-z0-9])*_")


def parse_forms(text):
    """Return the forms of attributes by name.

    Parameters
    ----------
    text : str
        Names and forms, separated by spaces.

    Returns
    -------
    forms : dict of str to list of (str, tuple of str or None)
    """
    return {name: _parse_form(form) for name, _, form in (entry.partition(":") for entry in text.split())}


def _parse_form(form):
    found = [_FORM.fullmatch(part) for part in form.split("|")]
    return [(m[1], None if m[2] is None else tuple(m[2].split(","))) for m in found if m]


def check_attributes(forms, attributes, sizes=None):
    """Refuse attributes whose value has another form.

    Parameters
    ----------
    forms : dict
        From `parse_forms`.
    attributes : dict of str to object
        Values and nodes.
    sizes : dict of str to int, optional
        Sizes that are known.

    Raises
    ------
    ValueError
        If one has another form, or its sizes do not go with those of the others.
    """
    sizes = dict(sizes or {})
    # The letters F and C are bound first, in whatever order a file has its attributes.
    first = ("n_features_in_", "classes_")
    for name in sorted(attributes, key=lambda name: (name not in first, name)):
        value = attributes[name]
        if not any(_fits(kind, axes, value, sizes) for kind, axes in forms[name]):
            raise ValueError(f"the attribute {name} has another type or shape than a fitted one has")
        if name == "n_features_in_":
            sizes["F"] = value


def is_plain(value):
    """Return whether a value is numbers, text and containers of such, without a node."""
    return not any(True for _ in nodes(value))


def nodes(value):
    """Iterate over the nodes in a value.

    Parameters
    ----------
    value : object
        Value or node.

    Yields
    ------
    node : EstimatorNode, ObjectNode or GraphNode
    """
    if isinstance(value, EstimatorNode | ObjectNode | GraphNode):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from nodes(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from nodes(item)


def _fits(kind, axes, value, sizes):
    if kind.startswith("="):
        return isinstance(value, EstimatorNode) and value.name == kind[1:]
    if not _SCALARS[kind](value) if kind in _SCALARS else not _is_array(kind, value):
        return False
    if axes is None:
        return True
    # A copy: a form that fails half-way must not leave sizes bound for the next alternative.
    bound = dict(sizes)
    if len(axes) != value.ndim or not all(map(_binds, axes, value.shape, [bound] * value.ndim)):
        return False
    sizes.update(bound)
    return True


def _binds(axis, size, sizes):
    """Return whether an axis may have a size; a letter without a size takes this one."""
    if axis == "*":
        return True
    if axis.isdigit():
        return size == int(axis)
    n_classes = sizes.get("C")
    if n_classes is not None and axis in ("D", "P", "C-1"):
        pairs = n_classes * (n_classes - 1) // 2
        return size == {"D": 1 if n_classes == 2 else n_classes, "P": pairs, "C-1": n_classes - 1}[axis]
    return sizes.setdefault(axis, size) == size


def _is_array(kind, value):
    if not isinstance(value, np.ndarray):
        return False
    if kind == "labels":
        return value.ndim == 1 and (value.dtype.kind in "Ubiuf" or _holds(value, str | int | float))
    if kind == "names":
        return value.ndim == 1 and (value.dtype.kind == "U" or _holds(value, str))
    kinds = {"f": "f", "i": "iu", "b": "b"}[kind[0]]
    finite = kind[0] != "f" or kind.endswith("~") or value.dtype.kind != "f" or np.isfinite(value).all()
    return value.dtype.kind in kinds and bool(finite)


def _holds(value, types):
    return value.dtype == object and all(isinstance(item, types) for item in value)


def _is_number(value):
    return is_int(value) or isinstance(value, float | np.floating)


def _is_estimators(value):
    return isinstance(value, list) and value != [] and all(isinstance(item, EstimatorNode) for item in value)


def _is_output(value):
    return isinstance(value, dict) and all(
        key == "transform" and item in ("default", "pandas", "polars") for key, item in value.items()
    )


_TYPES = {"macro", "micro"}  # of movements


def _are_choices(value):
    """Return whether a value is what a spotter chose for each type: setting, height and F1."""
    return (
        isinstance(value, dict)
        and value.keys() == _TYPES
        and all(
            isinstance(choice, tuple)
            and len(choice) == 3
            and isinstance(choice[0], tuple)
            and all(map(_is_number, choice[1:]))
            and choice[1] >= 0
            for choice in value.values()
        )
    )


def _are_arrays(value):
    return (
        isinstance(value, dict)
        and value.keys() == _TYPES
        and all(_is_array("f", array) for array in value.values())
    )


_SCALARS = {
    "choices": _are_choices,
    "arrays": _are_arrays,
    "none": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool | np.bool),
    "false": lambda value: value is False,
    "int": lambda value: is_int(value) and 0 <= value < 2**63,
    "float": lambda value: _is_number(value) and bool(np.isfinite(value)),
    "float~": _is_number,
    "str": lambda value: isinstance(value, str),
    "dtype": lambda value: isinstance(value, np.dtype),
    "sizes": lambda value: isinstance(value, tuple) and all(map(is_int, value)),
    "output": _is_output,
    "plain": is_plain,
    "estimator": lambda value: isinstance(value, EstimatorNode),
    "estimators": _is_estimators,
}
