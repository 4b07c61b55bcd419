"""What a change of a parameter asks for, and where tensors go."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from skmer.classifiers import DeReGRLClassifier


def test_partial_fit_goes_on(features, clips, make_clf, same):
    clf = make_clf(schedule=None)
    for _ in range(2):
        clf.partial_fit(features, clips.target)
    assert len(clf.history) == 6
    assert same(clf, make_clf(schedule=None, max_epochs=6).fit(features, clips.target), features)


def test_partial_fit_knows_classes_to_come(features, clips, make_clf):
    rows = clips.target != "surprise"
    clf = make_clf().partial_fit(features[rows], clips.target[rows], classes=clips.class_names)
    clf.partial_fit(features, clips.target)
    assert list(clf.classes_) == clips.class_names
    other = make_clf().partial_fit(features[rows], clips.target[rows])
    with pytest.raises(ValueError, match=r"y holds .*surprise.*partial_fit\(classes=...\)"):
        other.partial_fit(features, clips.target)


def test_warm_start(features, clips, make_clf, same):
    clf = make_clf(warm_start=True, schedule=None).fit(features, clips.target).fit(features, clips.target)
    assert same(clf, make_clf(schedule=None, max_epochs=6).fit(features, clips.target), features)
    assert len(make_clf().fit(features, clips.target).fit(features, clips.target).history) == 3


@pytest.mark.parametrize(
    "change",
    [{"n_actions": 2}, {"lambda_center": 0.5}, {"graph": "brow-nose-lip31", "fusion": "sum"}],
    ids=str,
)
def test_a_changed_parameter_of_the_network_rebuilds_it(features, clips, make_clf, change, same):
    clf = make_clf(warm_start=True).fit(features, clips.target).set_params(**change)
    assert same(clf.fit(features, clips.target), make_clf(**change).fit(features, clips.target), features)
    clf = make_clf().fit(features, clips.target).set_params(**change).partial_fit(features, clips.target)
    assert same(clf, make_clf(**change).fit(features, clips.target), features)


@pytest.mark.parametrize("change", [{"module__dropout": 0.2}, {"criterion__reduction": "sum"}], ids=str)
def test_a_changed_dunder_parameter_rebuilds_it_from_the_seed(features, clips, make_clf, change, same):
    before = torch.get_rng_state()
    clf = make_clf().fit(features, clips.target).set_params(**change).partial_fit(features, clips.target)
    assert same(clf, make_clf(**change).fit(features, clips.target), features)
    assert torch.equal(torch.get_rng_state(), before)


def test_changed_training_parameters_are_heeded(features, clips, make_clf):
    clf = make_clf(warm_start=True).fit(features, clips.target)
    clf.set_params(
        noise=0, head_motion_noise=0, horizontal_flip=False, schedule=None, train_split=GroupKFold(4)
    )
    clf.fit(features, clips.target, groups=clips.groups)
    assert not clf.augmentation_.active
    assert clf.optimizer_.param_groups[0]["lr"] == pytest.approx(3e-3)
    assert "one_cycle" not in dict(clf.callbacks_)
    assert "valid_loss" in clf.history[-1] and "valid_loss" not in clf.history[0]


def test_a_schedule_can_be_left_and_taken_up_again(features, clips, make_clf):
    clf = make_clf(warm_start=True).fit(features, clips.target).set_params(schedule=None)
    clf.fit(features, clips.target)
    assert clf.optimizer_.param_groups[0]["lr"] == pytest.approx(3e-3)
    clf.set_params(schedule="one-cycle").fit(features, clips.target)
    assert clf.optimizer_.param_groups[0]["lr"] < 1e-5
    assert len(clf.history) == 9


def test_a_changed_learning_rate_does_not(features, clips, make_clf):
    clf = make_clf(schedule=None).fit(features, clips.target).set_params(lr=1e-4, weight_decay=0.5)
    before = clf.module_
    clf.partial_fit(features, clips.target)
    assert clf.module_ is before
    group = clf.optimizer_.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (1e-4, 0.5)


def test_initialize_needs_data(make_clf):
    with pytest.raises(ValueError, match="initialize needs features and classes; call fit"):
        make_clf().initialize()


def test_auto_is_resolved_and_never_stored(features, clips, make_clf):
    clf = make_clf().fit(features, clips.target)
    want = "cuda" if torch.cuda.is_available() else "cpu"
    assert clf.device == want
    assert clf.get_params()["device"] == "auto"
    for copied in (clone(clf), copy.deepcopy(clf), pickle.loads(pickle.dumps(clf))):
        assert copied.get_params()["device"] == "auto"


@pytest.mark.parametrize("size", [np.int64(8), np.int32(16), 8])
def test_sizes_of_numpy_are_sizes(size):
    X, y = np.random.default_rng(0).normal(size=(20, 3, 31, 2)), np.arange(20) % 2
    net = DeReGRLClassifier(max_epochs=1, batch_size=size, random_state=0).fit(X, y)
    same = DeReGRLClassifier(max_epochs=1, batch_size=int(size), random_state=0).fit(X, y)
    np.testing.assert_array_equal(net.predict_proba(X), same.predict_proba(X))


def test_a_number_and_an_object_array_are_weights():
    X, y = np.random.default_rng(0).normal(size=(20, 3, 31, 2)), np.arange(20) % 2
    net = DeReGRLClassifier(max_epochs=1, random_state=0)
    one, other = (
        clone(net).fit(X, y, sample_weight=weight).predict_proba(X)
        for weight in (2.0, np.full(20, 2, object))
    )
    np.testing.assert_array_equal(one, other)
