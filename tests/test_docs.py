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
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

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
    pictures = {Path(picture).stem for picture in re.findall(r'<img[^>]*src="([^"]+)"', shown)}
    assert set(notebooks) <= pictures


@pytest.fixture
def extension(monkeypatch):
    """Function that imports an extension of the documentation."""
    monkeypatch.syspath_prepend(DOCS / "_ext")
    return importlib.import_module


def test_a_card_shows_the_first_picture_that_its_notebook_drew(extension, tmp_path):
    pages = extension("gallery_pages")
    drawn, none = new_document("drawn"), new_document("none")
    drawn += [nodes.image(uri="first.png"), nodes.image(uri="second.png")]
    doctrees = {"api/generated/notebooks/a": drawn, "api/generated/notebooks/b": none, "index": none}
    env = SimpleNamespace(all_docs=doctrees, get_doctree=doctrees.get)
    app = SimpleNamespace(srcdir=tmp_path, env=env)
    (tmp_path / "first.png").write_text("first")
    for name in "ab":
        pages.card_picture(app, name).parent.mkdir(parents=True, exist_ok=True)
        pages.card_picture(app, name).write_text("figure")
    pages.show_outputs(app, "index", [""])
    assert pages.card_picture(app, "a").read_text() == "figure"
    pages.show_outputs(app, pages.GALLERY, [""])
    assert [pages.card_picture(app, name).read_text() for name in "ab"] == ["first", "figure"]
    read = [pages.GALLERY, "api/generated/notebooks/a", "index"]
    pages.read_last(app, env, read)
    assert read == ["api/generated/notebooks/a", "index", pages.GALLERY]


def test_intervals_in_tables_do_not_break(build, extension):
    unbroken = extension("unbroken_intervals").unbroken
    assert unbroken(".489 [.261, .720]") == ".489 [.261,\xa0.720]"
    assert unbroken("-.050 [-.117, +.002], ten") == "-.050 [-.117,\xa0+.002], ten"
    assert unbroken(".220 to .259, and to do") == ".220\xa0to\xa0.259, and to do"
    shown = (build[0] / "spotting.html").read_text(encoding="utf-8")
    cells = re.findall(r"<td.*?</td>", shown, re.S)
    assert any("[.261,\xa0.720]" in cell for cell in cells)


def test_the_page_of_commands_says_what_each_must_be_given(build):
    shown = re.sub(r"<[^>]+>", "", generated(build, "command-line"))
    assert "skmer check --dataset DATASET --root ROOT [options]" in shown
    assert "skmer compare FIRST SECOND [options]" in shown and "\nskmer datasets\n" in shown
    assert "--resume goes on" in shown and "\N{EN DASH}resume" not in shown


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
