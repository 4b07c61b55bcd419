"""Valid calls of every public name, heard while the example of its docstring runs.

A name that joins an ``__all__`` is tried from that day on: the house asks for an example of each. What an
example does not call stands in ``more_examples.py``.
"""

import contextlib
import doctest
import functools
import importlib
import inspect
import io
import pkgutil
import tempfile
from dataclasses import dataclass, is_dataclass

from more_examples import INSTEAD, MORE

import skmer

PACKAGES = [info.name for info in pkgutil.iter_modules(skmer.__path__) if info.ispkg and info.name[0] != "_"]


_FOLDERS: list = []  # one that nobody holds is removed


@dataclass
class Call:
    """A valid call: of a function, of a class, or of a method of `instance`."""

    name: str
    member: object
    owner: type | None
    instance: object
    arguments: dict

    def run(self, arguments):
        """Call with these arguments, by name where names are taken."""
        function = self.owner if self.name == "__init__" else self.member
        if self.instance is not None:
            function = getattr(self.instance, self.name)
        return _apply(function, self.member, arguments)


def all_public(only=""):
    """Every name in the ``__all__`` of every public package, or of the one that `only` names a part of."""
    for package in PACKAGES:
        if "." in only and package != only.partition(".")[0]:
            continue
        module = importlib.import_module(f"skmer.{package}")
        for name in module.__all__:
            yield f"{package}.{name}", getattr(module, name)


# What an estimator has beyond its parameters and these is its library's protocol (skorch's, torch's), which
# code calls and no user; so are the methods of torch modules, whose arguments are tensors.
ESTIMATOR_METHODS = {
    *("fit", "partial_fit", "transform", "fit_transform", "predict", "predict_proba", "predict_log_proba"),
    *("decision_function", "score", "split", "extract", "track", "action_maps", "action_weights"),
}


def _is_tried(owner, name):
    """Whether a method takes what a user gives."""
    if name == "__init__":
        return True
    if owner.__module__.startswith(("skmer.nn", "skmer.training")) or hasattr(owner, "register_buffer"):
        return False
    return name in ESTIMATOR_METHODS if hasattr(owner, "get_params") else True


def takes_arguments(member):
    """Whether a name can be called; records that only hold what a function returns are not."""
    if isinstance(member, type):
        # As in test_docstrings: its documentation lists attributes, and no parameters.
        is_record = hasattr(member, "_fields") or is_dataclass(member)
        if is_record and "Attributes\n" in (member.__doc__ or "") and "Parameters\n" not in member.__doc__:
            return False
        home = next(owner for owner in member.__mro__ if "__init__" in vars(owner))
        return bool(_parameters(member.__init__)) and home.__module__.startswith("skmer.")
    return callable(member) and bool(_parameters(member))


def starts_of(path, member):
    """Valid calls of a public name, the first of each method; [] if no example makes one."""
    heard = {}
    with _spied(path, member, heard), contextlib.redirect_stdout(io.StringIO()):
        namespace = {"__name__": "example"}
        for code in [INSTEAD.get(path) or _example(member), MORE.get(path, "")]:
            exec(compile(code, f"<example of {path}>", "exec"), namespace)
    return list(heard.values())


def _example(member):
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(member) or "")
    return "".join(e.source for e in examples if not (e.exc_msg or e.options.get(doctest.SKIP)))


def _parameters(function):
    signature = inspect.signature(function).parameters.values()
    return [p for p in signature if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name != "self"]


def _apply(function, member, arguments):
    parameters = inspect.signature(member).parameters
    first = [arguments[n] for n, p in parameters.items() if p.kind is p.POSITIONAL_ONLY and n in arguments]
    names = {
        n: v
        for n, v in arguments.items()
        if parameters.get(n, None) is None or (parameters[n].kind is not inspect.Parameter.POSITIONAL_ONLY)
    }
    return function(*first, **names)


@contextlib.contextmanager
def _spied(path, member, heard):
    """Hear the first call of a function, or of each public method of a class, while an example runs."""
    with contextlib.ExitStack() as undo:
        undo.enter_context(_lasting_folders())
        if isinstance(member, type):
            for owner, name, raw in _methods(member):
                if isinstance(raw, classmethod | staticmethod):
                    spy = type(raw)(_spy(raw.__func__, name, member, heard, type(raw) is classmethod))
                else:
                    spy = _spy(raw, name, member, heard, True)
                setattr(owner, name, spy)
                undo.callback(setattr, owner, name, raw)
        else:
            package, _, name = path.partition(".")
            module = importlib.import_module(f"skmer.{package}")
            setattr(module, name, _spy(member, name, None, heard, False))
            undo.callback(setattr, module, name, member)
        yield


def _methods(member):
    seen = set()
    for owner in member.__mro__:
        for name, raw in list(vars(owner).items()):
            is_method = inspect.isfunction(raw) or isinstance(raw, classmethod | staticmethod)
            if name in seen or not is_method or (name[0] == "_" and name != "__init__"):
                continue
            seen.add(name)
            if not _is_tried(member, name):
                continue
            if owner.__module__.startswith("skmer."):
                yield owner, name, raw


def _spy(function, name, owner, heard, bound):
    @functools.wraps(function)
    def spy(*args, **kwargs):
        if name not in heard and (owner is None or not bound or _is_of(args[0], owner)):
            call = inspect.signature(function).bind(*args, **kwargs)
            arguments = _flat(call, function)
            instance = arguments.pop(next(iter(arguments))) if bound else owner
            instance = None if name == "__init__" or owner is None else instance
            result = function(*args, **kwargs)  # an example may show an error
            heard[name] = Call(name, function, owner, instance, arguments)
            return result
        return function(*args, **kwargs)

    return spy


def _is_of(first, owner):
    return isinstance(first, owner) or first is owner


def _flat(call, function):
    arguments = {}
    for name, value in call.arguments.items():
        kind = call.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            arguments.update(value)
        elif kind is not inspect.Parameter.VAR_POSITIONAL:
            arguments[name] = value
    return arguments


@contextlib.contextmanager
def _lasting_folders():
    """Keep the temporary folders of examples, whose paths are arguments later."""
    saved = tempfile.TemporaryDirectory.__exit__, tempfile.TemporaryDirectory.cleanup
    tempfile.TemporaryDirectory.__exit__ = lambda self, *error: _FOLDERS.append(self)
    tempfile.TemporaryDirectory.cleanup = _FOLDERS.append
    try:
        yield
    finally:
        tempfile.TemporaryDirectory.__exit__, tempfile.TemporaryDirectory.cleanup = saved
