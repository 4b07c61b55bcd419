"""Data walks through the packages once, in one direction; so do the imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "skmer"
WALK = ["magnification", "landmarks", "datasets", "feature_extraction", "nn", "classifiers"]
WALK += ["model_selection", "inspection"]
FOUNDATION = {"face", "metrics"}  # below all of the walk, and importing nothing of ours
LAZY = {"model_selection": {"inspection"}}  # the report and the plots of a result, inside functions only
PACKAGES = [*sorted(FOUNDATION), *WALK]
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def inside_functions(tree):
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {name for function in functions for name in imports(function)}


def may_import(package):
    if package == "nn":
        return {"nn", "face"}
    return {package} | (set() if package in FOUNDATION else FOUNDATION | set(WALK[: WALK.index(package)]))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = list(imports(tree))
    assert not [name for name in names if name.startswith(".")], "imports are absolute"
    lazy = {name for name in inside_functions(tree) if set(name.split(".")[1:2]) & LAZY.get(package, set())}
    ours = {name.split(".")[1] for name in names if name.startswith("skmer.") and name not in lazy}
    assert {name for name in ours if not name.startswith("_")} <= may_import(package)


@pytest.mark.parametrize("path", [path for path in MODULES if "nn" in path.parts], ids=lambda path: path.name)
def test_nn_is_torch_alone(path):
    tops = {name.partition(".")[0] for name in imports(ast.parse(path.read_text(encoding="utf-8")))}
    assert not tops & {"sklearn", "skorch"}


def test_every_package_has_its_place():
    public = {path.parent.name for path in ROOT.glob("*/__init__.py") if not path.parent.name.startswith("_")}
    assert public <= set(PACKAGES)
