"""What is built is what was meant: the wheel's files, its metadata, and the words about it."""

import re
import subprocess
import sys
import tarfile
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "skmer").rglob("*.py"))
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
    assert re.search(r"^## (\S+)", changelog, re.M)[1] == PROJECT["version"]
    assert f"version: {PROJECT['version']}\n" in citation


@pytest.fixture(scope="module")
def source_files(tmp_path_factory):
    """Names in the sdist, below its folder."""
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_sdist_holds_what_git_does_and_nothing_else(source_files):
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a checkout")
    known = set(listed.stdout.splitlines()) | {"PKG-INFO"}
    made = {name for name in source_files - known if (ROOT / name).exists()}
    # New files of a working tree are not committed yet; what is built never belongs here.
    assert not [name for name in made if re.search(r"_build|generated|__pycache__|\.egg-info|\.npy$", name)]
    assert not known - source_files - {name for name in known if name.startswith(".ci/")}


def test_addresses_have_one_place():
    """No page has an address of the project's own: what is not filled in cannot be wrong."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "docs" / "conf.py", *SOURCES]
    own = re.compile(r"https?://[^\s)>\"']*skmer[^\s)>\"']*")
    found = {path.name: own.findall(path.read_text(encoding="utf-8")) for path in pages}
    assert not {name: addresses for name, addresses in found.items() if addresses}
    assert set(PROJECT.get("urls", {})) <= {"Homepage", "Documentation", "Source", "Changelog", "Issues"}


def test_the_pythons_that_were_tried_are_said():
    told = (ROOT / "RELEASING.md").read_text(encoding="utf-8")
    claimed = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
    assert claimed and all(re.search(rf"^\| {re.escape(version)} \|", told, re.M) for version in claimed)


def test_readme_names_only_commands_that_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    said = set(re.findall(r"`?make ([a-z]+)`?\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= said & targets
    assert set(re.findall(r"`make ([a-z]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))) <= targets


def test_ci_runs_the_readmes_commands():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert {"test", "lint"} <= set(re.findall(r"^make (\w+)", script, re.M))
