import json

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from skorch.callbacks import EarlyStopping

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import evaluate_loso
from skmer.model_selection._evaluate import run_evaluation
from skmer.model_selection._every_epoch import SELECTION, has_epochs

HOW = {"protocol": "loso", "train_on": None, "test_on": None, "n_folds": None}
OPTIONS = {"seeds": None, "n_jobs": None, "checkpoint": None, "audit": False, "verbose": 0, "engine": "loop"}


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(4, 32, random_state=0)


def pipeline(clf):
    return Pipeline([("graph", LandmarkGraphTransformer()), ("clf", clf)])


SINGLE = pipeline(DeReGRLClassifier(max_epochs=10, random_state=0))
ENSEMBLE = pipeline(SeedEnsemble(DeReGRLClassifier(max_epochs=3), 2, random_state=0))
SCALED = Pipeline(
    [
        ("rows", LandmarkGraphTransformer(flatten=True)),
        ("scale", StandardScaler()),
        ("clf", DeReGRLClassifier(graph="generic", max_epochs=3, random_state=0)),
    ]
)


@pytest.mark.parametrize("engine", ["loop", "batched"])
@pytest.mark.parametrize("model", [SINGLE, ENSEMBLE, SCALED], ids=["net", "ensemble", "after a scaler"])
def test_the_honest_result_is_evaluate_loso_s_own_to_the_last_bit(clips, model, engine):
    honest, inflated = run_evaluation(
        model, (clips, None, None), HOW, **{**OPTIONS, "engine": engine}, every_epoch=True
    )
    expected = evaluate_loso(model, clips, engine=engine, verbose=0)
    pd.testing.assert_frame_equal(honest.predictions, expected.predictions)
    assert inflated.accuracy >= honest.accuracy
    if model is SINGLE:
        assert inflated.accuracy > honest.accuracy


def test_without_a_schedule_stopping_early_is_the_epoch_itself(clips):
    def of(n_epochs):
        net = DeReGRLClassifier(max_epochs=n_epochs, schedule=None, random_state=0)
        return evaluate_loso(pipeline(net), clips, verbose=0)

    stopped = [of(1 + k) for k in range(3)]
    net = pipeline(DeReGRLClassifier(max_epochs=3, schedule=None, random_state=0))
    _, inflated = run_evaluation(net, (clips, None, None), HOW, **OPTIONS, every_epoch=True)
    for subject in np.unique(clips.groups):
        own = clips.groups == subject
        hits = [(result.runs[0] == clips.target)[own].sum() for result in stopped]
        best = max(range(3), key=lambda k: (hits[k], k))
        np.testing.assert_array_equal(inflated.runs[0][own], stopped[best].runs[0][own])


def test_the_stamp_goes_with_the_result_wherever_it_goes(clips, tmp_path):
    _, inflated = run_evaluation(SINGLE, (clips, None, None), HOW, **OPTIONS, every_epoch=True)
    assert inflated.run_card["selection"] == SELECTION
    inflated.to_csv(tmp_path / "a.csv")
    assert set(pd.read_csv(tmp_path / "a.csv")["selection"]) == {SELECTION}
    inflated.to_html(tmp_path / "a.html")
    texts = [repr(inflated), inflated.to_markdown(), inflated.to_latex(), inflated.to_json()]
    texts.append((tmp_path / "a.html").read_text())
    assert all(
        "not comparable" in text.lower().replace("mean of folds (not comparable)", "") for text in texts
    )
    assert json.loads(inflated.to_json())["run_card"]["selection"] == SELECTION
    assert "selection" not in evaluate_loso(SINGLE, clips, verbose=0).run_card


def test_epochs_are_kept_in_the_checkpoint_and_a_run_without_them_is_refused(clips, tmp_path):
    options = {**OPTIONS, "checkpoint": tmp_path}
    first = run_evaluation(SINGLE, (clips, None, None), HOW, **options, every_epoch=True)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = run_evaluation(SINGLE, (clips, None, None), HOW, **options, every_epoch=True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == stamps
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one.predictions, other.predictions)
    with pytest.raises(ValueError, match="a run with other protocol"):
        evaluate_loso(SINGLE, clips, checkpoint=tmp_path, verbose=0)


def test_nets_that_stop_early_stay_as_they_were(clips):
    stop = EarlyStopping("train_loss", patience=1, threshold=10.0)
    net = pipeline(DeReGRLClassifier(max_epochs=6, callbacks=[stop], random_state=0))
    honest, inflated = run_evaluation(net, (clips, None, None), HOW, **OPTIONS, every_epoch=True)
    assert inflated.accuracy >= honest.accuracy
    with pytest.raises(ValueError, match="callbacks='disable' leaves no way to look at each epoch"):
        silent = pipeline(DeReGRLClassifier(max_epochs=2, schedule=None, callbacks="disable"))
        run_evaluation(silent, (clips, None, None), HOW, **OPTIONS, every_epoch=True)


def test_what_has_epochs():
    assert has_epochs(SINGLE) and has_epochs(ENSEMBLE) and has_epochs(DeReGRLClassifier())
    assert not has_epochs(SVC()) and not has_epochs(Pipeline([("clf", SVC())]))


def test_a_diverged_training_has_no_best_epoch(clips):
    net = pipeline(DeReGRLClassifier(lr=1e30, schedule=None, max_epochs=3, random_state=0))
    in_fits = pytest.warns(ConvergenceWarning, match="The training diverged in epoch")
    with in_fits, pytest.warns(UserWarning, match="The training diverged in 4 of 4 fits"):
        honest, inflated = run_evaluation(net, (clips, None, None), HOW, **OPTIONS, every_epoch=True)
    assert honest.n_missing == inflated.n_missing == len(clips.target)
    np.testing.assert_array_equal(honest.runs, inflated.runs)
