import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import (
    BatchedGridSearchCV,
    BatchedRandomizedSearchCV,
    audit_loso,
    evaluate_loso,
)


@pytest.fixture(scope="module")
def data():
    clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips.target, clips.groups


def net(**params):
    usual = {
        "max_epochs": 2,
        "n_channels": 4,
        "random_state": 0,
        "batch_size": 16,
        "dtype": "float64",
    }
    return DeReGRLClassifier(**{**usual, **params})


def nested(search, X, y, groups, **options):
    return evaluate_loso(search, X, y, groups, protocol="nested-loso", engine="batched", **options)


GRID = {"n_actions": [2, 3], "lr": [3e-3, 0.1]}
SEARCHES = [
    BatchedGridSearchCV(net(), GRID),
    BatchedGridSearchCV(net(), GRID, seeds=2, cv=2),
    BatchedRandomizedSearchCV(net(), {"lr": loguniform(1e-3, 1)}, n_iter=2, random_state=3),
]


@pytest.mark.parametrize("search", SEARCHES, ids=["grid", "seeds", "drawn"])
def test_the_result_is_that_of_a_search_in_each_fold(data, search):
    X, y, groups = data
    result = nested(search, X, y, groups)
    for subject, chosen in zip(np.unique(groups), result.run_card["searches"], strict=True):
        train = groups != subject
        alone = clone(search).fit(X[train], y[train], groups=groups[train])
        assert chosen["fold"] == subject
        assert chosen["best_params"] == alone.best_params_
        assert chosen["best_score_optimistic"] == pytest.approx(alone.best_score_)
        assert chosen["n_candidates"] == len(alone.cv_results_["params"])
        np.testing.assert_array_equal(result.runs[0, ~train], alone.predict(X[~train]))
    assert result.run_card["engine"] == "batched"
    assert result.run_card["protocol"] == "nested leave-one-subject-out"


def test_the_protocol_takes_it_in_a_loop_too(data):
    search = BatchedGridSearchCV(net(), GRID)
    options = {"seeds": [0, 5], "protocol": "nested-loso"}
    loop = evaluate_loso(search, *data, **options)
    batched = nested(search, *data, seeds=[0, 5])
    pd.testing.assert_frame_equal(batched.predictions, loop.predictions, rtol=1e-6, atol=1e-9)
    for ours, theirs in zip(batched.run_card["searches"], loop.run_card["searches"], strict=True):
        assert ours.pop("best_score_optimistic") == pytest.approx(theirs.pop("best_score_optimistic"))
        assert ours == theirs


class Witness(TransformerMixin, BaseEstimator):
    """A step that learns, and writes down whose rows it was fitted on and whose it was asked for."""

    seen: list = []
    rows: dict = {}

    def fit(self, X, y=None):
        self.subjects_ = self.who(X)
        self.seen.append((frozenset(self.subjects_), frozenset()))
        return self

    def transform(self, X):
        self.seen.append((frozenset(self.subjects_), frozenset(self.who(X))))
        return X

    def who(self, X):
        return {self.rows[np.asarray(row).tobytes()] for row in X}


def test_no_row_of_an_outer_subject_reaches_an_inner_fit(data, monkeypatch):
    X, y, groups = data
    monkeypatch.setattr(Witness, "seen", [])
    monkeypatch.setattr(Witness, "rows", {row.tobytes(): g for row, g in zip(X, groups, strict=True)})
    pipe = Pipeline([("witness", Witness()), ("net", net())])
    search = BatchedGridSearchCV(pipe, {"net__n_actions": [2, 3]})
    nested(search, X, y, groups)
    subjects = frozenset(groups)
    fitted = {fitted for fitted, _ in Witness.seen}
    assert {len(part) for part in fitted} == {2, 3}  # inner fits see two of the four, refits three
    for trained, asked in Witness.seen:
        foreign = asked - trained
        assert len(foreign) <= 1, "a fit is asked about its own subjects or the one that is held out"
    assert {subjects - trained for trained in fitted if len(trained) == 3} == {
        frozenset([s]) for s in subjects
    }
    # What an inner fit is asked about, beside what it saw, is never both of the subjects that it did not see.
    inner = [(trained, asked - trained) for trained, asked in Witness.seen if len(trained) == 2]
    assert {len(asked) for _, asked in inner} == {0, 1}


