"""evaluate_loso(engine="batched") is evaluate_loso."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochTimer

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, evaluate_loso


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
        "n_members": 1,
        "random_state": 0,
        "batch_size": 16,
        "dtype": "float64",
    }
    return DeReGRLClassifier(**{**usual, **params})


def agree(stacked, loop):
    pd.testing.assert_frame_equal(stacked.predictions, loop.predictions, rtol=1e-6, atol=1e-9)
    assert (stacked.run_card["engine"], loop.run_card["engine"]) == ("batched", "loop")


@pytest.mark.parametrize("seeds", [None, 2, [7]])
def test_the_table_is_that_of_the_loop(data, seeds):
    loop, stacked = (
        evaluate_loso(net(), *data, seeds=seeds, engine=engine) for engine in ("loop", "batched")
    )
    agree(stacked, loop)


def test_missing_clips_keep_their_place(data):
    X, y, groups = data
    X = X.copy()
    X[[3, 20]] = np.nan
    X[groups == groups[0]] = np.nan  # a subject without a single clip
    loop, stacked = (evaluate_loso(net(), X, y, groups, engine=engine) for engine in ("loop", "batched"))
    agree(stacked, loop)
    assert stacked.n_missing == 2 + (groups == groups[0]).sum()


def test_clips_and_a_pipeline(clips):
    pipe = make_pipeline(LandmarkGraphTransformer(flatten=True), StandardScaler(), net())
    loop, stacked = (evaluate_loso(pipe, clips, engine=engine) for engine in ("loop", "batched"))
    agree(stacked, loop)


def test_data_sets_as_folds(data):
    X, y, groups = data
    groups = np.where(np.arange(50) % 2, np.char.replace(groups, "casme2", "samm"), groups)
    options = {"protocol": "cross-dataset"}
    loop, stacked = (
        evaluate_loso(net(), X, y, groups, engine=engine, **options) for engine in ("loop", "batched")
    )
    agree(stacked, loop)


def test_finished_stacks_are_not_trained_again(data, tmp_path, monkeypatch):
    from skmer.model_selection._stacks import _engine

    first = evaluate_loso(net(), *data, engine="batched", checkpoint=tmp_path)
    files = sorted(tmp_path.glob("fits*.json"))
    assert files
    files[0].unlink()
    trained = []
    train_nets = _engine.train_nets
    monkeypatch.setattr(
        _engine,
        "train_nets",
        lambda nets, sets, chunk_size: trained.append(len(nets)) or train_nets(nets, sets, chunk_size),
    )
    again = evaluate_loso(net(), *data, engine="batched", checkpoint=tmp_path)
    assert len(trained) == 1
    pd.testing.assert_frame_equal(again.predictions, first.predictions, check_exact=True)
    with pytest.raises(ValueError, match="other protocol"):
        evaluate_loso(net(), *data, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="other parameters"):
        evaluate_loso(net(n_layers=1), *data, engine="batched", checkpoint=tmp_path)


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (LogisticRegression(), "LogisticRegression is no net of skmer.classifiers"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "Pipeline is no net"),
        (net(graph="generic", callbacks=[EpochTimer()]), "callbacks is set"),
        (GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=GroupKFold(2)), "a search of scikit-learn"),
        (
            make_pipeline(StandardScaler(), BatchedGridSearchCV(net(graph="generic"), {"lr": [0.1]}, cv=2)),
            "or one inside of a Pipeline",
        ),
    ],
    ids=["no net", "pipeline", "callbacks", "search", "step"],
)
def test_what_cannot_be_stacked_is_looped_over_with_a_reason(data, estimator, reason):
    X, y, groups = data
    flat = X.reshape(len(X), -1)[:, 62:]
    with pytest.warns(UserWarning, match=f"the folds are fitted in a loop, since .*{reason}") as caught:
        stacked = evaluate_loso(estimator, flat, y, groups, engine="batched")
    assert caught[0].filename == __file__
    assert stacked.run_card["engine"] == "loop"
    loop = evaluate_loso(estimator, flat, y, groups)
    pd.testing.assert_frame_equal(stacked.predictions, loop.predictions)


def test_other_engines_are_refused(data):
    with pytest.raises(ValueError, match=r"engine must be one of \['loop', 'batched'\], got 'gpu'"):
        evaluate_loso(net(), *data, engine="gpu")


def test_an_error_names_the_fold(data):
    X, y, groups = data
    with pytest.raises(ValueError, match=r"the fit with synthetic-casme2/sub0\d held out failed: .*generic"):
        evaluate_loso(net(graph="generic"), X, y, groups, engine="batched")
