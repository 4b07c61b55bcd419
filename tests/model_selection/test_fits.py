"""Many fits: labels beside probabilities, and progress where someone looks."""

import re

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GroupKFold, cross_val_predict

from skmer.classifiers import BalancedLDA, DeReGRLClassifier, FlipAugmentedClassifier, SeedEnsemble
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, evaluate_loso


@pytest.fixture(scope="module")
def data():
    clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips.target, clips.groups


def search(data, **options):
    X, y, groups = data
    net = DeReGRLClassifier(max_epochs=1, n_channels=4, random_state=0, batch_size=16)
    options = {"refit": False} | options
    return BatchedGridSearchCV(net, {"n_actions": [2, 3]}, **options).fit(X, y, groups=groups)


def test_a_terminal_shows_fits_rate_and_time_left(data, on_terminal, tmp_path):
    lines = on_terminal(lambda: search(data, checkpoint=tmp_path)).strip().split("\r")
    assert re.fullmatch(r"fits:   0%\|.*\| 0/8 \[00:00<\?, \?fit/s\]", lines[0].strip())
    assert re.fullmatch(r"fits: 100%\|.*\| 8/8 \[\d+:\d+<00:00, +[\d.]+fit/s\]", lines[-1].strip())
    next(tmp_path.glob("fits*.json")).unlink()
    resumed = on_terminal(lambda: search(data, checkpoint=tmp_path)).strip().split("\r")
    assert re.search(r"\| 7/8 \[00:00<\?, \?fit/s\]", resumed[0])


def test_verbose_0_shows_nothing(data, on_terminal):
    assert on_terminal(lambda: search(data, verbose=0)) == ""


def test_a_log_gets_nothing(data, capfd):
    search(data, verbose=1)
    assert capfd.readouterr() == ("", "")


class FirstClass(DeReGRLClassifier):
    """A net whose labels do not follow from its probabilities."""

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


NET = {"max_epochs": 1, "n_channels": 8, "random_state": 0, "batch_size": 16}


@pytest.mark.parametrize(
    "model",
    [
        DeReGRLClassifier(**NET),
        FirstClass(**NET),
        SeedEnsemble(DeReGRLClassifier(**NET), n_estimators=2),
        BalancedLDA(),
        FlipAugmentedClassifier(LinearDiscriminantAnalysis()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_labels_are_those_of_predict(data, model):
    X, y, groups = data
    if not isinstance(model, DeReGRLClassifier | SeedEnsemble):
        X = X.reshape(len(X), -1)
    split = {"groups": groups, "cv": GroupKFold(2)}
    table = evaluate_loso(model, X, y, groups=groups, protocol="group-k-fold", n_folds=2, audit=False)
    expected = cross_val_predict(model, X, y, **split)
    np.testing.assert_array_equal(table.predictions["prediction"], expected)
