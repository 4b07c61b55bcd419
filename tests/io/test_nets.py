import sys

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from skmer.classifiers import SeedEnsemble
from skmer.face import FaceGraph
from skmer.io import load, save

OTHER = {"$estimator": "sklearn.dummy.DummyClassifier", "params": {"$dict": []}, "state": {"$dict": []}}
SPY = {**OTHER, "state": {"$dict": [["mirror", None], ["n_frames", 3]]}}


def thing(name):
    return {"$object": name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("module", thing("torch.nn.Linear")),
        ("module", thing("os.system")),
        ("module", thing("torch.optim.AdamW")),
        ("module", thing("skmer.nn.DeReGRLLoss")),
        ("module", OTHER),
        ("module", {"$list": [thing("skmer.nn.DeReGRL")]}),
        ("criterion", thing("builtins.eval")),
        ("optimizer", thing("skmer.nn.DeReGRL")),
        ("optimizer", thing("torch.optim.lr_scheduler.LambdaLR")),
        ("iterator_train", thing("torch.utils.data.datapipes.utils.decoder.basichandlers")),
        ("iterator_valid", thing("skmer.io.load")),
        ("dataset", thing("torch.utils.data.DataLoader")),
        ("predict_nonlinearity", thing("skmer.io.save")),
        ("predict_nonlinearity", "exec"),
        ("graph", thing("skmer.face.FaceGraph")),
        ("graph", OTHER),
        ("class_weight", thing("os.system")),
        ("class_weight", {"$dict": [["a", OTHER]]}),
    ],
    ids=str,
)
def test_parts_are_those_of_the_table(saved, rewrite, refused, put, name, value):
    rewrite(saved[1], lambda document, _: put(document["estimator"]["params"], name, value))
    refused(saved[1], "DeReGRLClassifier: .*may not|may only be 'auto' or None")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("callbacks", {"$list": [{"$tuple": ["x", OTHER]}]}, "callbacks may only be None"),
        ("callbacks", "disable", "callbacks may only be None"),
        ("callbacks", thing("skorch.callbacks.Checkpoint"), "callbacks may only be None"),
        ("callbacks__x__data", 1, "'callbacks__x__data' is none that a net"),
        ("train_split", OTHER, "train_split may only be None"),
        ("compile", True, "compile may only be False"),
        ("compile", 1, "compile may only be False"),
        ("torch_load_kwargs", {"$dict": [["weights_only", False]]}, "torch_load_kwargs may only be None"),
        ("random_state", {"$list": ["tables", "--output", "x"]}, "random_state may only be None"),
        ("__class__", 1, "'__class__' is none that a net"),
        ("__dict__", 1, "'__dict__' is none that a net"),
        ("fit", 1, "'fit' is none that a net"),
        ("_begin", thing("skmer._cli.main"), "'_begin' holds a class"),
        ("history", 1, "'history' is none that a net"),
        ("module__nothing", 1, "'module__nothing' is none that a net"),
        ("module__graph", 1, "'module__graph' is none that a net"),
        ("module__n_actions", thing("os.system"), "'module__n_actions' holds a class"),
        ("module__n_actions", -1, "The 'n_actions' parameter"),
        ("optimizer__params", 1, "'optimizer__params' is none that a net"),
        ("optimizer__betas", {"$list": [0.9] * 100}, "'optimizer__betas' is none that a net"),
        ("optimizer__betas", {"$list": [OTHER]}, "'optimizer__betas' holds a class"),
        ("iterator_train__num_workers", 1000, "'iterator_train__num_workers' is none that a net"),
        ("iterator_train__collate_fn", thing("os.system"), "'iterator_train__collate_fn' holds a class"),
        ("iterator_valid__generator", 1, "'iterator_valid__generator' is none that a net"),
        ("dataset__length", 1, "'dataset__length' is none that a net"),
        ("device", "meta", "device='meta' is no device"),
        ("device", "cuda:0; x", "is no device"),
        ("device", 3, "is no device"),
        ("n_actions", "2", "The 'n_actions' parameter"),
        ("n_actions", 2.0, "The 'n_actions' parameter"),
        ("n_actions", 10**9, "n_actions=1000000000 does not fit the weights"),
        ("n_channels", 10**9, "n_channels=1000000000 does not fit the weights"),
        ("n_layers", 10**6, "n_layers=1000000 does not fit the weights"),
        ("lr", {"$float": "nan"}, "The 'lr' parameter"),
        ("dropout", 1.5, "The 'dropout' parameter"),
        ("dtype", "O", "The 'dtype' parameter"),
        ("activation", "__import__", "The 'activation' parameter"),
        ("max_epochs", {"$list": []}, "The 'max_epochs' parameter"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_parameters_are_checked_before_they_are_used(saved, rewrite, refused, put, name, value, message):
    rewrite(saved[1], lambda document, _: put(document["estimator"]["params"], name, value))
    refused(saved[1], f"DeReGRLClassifier: .*{message}")


def test_a_part_that_is_not_in_the_table_is_not_even_imported(saved, rewrite, refused, put):
    def change(document, _):
        put(document["estimator"]["params"], "optimizer__lr", 0.1)
        put(document["estimator"]["params"], "optimizer", thing("antigravity.fly"))

    rewrite(saved[1], change)
    refused(saved[1], "'optimizer' holds a class")
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("_begin", thing("skmer._cli.main"), "and no others"),
        ("set_params", thing("torch.utils.data.datapipes.utils.decoder.basichandlers"), "and no others"),
        ("initialize", 1, "and no others"),
        ("__class__", 1, "and no others"),
        ("module_", 1, "and no others"),
        ("extra_", 1, "and no others"),
        ("graph_", "g", "graph_ is no graph"),
        ("graph_", SPY, "graph_ is no graph"),
        ("graph_", thing("skmer.face.FaceGraph"), "graph_ is no graph"),
        ("scale_", "1", "scale_ has another type"),
        ("scale_", {"$float": "nan"}, "scale_ has another type"),
        ("scale_", 0.0, "do not fit a net"),
        ("scale_", -1.0, "do not fit a net"),
        ("scale_", OTHER, "scale_ has another type"),
        ("n_features_in_", 10**18 + 1, "do not fit a net"),
        ("n_features_in_", -186, "n_features_in_ has another type"),
        ("n_features_in_", True, "n_features_in_ has another type"),
        ("classes_inferred_", "a", "classes_inferred_ has another type"),
        ("classes_inferred_", {"$items": ["a"], "dtype": "<U1", "shape": [1]}, "do not fit a net"),
        ("classes_inferred_", {"$items": ["a", "b"], "dtype": "<U1", "shape": [2, 1]}, "another type"),
        ("classes_inferred_", {"$items": ["a", None], "dtype": "|O", "shape": [2]}, "another type"),
        ("feature_names_in_", {"$items": [1], "dtype": "|O", "shape": [1]}, "another type"),
    ],
    ids=str,
)
def test_learned_attributes_are_checked(saved, rewrite, refused, get, put, name, value, message):
    rewrite(saved[1], lambda document, _: put(get(document["estimator"]["state"], "fitted"), name, value))
    refused(saved[1], message + "|belongs to nothing")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("_begin", 1, "the state of a net must have the keys"),
        ("fitted", {"$list": []}, "and no others"),
        ("fitted", {"$dict": []}, "a fitted net needs"),
        ("history", 3, "no list of epochs"),
        ("history", {"$list": [3]}, "no list of epochs"),
        ("history", {"$list": [{"$dict": [[1, 2]]}]}, "no list of epochs"),
        ("history", {"$list": [{"$dict": [["a", OTHER]]}]}, "no list of epochs"),
        ("history", {"$list": [{"$dict": [["a", thing("os.system")]]}]}, "no list of epochs"),
        ("history", {"$list": [{"$dict": [["batches", 3]]}]}, "whose batches are no list"),
        ("module_", {"$list": []}, "no arrays by name"),
        ("module_", {"$dict": [["a", 1]]}, "is no array of numbers"),
        ("module_", {"$dict": [["a", OTHER]]}, "is no array of numbers"),
        ("criterion_", {"$dict": [["a", {"$items": ["x"], "dtype": "<U1", "shape": [1]}]]}, "no array of"),
    ],
    ids=str,
)
def test_the_state_is_checked(saved, rewrite, refused, put, name, value, message):
    rewrite(saved[1], lambda document, _: put(document["estimator"]["state"], name, value))
    refused(saved[1], message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a[..., :-1], "other names, shapes or dtypes"),
        (lambda a: a[None], "other names, shapes or dtypes"),
        (lambda a: a.astype(np.float64), "other names, shapes or dtypes"),
        (lambda a: a.astype(np.float16), "other names, shapes or dtypes"),
        (lambda a: a.astype(np.int32), "other names, shapes or dtypes"),
    ],
)
@pytest.mark.parametrize("part", ["module_", "criterion_"])
def test_weights_of_another_shape_are_refused(saved, rewrite, refused, get, part, change, message):
    def replace(document, tensors):
        entry = get(document["estimator"]["state"], part)["$dict"][0][1]
        tensors[entry["$array"]] = np.ascontiguousarray(change(tensors[entry["$array"]]))

    rewrite(saved[1], replace)
    refused(saved[1], message, while_checked=False)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(saved, rewrite, refused, get, number, tmp_path):
    def replace(document, tensors):
        entry = get(document["estimator"]["state"], "module_")["$dict"][0][1]
        tensors[entry["$array"]] = tensors[entry["$array"]] * np.float32(number)

    rewrite(saved[1], replace)
    refused(saved[1], "is not finite: the training diverged")
    with torch.no_grad():
        next(saved[0].module_.parameters()).fill_(number)
    with pytest.raises(ValueError, match="is not finite: the training diverged"):
        save(saved[0], tmp_path / "diverged")


