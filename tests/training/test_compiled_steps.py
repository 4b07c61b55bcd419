"""Compiled steps are those of autograd."""

import numpy as np
import pytest

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer


def net(**params):
    return DeReGRLClassifier(**{"random_state": 0, "batch_size": 20, **params})


OPTIONS = [
    {"batch_size": 64},
    {"channels": ("magnitude", "relative", "edge"), "linear_path": False, "label_smoothing": 0.1},
    {"rigid_noise": 0.0, "unit_rms": False},
    {"optimizer__betas": (0.8, 0.9), "iterator_train__drop_last": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options))
def test_compiled_loops_are_autograd(monkeypatch, options):
    clips = make_landmark_clips(n_subjects=6, n_clips=60, random_state=0)
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    compiled = net(dtype="float64", max_epochs=10, **options).fit(X, clips.target)
    monkeypatch.setattr("skmer.classifiers._net.is_compiled", lambda net: False)
    monkeypatch.setattr("skmer.training._stack.is_compiled", lambda net: False)
    slow = net(dtype="float64", max_epochs=10, **options).fit(X, clips.target)
    np.testing.assert_allclose(slow.predict_proba(X), compiled.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(slow.history[:, "train_loss"], compiled.history[:, "train_loss"], atol=1e-6)
