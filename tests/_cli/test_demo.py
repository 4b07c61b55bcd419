import json

import pandas as pd
import pytest
from PIL import Image

from skmer._cli._demo import _corpus_on_disk
from skmer._cli._parser import main
from skmer.metrics import majority_baseline, uf1_score
from skmer.model_selection import LOSOResult

PICTURES = ("clip", "confusion", "class-scores", "action-maps")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small demo, run once: its exit code and its folder."""
    output = tmp_path_factory.mktemp("demo") / "made by it"
    code = main(["demo", "--output", str(output), "--n-subjects", "4", "--n-clips", "24", "--n-jobs", "1"])
    return code, output


def test_it_ends_well_and_leaves_what_it_says(demo):
    code, output = demo
    assert code == 0
    names = {
        "result.json",
        "report.html",
        "corpus",
        "dere-grl.csv",
        "lda.csv",
        "rbf-svm.csv",
        "linear-svm.csv",
        *(f"{name}.png" for name in PICTURES),
    }
    assert {path.name for path in output.iterdir()} == names


def test_the_corpus_lies_on_disk_as_casme2_does(demo):
    _, output = demo
    assert len(list((output / "corpus").rglob("*.xlsx"))) == 1
    frames = list((output / "corpus").rglob("*.jpg"))
    assert len(frames) >= 3 * 24 - 10
    assert len({frame.parent for frame in frames}) == 24


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("dere-grl", ""), ("lda", "_lda"), ("rbf-svm", "_rbf_svm"), ("linear-svm", "_linear_svm")],
    ids=["ours", "lda", "rbf", "linear"],
)
def test_the_scores_are_those_of_the_out_of_fold_tables(demo, name, suffix):
    _, output = demo
    summary = json.loads((output / "result.json").read_text())
    table = pd.read_csv(output / f"{name}.csv")
    assert len(table) == summary["n_clips"] == 24
    assert table["subject"].nunique() == summary["n_subjects"] == 4
    assert summary[f"uf1{suffix}"] == pytest.approx(uf1_score(table["truth"], table["prediction"]))
    assert summary[f"accuracy{suffix}"] == pytest.approx((table["truth"] == table["prediction"]).mean())
    baseline = majority_baseline(table["truth"], table["subject"])
    scores = [summary[f"{name}_baseline"] for name in ("accuracy", "uf1", "uar")]
    assert scores == pytest.approx(list(baseline))
    assert summary["class_counts"] == table["truth"].value_counts().to_dict()


def test_its_result_is_read_as_one(demo, capsys):
    _, output = demo
    result, table = LOSOResult.from_json(output / "result.json"), pd.read_csv(output / "dere-grl.csv")
    assert result.uf1 == json.loads((output / "result.json").read_text())["uf1"]
    assert result.predictions["prediction"].tolist() == table["prediction"].tolist()
    assert main(["compare", str(output), str(output)]) == 0 and "UF1" in capsys.readouterr().out


def test_the_pictures_are_pictures(demo):
    _, output = demo
    for name in PICTURES:
        with Image.open(output / f"{name}.png") as picture:
            assert min(picture.size) > 300
            assert len(set(picture.convert("L").resize((60, 60)).tobytes())) > 10


def test_a_second_run_writes_over_the_first_and_prints_the_table(demo, capsys):
    _, output = demo
    before = json.loads((output / "result.json").read_text())
    assert (
        main(["demo", "--output", str(output), "--n-subjects", "4", "--n-clips", "24", "--n-jobs", "1"]) == 0
    )
    after = json.loads((output / "result.json").read_text())
    assert after["uf1"] == before["uf1"]
    printed = capsys.readouterr().out
    for value in (after["uf1"], after["uar"], after["accuracy"], after["uf1_rbf_svm"], after["uf1_baseline"]):
        assert f"{value:.3f}" in printed
    assert "24 clips, 4 subjects" in printed
    assert f"Written to {output}" in printed


def test_a_folder_of_ones_own_is_left_alone(tmp_path):
    mine = tmp_path / "corpus" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    with pytest.raises(FileExistsError, match="is not the demo's own; pass another --output"):
        _corpus_on_disk(mine.parent, 3, 12, 0)
    assert mine.read_text() == "precious"
