"""What stands before the net in a search: which rows it meets, and how often."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, ParameterGrid, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, batched_cross_val_predict

# scikit-learn's loop says so of every fold that misses a class, as most folds of this field do.
pytestmark = pytest.mark.filterwarnings("ignore:Number of classes in training fold")


@pytest.fixture(scope="module")
def corpus():
    clips = make_landmark_clips(n_subjects=5, n_clips=50, random_state=0)
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


def out_of_fold(model, X, y, groups, cv=None, method="predict"):
    return cross_val_predict(model, X, y, groups=groups, cv=cv or LeaveOneGroupOut(), method=method)


def macro_f1(y, y_pred):
    return f1_score(y, y_pred, average="macro")


class Recording(TransformerMixin, BaseEstimator):
    """A step that learns something, and remembers on what."""

    fits: list = []

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y=None, groups=None):
        self.fits.append((self.factor, len(X), None if groups is None else sorted(set(groups))))
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        return (X - self.mean_) * self.factor


@pytest.fixture
def recording(monkeypatch):
    monkeypatch.setattr(Recording, "fits", [])
    return Recording


def test_searched_steps_are_fitted_on_each_folds_training_rows(corpus, recording):
    X, y, groups = corpus
    pipe = Pipeline([("center", recording()), ("net", net())])
    grid = {"center__factor": [1.0, -1.0], "net__n_actions": [2, 3], "net__lambda_center": [0.1, 1.0]}
    search = BatchedGridSearchCV(pipe, grid, cv=GroupKFold(2), refit=False)
    search.fit(X, y, groups=groups)
    trained = [sorted(set(groups[train])) for train, _ in GroupKFold(2).split(X, y, groups)]
    seen = {(factor, tuple(subjects)) for factor, _, subjects in recording.fits}
    assert seen == {(factor, tuple(subjects)) for factor in (1.0, -1.0) for subjects in trained}
    assert len(recording.fits) == 2 * len(search.cv_results_["params"]), "each fit is an ordinary one"
    expected = [
        macro_f1(y, out_of_fold(clone(pipe).set_params(**params), X, y, groups, GroupKFold(2)))
        for params in ParameterGrid(grid)
    ]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)


def test_steps_that_learn_nothing_run_once_for_each_of_their_settings(monkeypatch):
    clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    calls = []
    transform = LandmarkGraphTransformer.transform
    monkeypatch.setattr(
        LandmarkGraphTransformer,
        "transform",
        lambda self, X: calls.append(self.features) or transform(self, X),
    )
    pipe = Pipeline([("graph", LandmarkGraphTransformer()), ("scale", "passthrough"), ("clf", net())])
    grid = {
        "graph__features": ["displacement", "both"],
        "clf__n_actions": [2, 3],
        "clf__random_state": [0, 1],
    }
    options = {"groups": clips.groups}
    search = BatchedGridSearchCV(pipe, grid, cv=GroupKFold(2), refit=False)
    search.fit(clips.frames, clips.target, **options)
    assert sorted(calls) == ["both", "displacement"]
    params = {"graph__features": "both", "clf__n_actions": 3, "clf__random_state": 1}
    k = search.cv_results_["params"].index(params)
    y_pred = out_of_fold(
        clone(pipe).set_params(**params), clips.frames, clips.target, clips.groups, GroupKFold(2)
    )
    assert search.cv_results_["mean_test_score"][k] == pytest.approx(macro_f1(clips.target, y_pred))


def test_steps_may_be_swapped(corpus):
    X, y, groups = corpus
    flat = X.reshape(len(X), -1)[:, 62:]
    pipe = Pipeline([("scale", "passthrough"), ("clf", net(graph="generic"))])
    grid = {"scale": ["passthrough", StandardScaler(), StandardScaler(with_mean=False)]}
    search = BatchedGridSearchCV(pipe, grid, cv=GroupKFold(2)).fit(flat, y, groups=groups)
    expected = [
        macro_f1(y, out_of_fold(clone(pipe).set_params(scale=step), flat, y, groups, GroupKFold(2)))
        for step in grid["scale"]
    ]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)


def test_subjects_reach_the_steps_that_ask_for_them(corpus, recording):
    X, y, groups = corpus
    pipe = make_pipeline(recording(), net(train_split=GroupKFold(2), batch_size=4))
    search = BatchedGridSearchCV(pipe, {"recording__factor": [1.0]}, cv=LeaveOneGroupOut())
    search.fit(X, y, groups=groups)
    assert recording.fits[-1] == (1.0, 50, sorted(set(groups)))
    assert "valid_loss" in search.best_estimator_[-1].history[-1]


def test_a_function_of_all_rows_never_sees_those_held_out(corpus):
    X, y, groups = corpus
    model = make_pipeline(FunctionTransformer(lambda rows: rows - rows.mean(axis=0)), net(max_epochs=2))
    options = {"groups": groups, "cv": GroupKFold(2), "method": "predict_proba"}
    loop = cross_val_predict(model, X, y, **options)
    np.testing.assert_array_equal(batched_cross_val_predict(model, X, y, **options), loop)
