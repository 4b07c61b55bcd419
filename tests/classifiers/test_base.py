"""What every net of the package does between skorch and scikit-learn."""

import copy
import pickle
import random
import subprocess
import sys
from io import BytesIO

import joblib
import numpy as np
import pytest
import sklearn
import torch
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.dataset import ValidSplit
from torch.utils.data import DataLoader

from skmer.classifiers import DeReGRLClassifier


class Interrupt(Callback):
    def on_epoch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def same(a, b, X):
    return np.array_equal(a.predict_proba(X), b.predict_proba(X))


# Randomness


def test_a_seed_decides_the_fit(features, clips, make_clf):
    one, two, other = (make_clf(random_state=s, dropout=0.2).fit(features, clips.target) for s in (0, 0, 1))
    assert same(one, two, features)
    assert not same(one, other, features)


def test_global_generators_are_left_alone(features, clips, make_clf):
    np.random.seed(3)  # noqa: NPY002 (the global generator is what is watched)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    make_clf(dropout=0.2).fit(features, clips.target).predict(features)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert random.getstate() == before[2]


def test_the_global_torch_seed_does_not_matter(features, clips, make_clf):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        one = make_clf().fit(features, clips.target)
        torch.manual_seed(2)
        assert same(one, make_clf().fit(features, clips.target), features)


