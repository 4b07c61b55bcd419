"""Packages stand on floors, and imports run down; inside a package there is no circle of files."""

import ast
import importlib
from pathlib import Path

import pytest
from skorch import NeuralNet

from skmer._utils._sklearn import make_constraint

ROOT = Path(__file__).parents[1] / "skmer"
# From the ground up. Packages of one floor stand beside each other and do not import each other.
FLOORS = [
    ["_utils"],
    ["face", "metrics"],
    ["frames"],
    ["magnification", "landmarks"],
    ["datasets"],
    ["feature_extraction"],
    ["nn"],
    ["training"],
    ["classifiers"],
    ["io", "pipelines"],
    ["literature"],
    ["model_selection"],
    ["spotting"],
    ["inspection"],
    ["_cli"],
]
LEVEL = {package: level for level, floor in enumerate(FLOORS) for package in floor}
# The report and the plots of a result, inside functions only. The other lazy exception, old import paths that
# reach their new homes through a module `__getattr__`, is not made by import statements.
LAZY = {("model_selection", "inspection")}
# Packages in which neither of them is imported.
WITHOUT = {"nn": {"sklearn", "skorch"}, "training": {"sklearn"}, "literature": {"torch"}}
# Private modules that are open to one package.
DOORS = {("training", "skmer.nn._compiled")}
MODULES = sorted(ROOT.rglob("*.py"))
NAMES = {".".join(("skmer", *path.relative_to(ROOT).with_suffix("").parts)): path for path in MODULES}
NAMES = {name.removesuffix(".__init__"): path for name, path in NAMES.items()}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def package_of(path):
    """Package of a module, "" for the modules at the top."""
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else ""


def imports(tree):
    """Dotted names that are imported anywhere in a module, at its top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def outside_functions(tree):
    """Names that are imported as soon as a module is."""
    found, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found |= set(imports(node)) if isinstance(node, ast.Import | ast.ImportFrom) else set()
            waiting += ast.iter_child_nodes(node)
    return found


def module_of(name):
    """The module of ours that a dotted name is, or is in; "" for others."""
    while name and name not in NAMES:
        name = name.rpartition(".")[0]
    return name


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
OURS = {path: sorted({n for n in imports(tree) if n.startswith("skmer.")}) for path, tree in TREES.items()}


def test_at_the_top_there_are_packages():
    files = {path.name for path in ROOT.iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "py.typed"}


def test_every_package_has_its_floor():
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_are_absolute(path):
    assert not [name for name in imports(TREES[path]) if name.startswith(".")]


@pytest.mark.parametrize("path", [path for path in MODULES if package_of(path)], ids=name_of)
def test_imports_run_down(path):
    package, at_once = package_of(path), outside_functions(TREES[path])
    for name in OURS[path]:
        other = module_of(name).partition(".")[2].partition(".")[0]
        excused = (package, other) in LAZY and name not in at_once
        if not other:
            assert package == "_cli", f"{name} is at the top of the package, above all floors"
        elif other != package and not excused:
            assert LEVEL[other] < LEVEL[package], name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_private_module_of_another_package(path):
    package = package_of(path)
    for name in OURS[path]:
        module = module_of(name)
        parts = module.split(".")[1:]
        foreign = bool(parts) and parts[0] != package and parts[0] != "_utils"
        private = any(part.startswith("_") for part in parts[1:])
        assert not (foreign and private) or (package, module) in DOORS, name


@pytest.mark.parametrize("package", sorted(WITHOUT))
def test_what_a_package_does_without(package):
    for path in (ROOT / package).rglob("*.py"):
        assert not {name.partition(".")[0] for name in imports(TREES[path])} & WITHOUT[package], path


@pytest.mark.parametrize("package", sorted(path.parent.name for path in ROOT.glob("*/__init__.py")))
def test_no_circle_of_files(package):
    inside = {name for name in NAMES if name.split(".")[1:2] == [package]}
    arrows = {name: {module_of(n) for n in OURS[NAMES[name]]} & inside - {name} for name in inside}
    while free := {name for name, targets in arrows.items() if not targets & arrows.keys()}:
        arrows = {name: targets for name, targets in arrows.items() if name not in free}
    assert not arrows, f"a circle among {sorted(arrows)}"


def test_the_rules_see_what_they_are_for():
    assert package_of(ROOT / "__main__.py") == ""
    assert package_of(ROOT / "nn" / "_layers.py") == "nn"
    tree = ast.parse("import a.b\nclass C:\n    def f(self):\n        from c.d import e\n")
    assert set(imports(tree)) == {"a.b", "c.d.e"}
    assert outside_functions(tree) == {"a.b"}
    assert module_of("skmer.face.NO_SUCH_NAME") == "skmer.face"
    assert module_of("numpy.array") == ""


SKLEARN = ROOT / "_utils" / "_sklearn.py"


@pytest.mark.parametrize(
    "path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_private_names_of_scikit_learn_have_one_door(path):
    private = [name for name in imports(ast.parse(path.read_text(encoding="utf-8"))) if "sklearn." in name]
    private = [name for name in private if name.startswith("sklearn.") and "._" in name]
    assert path == SKLEARN or not private


def nets():
    """The nets of `skmer.classifiers`, with the number of our classes above skorch, itself included."""
    classifiers = importlib.import_module("skmer.classifiers")
    members = (getattr(classifiers, name) for name in classifiers.__all__)
    found = [member for member in members if isinstance(member, type) and issubclass(member, NeuralNet)]
    return {
        net.__name__: sum(c.__module__.startswith("skmer.classifiers.") for c in net.__mro__) for net in found
    }


def test_two_levels_of_ours_stand_above_skorch():
    levels = nets()
    assert levels.pop("DeReGRLClassifier") == levels.pop("MapNetClassifier") == 2
    # The field's networks are the classifier of any network on maps, with a network and its parameters.
    assert levels and set(levels.values()) == {3}, levels


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_texts_are_written_whole_or_not_at_all(path):
    calls = (node.func for node in ast.walk(TREES[path]) if isinstance(node, ast.Call))
    names = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    assert not names & {"write_text", "write_bytes"}, "skmer._utils._files.write_atomically writes files"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_parallel_work_has_one_road(path):
    names = set(imports(TREES[path]))
    parallel = {name for name in names if name.rpartition(".")[2] in ("Parallel", "delayed")}
    assert not parallel or path == ROOT / "_utils" / "_jobs.py", "skmer._utils._jobs.run_jobs is the road"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_another_file_takes_has_no_underscore(path):
    taken = [name for name in OURS[path] if name.rpartition(".")[2].startswith("_")]
    # A module of the same package is private by its name, and is taken whole by the files beside it.
    assert not [name for name in taken if name not in NAMES and not name.endswith("__")]


def test_constraints_of_estimators_are_ones_that_scikit_learn_takes():
    """`fit_context` of scikit-learn reads them; those of our own door pass through `for_estimators`."""
    n_checked = 0
    for name in sorted(LEVEL.keys() - {"_utils", "_cli"}):
        module = importlib.import_module(f"skmer.{name}")
        for public in getattr(module, "__all__", []):
            tables = getattr(getattr(module, public), "_parameter_constraints", {}).values()
            for constraint in [c for allowed in tables if not isinstance(allowed, str) for c in allowed]:
                make_constraint(constraint)
                n_checked += 1
    assert n_checked > 200
