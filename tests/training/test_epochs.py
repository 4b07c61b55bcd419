"""Compiled steps are those of autograd."""

import numpy as np
import pytest
import torch
from sklearn.svm import SVC
from skorch.callbacks import Callback, GradientNormClipping

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.training import runs_in_threads, stack_size_of, stacking_reason


def net(**params):
    return DeReGRLClassifier(**{"random_state": 0, "batch_size": 20, **params})


OPTIONS = [
    {"batch_size": 64},
    {"channels": ("magnitude", "relative", "edge"), "linear_skip": False, "label_smoothing": 0.1},
    {"head_motion_noise": 0.0, "normalize_motion": False},
    {"optimizer__betas": (0.8, 0.9), "iterator_train__drop_last": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options))
def test_compiled_loops_are_autograd(monkeypatch, options):
    clips = make_landmark_clips(n_subjects=6, n_clips=60, random_state=0)
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    compiled = net(dtype="float64", max_epochs=10, **options).fit(X, clips.target)
    monkeypatch.setattr("skmer.training._epochs.is_compiled", lambda parameters: False)
    slow = net(dtype="float64", max_epochs=10, **options).fit(X, clips.target)
    np.testing.assert_allclose(slow.predict_proba(X), compiled.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(slow.history[:, "train_loss"], compiled.history[:, "train_loss"], atol=1e-6)


@pytest.fixture
def data():
    clips = make_landmark_clips(n_subjects=6, n_clips=60, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips.target


def test_callbacks_on_batches_change_no_bit(data):
    heard = []

    class Listener(Callback):
        def on_batch_begin(self, net, batch=None, training=False, **kwargs):
            heard.append(("begin", len(batch[1])))

        def on_batch_end(self, net, training=False, loss=None, y_pred=None, **kwargs):
            heard.append(("end", len(y_pred[0]), float(loss) > 0))

    quiet, loud = net(max_epochs=3).fit(*data), net(max_epochs=3, callbacks=[Listener()]).fit(*data)
    assert heard == [("begin", 20), ("end", 20, True)] * 9
    np.testing.assert_array_equal(quiet.predict_proba(data[0]), loud.predict_proba(data[0]))
    assert quiet.history[:, "train_loss"] == loud.history[:, "train_loss"]
    assert quiet.history[-1, "batches", :, "train_center"] == loud.history[-1, "batches", :, "train_center"]


def test_verbose_only_prints(data, capsys):
    quiet, loud = net(max_epochs=2).fit(*data), net(max_epochs=2, verbose=1).fit(*data)
    assert "train_loss" in capsys.readouterr().out
    np.testing.assert_array_equal(quiet.predict_proba(data[0]), loud.predict_proba(data[0]))


def test_gradients_are_heard_before_the_step(data):
    norms = []

    class Norms(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            norms.append(sum(float(p.grad.norm()) for _, p in named_parameters))

    params = {"max_epochs": 3, "dtype": "float64"}
    heard = net(callbacks=[Norms()], **params).fit(*data)
    assert len(norms) == 9 and min(norms) > 0
    np.testing.assert_allclose(
        heard.predict_proba(data[0]), net(**params).fit(*data).predict_proba(data[0]), atol=1e-9
    )


def test_other_optimizers_take_their_own_step(data):
    clf = net(max_epochs=3, dtype="float64", optimizer=torch.optim.SGD).fit(*data)
    assert torch.optim.SGD is type(clf.optimizer_) and not runs_in_threads(SVC())
    assert runs_in_threads(clf) and stack_size_of(clf) == 1
    assert "quickest one by one" in stacking_reason(clf)
    assert stacking_reason(net(activation="gelu")) is None and stack_size_of(net(dropout=0.5)) == 1


def test_nets_of_different_fits_share_stacks_on_a_gpu_alone():
    for clf in (net(dropout=0.5), net(), SeedEnsemble(net(dropout=0.5))):
        assert stack_size_of(clf) == 1
    on_gpu = net(dropout=0.5, device="cuda")
    assert stack_size_of(on_gpu) == stack_size_of(SeedEnsemble(on_gpu)) == 128
    assert stack_size_of(net(callbacks=[Callback()], device="cuda")) == 1


def test_the_optimizer_goes_on_from_compiled_steps(data):
    """What torch's Adam finds after a fit is what its own steps would have left."""
    params = {"max_epochs": 2, "dtype": "float64", "schedule": None}
    compiled, other = (
        net(**params).fit(*data),
        net(callbacks=[GradientNormClipping(1e9)], **params).fit(*data),
    )
    for a, b in zip(compiled.module_.parameters(), other.module_.parameters(), strict=True):
        mine, theirs = compiled.optimizer_.state[a], other.optimizer_.state[b]
        assert float(mine["step"]) == float(theirs["step"]) == 6
        torch.testing.assert_close(mine["exp_avg"], theirs["exp_avg"], rtol=1e-6, atol=1e-10)
