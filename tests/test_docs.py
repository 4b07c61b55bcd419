"""The documentation builds without a warning, and every public name is in it."""

import importlib
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import skmer

DOCS = Path(__file__).parents[1] / "docs"
PACKAGES = [info.name for info in pkgutil.iter_modules(skmer.__path__) if info.ispkg and info.name[0] != "_"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    source = folder / "docs"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("_build", "generated", "__pycache__"))
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(source), str(folder / "html")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return folder / "html"


def test_no_warning_and_a_start_page(site):
    assert (site / "index.html").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_in_the_reference(package, site):
    folder = site / "api" / "generated"
    page = (folder / f"skmer.{package}.html").read_text(encoding="utf-8")
    for name in importlib.import_module(f"skmer.{package}").__all__:
        assert f'"skmer.{package}.{name}' in page or f"skmer.{package}.{name}.html" in page
