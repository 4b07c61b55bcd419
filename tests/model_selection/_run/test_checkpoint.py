import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmer.model_selection import evaluate_loso
from skmer.model_selection._run._checkpoint import Checkpoint


class Stops(ClassifierMixin, BaseEstimator):
    """Counts its fits in a shared list, and fails from a given one on."""

    fits: list = []
    limit = np.inf

    def fit(self, X, y):
        if len(self.fits) >= self.limit:
            raise KeyboardInterrupt
        self.fits.append(len(y))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[(np.abs(X[:, 0] * 7).astype(int)) % len(self.classes_)]

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


@pytest.fixture
def stops(monkeypatch):
    monkeypatch.setattr(Stops, "fits", [])
    return Stops


def folds_in(folder):
    return sorted(path for path in folder.glob("*.json") if path.name != "run.json")


def test_a_resumed_run_computes_what_is_missing_and_ends_the_same(make_data, stops, monkeypatch, tmp_path):
    X, y, groups = make_data()
    n_folds = len(set(groups))
    whole = evaluate_loso(stops(), X, y, groups, seeds=2)
    stops.fits.clear()
    monkeypatch.setattr(stops, "limit", n_folds + 2)
    with pytest.raises(KeyboardInterrupt):
        evaluate_loso(stops(), X, y, groups, seeds=2, checkpoint=tmp_path)
    assert len(folds_in(tmp_path)) == n_folds + 2
    monkeypatch.setattr(stops, "limit", np.inf)
    stops.fits.clear()
    resumed = evaluate_loso(stops(), X, y, groups, seeds=2, checkpoint=tmp_path)
    assert len(stops.fits) == n_folds - 2
    pd.testing.assert_frame_equal(resumed.predictions, whole.predictions)
    assert len(folds_in(tmp_path)) == 2 * n_folds


@pytest.mark.parametrize("estimator", [LogisticRegression(), RidgeClassifier()], ids=["proba", "none"])
def test_a_finished_run_comes_back_to_the_last_digit(make_data, tmp_path, estimator):
    X, y, groups = make_data()
    X[4:6] = np.nan
    first = evaluate_loso(estimator, X, y, groups, checkpoint=tmp_path)
    again = evaluate_loso(estimator, X, y, groups, checkpoint=tmp_path)
    pd.testing.assert_frame_equal(again.predictions, first.predictions, check_exact=True)
    plain = evaluate_loso(estimator, X, y, groups)
    pd.testing.assert_frame_equal(again.predictions, plain.predictions, check_exact=True)


def test_more_seeds_use_those_that_are_there(make_data, stops, tmp_path):
    X, y, groups = make_data()
    evaluate_loso(stops(), X, y, groups, seeds=[3], checkpoint=tmp_path)
    n_fits = len(stops.fits)
    assert evaluate_loso(stops(), X, y, groups, seeds=[3, 5], checkpoint=tmp_path).seeds == [3, 5]
    assert len(stops.fits) == 2 * n_fits


