"""What is built is what was meant: the wheel's files, its metadata, and the words about it."""

import re
import subprocess
import sys
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_wheel_holds_the_package_and_nothing_else(wheel):
    folder = f"skmer-{PROJECT['version']}.dist-info/"
    built = {name for name in wheel.namelist() if not name.startswith(folder)}
    source = {path.relative_to(ROOT).as_posix() for path in (ROOT / "skmer").rglob("*") if path.is_file()}
    assert built == {name for name in source if "__pycache__" not in name}
    assert {"skmer/py.typed", "skmer/__init__.py"} <= built
    assert f"{folder}licenses/LICENSE" in wheel.namelist()


def test_metadata(metadata):
    assert metadata["Name"] == "skmer"
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra")) == {"models", "demo", "flow", "distributed", "hub"}


def test_lint_and_test_tools_are_no_runtime_dependencies(metadata):
    required = {
        re.match(r"[\w-]+", line)[0] for line in metadata.get_all("Requires-Dist") if "extra ==" not in line
    }
    assert {"torch", "skorch", "scikit-learn", "dlib-bin"} <= required
    assert not required & {"pytest", "ruff", "mypy", "sphinx", "numpydoc", "setuptools"}


def test_one_version_everywhere():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^## (?:\[?Unreleased\]?|\[?([\d.]+)\]?)", changelog, re.M)
    assert f"version: {PROJECT['version']}\n" in citation


def test_readme_names_only_commands_that_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    said = set(re.findall(r"`?make ([a-z]+)`?\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= said & targets
    assert set(re.findall(r"`make ([a-z]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))) <= targets


def test_ci_runs_the_readmes_commands():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert {"test", "lint"} <= set(re.findall(r"^make (\w+)", script, re.M))
