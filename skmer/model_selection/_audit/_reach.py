"""All that an unfitted pipeline can reach: parameters, attributes, closures, the globals of its functions."""

import functools
import sysconfig
import types
from collections import deque
from pathlib import Path

import skmer

_LIBRARIES = tuple(
    str(folder)
    for folder in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        Path(skmer.__file__).parent,
    }
)
_LIMIT = 50_000
_LONGEST = 20_000


def reachable(root):
    """Pairs of a path and an object, each object once, from the root down."""
    queue, seen, n_seen = deque([("", root)]), set(), 0
    keep = []  # what is only reached through temporary lists must not give its address to another
    while queue and n_seen < _LIMIT:
        path, value = queue.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        keep.append(value)
        n_seen += 1
        yield path, value
        queue.extend((f"{path}.{name}" if path else str(name), part) for name, part in _parts(value))


def _parts(value):
    if isinstance(value, str | bytes | int | float | bool | types.ModuleType) or value is None:
        return []
    if isinstance(value, functools.partial):
        return [("func", value.func), *enumerate(value.args), *value.keywords.items()]
    if isinstance(value, types.MethodType):
        return [("self", value.__self__), *_parts(value.__func__)]
    if isinstance(value, types.FunctionType):
        return _function_parts(value)
    if isinstance(value, type):
        return [] if _is_library(value.__module__) else _class_parts(value)
    if isinstance(value, dict):
        return list(value.items())[:_LONGEST]
    if isinstance(value, list | tuple | set | frozenset):
        return list(enumerate(value))[:_LONGEST]
    if hasattr(value, "__dict__"):
        return [*vars(value).items(), ("class", type(value))]
    return []


def _class_parts(owner):
    parts = [(name, part) for name, part in vars(owner).items() if not name.startswith("__")]
    parts += [(name, vars(owner)[name]) for name in ("__init__", "__call__") if name in vars(owner)]
    parts = [
        (name, getattr(part, "__func__", None) or getattr(part, "fget", None) or part) for name, part in parts
    ]
    return parts + [(base.__name__, base) for base in owner.__bases__]


def _function_parts(function):
    if _is_library(function.__module__):
        return []
    parts = list(enumerate(function.__defaults__ or ()))
    parts += list((function.__kwdefaults__ or {}).items())
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            parts.append((name, cell.cell_contents))
        except ValueError:  # not filled yet
            continue
    names = set(_names(function.__code__))
    return parts + [(name, function.__globals__[name]) for name in names if name in function.__globals__]


def _names(code):
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


@functools.lru_cache(maxsize=1000)
def _is_library(module):
    """Whether a module came with Python or was installed, so that no user's data stands in it."""
    import sys

    file = getattr(sys.modules.get(module), "__file__", None)
    return file.startswith(_LIBRARIES) if file else module in sys.builtin_module_names
