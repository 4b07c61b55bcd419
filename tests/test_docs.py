"""The documentation builds without a warning, and every public name is in it."""

import argparse
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import skmer
from skmer import inspection
from skmer._cli._parser import make_parser
from skmer.classifiers import DeReGRLClassifier

DOCS = Path(__file__).parents[1] / "docs"
PACKAGES = [info.name for info in pkgutil.iter_modules(skmer.__path__) if info.ispkg and info.name[0] != "_"]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    source = folder / "docs"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("_build", "generated", "__pycache__"))
    shutil.copytree(DOCS.parent / "notebooks", folder / "notebooks")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(source), str(folder / "html")]
    return folder / "html", subprocess.run(command, capture_output=True, text=True)


def test_builds_without_a_warning(build):
    _, run = build
    # Where no fit ran before, the first one says that it compiles.
    warned = [line for line in run.stderr.splitlines() if "compiles its training step" not in line]
    assert (warned, run.returncode) == ([], 0)


def test_no_page_has_a_name_that_sphinx_writes_itself(build):
    """Its own page would take the place of ours, without a word."""
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    assert not pages & {"search", "genindex", "py-modindex", "modindex"}
    for page in pages:
        words = re.search(r"^# (\w+)", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.M)[1]
        shown = re.sub(r"<[^>]+>", "", (build[0] / f"{page}.html").read_text(encoding="utf-8"))
        assert words in shown


@pytest.mark.parametrize(
    "page", [*sorted(DOCS.glob("*.md")), *sorted(DOCS.parent.glob("*.md"))], ids=lambda p: p.stem
)
def test_lines_of_prose_are_short_enough_for_a_review(page):
    """Tables and pictures stand on one line each, whatever their length."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert not [line for line in text.splitlines() if len(line) > 130 and line[0] not in "|!"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_in_the_reference(package, build):
    folder = build[0] / "api" / "generated"
    page = (folder / f"skmer.{package}.html").read_text(encoding="utf-8")
    for name in importlib.import_module(f"skmer.{package}").__all__:
        assert f'"skmer.{package}.{name}' in page or f"skmer.{package}.{name}.html" in page


def test_the_table_of_parameters_is_the_signature():
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \|", (DOCS / "model.md").read_text(encoding="utf-8"), re.M)
    parameters = inspect.signature(DeReGRLClassifier).parameters
    ours = list(parameters)[: list(parameters).index("module")]
    assert rows == [(name, repr(parameters[name].default)) for name in ours]


def generated(build, name):
    return (build[0] / "api" / "generated" / f"{name}.html").read_text(encoding="utf-8")


def test_every_command_and_option_is_on_its_page(build):
    shown = generated(build, "command-line")
    (commands,) = [a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    for name, command in commands.choices.items():
        assert f'id="{name}"' in shown
        assert all(flag in shown for action in command._actions for flag in action.option_strings[:1])


def test_every_notebook_is_in_the_gallery(build):
    shown = generated(build, "gallery")
    notebooks = sorted(path.stem for path in (DOCS.parent / "notebooks").glob("*.ipynb"))
    assert all(f"notebooks/{name}.html" in shown for name in notebooks)
    pictures = re.findall(r'<img[^>]*src="([^"]+)"', shown)
    assert sum("light" in picture for picture in pictures) == len(notebooks)


@pytest.mark.parametrize("name", [name for name in inspection.__all__ if name.endswith("Display")])
def test_every_display_is_drawn_for_light_and_dark_pages(build, name):
    shown = generated(build, "figures")
    block = shown.partition(f'title="skmer.inspection.{name}"')[2].partition("</section>")[0]
    themes = re.findall(r'class="only-(\w+)[^>]*src="([^"]+)"|src="([^"]+)"[^>]*class="only-(\w+)', block)
    assert {first or last for first, _, _, last in themes} == {"light", "dark"}
    for _, one, other, _ in themes:
        assert (build[0] / "api" / "generated" / (one or other)).stat().st_size > 2000


def test_the_first_page_has_a_card_for_each_start(build):
    shown = (build[0] / "index.html").read_text(encoding="utf-8")
    for page in sorted(DOCS.glob("howto-*.md")):
        assert shown.count(f'href="{page.stem}.html"') >= 2  # a card, and the sidebar
