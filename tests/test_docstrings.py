"""Every public name, and every public method of one, has a valid numpydoc docstring."""

import ast
import importlib
import inspect
import pkgutil
from dataclasses import is_dataclass
from functools import cached_property
from pathlib import Path

import pytest
from numpydoc.validate import validate

import skmer

EXCUSED = {
    "GL01": "the summary stands on the line of the opening quotes",
    "SS05": "a noun phrase is a good summary for what returns a value",
    "ES01": "a good summary may be all there is to say",
    "PR08": "a description may open with a symbol or a name",
    "SA01": "see-also lists rot; the API pages put neighbours side by side",
    "RT02": "a single returned value may be named, which tells its shape from its neighbours'",
    "RT03": "the summary says what a lone return value is",
    "RT04": "as PR08",
    "EX01": "asked of public names only, below; a method is shown in its class's example",
}
TENSOR_METHODS = {
    "PR01": "the signature has the types, the class's Shapes the rest",
    "RT01": "as PR01",
}
PACKAGES = [info.name for info in pkgutil.iter_modules(skmer.__path__) if info.ispkg and info.name[0] != "_"]


def public_names():
    for package in PACKAGES:
        module = importlib.import_module(f"skmer.{package}")
        for name in module.__all__:
            member = getattr(module, name)
            if inspect.isclass(member) or inspect.isroutine(member):
                yield f"skmer.{package}.{name}", member


def documented_elsewhere(owner, name):
    """Whether scikit-learn, skorch or torch documents this method, and ours adds no word to it."""
    outside = [base for base in owner.__mro__ if not base.__module__.startswith("skmer")]
    ours = inspect.unwrap(vars(definer(owner, name))[name]).__doc__
    return ours is None and any(getattr(vars(base).get(name), "__doc__", None) for base in outside)


def definer(owner, name):
    return next(base for base in owner.__mro__ if name in vars(base))


def public_methods():
    kinds = (property, cached_property, classmethod, staticmethod)
    for path, owner in public_names():
        for name in dir(owner) if inspect.isclass(owner) else ():
            if name[0] == "_" or not (source := definer(owner, name)).__module__.startswith("skmer"):
                continue
            member = vars(source)[name]
            is_method = inspect.isfunction(member) or isinstance(member, kinds)
            if is_method and not documented_elsewhere(owner, name):
                yield f"{path}.{name}"


def is_record(member):
    """Whether this only holds what a function returns, whose example then shows it."""
    return (hasattr(member, "_fields") or is_dataclass(member)) and "Attributes\n" in (member.__doc__ or "")


def complaints(path, excused):
    errors = [f"{code}: {text}" for code, text in validate(path)["errors"] if code not in excused]
    return [
        error for error in errors if "Shapes" not in error
    ]  # a torch module's shapes close its parameters


@pytest.mark.parametrize(("path", "member"), [pytest.param(*pair, id=pair[0]) for pair in public_names()])
def test_public_name(path, member):
    excused = EXCUSED.keys() | {"PR01"} if is_record(member) else EXCUSED.keys() - {"EX01"}
    assert complaints(path, excused) == []


@pytest.mark.parametrize("path", list(public_methods()))
def test_public_method(path):
    assert complaints(path, EXCUSED | (TENSOR_METHODS if path.startswith("skmer.nn.") else {})) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package(package):
    assert importlib.import_module(f"skmer.{package}").__doc__


QUESTIONS = {"what", "which", "who", "whose", "where", "when", "why", "how", "whether"}
MODULES = sorted(Path(skmer.__file__).parent.rglob("*.py"))


def asks(text):
    """Return whether a docstring begins with a question word, or returns one."""
    first, *rest = text.lower().split()
    return first in QUESTIONS or (first in {"return", "returns"} and rest[0] in QUESTIONS - {"whether"})


def docstrings(tree):
    """Yield line and text of the docstrings of modules, classes, functions, constants; private ones too."""
    for node in ast.walk(tree):
        for child in node.body if isinstance(getattr(node, "body", None), list) else ():
            if isinstance(child, ast.Expr) and isinstance(getattr(child.value, "value", None), str):
                yield child.lineno, child.value.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(MODULES[0].parent).as_posix())
def test_no_docstring_asks(path):
    found = docstrings(ast.parse(path.read_text(encoding="utf-8")))
    assert not [(line, text) for line, text in found if asks(text)]


def test_a_question_is_seen():
    lines = ['"""What it is."""', '"""Return where it is."""', "def f():", '    """Return whether it is."""']
    tree = ast.parse("\n".join(lines))
    assert [line for line, text in docstrings(tree) if asks(text)] == [1, 2]
