"""What an evaluation derives from its clips, it derives once."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut

from skmer._utils import _files
from skmer.classifiers import DeReGRLClassifier, FlipAugmentedClassifier
from skmer.datasets import make_landmark_clips
from skmer.model_selection import (
    BatchedGridSearchCV,
    LeaveOneDatasetOut,
    _evaluate,
    _samples,
    audit_loso,
    batched_cross_val_predict,
    evaluate_loso,
    evaluate_methods,
)
from skmer.model_selection._audit import _audit, _data
from skmer.training import ClipDataset


class OfPaths(ClassifierMixin, BaseEstimator):
    """A classifier that takes paths."""

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def _no_picture(*args, **options):
    """The audit also looks at what a picture shows, which is another reading than its digest."""
    raise OSError


@pytest.fixture
def counted(monkeypatch):
    """Calls of each check, and reads of each file."""
    calls = Counter()

    def count(module, name):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args: calls.update([name]) or original(*args))

    for name in ("missing_clips", "warn_of_searches", "row_digests"):
        count(_samples, name)
    count(_evaluate, "check_samples")
    count(_audit, "check_samples")
    monkeypatch.setattr(_data, "read_image", _no_picture)
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: calls.update([path.name]) or read(path))
    return calls


@pytest.mark.parametrize("kind", ["table", "paths"])
def test_an_audited_evaluation_meets_each_check_once(make_data, counted, tmp_path, kind):
    X, y, groups = make_data(30)
    if kind == "paths":
        X = np.array(
            [[str(tmp_path / f"{i}.{frame}.png") for frame in range(3)] for i in range(30)], dtype=object
        )
        for i, path in enumerate(X.ravel()):
            Path(path).write_text(f"picture {i}")
    evaluate_loso(OfPaths(), X, y, groups, audit=True, checkpoint=tmp_path / "parts")
    checks = ("check_samples", "missing_clips", "warn_of_searches", "row_digests")
    assert {name: counted[name] for name in checks} == dict.fromkeys(checks, 1)
    assert {counted[Path(path).name] for path in X.ravel() if kind == "paths"} <= {1}


def test_each_row_of_a_table_is_hashed_once(make_data, monkeypatch, tmp_path):
    X, y, groups = make_data(30)
    hashed, digest = [], _files.digest
    rows = {row.tobytes() for row in X}

    def counting(value, files=None):
        if isinstance(value, np.ndarray) and value.tobytes() in rows:
            hashed.append(value.tobytes())
        return digest(value, files)

    monkeypatch.setattr(_files, "digest", counting)
    evaluate_loso(OfPaths(), X, y, groups, audit=True, checkpoint=tmp_path / "parts")
    assert sorted(hashed) == sorted(rows)


def test_one_person_is_one_whatever_the_hidden_signs():
    """A zero-width blank makes no second subject; of labels it is an error."""
    X, y = np.random.default_rng(0).normal(size=(12, 2)), np.array(["a", "b"] * 6, dtype=object)
    groups = np.array(["l/s0"] * 4 + ["l/s1"] * 4 + ["l/s2"] * 4, dtype=object)
    hidden = groups.copy()
    hidden[0] = "l/s0\u200b"
    assert evaluate_loso(DummyClassifier(), X, y, hidden).n_folds == 3
    search = BatchedGridSearchCV(DummyClassifier(), {"strategy": ["prior", "most_frequent"]})
    assert search.fit(X, y, groups=hidden).n_splits_ == 3
    cv = LeaveOneGroupOut()
    found = batched_cross_val_predict(DummyClassifier(), X, y, groups=hidden, cv=cv)
    np.testing.assert_array_equal(
        found, batched_cross_val_predict(DummyClassifier(), X, y, groups=groups, cv=cv)
    )
    y[1] = "b\u200b"
    with pytest.raises(ValueError, match="y has labels that look alike, such as"):
        evaluate_loso(DummyClassifier(), X, y, groups)
    with pytest.raises(ValueError, match="y must have a value for every clip, got none in 1 of 12 rows"):
        search.fit(X, np.where(np.arange(12) == 3, " ", y), groups=groups)


FLIPPED = np.zeros((12, 3, 31, 2), np.float32)
ODD_SUBJECTS = {
    "nested": lambda names: [names],
    "rows of two": lambda names: [[name, name] for name in names],
    "ragged": lambda names: [[name] * (1 + k % 2) for k, name in enumerate(names)],
    "dict": lambda names: dict.fromkeys(names),
}
TAKING_SUBJECTS = {
    "evaluate": lambda X, y, groups: evaluate_loso(DummyClassifier(), X, y, groups),
    "audit": lambda X, y, groups: audit_loso(DummyClassifier(), X, y, groups),
    "methods": lambda X, y, groups: evaluate_methods(DummyClassifier(), X, y, groups),
    "search": lambda X, y, groups: BatchedGridSearchCV(DummyClassifier(), {}).fit(X, y, groups=groups),
    "predict": lambda X, y, groups: batched_cross_val_predict(DummyClassifier(), X, y, groups=groups, cv=2),
    "folds": lambda X, y, groups: LeaveOneDatasetOut().folds(groups),
    "net": lambda X, y, groups: DeReGRLClassifier(graph="generic", max_epochs=1).fit(X, y, groups=groups),
    "flips": lambda X, y, groups: FlipAugmentedClassifier(DummyClassifier()).fit(FLIPPED, y, groups=groups),
    "dataset": lambda X, y, groups: ClipDataset(X, groups=groups),
}


@pytest.mark.parametrize("odd", ODD_SUBJECTS)
@pytest.mark.parametrize("taking", TAKING_SUBJECTS)
def test_subjects_that_are_no_column_are_refused_by_name(taking, odd):
    X, y = np.random.default_rng(0).normal(size=(12, 2)), np.array(["a", "b"] * 6)
    groups = ODD_SUBJECTS[odd]([f"l/s{k // 4}" for k in range(12)])
    with pytest.raises((ValueError, TypeError), match=r"^groups "):
        TAKING_SUBJECTS[taking](X, y, groups)


@pytest.mark.parametrize("evaluate", [evaluate_loso, evaluate_methods])
def test_labels_and_subjects_come_together(evaluate):
    clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    with pytest.raises(ValueError, match="y must be given with X, got None"):
        evaluate(DummyClassifier(), clips, groups=clips.groups)
    with pytest.raises(ValueError, match="groups must be given with X, got None"):
        evaluate(DummyClassifier(), clips, clips.target)


@pytest.mark.parametrize("cv", [2**31, 2**63, 10**30, 13])
@pytest.mark.parametrize("grouped", [True, False])
def test_numbers_of_folds_that_cannot_be_name_cv(cv, grouped):
    X, y = np.random.default_rng(0).normal(size=(12, 2)), np.array(["a", "b"] * 6)
    groups = np.repeat(["s0", "s1", "s2"], 4) if grouped else None
    with pytest.raises(ValueError, match=r"^cv must be "):
        BatchedGridSearchCV(DummyClassifier(), {}, cv=cv).fit(X, y, groups=groups)
    with pytest.raises(ValueError, match=r"^cv must be "):
        batched_cross_val_predict(DummyClassifier(), X, y, cv=cv)
    if grouped and cv > 13:
        search = GridSearchCV(DummyClassifier(), {}, cv=cv)
        with pytest.raises(ValueError, match="cv must be "):
            evaluate_loso(search, X, y, groups, protocol="nested-loso")
