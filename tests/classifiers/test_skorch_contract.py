"""What skorch's users do with a net: datasets, validation sets, scoring callbacks, forward, trimming."""

import copy
import pickle
import signal
import threading

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, GroupKFold
from skorch.callbacks import BatchScoring, Callback, EarlyStopping, EpochScoring, ProgressBar
from skorch.dataset import Dataset
from skorch.exceptions import SkorchTrainingImpossibleError
from skorch.helper import SliceDataset, SliceDict, predefined_split
from torch.utils.data import Subset, TensorDataset

from skmer._utils._jobs import raising_interrupts
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.model_selection import BatchedGridSearchCV, evaluate_loso


@pytest.fixture
def codes(clips):
    return np.unique(clips.target, return_inverse=True)[1]


def _brier(net, X, y):
    proba = net.predict_proba(X)
    return float(np.square(proba - np.eye(proba.shape[1])[y]).mean())


@pytest.mark.parametrize("caching", [True, False])
@pytest.mark.parametrize("scoring", ["f1_macro", _brier, "accuracy"])
def test_epoch_scores_with_and_without_a_cache(features, clips, make_clf, caching, scoring):
    options = {"train_split": GroupKFold(4), "horizontal_flip": False}
    score = EpochScoring(scoring, name="score", use_caching=caching, lower_is_better=False)
    net = make_clf(callbacks=[score], **options).fit(features, clips.target, groups=clips.groups)
    cached = EpochScoring(scoring, name="score", lower_is_better=False)
    usual = make_clf(callbacks=[cached], **options).fit(features, clips.target, groups=clips.groups)
    np.testing.assert_allclose(net.history[:, "score"], usual.history[:, "score"], rtol=1e-5)


def test_no_caching_at_all(features, clips, make_clf, same):
    X, y = features, clips.target
    options = {"train_split": GroupKFold(4)}
    without = make_clf(use_caching=False, **options).fit(X, y, groups=clips.groups)
    usual = make_clf(**options).fit(X, y, groups=clips.groups)
    assert without.history[:, "valid_acc"] == usual.history[:, "valid_acc"]
    assert same(without, usual, X)
    assert without.predict(X).dtype == y.dtype


@pytest.mark.parametrize("caching", [True, False])
@pytest.mark.parametrize("on_train", [True, False])
def test_batches_are_scored(features, clips, make_clf, caching, on_train):
    score = BatchScoring("accuracy", name="acc", on_train=on_train, use_caching=caching)
    net = make_clf(callbacks=[score], train_split=GroupKFold(4), noise=0, head_motion_noise=0, max_epochs=6)
    net.set_params(horizontal_flip=False).fit(features, clips.target, groups=clips.groups)
    found = net.history[:, "acc"]
    assert len(found) == 6 and all(0 <= value <= 1 for value in found) and found[-1] > 0.3
    if not on_train:
        np.testing.assert_allclose(found, net.history[:, "valid_acc"], atol=1e-6)


@pytest.mark.parametrize("early", [False, True])
def test_a_predefined_validation_set(features, codes, make_clf, early):
    X, y = features, codes > 1
    train, test = np.arange(60), np.arange(60, 80)
    callbacks = [EarlyStopping(patience=2)] if early else None
    options = {"max_epochs": 12, "horizontal_flip": False}
    split = predefined_split(Dataset(X[test], y[test]))
    net = make_clf(train_split=split, callbacks=callbacks, **options).fit(X[train], y[train])
    assert np.isfinite(net.history[:, "valid_loss"]).all()
    assert net.history[-1, "valid_acc"] == accuracy_score(y[test], net.predict(X[test]))
    if early:
        assert len(net.history) < 12
    else:
        plain = make_clf(**options).fit(X[train], y[train])
        np.testing.assert_array_equal(plain.predict_proba(X), net.predict_proba(X))


def test_a_validation_set_of_unknown_classes_is_refused(features, clips, make_clf):
    split = predefined_split(Dataset(features, np.full(len(features), "contempt")))
    with pytest.raises(ValueError, match="contempt"):
        make_clf(train_split=split).fit(features, clips.target)


FORMS = {
    "skorch": lambda X, y: Dataset(X, y),
    "subset": lambda X, y: Subset(Dataset(X, y), np.arange(len(X))),
    "tensors": lambda X, y: TensorDataset(torch.as_tensor(X), torch.as_tensor(y)),
    "slice dict": lambda X, y: Dataset(SliceDict(X=X), y),
}


