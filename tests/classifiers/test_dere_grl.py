import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from skmer.classifiers import DeReGRLClassifier
from skmer.face import FaceGraph
from skmer.nn import DeReGRL


def test_learns_what_can_be_learned(features, clips):
    clf = DeReGRLClassifier(random_state=0).fit(features, clips.target)
    assert clf.score(features, clips.target) > 0.75


def test_probabilities_are_in_the_order_of_the_classes(features, clips, make_clf):
    clf = make_clf().fit(features, clips.target)
    proba = clf.predict_proba(features)
    assert list(clf.classes_) == sorted(set(clips.target))
    np.testing.assert_allclose(proba.sum(1), 1, atol=1e-12)
    assert list(clf.predict(features)) == [clf.classes_[i] for i in proba.argmax(1)]


@pytest.mark.parametrize("kind", ["str", "int", "bool", "object"])
def test_labels_of_any_type(features, clips, make_clf, kind):
    y = {
        "str": clips.target,
        "int": 10 * np.unique(clips.target, return_inverse=True)[1] - 20,
        "bool": clips.target == "others",
        "object": clips.target.astype(object),
    }[kind]
    clf = make_clf().fit(features, y)
    assert clf.classes_.dtype == y.dtype
    assert set(clf.predict(features)) <= set(y)


def test_one_result_for_every_form_of_x(features, clips, make_clf):
    flat = features.reshape(len(features), -1)
    want = make_clf().fit(features, clips.target).predict_proba(features)
    forms = {
        "flat": flat,
        "float64": features.astype(np.float64),
        "fortran": np.asfortranarray(flat),
        "objects": flat.astype(object),
        "lists": flat.tolist(),
        "table": pd.DataFrame(flat, columns=[f"f{i}" for i in range(flat.shape[1])]),
        "one view": features[:, None],
    }
    for name, X in forms.items():
        clf = make_clf().fit(X, clips.target)
        assert clf.n_features_in_ == 186, name
        np.testing.assert_array_equal(clf.predict_proba(X), want, err_msg=name)


def test_the_unit_of_x_does_not_matter(features, clips, make_clf):
    want = make_clf(normalize_motion=False).fit(features, clips.target)
    got = make_clf(normalize_motion=False).fit(128 * features, clips.target)
    assert got.scale_ == 128 * want.scale_
    np.testing.assert_array_equal(got.predict_proba(128 * features), want.predict_proba(features))


def test_an_absent_offset_frame_is_accepted(features, clips, make_clf):
    X = features.copy()
    X[:, 2] = 0
    assert np.isfinite(make_clf().fit(X, clips.target).predict_proba(X)).all()


def test_with_normalize_motion_the_amplitude_of_a_clip_does_not_matter(features, clips, make_clf):
    amplitude = np.geomspace(0.1, 10, len(features), dtype=np.float32)[:, None, None, None]
    for X in (features, features * (np.arange(3) < 2)[:, None, None]):
        clf = make_clf(normalize_motion=True).fit(X, clips.target)
        assert abs(clf.scale_ - np.sqrt(X.any((2, 3)).mean())) < 1e-5
        want = clf.predict_proba(X)
        np.testing.assert_allclose(clf.predict_proba(amplitude * X), want, atol=1e-5)
        np.testing.assert_allclose(clf.action_weights(amplitude * X), clf.action_weights(X), atol=1e-5)
    assert np.isfinite(clf.predict_proba(0 * X)).all()


def test_mirrored_clips_get_the_same_prediction(features, clips, make_clf):
    graph = FaceGraph.preset("brow-nose-lip31")
    mirrored = features[:, :, list(graph.mirror)] * np.array([-1, 1], dtype=np.float32)
    clf = make_clf().fit(features, clips.target)
    np.testing.assert_allclose(clf.predict_proba(mirrored), clf.predict_proba(features), atol=1e-12)
    assert not np.allclose(
        *(
            make_clf(horizontal_flip=False).fit(features, clips.target).predict_proba(X)
            for X in (mirrored, features)
        )
    )


