import json

import pandas as pd
import pytest

from skmer._cli._paper_tables import PUBLISHED, PUBLISHED_N, TABLES, table
from skmer._cli._parser import main
from skmer.datasets import make_landmark_clips
from skmer.model_selection import evaluate_loso
from skmer.pipelines import ablation_pipelines

WORDS = ["tables", "--n-subjects", "4", "--n-clips", "24", "--n-jobs", "1", "--epochs", "2"]


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Both tables on a small synthetic SAMM, made once."""
    output = tmp_path_factory.mktemp("tables")
    words = [*WORDS, "--recipe", "paper"]
    assert main([*words, "--dataset", "synthetic-samm", "--output", str(output)]) == 0
    return output


def test_the_rows_are_the_ablations_own_results(output):
    content = json.loads((output / "tables.json").read_text())["paper"]
    clips = make_landmark_clips(4, 24, dataset="samm", random_state=0)
    pipelines = ablation_pipelines("samm", landmarks=True, random_state=0)
    assert content.keys() == pipelines.keys()
    for row in ("backbone", "lambda1 = 0"):
        pipeline = pipelines[row].set_params(clf__max_epochs=2)
        assert content[row]["uf1"] == evaluate_loso(pipeline, clips, seeds=1).uf1
        assert content[row]["run_card"]["parameters"]["clf__n_channels"] == 8


def test_published_figures_and_both_ns_stand_beside_ours(output):
    rows = pd.read_csv(output / "tables.csv")
    content = json.loads((output / "tables.json").read_text())["paper"]
    assert set(rows["N"]) == {24}
    for line in rows[rows["row"] != "majority baseline"].itertuples(index=False):
        values = dict(zip(rows.columns, line, strict=True))
        assert values["published N"] == 136
        assert (values["published Acc %"], values["published F1"]) == PUBLISHED["samm"][values["row"]]
        assert values["UF1"] == pytest.approx(content[values["row"]]["uf1"], abs=6e-4)
        assert values["Acc %"] == pytest.approx(100 * content[values["row"]]["accuracy"], abs=6e-3)
    text = (output / "tables.md").read_text()
    assert "24 clips, 4 folds" in text
    assert "the clips are synthetic" in text
    assert text.count("majority baseline") == 2


def test_a_second_run_resumes_or_is_refused(output, capsys):
    folds = sorted((output / "folds").rglob("*.json"))
    stamps = [path.stat().st_mtime_ns for path in folds]
    words = [*WORDS, "--recipe", "paper", "--dataset", "synthetic-samm", "--output", str(output)]
    assert main(words) == 1
    assert "--resume" in capsys.readouterr().err
    before = (output / "tables.csv").read_bytes()
    assert main([*words, "--table", "2", "1", "--resume"]) == 0
    assert [path.stat().st_mtime_ns for path in folds] == stamps
    assert sorted((output / "tables.csv").read_text().splitlines()) == sorted(before.decode().splitlines())


@pytest.mark.parametrize("dataset", PUBLISHED)
def test_published_accuracies_are_whole_numbers_of_clips(dataset):
    n = PUBLISHED_N[dataset]
    assert PUBLISHED[dataset].keys() == {row for _, rows in TABLES.values() for row in rows}
    for accuracy, _ in PUBLISHED[dataset].values():
        assert round(100 * round(accuracy * n / 100) / n, 2) == accuracy


def test_a_row_counts_its_clips_and_the_baseline_stands_below():
    clips = make_landmark_clips(4, 24, random_state=0)
    result = evaluate_loso(
        ablation_pipelines(landmarks=True)["backbone"].set_params(clf__max_epochs=1), clips
    )
    found = table(1, dict.fromkeys(TABLES[1][1], result), "synthetic")
    assert found.loc["backbone", "Acc %"] == f"{100 * result.accuracy:.2f}"
    assert found.index[-1] == "majority baseline"
    assert found.loc["majority baseline", "UF1"] == f"{result.baseline.uf1:.3f}"


def test_both_recipes_stand_in_the_tables_and_guessing_is_named(tmp_path, capsys):
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
    assert main([*words, "--output", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "tables.json").read_text())
    assert list(content) == ["paper", "default"]
    assert set(pd.read_csv(tmp_path / "tables.csv")["recipe"]) == {"paper", "default"}
    text, printed = (tmp_path / "tables.md").read_text(), capsys.readouterr().out
    for recipe, rows in content.items():
        assert f"Table 1, modules, {recipe} recipe: synthetic, 15 clips, 3 folds" in text
        guessing = [name for name, row in rows.items() if row["uf1"] <= row["baseline"]["uf1"] + 1e-9]
        line = next(line for line in text.splitlines() if line.startswith(f"recipe {recipe},"))
        assert all(name in line for name in guessing)
        assert ("no better than guessing" in line) == bool(guessing)
    assert "s a row, 2 left: about" in printed
