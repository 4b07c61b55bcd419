"""Labels, weights, views and scikit-learn's own tools."""

import copy
import pickle
from io import BytesIO

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from skorch.callbacks import Callback

from skmer.classifiers import DeReGRLClassifier


def test_weight_zero_is_absence(features, clips, make_clf, same):
    weight = np.ones(80)
    weight[::4] = 0
    kept = weight > 0
    weighted = make_clf().fit(features, clips.target, sample_weight=weight)
    assert same(weighted, make_clf().fit(features[kept], clips.target[kept]), features)


def test_a_class_of_weight_zero_is_absent(features, clips, make_clf, same):
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


def test_equal_weights_are_no_weights(features, clips, make_clf, same):
    weighted = make_clf().fit(features, clips.target, sample_weight=np.full(80, 4.0))
    assert same(weighted, make_clf().fit(features, clips.target), features)


def test_weights_pull_towards_what_is_heavy(features, clips, make_clf):
    heavy = np.where(clips.target == "repression", 100.0, 1.0)
    clf = make_clf(max_epochs=20, class_weight=None)
    light = clone(clf).fit(features, clips.target).predict(features)
    pulled = clf.fit(features, clips.target, sample_weight=heavy).predict(features)
    assert (pulled == "repression").sum() > (light == "repression").sum()


def test_class_weight_is_sample_weight_by_class(features, clips, make_clf, same):
    counts = {c: np.sum(clips.target == c) for c in clips.class_names}
    balanced = {c: 80 / (5 * n) for c, n in counts.items()}
    want = make_clf(class_weight="balanced").fit(features, clips.target)
    assert same(make_clf(class_weight=balanced).fit(features, clips.target), want, features)
    by_hand = np.array([balanced[c] for c in clips.target])
    weighted = make_clf(class_weight=None).fit(features, clips.target, sample_weight=by_hand)
    assert same(weighted, want, features)
    half = make_clf(class_weight="sqrt-balanced").fit(features, clips.target)
    by_root = {c: np.sqrt(weight) for c, weight in balanced.items()}
    assert same(make_clf(class_weight=by_root).fit(features, clips.target), half, features)
    assert not same(half, want, features)


def test_a_fold_that_misses_a_class(features, clips, make_clf):
    rows = clips.target != "surprise"
    clf = make_clf().fit(features[rows], clips.target[rows])
    assert clf.predict_proba(features).shape == (80, 4)
    assert "surprise" not in clf.classes_


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


def test_pickle_and_joblib_keep_every_bit_and_go_on(features, clips, make_clf, tmp_path, same):
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


def test_metadata_routing(features, clips, make_clf, same):
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