def test_searches_are_kept_with_their_fold(make_data, tmp_path):
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=LeaveOneGroupOut())
    first, again = (evaluate_loso(search, *make_data(), checkpoint=tmp_path) for _ in range(2))
    assert first.run_card["searches"] == again.run_card["searches"] != []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda X, y, g: (LogisticRegression(), (X + 1e-12, y, g), {}), "data"),
        (lambda X, y, g: (LogisticRegression(), (X, y[::-1].copy(), g), {}), "data"),
        (lambda X, y, g: (LogisticRegression(), (X, y, np.char.add(g, "x")), {}), "data and protocol"),
        (lambda X, y, g: (LogisticRegression(C=2.0), (X, y, g), {}), "parameters"),
        (lambda X, y, g: (RidgeClassifier(), (X, y, g), {}), "parameters"),
        (lambda X, y, g: (LogisticRegression(C=2.0), (X * 2, y, g), {}), "data and parameters"),
    ],
    ids=["rows", "labels", "subjects", "parameter", "estimator", "two"],
)
def test_another_run_s_folder_is_refused(make_data, tmp_path, change, named):
    X, y, groups = make_data()
    evaluate_loso(LogisticRegression(), X, y, groups, checkpoint=tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    estimator, data, options = change(X, y, groups)
    with pytest.raises(ValueError, match=f"run with other {named}; name another folder"):
        evaluate_loso(estimator, *data, checkpoint=tmp_path, **options)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_functions_are_told_apart_by_their_code(make_data, tmp_path):
    data = make_data()

    def scaled(factor):
        return make_pipeline(FunctionTransformer(lambda X: X * factor), LogisticRegression())

    evaluate_loso(scaled(1), *data, checkpoint=tmp_path)
    evaluate_loso(scaled(1), *data, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="other parameters"):
        evaluate_loso(scaled(2), *data, checkpoint=tmp_path)


def test_files_count_by_what_is_in_them(make_data, stops, tmp_path):
    _, y, groups = make_data()
    paths = np.array([[tmp_path / f"{i}.png"] * 3 for i in range(60)], dtype=object)
    for i, path in enumerate(paths[:, 0]):
        path.write_text(str(i))

    class OfPaths(stops):
        def predict(self, X):
            return np.full(len(X), self.classes_[0])

    clips = SimpleNamespace(frames=paths, target=y, groups=groups)
    for _ in range(2):
        evaluate_loso(OfPaths(), clips, checkpoint=tmp_path / "folds")
    assert len(stops.fits) == len(set(groups))
    paths[7, 0].write_text("another picture")
    with pytest.raises(ValueError, match="other data"):
        evaluate_loso(OfPaths(), clips, checkpoint=tmp_path / "folds")


def test_a_fold_of_another_folder_is_refused(make_data, tmp_path):
    X, y, groups = make_data()
    evaluate_loso(LogisticRegression(), X, y, groups, checkpoint=tmp_path / "a")
    evaluate_loso(LogisticRegression(), X + 1, y, groups, checkpoint=tmp_path / "b")
    fold = folds_in(tmp_path / "b")[0]
    fold.write_bytes((tmp_path / "a" / fold.name).read_bytes())
    with pytest.raises(ValueError, match="was written by another run"):
        evaluate_loso(LogisticRegression(), X + 1, y, groups, checkpoint=tmp_path / "b")


def test_what_a_crash_left_half_written_is_computed_again(make_data, stops, tmp_path):
    X, y, groups = make_data()
    evaluate_loso(stops(), X, y, groups, checkpoint=tmp_path)
    n_fits = len(stops.fits)
    fold = folds_in(tmp_path)[1]
    fold.write_text(fold.read_text()[:40])
    (tmp_path / ".draft-x").write_text("{")
    evaluate_loso(stops(), X, y, groups, checkpoint=tmp_path)
    assert len(stops.fits) == n_fits + 1


def test_subjects_whose_names_look_alike_keep_apart(make_data, tmp_path):
    X, y, _ = make_data()
    groups = np.array(["lab/a b", "lab/a_b", "lab/a-b"] * 20)
    evaluate_loso(LogisticRegression(), X, y, groups, checkpoint=tmp_path)
    assert len(folds_in(tmp_path)) == 3


SCRIPT = """
import sys, time
import numpy as np
from sklearn.linear_model import LogisticRegression
from skmer.model_selection import evaluate_loso
from skmer.model_selection._run._checkpoint import Checkpoint

class Slow(LogisticRegression):
    def fit(self, X, y):
        time.sleep(float(sys.argv[2]))
        return super().fit(X, y)

rng = np.random.default_rng(0)
y = rng.choice(["a", "b"], 80)
X = rng.normal(size=(80, 3)) + (y == "a")[:, None]
groups = [f"lab/s{i % 40}" for i in range(80)]
result = evaluate_loso(Slow(), X, y, groups, checkpoint=sys.argv[1], n_jobs=2)
print(result.to_csv(), end="")
"""


def test_no_finished_fold_is_lost_when_all_processes_are_killed(tmp_path):
    (tmp_path / "run.py").write_text(SCRIPT)

    def start(folder, seconds):
        command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / folder), seconds]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)

    run = start("folds", "0.3")
    while run.poll() is None and len(folds_in(tmp_path / "folds")) < 3:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    finished = {path: path.read_bytes() for path in folds_in(tmp_path / "folds")}
    assert 3 <= len(finished) < 40
    before = {path: path.stat().st_mtime_ns for path in finished}
    text, _ = start("folds", "0").communicate()
    assert {path: path.stat().st_mtime_ns for path in finished} == before
    assert len(folds_in(tmp_path / "folds")) == 40
    assert text.count("\n") == 81


IDENTITY = {"data": "1" * 64, "parameters": "2" * 64, "protocol": "3" * 64, "versions": "4" * 64}
PART = {
    "rows": [0, 1],
    "probabilities": [[0.1 + 0.2, 1e-300], [float("nan"), 1.0]],
    "searches": [{"é": None}],
}


@pytest.fixture
def kept(tmp_path):
    """A checkpoint with a part, and the part's file."""
    checkpoint = Checkpoint(tmp_path, IDENTITY)
    checkpoint.write("seed 0, lab/a", PART)
    (path,) = folds_in(tmp_path)
    return checkpoint, path