def test_a_missing_or_further_weight_is_refused(saved, rewrite, refused, get, put):
    before = saved[1].read_bytes()
    weights = {}

    def rename(document, _):
        pair = get(document["estimator"]["state"], "module_")["$dict"][0]
        weights["name"], pair[0] = pair[0], "another"

    rewrite(saved[1], rename)
    refused(saved[1], "other names, shapes or dtypes", while_checked=False)
    saved[1].write_bytes(before)

    def add(document, tensors):
        tensors["more"] = np.zeros(3, np.float32)
        put(get(document["estimator"]["state"], "module_"), "more", {"$array": "more", "order": "C"})

    rewrite(saved[1], add)
    refused(saved[1], "other names, shapes or dtypes", while_checked=False)


def test_another_width_or_graph_than_that_of_the_weights_is_refused(saved, rewrite, refused, get, put):
    before = saved[1].read_bytes()
    for name, value in (("n_channels", 4), ("n_actions", 5), ("n_layers", 1), ("graph", "brow-mouth30")):
        saved[1].write_bytes(before)
        rewrite(saved[1], lambda document, _, n=name, v=value: put(document["estimator"]["params"], n, v))
        if name == "graph":  # what counts is the graph of the fit
            assert load(saved[1]).graph_.name == "brow-nose-lip31"
        else:
            refused(saved[1], "other names, shapes or dtypes", while_checked=False)

    def shrink(document, _):
        graph = get(get(document["estimator"]["state"], "fitted"), "graph_")["$graph"]
        graph["n_frames"] = 1

    saved[1].write_bytes(before)
    rewrite(saved[1], shrink)
    refused(saved[1], "other names, shapes or dtypes", while_checked=False)


