"""Every public name is there, is what its package says it is, and is used by a test."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import skmer

PACKAGES = [info.name for info in pkgutil.iter_modules(skmer.__path__) if info.ispkg and info.name[0] != "_"]
NAMES = [
    f"{package}.{name}"
    for package in PACKAGES
    for name in importlib.import_module(f"skmer.{package}").__all__
]


@pytest.fixture(scope="module")
def used_in_tests():
    used = set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    used.add(name)
    return used


@pytest.mark.parametrize("path", NAMES)
def test_every_public_name_is_tested(path, used_in_tests):
    assert path.split(".")[1] in used_in_tests


@pytest.mark.parametrize("path", NAMES)
def test_every_name_in_all_exists(path):
    package, name = path.split(".")
    assert hasattr(importlib.import_module(f"skmer.{package}"), name)


def test_version_is_the_installed_one():
    assert skmer.__version__ == version("skmer")


@pytest.mark.parametrize("name", skmer.__all__)
def test_top_level_names_are_their_packages_own(name):
    home = importlib.import_module(skmer._HOMES[name])
    assert getattr(skmer, name) is getattr(home, name)
    assert name in home.__all__
    assert name in dir(skmer)


def test_unknown_top_level_name():
    with pytest.raises(AttributeError, match="module 'skmer' has no attribute 'Transformer'"):
        skmer.Transformer  # noqa: B018 (the access is the test)


@pytest.mark.parametrize(
    ("package", "without"),
    [
        ("skmer", {"torch", "sklearn", "cv2", "pandas", "numpy"}),
        ("skmer.face", {"torch", "sklearn", "skorch", "cv2", "pandas"}),
        ("skmer.nn", {"sklearn", "skorch", "cv2", "pandas"}),
    ],
    ids=["skmer", "face", "nn"],
)
def test_what_an_import_does_without(package, without):
    code = f"import sys, {package}; print(sorted({without} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


MOVED = [
    (package, name, new)
    for package in ("skmer.classifiers", "skmer.landmarks", "skmer.metrics")
    for name, new in importlib.import_module(package)._MOVED.items()
]


@pytest.mark.parametrize(("package", "name", "new"), MOVED, ids=[f"{p}.{name}" for p, name, _ in MOVED])
def test_old_paths_work_with_a_warning(package, name, new):
    old, (home, _, member) = importlib.import_module(package), new.rpartition(".")
    with pytest.warns(FutureWarning, match=f"{package}.{name} has moved to {new}"):
        found = getattr(old, name)
    assert found is getattr(importlib.import_module(home), member)
    assert name not in old.__all__
    with pytest.raises(AttributeError, match="has no attribute 'net'"):
        old.net  # noqa: B018 (the access is the test)