def test_labels_of_the_outer_subject_change_nothing_in_its_fold(data):
    X, y, groups = data
    search = BatchedGridSearchCV(net(), GRID)
    subject = groups[0]
    held_out = groups == subject
    changed = y.copy()
    changed[held_out] = np.unique(y)[(np.searchsorted(np.unique(y), y[held_out]) + 1) % len(np.unique(y))]
    before, after = (nested(search, X, labels, groups) for labels in (y, changed))
    columns = [name for name in before.predictions if name.startswith("probability")]
    np.testing.assert_allclose(
        before.predictions.loc[held_out, columns], after.predictions.loc[held_out, columns], atol=1e-9
    )
    assert before.run_card["searches"][0] == after.run_card["searches"][0]


def test_the_audit_finds_nothing(data):
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, verbose=0)
    audit = audit_loso(search, *data)
    assert audit.passed
    assert audit.n_splits > 0


def test_a_number_of_inner_folds_is_a_number_of_groups(data):
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, cv=2)
    number = nested(search, *data)
    grouped = nested(clone(search).set_params(cv=GroupKFold(2)), *data)
    pd.testing.assert_frame_equal(number.predictions, grouped.predictions)
    assert search.cv == 2


def test_a_run_is_resumed(data, tmp_path):
    search = BatchedGridSearchCV(net(), GRID, seeds=2)
    whole = nested(search, *data, checkpoint=tmp_path)
    files = sorted(tmp_path.glob("fits*.json"))
    for file in files[::2]:
        file.unlink()
    kept = {file: file.stat().st_mtime_ns for file in files[1::2]}
    again = nested(search, *data, checkpoint=tmp_path, n_jobs=1)
    pd.testing.assert_frame_equal(again.predictions, whole.predictions, check_exact=True)
    assert again.run_card["searches"] == whole.run_card["searches"]
    assert {file: file.stat().st_mtime_ns for file in files[1::2]} == kept
    other = clone(search).set_params(param_grid={"n_actions": [2]})
    with pytest.raises(ValueError, match="other parameters"):
        nested(other, *data, checkpoint=tmp_path)


def test_a_class_that_only_the_outer_subject_has_is_none_of_its_search(data):
    X, y, groups = data
    y = np.where(groups == groups[0], "contempt", np.where(y == "others", "others", "surprise"))
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, scoring="roc_auc_ovr", refit=True)
    result = nested(search, X, y, groups)
    held_out = groups == groups[0]
    assert (result.predictions.loc[held_out, "probability_contempt"] == 0).all()
    alone = clone(search).fit(X[~held_out], y[~held_out], groups=groups[~held_out])
    chosen = result.run_card["searches"][0]
    assert chosen["best_score_optimistic"] == pytest.approx(alone.best_score_)


def test_a_search_of_scikit_learn(make_data):
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]})
    result = nested(search, *make_data())
    expected = evaluate_loso(search, *make_data(), protocol="nested-loso")
    pd.testing.assert_frame_equal(result.predictions, expected.predictions)
    assert result.run_card["searches"] == expected.run_card["searches"]


def test_any_classifier_is_searched(make_data):
    search = BatchedGridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [0.01, 1.0]}
    )
    result = nested(search, *make_data())
    expected = evaluate_loso(search, *make_data(), protocol="nested-loso")
    pd.testing.assert_frame_equal(result.predictions, expected.predictions, check_exact=True)
    assert result.run_card["searches"] == expected.run_card["searches"]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (lambda: net(), "needs a search"),
        (lambda: BatchedGridSearchCV(net(), GRID, cv=StratifiedKFold(2)), "got cv=StratifiedKFold"),
        (lambda: BatchedGridSearchCV(net(), GRID, refit=False), "refit=False leaves nothing"),
        (lambda: BatchedGridSearchCV(net(), GRID, checkpoint="x"), "shared by the searches"),
        (lambda: BatchedGridSearchCV(net(), GRID, stack_size=0), "stack_size must be 'auto'"),
        (
            lambda: BatchedGridSearchCV(net(), {"graph": ["generic"]}),
            r"split \d, synthetic-casme2/sub0\d held out, failed: .*generic",
        ),
    ],
    ids=["no search", "splitter", "refit", "checkpoint", "stack", "candidate"],
)
def test_wrong_arguments_are_refused(data, search, message):
    with pytest.raises(ValueError, match=message):
        nested(search(), *data)
