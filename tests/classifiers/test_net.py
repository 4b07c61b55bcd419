"""skorch's reach: history, callbacks, schedules, loaders, criteria."""

import copy
import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback, Checkpoint, LoadInitState, LRScheduler
from torch.utils.data import DataLoader

from skmer import io
from skmer.classifiers import DeReGRLClassifier, FlowNetClassifier
from skmer.classifiers._prediction import in_double_precision, prediction_module


class Interrupt(Callback):
    def on_epoch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def test_history_holds_every_term_by_epoch(features, clips, make_clf):
    clf = make_clf().fit(features, clips.target)
    last = clf.history[-1]
    weighted = last["train_cross_entropy"] + 0.1 * (last["train_center"] + last["train_weight"])
    assert last["train_loss"] == pytest.approx(weighted + 0.01 * last["train_balance"], rel=1e-5)
    assert len(clf.history) == 3


def test_silent_unless_asked(features, clips, make_clf, capsys):
    make_clf().fit(features, clips.target).set_params(n_actions=2).fit(features, clips.target)
    assert capsys.readouterr() == ("", "")
    make_clf(verbose=1).fit(features, clips.target)
    assert "train_center" in capsys.readouterr().out


def test_an_interrupt_interrupts(features, clips, make_clf):
    with pytest.warns(UserWarning, match="interrupted in epoch 1; the net is as it was"):
        clf = make_clf(callbacks=[Interrupt()]).fit(features, clips.target)
    assert len(clf.history) == 1


def test_learning_rate_schedules(features, clips, make_clf):
    rates = []

    class Record(Callback):
        def on_batch_end(self, net, training=False, **kwargs):
            rates.append(net.optimizer_.param_groups[0]["lr"])

    make_clf(callbacks=[Record()], max_epochs=20, batch_size=64).fit(features, clips.target)
    assert max(rates) == pytest.approx(3e-3, rel=0.01)
    assert rates[0] < 3e-3 / 5 and rates[-1] < 3e-3 / 1000
    assert rates.index(max(rates)) == pytest.approx(0.3 * 20, abs=2)
    rates.clear()
    step = LRScheduler("StepLR", step_size=1, gamma=0.5)
    make_clf(callbacks=[Record(), step], schedule=None, batch_size=64).fit(features, clips.target)
    assert rates == pytest.approx([3e-3, 1.5e-3, 0.75e-3])


def test_two_schedules_are_refused(features, clips, make_clf):
    clf = make_clf(callbacks=[LRScheduler("StepLR", step_size=1)])
    with pytest.raises(ValueError, match=r"callbacks holds an LRScheduler.*pass schedule=None"):
        clf.fit(features, clips.target)


def test_callbacks_can_be_disabled(features, clips, make_clf, same):
    with pytest.raises(ValueError, match="callbacks='disable' would leave out schedule='one-cycle' too"):
        make_clf(callbacks="disable").fit(features, clips.target)
    clf = make_clf(callbacks="disable", schedule=None).fit(features, clips.target)
    assert same(clf, make_clf(schedule=None).fit(features, clips.target), features)


def test_torch_data_loader_does_the_same(features, clips, make_clf):
    # What is drawn falls on rows in their order.
    options = {"batch_size": -1, "noise": 0, "head_motion_noise": 0, "horizontal_flip": False}
    ours = make_clf(**options).fit(features, clips.target)
    theirs = make_clf(**options, iterator_train=DataLoader, iterator_valid=DataLoader)
    theirs.fit(features, clips.target)
    np.testing.assert_allclose(theirs.predict_proba(features), ours.predict_proba(features), atol=1e-4)


def test_no_batch_at_all_is_said(features, clips, make_clf):
    clf = make_clf(iterator_train=DataLoader, batch_size=100)
    with pytest.raises(ValueError, match="iterator_train makes no batch of 80 clips with batch_size=100"):
        clf.fit(features, clips.target)


def test_a_criterion_of_ones_own(features, clips, make_clf):
    class Plain(torch.nn.Module):
        def __init__(self, **kwargs):
            super().__init__()

        def forward(self, output, target, sample_weight):
            return torch.nn.functional.cross_entropy(output[0], target)

    clf = make_clf(criterion=Plain).fit(features, clips.target)
    lambdas = {"lambda_center": 0, "lambda_weight": 0, "lambda_balance": 0}
    want = make_clf(class_weight=None, label_smoothing=0, **lambdas).fit(features, clips.target)
    np.testing.assert_allclose(clf.predict_proba(features), want.predict_proba(features), atol=0.02)


def _scales_apart(features, clips, make_clf, **options):
    """Two nets, the second of another seed and fitted in another unit, and what the first predicts."""
    trained = make_clf(**options).fit(features, clips.target)
    other = make_clf(random_state=1, **options).fit(100 * features, clips.target)
    return trained, other, trained.predict_proba(features)


@pytest.mark.parametrize("options", [{}, {"dtype": "float64"}, {"normalize_motion": False}])
@pytest.mark.parametrize("safe", [True, False])
def test_saved_parameters_carry_the_scale(features, clips, make_clf, tmp_path, options, safe):
    trained, other, want = _scales_apart(features, clips, make_clf, **options)
    trained.save_params(f_params=tmp_path / "weights", use_safetensors=safe)
    other.load_params(f_params=tmp_path / "weights", use_safetensors=safe)
    assert other.scale_ == trained.scale_
    assert np.array_equal(other.predict_proba(features), want)
    for copied in (pickle.loads(pickle.dumps(other)), copy.deepcopy(other)):
        assert np.array_equal(copied.predict_proba(features), want)
    io.save(other, tmp_path / "net.skmer")
    assert np.array_equal(io.load(tmp_path / "net.skmer").predict_proba(features), want)
    # What goes on from here goes on in the loaded unit, as the first net would.
    assert other.partial_fit(features, clips.target).scale_ == trained.scale_