def test_prediction_of_a_row_does_not_depend_on_the_others(features, clips, make_clf):
    clf = make_clf().fit(features, clips.target)
    alone = np.concatenate([clf.predict_proba(features[i : i + 1]) for i in range(10)])
    np.testing.assert_allclose(alone, clf.predict_proba(features)[:10], rtol=1e-12)


def test_action_weights_and_maps(features, clips, make_clf):
    clf = make_clf().fit(features, clips.target)
    weights, maps = clf.action_weights(features), clf.action_maps(features)
    assert weights.shape == (80, 9) and maps.shape == (80, 3, 31, 9)
    assert weights.min() >= 0
    np.testing.assert_allclose(maps.sum(2), 1, atol=1e-12)
    for s, positions in enumerate(clf.graph_.components.values()):
        outside = np.setdiff1d(np.arange(31), positions)
        assert (maps[:, :, outside, 3 * s : 3 * s + 3] == 0).all()


@pytest.mark.parametrize("method", ["action_weights", "action_maps"])
def test_a_backbone_alone_has_no_actions(features, clips, make_clf, method):
    clf = make_clf(decomposition=False, reconstruction=False).fit(features, clips.target)
    with pytest.raises(ValueError, match=f"{method} needs .*=True, got .*=False"):
        getattr(clf, method)(features)
    clf.set_params(decomposition=True, reconstruction=True)
    with pytest.raises(ValueError, match=f"{method} needs .*=True, got .*=False"):
        getattr(clf, method)(features)


SWITCHES = {
    "n_actions": 2,
    "n_channels": 8,
    "n_layers": 1,
    "adjacency": "learned",
    "relations": "full",
    "activation": "gelu",
    "action_softmax": "actions",
    "weight_norm": "l2",
    "weight_sigmoid": False,
    "fusion": "sum",
    "reconstruction": False,
    "centers": "learned",
    "balance": "absolute",
    "loss_reduction": "sum",
    "dropout": 0.3,
    "channels": ("relative",),
    "linear_skip": False,
    "label_smoothing": 0.3,
    "noise": 0.0,
    "head_motion_noise": 0.0,
    "normalize_motion": False,
    "horizontal_flip": False,
    "class_weight": None,
    "lr": 1e-2,
    "weight_decay": 0.0,
    "schedule": None,
    "max_epochs": 4,
    "batch_size": -1,
    "optimizer": torch.optim.SGD,
}


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_changes_the_fit(features, clips, make_clf, name):
    default = make_clf().fit(features, clips.target).predict_proba(features)
    clf = make_clf(**{name: SWITCHES[name]}).fit(features, clips.target)
    assert np.abs(clf.predict_proba(features) - default).max() > 1e-7
    assert clone(clf).get_params(deep=False) == clf.get_params(deep=False)


@pytest.mark.parametrize("name", ["lambda_center", "lambda_weight", "lambda_balance"])
def test_every_lambda_changes_the_fit(features, clips, make_clf, name):
    one, two = (make_clf(**{name: value}).fit(features, clips.target) for value in (0, 1))
    assert not np.array_equal(one.predict_proba(features), two.predict_proba(features))


@pytest.mark.parametrize("graph", ["brow-mouth30", "brow-eye-nose-lip43"])
def test_other_graphs(clips, make_clf, graph):
    from skmer.feature_extraction import LandmarkGraphTransformer

    X = LandmarkGraphTransformer(graph=graph).fit_transform(clips.frames)
    clf = make_clf(graph=graph).fit(X, clips.target)
    n_nodes = FaceGraph.preset(graph).n_nodes
    assert clf.action_maps(X).shape[2] == n_nodes
    with pytest.raises(
        ValueError, match=rf"X must have the shape .*got .*{n_nodes}.*graph 'brow-nose-lip31'"
    ):
        make_clf().fit(X, clips.target)


