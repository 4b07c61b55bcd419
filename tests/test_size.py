"""A module is read in one sitting, a function on one screen."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for top in ("skmer", "tests", "benchmarks") for path in (ROOT / top).rglob("*.py"))
MODULE_LINES, FUNCTION_LINES = 400, 40


def length(function):
    """Lines of a function below its signature, its docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_and_its_functions_are_short(path):
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MODULE_LINES
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    # An estimator's __init__ is a list of assignments: data, as long as its parameters.
    long = {f.name: length(f) for f in functions if f.name != "__init__" and length(f) > FUNCTION_LINES}
    assert not long