def test_maps_carry_it_too(maps, tmp_path):
    X, y = maps
    trained, other = (FlowNetClassifier(max_epochs=1, random_state=0).fit(f * X, y) for f in (1, 1e4))
    trained.save_params(f_params=tmp_path / "weights.pt")
    other.load_params(tmp_path / "weights.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # none of another unit
        assert np.array_equal(other.predict_proba(X), trained.predict_proba(X))


def test_a_checkpoint_in_a_pipeline(features, clips, make_clf, tmp_path):
    def pipeline(*callbacks, **options):
        return make_pipeline(StandardScaler(), make_clf(callbacks=list(callbacks), **options))

    kept = Checkpoint(monitor=None, dirname=str(tmp_path))
    X = features.reshape(len(features), -1)
    trained = pipeline(kept).fit(X, clips.target)
    want = trained.predict_proba(X)
    loaded = pipeline(random_state=1).fit(X, clips.target)
    # Steps before a net are not skorch's: they see what they saw.
    loaded[-1].partial_fit(100 * loaded[:-1].transform(X), clips.target)
    loaded[-1].load_params(checkpoint=kept)
    assert np.array_equal(loaded.predict_proba(X), want)


def test_a_fit_that_starts_from_a_checkpoint(features, clips, make_clf, tmp_path):
    kept = Checkpoint(monitor=None, dirname=str(tmp_path))
    trained = make_clf(callbacks=[kept]).fit(features, clips.target)
    started = make_clf(callbacks=[LoadInitState(kept)], random_state=1, lr=1e-30, weight_decay=0)
    started.fit(100 * features, clips.target)
    assert started.scale_ == trained.scale_
    np.testing.assert_allclose(
        started.predict_proba(features), trained.predict_proba(features), rtol=0, atol=1e-9
    )


def test_parameters_without_a_scale(features, clips, make_clf, tmp_path):
    trained = make_clf().fit(features, clips.target)
    weights = {name: v for name, v in trained.module_.state_dict().items() if name != "input_scale"}
    torch.save(weights, tmp_path / "old.pt")
    with pytest.raises(ValueError, match=r"^f_params must hold input_scale, the factor that divides X"):
        trained.load_params(f_params=tmp_path / "old.pt")
    with pytest.raises(RuntimeError, match="size mismatch"):
        make_clf(n_actions=2).fit(features, clips.target).save_params(tmp_path / "other.pt")
        trained.load_params(f_params=tmp_path / "other.pt")


def test_a_loss_of_ones_own_is_heard(make_clf, features, clips):
    class Sparse(DeReGRLClassifier):
        def get_loss(self, y_pred, y_true, X=None, training=False):
            loss = super().get_loss(y_pred, y_true, X=X, training=training)
            return loss + 0.1 * sum(p.abs().sum() for p in self.module_.parameters())

    usual = make_clf().fit(features, clips.target)
    sparse = Sparse(**usual.get_params(deep=False)).fit(features, clips.target)
    sizes = [sum(p.abs().sum().item() for p in net.module_.parameters()) for net in (usual, sparse)]
    assert sizes[1] < 0.99 * sizes[0]


def test_frozen_weights_stay(make_clf, features, clips):
    clf = make_clf().fit(features, clips.target)
    before = clf.module_.head.weight.detach().clone()
    clf.module_.head.weight.requires_grad_(False)
    other = clf.module_.head.bias.detach().clone()
    clf.partial_fit(features, clips.target)
    assert torch.equal(clf.module_.head.weight, before)
    assert not torch.equal(clf.module_.head.bias, other)


def test_hooks_are_called(make_clf, features, clips):
    clf, calls = make_clf().fit(features, clips.target), []
    clf.module_.register_forward_hook(lambda *_: calls.append(1))
    clf.partial_fit(features, clips.target)
    assert calls


def test_nothing_compiled_outlives_a_fit(make_clf, features, clips, monkeypatch):
    clf = make_clf()
    clf.fit(features, clips.target)
    assert clf.compiled_ is None

    def interrupted(self, data, epochs=None):
        assert pickle.loads(pickle.dumps(self)).compiled_ is None
        raise KeyboardInterrupt

    monkeypatch.setattr(DeReGRLClassifier, "fit_loop", interrupted)
    with pytest.warns(UserWarning, match="interrupted"):
        clf.partial_fit(features, clips.target)
    assert clf.compiled_ is None


class Doubled(torch.nn.Module):
    """A module that is not known, with a state that a shallow copy would share."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.calls = []

    def forward(self, x):
        self.calls.append(len(x))
        return self.linear(x)


@pytest.mark.parametrize(
    "module",
    [
        torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.ModuleList()),
        Doubled(),
        torch.nn.Sequential(torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 2))),
    ],
)
def test_the_copy_for_prediction_shares_no_tensor(module):
    net = SimpleNamespace(module_=module, device="cpu")
    with in_double_precision(net):
        copied, dtype = prediction_module(net)
    expected = copy.deepcopy(module).double().eval()
    assert dtype == torch.float64
    assert copied.state_dict().keys() == expected.state_dict().keys()
    for name, value in expected.state_dict().items():
        assert (
            torch.equal(copied.state_dict()[name], value) and copied.state_dict()[name].dtype == value.dtype
        )
    assert not any(part.training for part in copied.modules())
    assert all(part.training for part in module.modules())
    assert all(p.dtype == torch.float32 for p in module.parameters())
    assert not hasattr(module, "calls") or copied.calls is not module.calls