def test_defaults_are_what_the_network_gets(features, clips, make_clf):
    clf = make_clf(n_actions=4, module__dropout=0.1).fit(features, clips.target)
    assert isinstance(clf.module_, DeReGRL)
    assert clf.module_.decomposition.blocks[0].time.weight.shape[-1] == 4
    assert clf.module_.dropout.p == 0.1


def bad_calls():
    return {
        "X must have a multiple of 93": lambda X: {"X": X.reshape(len(X), -1)[:, :100]},
        "X must have the shape": lambda X: {"X": X[:, :2]},
        "contains NaN": lambda X: {"X": np.where(X > 0, np.nan, X)},
        "contains infinity": lambda X: {"X": np.where(X > 0, np.inf, X)},
        "minimum of 1 is required": lambda X: {"X": X[:0], "y": []},
        "Sparse data was passed": lambda X: {"X": sparse.csr_array(X.reshape(len(X), -1))},
        "at least two classes, got one class": lambda X: {"y": np.repeat("fear", len(X))},
        "requires y to be passed": lambda X: {"y": None},
        "inconsistent numbers of samples": lambda X: {"y": ["a", "b"]},
        "could not convert string": lambda X: {"X": np.full(X.shape, "x", dtype=object)},
        "groups must have one entry per clip": lambda X: {"groups": [1, 2]},
        "Negative values in data": lambda X: {"sample_weight": -np.ones(len(X))},
        "Unknown label type": lambda X: {"y": np.linspace(0.1, 1, len(X))},
    }


@pytest.mark.parametrize("message", bad_calls())
def test_bad_input_is_refused_in_one_sentence(features, clips, make_clf, message):
    arguments = {"X": features, "y": clips.target, **bad_calls()[message](features)}
    with pytest.raises((ValueError, TypeError), match=message):
        make_clf().fit(**arguments)


@pytest.mark.parametrize(
    "wrong",
    [
        {"train_split": 5},
        {"n_actions": 0},
        {"lambda_center": -1},
        {"adjacency": "ring"},
        {"horizontal_flip": "yes"},
        {"batch_size": 0},
    ],
    ids=str,
)
def test_bad_parameters_are_refused_at_fit(features, clips, make_clf, wrong):
    clf = make_clf(**wrong)
    with pytest.raises(
        InvalidParameterError, match=f"The '{next(iter(wrong))}' parameter of DeReGRLClassifier"
    ):
        clf.fit(features, clips.target)


def test_a_typo_is_refused(features, clips, make_clf):
    with pytest.raises(TypeError, match=r"unexpected argument.*n_action"):
        make_clf(n_action=2).fit(features, clips.target)


def test_an_odd_number_of_channels_has_no_mirror_image(features, clips, make_clf):
    with pytest.raises(ValueError, match="horizontal_flip=True needs channels in pairs"):
        make_clf().fit(features[..., :1], clips.target)
    with pytest.raises(
        ValueError, match=r"head_motion_noise=0.5 needs channels in pairs .* pass head_motion_noise=0.0"
    ):
        make_clf(horizontal_flip=False).fit(features[..., :1], clips.target)
    with pytest.raises(ValueError, match=r"channels=\('magnitude',\) needs pairs .* use \(\)"):
        make_clf(horizontal_flip=False, head_motion_noise=0).fit(features[..., :1], clips.target)
    make_clf(horizontal_flip=False, head_motion_noise=0, channels=()).fit(features[..., :1], clips.target)


def test_a_generic_graph_takes_tables(features, clips, make_clf):
    with pytest.raises(ValueError, match=r"X must have two dimensions for graph='generic'.*flatten it"):
        make_clf(graph="generic").fit(features, clips.target)


def test_not_fitted(features, make_clf):
    for method in ("predict", "predict_proba", "action_weights", "action_maps"):
        with pytest.raises(NotFittedError):
            getattr(make_clf(), method)(features)


def test_repr_names_what_differs_from_the_defaults():
    assert repr(DeReGRLClassifier(n_actions=4)) == "DeReGRLClassifier(n_actions=4)"