def test_a_part_comes_back_to_the_last_digit(kept):
    checkpoint, _ = kept
    assert repr(Checkpoint(checkpoint.folder, IDENTITY).read("seed 0, lab/a")) == repr(PART)
    assert checkpoint.read("seed 1, lab/a") is None
    assert checkpoint.read("seed 0, lab/a", parse=lambda part: part["rows"]) == [0, 1]


def test_a_part_that_was_changed_is_refused(kept):
    checkpoint, path = kept
    content = json.loads(path.read_text())
    for change in (
        {"part": {**PART, "rows": [1, 0]}},
        {"part": None},
        {"sha256": "0" * 64},
        {"sha256": None},
    ):
        path.write_text(json.dumps({**content, **change}))
        with pytest.raises(ValueError, match=r"lab_a.*has been changed since it was written.*computed again"):
            checkpoint.read("seed 0, lab/a")
    for change in ({"run": "0"}, {"run": None}, {"name": "seed 1, lab/a"}, {"name": []}):
        path.write_text(json.dumps({**content, **change}))
        with pytest.raises(ValueError, match=r"lab_a.*was written by another run"):
            checkpoint.read("seed 0, lab/a")


@pytest.mark.parametrize(
    "content",
    [b"[]", b"3", b"null", b'"a"', b"{}", b'{"run": "1", "name": "2", "part": 3}', b"[" * 10**6, b"9" * 5000],
    ids=lambda content: content[:10].decode(),
)
def test_a_file_that_is_whole_but_not_ours_is_refused(kept, content):
    checkpoint, path = kept
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no part of a checkpoint") as caught:
        checkpoint.read("seed 0, lab/a")
    assert str(path) in str(caught.value) and path.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", bytes(100), b'{"run": "a'])
def test_what_is_cut_counts_as_not_there(kept, content):
    checkpoint, path = kept
    path.write_bytes(content)
    assert checkpoint.read("seed 0, lab/a") is None


def test_a_part_of_another_form_is_an_error_of_its_file(kept):
    checkpoint, path = kept
    parsers = [lambda part: part["labels"], lambda part: part["rows"][7], lambda part: int("a")]
    for parse in (*parsers, lambda part: part.rows, lambda part: part + 1, lambda part: 1 / 0):
        with pytest.raises(ValueError, match="does not hold what such a part holds") as caught:
            checkpoint.read("seed 0, lab/a", parse=parse)
        assert str(path) in str(caught.value)


def test_a_folder_of_version_0_1_is_refused(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps(IDENTITY))
    with pytest.raises(
        ValueError, match=r"checkpoint='.*' was written by skmer 0.1, .*name another folder, or"
    ):
        Checkpoint(tmp_path, IDENTITY)
    assert json.loads((tmp_path / "run.json").read_text()) == IDENTITY


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "is no header of a checkpoint"),
        ("{", "is no header of a checkpoint"),
        ("[]", "is no header of a checkpoint"),
        ("3", "is no header of a checkpoint"),
        ("{}", "was written in format None"),
        ('{"name": "a project of the user"}', "was written in format None"),
        (
            '{"format": 3, "skmer": "9.0", "identity": {}}',
            "was written in format 3, and this version reads format 2",
        ),
        ('{"format": 2, "skmer": "0.2.0", "identity": []}', "was written in format 2"),
        (
            '{"format": 2, "skmer": "0.2.0", "identity": {}}',
            "other data and parameters and protocol and versions",
        ),
    ],
)
def test_another_header_is_refused_and_left_as_it_is(tmp_path, header, message):
    (tmp_path / "run.json").write_text(header)
    with pytest.raises(ValueError, match=message):
        Checkpoint(tmp_path, IDENTITY)
    assert (tmp_path / "run.json").read_text() == header


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..", "a\0b", "C:\\x", "é" * 300, "", "run", "." * 90])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    checkpoint = Checkpoint(tmp_path / "folds", IDENTITY)
    checkpoint.write(name, 1)
    assert checkpoint.read(name) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["folds"]
    assert len(folds_in(tmp_path / "folds")) == 1
    assert Checkpoint(tmp_path / "folds", IDENTITY).read(name) == 1


def test_a_full_disk_leaves_no_draft(kept, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*seed_1-lab_b"):
        kept[0].write("seed 1-lab/b", PART)
    assert len(list(kept[0].folder.iterdir())) == 2


@pytest.mark.parametrize("folder", [5, b"folds", ["folds"]])
def test_the_folder_is_a_path(folder):
    with pytest.raises(
        TypeError, match=r"checkpoint must be a folder's path or None, got (int|bytes|list)\."
    ):
        Checkpoint(folder, IDENTITY)