@pytest.mark.parametrize("form", FORMS)
def test_datasets_are_rows_with_labels(features, codes, make_clf, form):
    X = np.array(features)
    data = FORMS[form](X, codes)
    net, usual = make_clf().fit(data), make_clf().fit(X, codes)
    np.testing.assert_array_equal(net.predict_proba(data), usual.predict_proba(X))
    np.testing.assert_array_equal(net.predict(data), usual.predict(X))
    np.testing.assert_array_equal(make_clf().fit(data, codes).predict(X), usual.predict(X))


def test_a_dict_of_one_array_is_that_array(features, clips, make_clf):
    X, y = SliceDict(anything=features), clips.target
    net, usual = make_clf().fit(X, y), make_clf().fit(features, y)
    np.testing.assert_array_equal(net.predict(X), usual.predict(features))
    with pytest.raises(TypeError, match=r"SliceDict of one array, got SliceDict with the keys \['a', 'b'\]"):
        net.predict(SliceDict(a=features, b=features))
    with pytest.raises(TypeError, match="got dict"):
        net.fit({"X": features}, y)


def test_a_sliced_dataset_is_its_part(features, clips, make_clf):
    data = Dataset(features, clips.target)
    X, y = SliceDataset(data), SliceDataset(data, idx=1)
    usual = make_clf().fit(features, clips.target)
    np.testing.assert_array_equal(make_clf().fit(X, y).predict_proba(X), usual.predict_proba(features))
    found = GridSearchCV(make_clf(), {"n_actions": [2]}, cv=2).fit(X, y)
    np.testing.assert_array_equal(found.predict(X), found.predict(features))


def test_forward_is_what_probabilities_are_made_of(features, views, clips, make_clf):
    net = make_clf(horizontal_flip=False).fit(features, clips.target)
    for X in (features, features.reshape(len(features), -1)):
        logits = net.forward(X)[0]
        np.testing.assert_allclose(torch.softmax(logits, -1).numpy(), net.predict_proba(X), rtol=1e-6)
    assert len(net.forward(views)[0]) == 4 * len(views)
    assert sum(len(batch[0]) for batch in net.forward_iter(features)) == len(features)
    with pytest.raises(NotFittedError):
        make_clf().forward(features)


def test_a_trimmed_net_predicts_and_does_no_more(features, clips, make_clf):
    net = make_clf(callbacks=[EpochScoring("accuracy", on_train=True)]).fit(features, clips.target)
    before = net.predict_proba(features), net.action_weights(features)
    trimmed = copy.deepcopy(net)
    trimmed.trim_for_prediction()
    trimmed.trim_for_prediction()
    for found in (trimmed, pickle.loads(pickle.dumps(trimmed))):
        np.testing.assert_array_equal(found.predict_proba(features), before[0])
        np.testing.assert_array_equal(found.action_weights(features), before[1])
    for again in (trimmed.fit, trimmed.partial_fit):
        with pytest.raises(SkorchTrainingImpossibleError):
            again(features, clips.target)


def test_epochs_of_a_partial_fit(features, clips, make_clf):
    net = make_clf(max_epochs=5).partial_fit(features, clips.target, epochs=2)
    assert len(net.history) == 2 and len(net.partial_fit(features, clips.target).history) == 7
    same_number = make_clf(max_epochs=2).partial_fit(features, clips.target)
    np.testing.assert_array_equal(
        make_clf(max_epochs=5).partial_fit(features, clips.target, epochs=2).predict_proba(features),
        same_number.predict_proba(features),
    )
    ensemble = SeedEnsemble(make_clf(max_epochs=5), 2).partial_fit(features, clips.target, epochs=1)
    assert [len(member.history) for member in ensemble.estimators_] == [1, 1]
    with pytest.raises(ValueError, match="epochs must be an integer of at least 1, below"):
        net.partial_fit(features, clips.target, epochs=0)


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "decision_function", "forward", "action_weights"]
)
def test_no_rows_are_an_error(features, clips, make_clf, method):
    net = make_clf().fit(features, clips.target)
    with pytest.raises(ValueError, match="0 sample"):
        getattr(net, method)(features[:0])
    with pytest.raises(ValueError, match="0 sample"):
        net.fit(features[:0], clips.target[:0])