@pytest.mark.parametrize(
    "params",
    [
        {"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9, "schedule": None},
        {"optimizer__betas": (0.8, 0.99), "iterator_train__drop_last": False},
        {"iterator_valid": DataLoader, "batch_size": -1},
        {"dtype": "float64", "centers": "batch", "class_weight": "balanced"},
        {"decomposition": False, "reconstruction": False},
        {"channels": ["magnitude", "relative", "edge"], "adjacency": "learned", "relations": "component"},
        {"random_state": None, "module__n_channels": 8},
        {"device": torch.device("cpu")},
    ],
    ids=str,
)
def test_nets_of_other_parameters_come_back(features, clips, make_clf, tmp_path, params):
    clf = make_clf(**{"max_epochs": 1, **params}).fit(features, clips.target)
    save(clf, tmp_path / "m")
    again = load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict_proba(features), clf.predict_proba(features))
    want, got = clf.get_params(deep=False), again.get_params(deep=False)
    assert {**got, "device": str(got["device"])} == {**want, "device": str(want["device"])}


def test_flat_tables_and_graphs_of_ones_own(make_clf, tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 7))
    clf = make_clf(graph="generic", max_epochs=1).fit(X, X[:, 0] > 0)
    save(clf, tmp_path / "m")
    np.testing.assert_array_equal(load(tmp_path / "m").predict_proba(X), clf.predict_proba(X))
    clf = make_clf(graph=FaceGraph.generic(7), max_epochs=1).fit(X, X[:, 0] > 0)
    save(clf, tmp_path / "m")
    assert load(tmp_path / "m").graph == clf.graph


