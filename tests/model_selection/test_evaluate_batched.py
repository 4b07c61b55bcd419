"""evaluate_loso(engine="batched") is evaluate_loso."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochTimer

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, _fits, evaluate_loso


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(n_subjects=5, n_clips=50, random_state=0)


@pytest.fixture(scope="module")
def data(clips):
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


def agree(batched, loop):
    pd.testing.assert_frame_equal(batched.predictions, loop.predictions, check_exact=True)
    assert (batched.run_card["engine"], loop.run_card["engine"]) == ("batched", "loop")


@pytest.mark.parametrize("seeds", [None, 2, [7]])
def test_the_table_is_that_of_the_loop(data, seeds):
    loop, batched = (
        evaluate_loso(net(), *data, seeds=seeds, engine=engine) for engine in ("loop", "batched")
    )
    agree(batched, loop)


def test_missing_clips_keep_their_place(data):
    X, y, groups = data
    X = X.copy()
    X[[3, 20]] = np.nan
    X[groups == groups[0]] = np.nan  # a subject without a single clip
    loop, batched = (evaluate_loso(net(), X, y, groups, engine=engine) for engine in ("loop", "batched"))
    agree(batched, loop)
    assert batched.n_missing == 2 + (groups == groups[0]).sum()


def test_clips_and_a_pipeline(clips):
    pipe = make_pipeline(LandmarkGraphTransformer(flatten=True), StandardScaler(), net())
    loop, batched = (evaluate_loso(pipe, clips, engine=engine) for engine in ("loop", "batched"))
    agree(batched, loop)


def test_data_sets_as_folds(data):
    X, y, groups = data
    groups = np.where(np.arange(50) % 2, np.char.replace(groups, "casme2", "samm"), groups)
    options = {"protocol": "cross-dataset"}
    loop, batched = (
        evaluate_loso(net(), X, y, groups, engine=engine, **options) for engine in ("loop", "batched")
    )
    agree(batched, loop)


def test_finished_fits_are_not_made_again(data, tmp_path, monkeypatch):
    first = evaluate_loso(net(), *data, engine="batched", checkpoint=tmp_path)
    files = sorted(tmp_path.glob("fits*.json"))
    assert len(files) == first.n_folds
    files[0].unlink()
    trained = []
    run_job = _fits.run_job
    monkeypatch.setattr(
        _fits, "run_job", lambda tasks, shared: trained.append(len(tasks)) or run_job(tasks, shared)
    )
    again = evaluate_loso(net(), *data, engine="batched", checkpoint=tmp_path)
    assert len(trained) == 1
    pd.testing.assert_frame_equal(again.predictions, first.predictions, check_exact=True)
    with pytest.raises(ValueError, match="other protocol"):
        evaluate_loso(net(), *data, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="other parameters"):
        evaluate_loso(net(n_layers=1), *data, engine="batched", checkpoint=tmp_path)


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), RidgeClassifier()),
        net(graph="generic", callbacks=[EpochTimer()]),
        GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=GroupKFold(2)),
        make_pipeline(StandardScaler(), BatchedGridSearchCV(net(graph="generic"), {"lr": [0.1]}, cv=2)),
    ],
    ids=["no net", "pipeline", "callbacks", "search", "step"],
)
def test_any_estimator_is_evaluated(data, estimator):
    X, y, groups = data
    flat = X.reshape(len(X), -1)[:, 62:]
    loop, batched = (
        evaluate_loso(estimator, flat, y, groups, engine=engine) for engine in ("loop", "batched")
    )
    agree(batched, loop)
    assert batched.run_card.get("searches") == loop.run_card.get("searches")


def test_features_are_computed_once(clips, monkeypatch):
    calls = []
    transform = LandmarkGraphTransformer.transform
    monkeypatch.setattr(
        LandmarkGraphTransformer, "transform", lambda self, X: calls.append(len(X)) or transform(self, X)
    )
    evaluate_loso(make_pipeline(LandmarkGraphTransformer(), net()), clips, seeds=2, engine="batched")
    assert calls == [50]


class Jitter(TransformerMixin, BaseEstimator):
    """A step that learns nothing, and draws."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X + np.random.default_rng(self.random_state).normal(size=X.shape)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


@pytest.mark.parametrize("seeds", [None, [1, 2]])
def test_features_that_are_drawn_are_those_of_their_seed(data, seeds):
    X, y, groups = data
    flat = X.reshape(len(X), -1)[:, 62:]
    pipe = make_pipeline(Jitter(random_state=0), LogisticRegression())
    search = BatchedGridSearchCV(pipe, {"logisticregression__C": [0.1, 1.0]}, seeds=seeds, cv=2)
    for estimator in (pipe, search):
        batched = evaluate_loso(estimator, flat, y, groups, seeds=[3, 4], engine="batched")
        for seed, run in zip([3, 4], batched.runs, strict=True):
            noisy = Jitter(seed).transform(flat)
            if estimator is search:
                continue
            alone = evaluate_loso(LogisticRegression(), noisy, y, groups)
            np.testing.assert_array_equal(run, alone.runs[0])
    chosen = [search["best_params"] for search in batched.run_card["searches"]]
    assert len(chosen) == 2 * batched.n_folds


def test_other_engines_are_refused(data):
    with pytest.raises(ValueError, match=r"engine must be one of \['loop', 'batched'\], got 'gpu'"):
        evaluate_loso(net(), *data, engine="gpu")


def test_an_error_names_the_fold(data):
    X, y, groups = data
    with pytest.raises(ValueError, match=r"the fit with synthetic-casme2/sub0\d held out failed: .*generic"):
        evaluate_loso(net(graph="generic"), X, y, groups, engine="batched")
