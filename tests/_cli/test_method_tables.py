import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skmer._cli._corpora import read_clips
from skmer._cli._options import Source
from skmer._cli._parser import main
from skmer.datasets import make_landmark_clips
from skmer.model_selection import evaluate_loso, evaluate_methods
from skmer.model_selection._methods import _named_methods
from skmer.pipelines import BASELINES, baseline

SMALL = ["--n-subjects", "4", "--n-clips", "24", "--n-jobs", "1"]
METHODS = ["tables", *SMALL, "--epochs", "2", "--methods", "dere-grl-single"]


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """A table of one net and the baselines on synthetic landmarks, with its inflation."""
    output = tmp_path_factory.mktemp("methods")
    assert main([*METHODS, "--select", "test-epoch", "--output", str(output)]) == 0
    return output


@pytest.fixture
def maps(tmp_path):
    """A folder of flow maps without a table: four subjects, each class once or twice."""
    rng = np.random.default_rng(0)
    for subject in ("sub01", "sub02", "s03", "007"):
        for label in (0, 1, 2):
            folder = tmp_path / "maps" / subject / "u_test" / str(label)
            folder.mkdir(parents=True)
            picture = rng.integers(100, 156, size=(28, 28, 3), dtype=np.uint8)
            picture[10 * label : 10 * label + 8, :, 1] = 255
            Image.fromarray(picture).save(folder / f"{subject}_{label}.png")
    return tmp_path / "maps"


def test_every_form_is_written_with_the_baselines_and_the_stamp(output):
    table = pd.read_csv(output / "methods.csv", index_col="method")
    assert list(table.index) == ["dere-grl-single", *BASELINES]
    clips = make_landmark_clips(4, 24, random_state=0)
    lda = evaluate_loso(baseline("lda", input="frames"), clips, seeds=1)
    assert table.loc["lda", "UF1"] == pytest.approx(lda.uf1, rel=1e-12)
    found = evaluate_methods("dere-grl-single", clips, max_epochs=2, seeds=1, verbose=0)
    net = found.table.loc["dere-grl-single", "UF1"]
    assert table.loc["dere-grl-single", "UF1"] == pytest.approx(net, rel=1e-12)
    content = json.loads((output / "methods.json").read_text())
    assert list(content) == ["last", "test epoch, not comparable"]
    assert content["last"]["lda"]["uf1"] == pytest.approx(table.loc["lda", "UF1"], rel=1e-12)
    assert list(content["test epoch, not comparable"]) == ["dere-grl-single"]
    for kind in ("md", "tex", "csv", "html"):
        text = (output / f"methods.{kind}").read_text()
        assert "not comparable" in text.lower()
        assert kind == "csv" or "named nets train 2 epochs" in text


def test_a_second_run_goes_on_or_is_refused(output, capsys):
    folds = sorted((output / "folds").rglob("*.json"))
    stamps = [path.stat().st_mtime_ns for path in folds]
    words = [*METHODS, "--select", "test-epoch", "--output", str(output)]
    assert main(words) == 1
    assert "--resume" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0
    assert [path.stat().st_mtime_ns for path in folds] == stamps
    assert "24 clips, 4 folds" in capsys.readouterr().out


def test_folds_of_subjects(tmp_path, capsys):
    words = ["tables", *SMALL, "--methods", "baselines", "--n-folds", "2", "--output", str(tmp_path)]
    assert main(words) == 0
    assert "subject-independent 2-fold" in capsys.readouterr().out
    assert set(pd.read_csv(tmp_path / "methods.csv")["folds"]) == {2}


def test_table_3_is_made_on_pictures(tmp_path, capsys, monkeypatch):
    # Two methods stand for the seven, some of which train for minutes.
    monkeypatch.setattr(_named_methods, "TABLE_3", ("bi-woof", "dere-grl"))
    words = ["tables", "--table", "3", "--n-subjects", "2", "--n-clips", "6", "--n-jobs", "1"]
    assert main([*words, "--epochs", "1", "--output", str(tmp_path)]) == 0
    table = pd.read_csv(tmp_path / "methods.csv", index_col="method")
    assert list(table.index) == ["bi-woof", "dere-grl", *BASELINES]
    assert table.loc["dere-grl", ["published F1", "published N"]].tolist() == [0.796, 247]
    assert "the clips are synthetic" in capsys.readouterr().out
    clips = read_clips(Source(["synthetic"], n_subjects=2, n_clips=6), faces=True)
    assert clips.frames[0, 0].ndim == 3 and clips.sequences is not None


def test_a_folder_of_flow_maps(maps, tmp_path, capsys):
    words = ["tables", "--dataset", "flow-maps", "--root", str(maps), "--n-jobs", "1"]
    output = ["--output", str(tmp_path / "out")]
    assert main([*words, "--methods", "dere-grl-single", "--epochs", "1", *output]) == 0
    table = pd.read_csv(tmp_path / "out" / "methods.csv", index_col="method")
    assert set(table["N"]) == {12} and set(table["folds"]) == {4}
    assert table.loc["lda", "UF1"] > table.loc["majority", "UF1"]
    assert main([*words, *output]) == 1
    assert "tables 1 and 2 are of landmarks" in capsys.readouterr().err
    assert main([*words, "--methods", "lda", "--frames", "raw", "--output", str(tmp_path / "b")]) == 1
    assert "--frames has no meaning for flow-maps" in capsys.readouterr().err


def test_ablations_and_methods_together(tmp_path):
    words = [
        "tables",
        "--n-subjects",
        "3",
        "--n-clips",
        "15",
        "--n-jobs",
        "1",
        "--epochs",
        "1",
        "--table",
        "1",
    ]
    words += ["--recipe", "default", "--methods", "lda", "--output", str(tmp_path)]
    assert main(words) == 0
    assert (tmp_path / "tables.md").exists() and (tmp_path / "methods.md").exists()


def test_what_there_is_none_of_ends_in_a_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["tables", *SMALL, "--methods", "lbp", "--output", str(tmp_path)])
    assert "--methods: invalid choice: 'lbp' (choose from 'dere-grl'" in capsys.readouterr().err