def test_a_generator_as_random_state_is_left_out(features, clips, make_clf, tmp_path):
    clf = make_clf(random_state=np.random.RandomState(0), max_epochs=1).fit(features, clips.target)
    with pytest.warns(UserWarning, match="random_state serve training alone and are not saved"):
        save(clf, tmp_path / "m")
    assert load(tmp_path / "m").random_state is None


@pytest.mark.parametrize(
    "change",
    [
        lambda others: others.pop(),
        lambda others: others.append(others[0]),
        lambda others: others.__setitem__(0, 3),
        lambda others: others.__setitem__(0, {"$dict": []}),
        lambda others: others[0]["$dict"].append(["others", {"$list": []}]),
    ],
)
def test_members_inside_a_net_are_checked(features, clips, make_clf, tmp_path, rewrite, refused, get, change):
    if "n_members" not in make_clf().get_params():
        pytest.skip("a net of this version has no members")
    save(make_clf(n_members=2, max_epochs=1).fit(features, clips.target), tmp_path / "m")
    rewrite(
        tmp_path / "m", lambda document, _: change(get(document["estimator"]["state"], "others")["$list"])
    )
    refused(tmp_path / "m", "needs the weights of each|is none of a fitted net|used twice")


def test_an_ensemble_of_nets_comes_back(features, clips, make_clf, tmp_path, rewrite, refused, get, put):
    own = SeedEnsemble(make_clf(max_epochs=1), n_estimators=2, random_state=0).fit(features, clips.target)
    path = tmp_path / "m"
    save(own, path)
    again = load(path)
    np.testing.assert_array_equal(again.predict_proba(features), own.predict_proba(features))
    assert len(again.estimators_) == 2 and list(again.classes_) == list(own.classes_)
    assert repr(again.estimator) == repr(own.estimator)
    for name, value, message in (
        ("estimators_", {"$list": []}, "estimators_ has another type|belongs to nothing"),
        ("estimators_", {"$list": [OTHER]}, "another class than the parameter|belongs to nothing"),
        ("estimators_", {"$list": [3]}, "estimators_ has another type|belongs to nothing"),
        ("predict", 1, "a file may set"),
        ("others_", {"$list": [OTHER]}, "holds a class, a function or an estimator"),
    ):
        save(own, path)
        rewrite(path, lambda document, _, n=name, v=value: put(document["estimator"]["state"], n, v))
        refused(path, message)
    save(own, path)
    rewrite(path, lambda document, _: put(document["estimator"]["params"], "estimator", OTHER))
    refused(path, "another class than the parameter")
    rewrite(path, lambda document, _: put(document["estimator"]["params"], "estimator", thing("os.system")))
    refused(path, "the parameter 'estimator' holds")
    save(own, path)

    def compile_the_first(document, _):
        net = get(document["estimator"]["state"], "estimators_")["$list"][0]
        put(net["params"], "compile", True)

    rewrite(path, compile_the_first)
    refused(path, "compile may only be False")
