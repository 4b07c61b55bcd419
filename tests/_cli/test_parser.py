import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import skmer
from skmer._cli import _corpora, _demo, _evaluate_command, _paper_tables
from skmer._cli._corpora import READERS
from skmer._cli._options import METHODS, NETS, OF_TABLES, PROTOCOLS, REAL, SYNTHETIC, Source
from skmer._cli._parser import main
from skmer.datasets import make_face_clips
from skmer.model_selection._methods import _named_methods
from skmer.model_selection._protocols import TITLES
from skmer.pipelines import COMPARISON_METHODS


@pytest.fixture
def replace_demo(monkeypatch):
    """Put a function in the demo's place."""

    def replace(function):
        monkeypatch.setattr(_demo, "run_demo", function)

    return replace


def test_the_module_runs_and_names_its_commands():
    run = subprocess.run(
        [sys.executable, "-m", "skmer", "--help"], capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("usage: skmer")
    assert all(command in run.stdout for command in ("demo", "evaluate", "tables"))


def test_help_imports_nothing_heavy():
    code = "import sys\nfrom skmer._cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print({'torch', 'sklearn', 'cv2', 'pandas', 'numpy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("set()\n")


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"skmer {skmer.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], dict(output=Path("demo-output"), n_subjects=12, n_clips=120, n_jobs=-1, seed=0)),
        (
            ["--output", "x", "--n-subjects", "4", "--n-clips", "24", "--n-jobs", "2", "--seed", "7"],
            dict(output=Path("x"), n_subjects=4, n_clips=24, n_jobs=2, seed=7),
        ),
    ],
    ids=["default", "given"],
)
def test_demo_gets_its_options(replace_demo, arguments, expected):
    calls = []
    replace_demo(lambda **options: calls.append(options))
    assert main(["demo", *arguments]) == 0
    assert calls == [expected]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ValueError("no face in clip 3"), 1, "skmer: error: no face in clip 3\n"),
        (FileNotFoundError("no such model"), 1, "skmer: error: no such model\n"),
        (
            ImportError("make_face_clips needs scikit-image"),
            1,
            "skmer: error: make_face_clips needs scikit-image\n",
        ),
        (KeyboardInterrupt(), 130, "skmer: interrupted\n"),
    ],
    ids=["value", "file", "package", "interrupt"],
)
def test_failures_end_in_a_sentence_and_a_code(replace_demo, capsys, error, code, message):
    def fail(**_):
        raise error

    replace_demo(fail)
    assert main(["demo"]) == code
    assert capsys.readouterr().err == message


@pytest.mark.parametrize(
    ("command", "module", "name"),
    [("evaluate", _evaluate_command, "run_evaluation"), ("tables", _paper_tables, "run_tables")],
)
def test_a_reader_keeps_the_defaults_that_nobody_changed(monkeypatch, command, module, name):
    calls = []
    monkeypatch.setattr(module, name, lambda **options: calls.append(options))
    words = [command, "--dataset", "casme2", "--root", "x"]
    assert main(words) == 0
    given = ["--annotations", "y.xlsx", "--frames", "cropped", "--corrections", "--missing-apex", "middle"]
    assert main([*words, *given]) == 0
    readers = {"frames": "cropped", "corrections": True, "missing_apex": "middle"}
    source = Source(["casme2"], [Path("x")])
    assert calls[0]["source"] == source
    assert calls[1]["source"] == replace(source, annotations=[Path("y.xlsx")], reader=readers)
    run = calls[0].pop("run")
    assert (run.seeds, run.n_jobs, run.resume) == (1, -1, False)
    calls[1].pop("run")
    assert {**calls[1], "source": source} == calls[0]


def test_evaluate_takes_objective_classes(monkeypatch):
    calls = []
    monkeypatch.setattr(_evaluate_command, "run_evaluation", lambda **options: calls.append(options))
    words = ["evaluate", "--dataset", "casme2", "--root", "x"]
    assert main([*words, "--labels", "objective"]) == main(words) == 0
    assert calls[0].pop("source") == replace(calls[1].pop("source"), reader={"labels": "objective"})
    assert calls[0] == calls[1]


@pytest.fixture
def two_sets(tmp_path):
    """Small copies of two sets, their sheets beside them: folders and sheets."""
    folders, sheets = [], []
    for name in ("casme2", "samm"):
        made = make_face_clips(2, 10, dataset=name, color=False, face_size=120, random_state=0)
        sheet = made.save(tmp_path / name, layout=name)
        folders.append(tmp_path / name)
        sheets.append(sheet.rename(tmp_path / sheet.name))
    return folders, sheets


def test_each_set_is_read_with_its_own_sheet(two_sets):
    folders, sheets = two_sets
    source = Source(["casme2", "samm"], folders, sheets)
    clips = _corpora.read_clips(replace(source, reader={"missing_apex": "drop"}))
    assert len(clips) == 20
    assert all(sheet.name in clips.fingerprint for sheet in sheets)
    with pytest.warns(UserWarning, match="the composite has"):
        merged = _corpora.read_clips(source, composite=True)
    assert all(sheet.name in merged.fingerprint for sheet in sheets)
    with pytest.raises(ValueError, match=r"one sheet for each data set that is read \(casme2, samm\), got 1"):
        _corpora.read_clips(replace(source, annotations=sheets[:1]))
    with pytest.raises(ValueError, match=r"\(none here\), got 1"):
        _corpora.read_clips(Source(["synthetic"], annotations=sheets[:1]))


def test_the_names_of_the_parser_are_those_of_the_program():
    assert set(REAL) == READERS.keys()
    assert {_corpora.SYNTHETIC[name] for name in SYNTHETIC} == _corpora._SIZES.keys()
    assert (*_evaluate_command.GRIDS, *COMPARISON_METHODS) == METHODS
    assert set(NETS) < set(METHODS)
    assert set(OF_TABLES) == {*_named_methods.LISTS, *_named_methods._names("all")}
    assert set(PROTOCOLS) == TITLES.keys()


def test_a_bug_is_not_hidden(replace_demo):
    def fail(**_):
        raise ZeroDivisionError

    replace_demo(fail)
    with pytest.raises(ZeroDivisionError):
        main(["demo"])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["demo", "--n-subjects", "1"],
        ["demo", "--n-clips", "many"],
        ["demo", "--colour"],
        ["evaluate"],
        ["evaluate", "--dataset", "casme4"],
        ["evaluate", "--dataset", "synthetic", "--protocol", "k-fold"],
        ["evaluate", "--dataset", "synthetic", "--resume", "--overwrite"],
        ["tables", "--table", "4"],
        ["tables", "--methods", "lda", "no-such-net"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: skmer" in capsys.readouterr().err
