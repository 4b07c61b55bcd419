import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from skmer._cli import _evaluate_command
from skmer._cli._evaluate_command import GRIDS, make_method
from skmer._cli._options import Model
from skmer._cli._parser import main
from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.metrics import uf1_score
from skmer.model_selection import LOSOResult, evaluate_loso, read_megc_log

SMALL = ["--n-subjects", "4", "--n-clips", "24", "--n-jobs", "1"]
SVM = ["evaluate", "--dataset", "synthetic", "--method", "rbf-svm", *SMALL]


def folds_in(output):
    return sorted(path for path in (output / "folds").rglob("*.json") if path.name != "run.json")


def test_all_forms_of_the_result_are_written_and_agree(tmp_path, capsys):
    assert main([*SVM, "--output", str(tmp_path / "out")]) == 0
    result = LOSOResult.from_json(tmp_path / "out" / "result.json")
    clips = make_landmark_clips(4, 24, random_state=0)
    expected = evaluate_loso(make_method("rbf-svm"), clips, seeds=1)
    pd.testing.assert_frame_equal(result.predictions, expected.predictions)
    assert result.run_card["audit"] == {"passed": True, "findings": []}
    table = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert uf1_score(table["truth"], table["prediction"]) == pytest.approx(result.uf1)
    assert read_megc_log(tmp_path / "out" / "megc-log.txt").uf1 == pytest.approx(result.uf1)
    assert (tmp_path / "out" / "report.html").read_text().count('<li class="clip') == 24
    printed = capsys.readouterr().out
    for text in (printed, *((tmp_path / "out" / name).read_text() for name in ("table.md", "table.tex"))):
        assert f"{result.uf1:.3f}" in text
        assert "24 clips, 4 folds" in text
    assert len(folds_in(tmp_path / "out")) == 4


def test_the_baselines_stand_beside_the_method_on_the_same_folds(tmp_path, capsys):
    words = [*SVM, "--audit", "off", "--output", str(tmp_path)]
    assert main(words) == 0
    table = pd.read_csv(tmp_path / "comparison.csv", index_col="method")
    assert list(table.index) == ["rbf-svm", "majority", "lda", "linear-svm"]
    svm = LOSOResult.from_json(tmp_path / "result.json")
    assert table.loc["rbf-svm", "UF1"] == pytest.approx(svm.uf1, rel=1e-12)
    clips = make_landmark_clips(4, 24, random_state=0)
    lda = evaluate_loso(make_method("lda"), clips, seeds=1)
    assert table.loc["lda", "UF1"] == pytest.approx(lda.uf1, rel=1e-12)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "baselines").rglob("*.json")}
    assert main([*words, "--resume"]) == 0
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert "Holm" in capsys.readouterr().out
    assert main([*SVM, "--no-baselines", "--audit", "off", "--output", str(tmp_path / "b")]) == 0
    assert not (tmp_path / "b" / "comparison.csv").exists()


def test_folds_of_whole_subjects(tmp_path):
    words = [*SVM, "--protocol", "group-k-fold", "--n-folds", "2", "--output", str(tmp_path)]
    assert main(words) == 0
    assert LOSOResult.from_json(tmp_path / "result.json").n_folds == 2
    assert set(pd.read_csv(tmp_path / "comparison.csv")["folds"]) == {2}


def test_a_licensed_copy_is_read_and_its_landmarks_found(tmp_path):
    made = make_face_clips(3, 15, color=False, face_size=140, random_state=0)
    made.save(tmp_path / "casme2", layout="casme2")
    words = ["evaluate", "--dataset", "casme2", "--root", str(tmp_path / "casme2"), "--classes", "all"]
    words += ["--method", "linear-svm", "--audit", "off", "--n-jobs", "1", "--output", str(tmp_path / "out")]
    assert main(words) == 0
    result = LOSOResult.from_json(tmp_path / "out" / "result.json")
    assert (result.n_clips, result.n_folds) == (15, 3)
    assert result.groups[0].startswith("casme2/")


def test_finished_folds_are_neither_lost_nor_mixed(tmp_path, capsys):
    words = [*SVM, "--audit", "off", "--output", str(tmp_path)]
    assert main(words) == 0
    before = (tmp_path / "predictions.csv").read_bytes()
    stamps = {path: path.stat().st_mtime_ns for path in folds_in(tmp_path)}
    assert main(words) == 1
    assert "go on from them with --resume" in capsys.readouterr().err
    folds_in(tmp_path)[0].unlink()
    assert main([*words, "--resume"]) == 0
    assert (tmp_path / "predictions.csv").read_bytes() == before
    assert sum(path.stat().st_mtime_ns != stamps[path] for path in folds_in(tmp_path)) == 1
    other = [word if word != "24" else "28" for word in words]
    assert main([*other, "--resume"]) == 1
    assert "a run with other data" in capsys.readouterr().err
    assert main([*other, "--overwrite"]) == 0
    assert json.loads((tmp_path / "result.json").read_text())["n_clips"] == 28