def test_another_process_finds_the_same_bits(features, clips, make_clf, tmp_path):
    joblib.dump((features, clips.target, make_clf()), tmp_path / "job")
    code = (
        "import sys, joblib; X, y, clf = joblib.load(sys.argv[1]);"
        "joblib.dump(clf.fit(X, y).predict_proba(X), sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "job"), str(tmp_path / "out")], check=True)
    want = make_clf().fit(features, clips.target).predict_proba(features)
    np.testing.assert_array_equal(joblib.load(tmp_path / "out"), want)


def test_the_number_of_jobs_does_not_matter(features, clips, make_clf):
    options = {"groups": clips.groups, "cv": GroupKFold(3), "method": "predict_proba"}
    y = clips.target == "others"
    one, two = (cross_val_predict(make_clf(), features, y, n_jobs=n, **options) for n in (None, 2))
    np.testing.assert_array_equal(one, two)


def test_threads_do_not_matter(features, clips, make_clf):
    options = {"groups": clips.groups, "cv": GroupKFold(4), "method": "predict_proba"}
    y = clips.target == "others"
    alone = cross_val_predict(make_clf(), features, y, **options)
    with joblib.parallel_config("threading", n_jobs=4):
        np.testing.assert_array_equal(cross_val_predict(make_clf(), features, y, **options), alone)


# Labels and weights


def test_weight_zero_is_absence(features, clips, make_clf):
    weight = np.ones(80)
    weight[::4] = 0
    kept = weight > 0
    weighted = make_clf().fit(features, clips.target, sample_weight=weight)
    assert same(weighted, make_clf().fit(features[kept], clips.target[kept]), features)


def test_a_class_of_weight_zero_is_absent(features, clips, make_clf):
    rare = clips.target == "surprise"
    weighted = make_clf().fit(features, clips.target, sample_weight=~rare)
    assert same(weighted, make_clf().fit(features[~rare], clips.target[~rare]), features)
    ignored = make_clf(class_weight={"surprise": 0.0}, batch_size=2).fit(features, clips.target)
    assert np.isfinite(ignored.predict_proba(features)).all()
    with pytest.raises(ValueError, match="leave no clip a weight above zero"):
        make_clf(class_weight=dict.fromkeys(clips.class_names, 0.0)).fit(features, clips.target)


def test_classes_may_be_named_in_any_order(features, clips, make_clf):
    names = [*reversed(clips.class_names), "fear"]
    clf = make_clf(classes=names).fit(features, clips.target)
    assert list(clf.classes_) == sorted(names)
    assert clf.predict_proba(features).shape == (80, 6)
    assert set(clf.predict(features)) <= set(names)


def test_equal_weights_are_no_weights(features, clips, make_clf):
    weighted = make_clf().fit(features, clips.target, sample_weight=np.full(80, 4.0))
    assert same(weighted, make_clf().fit(features, clips.target), features)


def test_weights_pull_towards_what_is_heavy(features, clips, make_clf):
    heavy = np.where(clips.target == "repression", 100.0, 1.0)
    clf = make_clf(max_epochs=20, class_weight=None)
    light = clone(clf).fit(features, clips.target).predict(features)
    pulled = clf.fit(features, clips.target, sample_weight=heavy).predict(features)
    assert (pulled == "repression").sum() > (light == "repression").sum()


def test_class_weight_is_sample_weight_by_class(features, clips, make_clf):
    counts = {c: np.sum(clips.target == c) for c in clips.class_names}
    balanced = {c: 80 / (5 * n) for c, n in counts.items()}
    want = make_clf(class_weight="balanced").fit(features, clips.target)
    assert same(make_clf(class_weight=balanced).fit(features, clips.target), want, features)
    by_hand = np.array([balanced[c] for c in clips.target])
    weighted = make_clf(class_weight=None).fit(features, clips.target, sample_weight=by_hand)
    assert same(weighted, want, features)


def test_a_fold_that_misses_a_class(features, clips, make_clf):
    rows = clips.target != "surprise"
    clf = make_clf().fit(features[rows], clips.target[rows])
    assert clf.predict_proba(features).shape == (80, 4)
    assert "surprise" not in clf.classes_


# Views


def test_all_views_train_and_probabilities_are_averaged(views, clips, make_clf):
    clf = make_clf(batch_size=64).fit(views, clips.target)
    assert clf.history[-1, "train_batch_count"] == 80 * 4 // 64
    each = [clf.predict_proba(views[:, v]) for v in range(4)]
    np.testing.assert_allclose(clf.predict_proba(views), np.mean(each, axis=0), rtol=1e-9)
    assert clf.action_weights(views).shape == (80, 9)
    assert clf.n_features_in_ == 186


def test_a_view_never_leaves_its_clip(views, clips, make_clf):
    seen = {}

    class Spy(Callback):
        def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
            seen["train"], seen["valid"] = dataset_train, dataset_valid

    split = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
    clf = make_clf(train_split=split, callbacks=[Spy()]).fit(views, clips.target, groups=clips.groups)
    assert len(seen["train"]) + len(seen["valid"]) == 320
    assert not set(seen["train"].groups) & set(seen["valid"].groups)
    assert clf.history[:, "valid_loss"]


# Inner splits


@pytest.mark.parametrize(
    "split", [StratifiedGroupKFold(4), ValidSplit(GroupKFold(4))], ids=["sklearn", "skorch"]
)
def test_early_stopping_on_subjects_held_out(features, clips, make_clf, split):
    stop = EarlyStopping(monitor="valid_loss", patience=2, load_best=True)
    clf = make_clf(train_split=split, callbacks=[stop], max_epochs=40)
    clf.fit(features, clips.target, groups=clips.groups)
    assert len(clf.history) < 40
    assert {"valid_loss", "valid_acc", "valid_center"} <= set(clf.history[-1])
    assert set(clf.predict(features)) <= set(clips.target)


def test_learned_centers_on_subjects_held_out(features, clips, make_clf):
    clf = make_clf(centers="learned", train_split=GroupKFold(4))
    clf.fit(features, clips.target, groups=clips.groups)
    assert np.isfinite(clf.history[:, "valid_weight"]).all()


@pytest.mark.parametrize(
    "split",
    [GroupKFold(4), ValidSplit(5, stratified=True), ValidSplit(0.2)],
    ids=["grouped", "stratified", "share"],
)
def test_an_inner_split_without_groups_is_refused(features, clips, make_clf, split):
    with pytest.raises(ValueError, match=r"fit got no groups.*pass groups=subjects"):
        make_clf(train_split=split).fit(features, clips.target)


def test_an_inner_split_that_divides_a_subject_is_refused(features, clips, make_clf):
    clf = make_clf(train_split=ValidSplit(5, stratified=True))
    with pytest.raises(ValueError, match=r"subjects on both sides of the inner split.*GroupShuffleSplit"):
        clf.fit(features, clips.target, groups=clips.groups)


def test_groups_change_nothing_without_a_split(features, clips, make_clf):
    with_groups = make_clf().fit(features, clips.target, groups=clips.groups)
    assert same(with_groups, make_clf().fit(features, clips.target), features)


# Going on


def test_partial_fit_goes_on(features, clips, make_clf):
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


def test_warm_start(features, clips, make_clf):
    clf = make_clf(warm_start=True, schedule=None).fit(features, clips.target).fit(features, clips.target)
    assert same(clf, make_clf(schedule=None, max_epochs=6).fit(features, clips.target), features)
    assert len(make_clf().fit(features, clips.target).fit(features, clips.target).history) == 3


@pytest.mark.parametrize(
    "change",
    [{"n_actions": 2}, {"lambda_center": 0.5}, {"graph": "brow-nose-lip31", "fusion": "sum"}],
    ids=str,
)
def test_a_changed_parameter_of_the_network_rebuilds_it(features, clips, make_clf, change):
    clf = make_clf(warm_start=True).fit(features, clips.target).set_params(**change)
    assert same(clf.fit(features, clips.target), make_clf(**change).fit(features, clips.target), features)
    clf = make_clf().fit(features, clips.target).set_params(**change).partial_fit(features, clips.target)
    assert same(clf, make_clf(**change).fit(features, clips.target), features)


@pytest.mark.parametrize("change", [{"module__dropout": 0.2}, {"criterion__reduction": "sum"}], ids=str)
def test_a_changed_dunder_parameter_rebuilds_it_from_the_seed(features, clips, make_clf, change):
    before = torch.get_rng_state()
    clf = make_clf().fit(features, clips.target).set_params(**change).partial_fit(features, clips.target)
    assert same(clf, make_clf(**change).fit(features, clips.target), features)
    assert torch.equal(torch.get_rng_state(), before)


def test_changed_training_parameters_are_heeded(features, clips, make_clf):
    clf = make_clf(warm_start=True).fit(features, clips.target)
    clf.set_params(noise=0, mirror=False, schedule=None, train_split=GroupKFold(4))
    clf.fit(features, clips.target, groups=clips.groups)
    assert not clf.augmentation_.active
    assert clf.optimizer_.param_groups[0]["lr"] == pytest.approx(3e-3) or "one_cycle" not in dict(
        clf.callbacks_
    )
    assert "valid_loss" in clf.history[-1] and "valid_loss" not in clf.history[0]


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


# skorch


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
    with pytest.raises(KeyboardInterrupt):
        make_clf(callbacks=[Interrupt()]).fit(features, clips.target)


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


def test_callbacks_can_be_disabled(features, clips, make_clf):
    with pytest.raises(ValueError, match="callbacks='disable' would leave out schedule='one-cycle' too"):
        make_clf(callbacks="disable").fit(features, clips.target)
    clf = make_clf(callbacks="disable", schedule=None).fit(features, clips.target)
    assert same(clf, make_clf(schedule=None).fit(features, clips.target), features)


def test_torch_data_loader_does_the_same(features, clips, make_clf):
    options = {"batch_size": -1, "noise": 0, "mirror": False}  # noise and mirror fall on rows in their order
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
    want = make_clf(class_weight=None, **lambdas).fit(features, clips.target)
    np.testing.assert_allclose(clf.predict_proba(features), want.predict_proba(features), atol=0.02)


def test_save_and_load_params(features, clips, make_clf, tmp_path):
    trained = make_clf().fit(features, clips.target)
    trained.save_params(f_params=tmp_path / "weights.safetensors", use_safetensors=True)
    other = make_clf(random_state=1).fit(features, clips.target)
    other.load_params(f_params=tmp_path / "weights.safetensors", use_safetensors=True)
    assert same(other, trained, features)


# Device and persistence


def test_auto_is_resolved_and_never_stored(features, clips, make_clf):
    clf = make_clf().fit(features, clips.target)
    want = "cuda" if torch.cuda.is_available() else "cpu"
    assert clf.device == want
    assert clf.get_params()["device"] == "auto"
    for copied in (clone(clf), copy.deepcopy(clf), pickle.loads(pickle.dumps(clf))):
        assert copied.get_params()["device"] == "auto"


def test_pickle_and_joblib_keep_every_bit_and_go_on(features, clips, make_clf, tmp_path):
    clf = make_clf(dropout=0.2).fit(features, clips.target)
    stream = BytesIO()
    joblib.dump(clf, stream)
    stream.seek(0)
    copies = [pickle.loads(pickle.dumps(clf)), joblib.load(stream), copy.deepcopy(clf)]
    assert all(same(loaded, clf, features) for loaded in copies)
    clf.partial_fit(features, clips.target)
    for loaded in copies:
        assert same(loaded.partial_fit(features, clips.target), clf, features)


# scikit-learn's tools


def test_cross_validate_and_grid_search(features, clips, make_clf):
    pipe = Pipeline([("clf", make_clf(max_epochs=1))])
    scores = cross_validate(pipe, features, clips.target, groups=clips.groups, cv=LeaveOneGroupOut())
    assert len(scores["test_score"]) == 8
    grid = {"clf__n_actions": [2, 3], "clf__lambda_center": [0.1, 1], "clf__lambda_weight": [0, 1]}
    search = GridSearchCV(pipe, grid, cv=GroupKFold(2)).fit(features, clips.target, groups=clips.groups)
    assert len(search.cv_results_["params"]) == 8
    assert search.best_estimator_["clf"].n_actions in (2, 3)


def test_metadata_routing(features, clips, make_clf):
    split = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
    weight = np.linspace(0.5, 2, 80)
    want = make_clf(train_split=split).fit(features, clips.target, groups=clips.groups, sample_weight=weight)
    with sklearn.config_context(enable_metadata_routing=True):
        clf = make_clf(train_split=split).set_fit_request(groups=True, sample_weight=True)
        clf.set_score_request(sample_weight=True)
        pipe = Pipeline([("clf", clf)])
        pipe.fit(features, clips.target, groups=clips.groups, sample_weight=weight)
        assert same(pipe, want, features)
        inner = GridSearchCV(pipe, {"clf__n_actions": [3]}, cv=GroupKFold(3))
        outer = {"groups": clips.groups, "sample_weight": weight}
        scores = cross_validate(inner, features, clips.target, cv=GroupKFold(2), params=outer)
    assert np.isfinite(scores["test_score"]).all()


def test_a_flat_table_needs_no_face(make_clf):
    X = np.random.default_rng(0).standard_normal((300, 7))
    clf = DeReGRLClassifier(graph="generic", adjacency="learned", random_state=0).fit(X, X[:, 2] > 0)
    assert clf.score(X, X[:, 2] > 0) > 0.9
    assert clf.graph_.n_nodes == 7