@pytest.mark.parametrize("ensemble", [False, True])
def test_decisions_and_logarithms_follow_from_probabilities(features, clips, make_clf, ensemble):
    net = SeedEnsemble(make_clf(), 2) if ensemble else make_clf()
    net.fit(features, clips.target)
    proba = net.predict_proba(features)
    np.testing.assert_allclose(np.exp(net.predict_log_proba(features)), proba)
    np.testing.assert_array_equal(net.decision_function(features).argmax(1), proba.argmax(1))
    net.fit(features, clips.target == "others")
    decision = net.decision_function(features)
    assert decision.shape == (len(features),)
    np.testing.assert_array_equal(decision > 0, net.predict(features))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"nactions": 3}, "DeReGRLClassifier got an unexpected argument 'nactions'; did you mean n_actions?"),
        ({"dataset__foo": 3}, "unexpected argument 'dataset__foo'"),
        ({"colour": 3}, "unexpected argument 'colour'"),
        ({"modul__n_layers": 3}, "unexpected argument 'modul__n_layers'"),
        ({"n_members": 4}, "unexpected argument 'n_members'"),
    ],
)
def test_unknown_arguments_are_refused_at_once(params, message):
    with pytest.raises(TypeError, match=message.replace("?", r"\?")):
        DeReGRLClassifier(**params)


def test_known_prefixes_are_taken():
    params = {"optimizer__betas": (0.8, 0.9), "module__dropout": 0.2, "callbacks__print_log__sink": print}
    assert DeReGRLClassifier(**params, iterator_train__drop_last=False).get_params()["module__dropout"] == 0.2


class PressesCtrlC(Callback):
    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def heard():
    """Ctrl-C is heard, also where the tests run in the background, whose processes ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_ends_a_users_own_fit_with_the_net_so_far(features, clips, make_clf):
    net = make_clf(max_epochs=9, callbacks=[PressesCtrlC()])
    with pytest.warns(UserWarning, match="interrupted in epoch 2"):
        net.fit(features, clips.target)
    assert len(net.history) == 2 and np.isfinite(net.predict_proba(features)).all()
    with raising_interrupts(), pytest.raises(KeyboardInterrupt):
        make_clf(max_epochs=9, callbacks=[PressesCtrlC()]).fit(features, clips.target)
    with pytest.raises(KeyboardInterrupt):
        SeedEnsemble(make_clf(max_epochs=9, callbacks=[PressesCtrlC()]), 2).fit(features, clips.target)


class LiveDisplay(Callback):
    """As a progress display of rich: it holds a lock and a thread, and one display at a time may be live."""

    live = 0

    def __init__(self, shown):
        self.shown = shown

    def on_train_begin(self, net, **kwargs):
        assert not LiveDisplay.live, "only one display may be live at once"
        LiveDisplay.live, self.lock_ = 1, threading.RLock()

    def on_epoch_end(self, net, **kwargs):
        self.shown.append(f"{len(net.history)} of {net.max_epochs}")

    def on_train_end(self, net, **kwargs):
        LiveDisplay.live = 0


@pytest.mark.parametrize("wrap", ["net", "ensemble", "search", "evaluation"])
@pytest.mark.parametrize("bar", ["skorch", "live"])
def test_progress_is_shown_wherever_a_net_trains(features, clips, make_clf, capfd, bar, wrap):
    callback = ProgressBar(detect_notebook=False) if bar == "skorch" else LiveDisplay([])
    clf, y, groups = make_clf(callbacks=[("bar", callback)], max_epochs=2), clips.target, clips.groups
    usual = make_clf(max_epochs=2)
    if wrap == "ensemble":
        clf, usual = SeedEnsemble(clf, n_estimators=2), SeedEnsemble(usual, n_estimators=2)
    if wrap == "search":
        grid = {"lr": [1e-3, 1e-2]}
        clf, usual = BatchedGridSearchCV(clf, grid, cv=2), BatchedGridSearchCV(usual, grid, cv=2)
    if wrap == "evaluation":
        results = [evaluate_loso(e, features, y, groups, verbose=0) for e in (clf, usual)]
        found, expected = (result.predictions["prediction"] for result in results)
    else:
        extra = {"groups": groups} if wrap == "search" else {}
        found, expected = (e.fit(features, y, **extra).predict(features) for e in (clf, usual))
    np.testing.assert_array_equal(found, expected)
    assert LiveDisplay.live == 0
    if bar == "skorch":
        assert "%|" in capfd.readouterr().err