def test_no_finished_stack_is_lost_to_kill_9(tmp_path):
    words = [sys.executable, "-m", "skmer", "evaluate", "--dataset", "synthetic", "--n-subjects", "8"]
    words += ["--n-clips", "40", "--epochs", "4", "--seeds", "4", "--audit", "off", "--n-jobs", "1"]
    words += ["--output", str(tmp_path)]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None and not folds_in(tmp_path):
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    stamps = {path: path.stat().st_mtime_ns for path in folds_in(tmp_path)}
    assert stamps and not (tmp_path / "result.json").exists()
    assert main([*words[3:], "--resume"]) == 0
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert len(folds_in(tmp_path)) > len(stamps)
    clips = make_landmark_clips(8, 40, random_state=0)
    whole = evaluate_loso(make_method("dere-grl", model=Model(epochs=4)), clips, seeds=4, engine="batched")
    resumed = LOSOResult.from_json(tmp_path / "result.json")
    assert resumed.predictions["prediction"].tolist() == whole.predictions["prediction"].tolist()


def test_nested_loso_searches_the_method_s_grid(tmp_path, capsys):
    words = [*SVM, "--protocol", "nested-loso", "--inner-folds", "2", "--audit", "raise"]
    assert main([*words, "--output", str(tmp_path)]) == 0
    searches = json.loads((tmp_path / "result.json").read_text())["run_card"]["searches"]
    assert len(searches) == 4
    assert searches[0]["best_params"].keys() == GRIDS["rbf-svm"].keys()
    assert "optimistic" in capsys.readouterr().out


def test_cross_dataset_takes_several_sets(tmp_path, capsys):
    words = ["evaluate", "--dataset", "synthetic-casme2", "synthetic-samm", "--method", "linear-svm", *SMALL]
    words += ["--protocol", "cross-dataset", "--test-on", "synthetic-samm", "--output", str(tmp_path)]
    assert main([*words, "--audit", "off"]) == 0
    assert "24 clips, 1 fold" in capsys.readouterr().out
    folds = set(pd.read_csv(tmp_path / "predictions.csv")["fold"])
    assert folds == {"synthetic-casme2 -> synthetic-samm"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--dataset", "casme2"],
            "--root must name one folder for each data set that is read (casme2)",
        ),
        (["--dataset", "synthetic", "--root", "x"], "--root must name one folder for each"),
        (["--dataset", "casme2", "--root", "nowhere"], "nowhere"),
        (
            ["--dataset", "synthetic", "--protocol", "megc2019"],
            "the composite is made of casme2, samm and smic",
        ),
        (
            ["--dataset", "synthetic", "--test-on", "samm"],
            "train_on and test_on are for protocol='cross-dataset'",
        ),
    ],
    ids=["no root", "a root too many", "no folder", "composite", "sets"],
)
def test_what_cannot_be_done_ends_in_a_sentence(tmp_path, capsys, words, message):
    assert main(["evaluate", *words, *SMALL, "--output", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("audit", "code"), [("raise", 1), ("off", 0)])
def test_a_leak_ends_the_run_where_it_is_asked_to(tmp_path, monkeypatch, capsys, audit, code):
    rows = make_landmark_clips(4, 24, random_state=0).frames
    pipeline = make_method("rbf-svm")
    pipeline.steps.insert(0, ("shift", FunctionTransformer(lambda clips: clips + 0.0 * rows.mean())))
    monkeypatch.setattr(_evaluate_command, "make_method", lambda name, **_: pipeline)
    assert main([*SVM, "--audit", audit, "--output", str(tmp_path)]) == code
    assert ("LeakAudit: " in capsys.readouterr().err) == (code == 1)


@pytest.mark.parametrize("method", GRIDS)
def test_every_method_fits_and_its_grid_is_its_own(method):
    clips = make_landmark_clips(4, 24, random_state=0)
    pipeline = make_method(method, landmarks=True, model=Model(epochs=1))
    assert len(pipeline.fit(clips.frames, clips.target).predict(clips.frames)) == 24
    assert GRIDS[method].keys() <= pipeline.get_params().keys()


def children_of(process):
    table = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in table.stdout.splitlines()]
    return {int(pid) for pid, parent, state in rows if int(parent) == process and state[0] != "Z"}


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_terminated_program_takes_its_workers_with_it(tmp_path):
    words = [sys.executable, "-m", "skmer", "evaluate", "--dataset", "synthetic", "--method", "rbf-svm"]
    words += [
        "--protocol",
        "nested-loso",
        "--audit",
        "off",
        "--n-jobs",
        "2",
        "--output",
        str(tmp_path / "out"),
    ]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 90
    while run.poll() is None and not folds_in(tmp_path / "out") and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = children_of(run.pid)
    run.terminate()
    _, error = run.communicate(timeout=60)
    assert (run.returncode, "skmer: terminated" in error) == (143, True)
    deadline = time.monotonic() + 60
    while any(map(is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert workers and not any(map(is_alive, workers))
