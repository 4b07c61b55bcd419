import json

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from skmer import datasets
from skmer._cli._corpora import READERS
from skmer._cli._corpus_commands import ALSO_READ, CATALOGUE, INCOMPLETE
from skmer._cli._parser import main
from skmer.datasets import make_face_clips
from skmer.model_selection import LOSOResult, evaluate_loso


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A made-up copy in the layout of SAMM, and the clips in it."""
    root = tmp_path_factory.mktemp("samm")
    clips = make_face_clips(3, 8, dataset="samm", color=False, face_size=120, random_state=0)
    clips.save(root, layout="samm")
    return root, clips


def test_every_reader_is_listed(capsys):
    assert main(["datasets"]) == 0
    out = capsys.readouterr().out
    assert CATALOGUE.keys() == READERS.keys()
    assert all(f"{name} " in out and CATALOGUE[name][3] in out for name in READERS)
    functions = {reader.partition("(")[0] for reader in ALSO_READ}
    readers = {name for name in datasets.__all__ if name.startswith("load_")}
    assert readers == functions | {getattr(reader, "func", reader).__name__ for reader in READERS.values()}
    assert all(reader in out and entry[1] in out for reader, entry in ALSO_READ.items())


def test_check_of_a_whole_copy(copy, capsys, tmp_path):
    root, clips = copy
    assert main(["check", "--dataset", "samm", "--root", str(root), "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert f"{len(clips)} clips" in out and "left out: 0 rows" in out and "whole: " in out
    assert "sequences: none beyond the keyframes" in out
    assert (tmp_path / "samm-clips.png").stat().st_size > 5000


def test_check_compares_the_counts_with_the_published_ones(copy, capsys, tmp_path):
    root, _ = copy
    # In another format the sheet no longer bears the mark of a synthetic one.
    sheet = tmp_path / "SAMM_Micro_FACS_Codes_v2.csv"
    pd.read_excel(next(root.glob("*.xlsx")), header=None, dtype=str).to_csv(sheet, header=False, index=False)
    code = main(["check", "--dataset", "samm", "--root", str(root), "--annotations", str(sheet)])
    out = capsys.readouterr().out
    assert code == INCOMPLETE
    assert "note: SAMM: this copy has 8 clips" in out and out.endswith("incomplete: see the notes\n")


def test_check_says_which_frames_are_missing(copy, capsys, tmp_path):
    root, clips = copy
    sheet = next(root.glob("*.xlsx"))
    row = clips.table.iloc[0]
    gone = next(path for path in root.rglob("*") if path.is_dir() and path.name == row["clip"])
    moved = gone.rename(tmp_path / "away")
    try:
        assert main(["check", "--dataset", "samm", "--root", str(root), "--annotations", str(sheet)]) == 3
    finally:
        moved.rename(gone)
    out = capsys.readouterr().out
    assert "left out: 1 rows" in out and row["clip"] in out


def test_check_of_a_folder_without_a_sheet_fails_in_one_sentence(capsys, tmp_path):
    assert main(["check", "--dataset", "samm", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("skmer: error: ")


@pytest.fixture
def results(tmp_path):
    """Two results on the same clips, one as the folder that evaluate writes."""
    rng = np.random.default_rng(0)
    y, groups = np.tile(["happiness", "others"], 20), np.repeat([f"lab/s{k}" for k in range(8)], 5)
    X = (y == "others")[:, None] + rng.normal(0, 0.1, (40, 1))
    (tmp_path / "model").mkdir()
    evaluate_loso(LogisticRegression(), X, y, groups).to_json(tmp_path / "model" / "result.json")
    evaluate_loso(DummyClassifier(), X, y, groups).to_json(tmp_path / "dummy.json")
    return tmp_path / "model", tmp_path / "dummy.json"


def test_compare_prints_the_difference(results, capsys):
    assert main(["compare", *map(str, results)]) == 0
    out = capsys.readouterr().out
    scores = [json.loads((results[0] / "result.json").read_text()), json.loads(results[1].read_text())]
    assert len(scores) == 2 and "McNemar, exact" in out
    difference = float(out.split("accuracy      ")[1].split()[0])
    assert difference == pytest.approx(1.0 - 0.5, abs=0.2)


def test_compare_in_latex(results, capsys, tmp_path):
    assert main(["compare", *map(str, results), "--latex"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("% McNemar, exact") and text.count(r"\\") == 4
    first, second = (LOSOResult.from_json(path) for path in (results[0] / "result.json", results[1]))
    first.compare(second).to_latex(tmp_path / "table.tex")
    assert first.compare(second).to_latex() == (tmp_path / "table.tex").read_text() == text.removesuffix("\n")


def test_compare_of_other_clips_is_refused(results, capsys, tmp_path):
    other = evaluate_loso(DummyClassifier(), np.zeros((4, 1)), list("abab"), list("xxyy"))
    other.to_json(tmp_path / "other.json")
    assert main(["compare", str(results[1]), str(tmp_path / "other.json")]) == 1
    assert "skmer: error: " in capsys.readouterr().err
