import os
import stat
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from skorch.callbacks import EarlyStopping

from skmer.face import FaceGraph
from skmer.feature_extraction import (
    DirectionGradients,
    LandmarkGraphTransformer,
    LocalBinaryPatterns,
    OrientedGradients,
)
from skmer.io import load, save
from skmer.landmarks import FaceLandmarker
from skmer.magnification import MotionMagnifier


def test_a_classifier_comes_back_bit_for_bit(saved, features):
    clf, path = saved
    loaded = load(path)
    np.testing.assert_array_equal(loaded.predict_proba(features), clf.predict_proba(features))
    np.testing.assert_array_equal(loaded.predict(features), clf.predict(features))
    np.testing.assert_array_equal(loaded.action_weights(features), clf.action_weights(features))
    assert loaded.get_params(deep=False) == clf.get_params(deep=False)
    assert list(loaded.history) == list(clf.history)
    assert torch.equal(loaded.criterion_.weight_loss.centers, clf.criterion_.weight_loss.centers)


@pytest.mark.parametrize("labels", ["str", "int", "bool", "object"])
def test_labels_of_any_type(features, clips, make_clf, tmp_path, labels):
    number = np.unique(clips.target, return_inverse=True)[1]
    y = {"str": clips.target, "int": number, "bool": number > 1, "object": clips.target.astype(object)}[
        labels
    ]
    clf = make_clf().fit(features, y)
    save(clf, tmp_path / "m")
    loaded = load(tmp_path / "m")
    assert loaded.classes_.dtype == clf.classes_.dtype
    assert list(loaded.predict(features)) == list(clf.predict(features))


def test_another_process_loads_it(saved, features, tmp_path):
    clf, path = saved
    np.save(tmp_path / "X.npy", features)
    code = (
        "import sys, numpy as np; from skmer.io import load;"
        "np.save(sys.argv[3], load(sys.argv[1]).predict_proba(np.load(sys.argv[2])))"
    )
    files = [str(path), str(tmp_path / "X.npy"), str(tmp_path / "P.npy")]
    subprocess.run([sys.executable, "-c", code, *files], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "P.npy"), clf.predict_proba(features))


def test_a_loaded_classifier_can_be_trained_on(saved, features, clips):
    loaded = load(saved[1])
    before = loaded.predict_proba(features)
    loaded.partial_fit(features, clips.target)
    assert len(loaded.history) == 6
    assert not np.array_equal(loaded.predict_proba(features), before)


def test_whole_pipelines(clips, make_clf, tmp_path):
    flat = LandmarkGraphTransformer(flatten=True, features="both", memory=tmp_path)
    uncached = LandmarkGraphTransformer(landmarker=FaceLandmarker(memory=None))
    pipes = [
        Pipeline([("graph", uncached), ("clf", make_clf())]),
        make_pipeline(flat, StandardScaler(), PCA(10), SVC(random_state=0)),
    ]
    for pipe in pipes:
        pipe.fit(clips.frames, clips.target)
        save(pipe, tmp_path / "pipe.skmer")
        loaded = load(tmp_path / "pipe.skmer")
        method = "predict_proba" if hasattr(pipe, "predict_proba") else "decision_function"
        want = getattr(pipe, method)(clips.frames)
        np.testing.assert_array_equal(getattr(loaded, method)(clips.frames), want)
        assert repr(loaded[-1]) == repr(pipe[-1])


def test_pipelines_of_sequences(tmp_path):
    clips = np.random.default_rng(0).integers(0, 256, (6, 9, 24, 24), dtype=np.uint8)
    planes = ("xy", "xt", "yt", "vertices")
    patterns = LocalBinaryPatterns(planes, blocks=(2, 2), mapping={"vertices": "full"}, memory=None)
    directions = DirectionGradients((-1, 0, 1), blocks=(2, 2))
    for features in (make_union(patterns, directions), OrientedGradients("magnitude", blocks=(2, 2, 3))):
        pipe = make_pipeline(features, SVC(random_state=0)).fit(clips, [0, 1] * 3)
        save(pipe, tmp_path / "pipe.skmer")
        loaded = load(tmp_path / "pipe.skmer")
        assert repr(loaded) == repr(pipe)
        np.testing.assert_array_equal(loaded.decision_function(clips), pipe.decision_function(clips))


def test_graphs_tables_and_unfitted_estimators(features, clips, make_clf, tmp_path):
    graph = FaceGraph.preset("brow-nose-lip31")
    save(make_clf(graph=graph), tmp_path / "unfitted")
    assert load(tmp_path / "unfitted").graph == graph
    assert not load(tmp_path / "unfitted").initialized_


def test_numbered_classes_may_have_weights(features, clips, make_clf, tmp_path):
    y = np.unique(clips.target, return_inverse=True)[1] % 2
    clf = make_clf(class_weight={0: 1.0, 1: 2.0}).fit(features, y)
    save(clf, tmp_path / "m")
    assert load(tmp_path / "m").class_weight == {0: 1.0, 1: 2.0}


def test_what_was_set_but_not_fitted_is_not_saved(saved, tmp_path):
    with pytest.raises(ValueError, match="has been set since the last fit; fit again before saving"):
        save(saved[0].set_params(n_actions=4), tmp_path / "m")


def test_training_only_parameters_are_left_out_with_a_warning(features, clips, make_clf, tmp_path):
    clf = make_clf(train_split=GroupKFold(4), callbacks=[EarlyStopping()])
    clf.fit(features, clips.target, groups=clips.groups)
    with pytest.warns(UserWarning, match="callbacks and train_split serve training alone"):
        save(clf, tmp_path / "m")
    loaded = load(tmp_path / "m")
    assert loaded.callbacks is None and loaded.train_split is None
    np.testing.assert_array_equal(loaded.predict_proba(features), clf.predict_proba(features))


def test_what_only_pickle_can_keep_is_refused(make_clf, tmp_path):
    class Own(torch.nn.Module):
        pass

    for estimator in (make_clf(module=Own), FunctionTransformer(np.log), FunctionTransformer(os.system)):
        with pytest.raises(ValueError, match=r"is not among the classes and functions"):
            save(estimator, tmp_path / "m")
    assert not list(tmp_path.iterdir())


class Majority(ClassifierMixin, BaseEstimator):
    """A classifier of one's own, without constraints."""

    def __init__(self, base=None, rank=0):
        self.base = base
        self.rank = rank

    def fit(self, X, y):
        values, counts = np.unique(y, return_counts=True)
        self.classes_, self.most_ = values, values[np.argsort(-counts)[self.rank]]
        self.helpers_ = [StandardScaler().fit(X)]
        self._private = 3
        return self

    def predict(self, X):
        return np.full(len(self.helpers_[0].transform(X)), self.most_)


def test_classes_of_ones_own_are_named_by_those_who_trust_them(tmp_path, rewrite, refused, monkeypatch):
    monkeypatch.setitem(
        sys.modules, Majority.__module__, sys.modules.get(Majority.__module__, stub(Majority))
    )
    X, y = np.arange(12.0).reshape(6, 2), np.array(list("aababb"))
    own = Majority(base=SVC()).fit(X, y)
    path, names = tmp_path / "m", [f"{Majority.__module__}.Majority"]
    with pytest.raises(ValueError, match=r"Majority is not among .*; if it is your own, pass trusted=\['"):
        save(own, path)
    save(own, path, trusted=names)
    refused(path, r"names the class .*Majority, which is not among .* pass trusted=\['")
    with pytest.raises(ValueError, match="not among"):
        load(path, trusted=["other.Majority"])
    again = load(path, trusted=names)
    assert list(again.predict(X)) == list(own.predict(X)) and repr(again) == repr(own)
    assert again._private == 3 and isinstance(again.helpers_[0], StandardScaler)
    save(own, path, trusted=names)
    system = {"$list": [{"$object": "os.system"}]}
    rewrite(path, lambda document, _: document["estimator"]["params"]["$dict"][1].__setitem__(1, system))
    with pytest.raises(ValueError, match="'rank' holds a class"):
        load(path, trusted=names)
    for name in ("predict", "__class__", "get_params"):
        save(own, path, trusted=names)
        rewrite(
            path, lambda document, _, name=name: document["estimator"]["state"]["$dict"].append([name, 1])
        )
        with pytest.raises(ValueError, match=f"{name}.* (file may set|no file may set it)"):
            load(path, trusted=names)


def stub(cls):
    """A module that has a class, where the import mode of the tests registers none."""
    module = type(sys)(cls.__module__)
    setattr(module, cls.__name__, cls)
    return module


def test_a_module_of_ones_own_is_named_by_those_who_trust_it(features, clips, make_clf, tmp_path, refused):
    names = ["torch.optim.Adafactor"]
    clf = make_clf(optimizer=torch.optim.Adafactor).fit(features, clips.target)
    with pytest.raises(ValueError, match=r"Adafactor is not among"):
        save(clf, tmp_path / "m")
    save(clf, tmp_path / "m", trusted=names)
    refused(
        tmp_path / "m", "the parameter 'optimizer' holds a class, a function or an estimator that it may not"
    )
    again = load(tmp_path / "m", trusted=names)
    assert again.optimizer is torch.optim.Adafactor
    np.testing.assert_array_equal(again.predict_proba(features), clf.predict_proba(features))


def test_places_on_this_machine_are_left_out(tmp_path):
    own = LandmarkGraphTransformer(memory=tmp_path, n_jobs=2)
    save(own, tmp_path / "m")  # without a warning, since a cache changes no result
    assert load(tmp_path / "m").get_params() == own.set_params(memory=None).get_params()
    landmarker = FaceLandmarker(predictor="own.dat", verify_predictor=False)
    own = make_pipeline(LandmarkGraphTransformer(landmarker=landmarker), memory="x")
    with pytest.warns(UserWarning, match="predictor and verify_predictor belong to this machine and are not"):
        save(own, tmp_path / "m")
    again = load(tmp_path / "m")
    assert again[0].landmarker.predictor is None and again[0].landmarker.verify_predictor is True
    assert again.memory is None
    save(MotionMagnifier("magnet", weights=tmp_path / "net.pt"), tmp_path / "m")
    assert load(tmp_path / "m").weights == str(tmp_path / "net.pt")


def test_missing_truncated_and_foreign_files(saved, tmp_path):
    with pytest.raises(FileNotFoundError, match="path must be a file written by"):
        load(tmp_path / "nothing")
    content = saved[1].read_bytes()
    for size in (0, 10, 500, len(content) - 1):
        (tmp_path / "short").write_bytes(content[:size])
        with pytest.raises(ValueError, match="not a whole file"):
            load(tmp_path / "short")
    save_file({"a": np.zeros(3)}, tmp_path / "foreign")
    with pytest.raises(ValueError, match="not a whole file"):
        load(tmp_path / "foreign")


def test_a_changed_weight_is_noticed(saved):
    content = bytearray(saved[1].read_bytes())
    content[-3] ^= 1
    saved[1].write_bytes(content)
    with pytest.raises(ValueError, match="has been changed since it was written"):
        load(saved[1])


def test_a_changed_parameter_is_noticed(saved):
    content = saved[1].read_bytes()
    assert content.count(b'[\\"n_actions\\", 2]') == 1
    saved[1].write_bytes(content.replace(b'[\\"n_actions\\", 2]', b'[\\"n_actions\\", 3]'))
    with pytest.raises(ValueError, match="has been changed since it was written"):
        load(saved[1])


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            {"format": 3, "skmer": "9.0"},
            r"has format 3, written by skmer 9.0;.*reads format 2; install a newer one",
        ),
        (
            {"format": 1, "skmer": "0.1.0"},
            r"has format 1, which skmer 0.1 wrote, and this .*; fit and save again",
        ),
        ({"format": 0, "skmer": "0.0.7"}, r"has format 0, which skmer 0.0.7 wrote"),
        ({"format": "2"}, "has no format number"),
        ({"format": True}, "has no format number"),
        ({"format": None}, "has no format number"),
        ({"skmer": ["0.1"]}, "has no format number"),
        ({"more": 1}, "other entries than format, skmer and estimator"),
    ],
    ids=str,
)
def test_other_formats_are_refused(saved, rewrite, refused, head, message):
    rewrite(saved[1], lambda document, _: document.update(head))
    refused(saved[1], message)


def test_what_a_file_says_is_quoted_in_one_short_line(tmp_path, sign, refused):
    for name in ("a\n\x1b[2Jb", "a" * 10**6):
        params = {"$dict": [[name, 1]]}
        estimator = {"$estimator": "sklearn.svm.SVC", "params": params, "state": {"$dict": []}}
        sign({"format": 2, "skmer": "\x1b", "estimator": estimator}, {}, tmp_path / "m")
        with pytest.raises(ValueError, match="it has no parameter 'a") as caught:
            load(tmp_path / "m")
        assert str(caught.value).isprintable() and len(str(caught.value)) < 1000


@pytest.mark.parametrize("document", [None, 3, '"text"', [], {}, [{"format": 2}]], ids=str)
def test_a_document_of_another_kind_is_refused(tmp_path, sign, refused, document):
    sign(document, {}, tmp_path / "m")
    refused(tmp_path / "m", "has no format number")


def test_paths_of_the_wrong_type(saved):
    for path in (5, None, ["m"], b"m"):
        with pytest.raises(TypeError, match=r"path must be a path, got"):
            load(path)
        with pytest.raises(TypeError, match="path must be a path"):
            save(saved[0], path)
    with pytest.raises(FileNotFoundError, match="path must be a file"):
        load(saved[1].parent)
    with pytest.raises(FileNotFoundError, match=r"gone.{1,2}m'"):
        save(saved[0], saved[1].parent / "gone" / "m")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_saved_model_honours_the_umask(saved):
    before = os.umask(0o027)
    try:
        save(saved[0], saved[1].parent / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((saved[1].parent / "new").stat().st_mode) == 0o640


def test_cuts_and_flipped_bits_are_noticed(saved):
    content, seen = saved[1].read_bytes(), set()
    rng = np.random.default_rng(0)
    path = saved[1].parent / "damaged"
    for trial in range(200):
        damaged = bytearray(content)
        if trial % 2:
            del damaged[rng.integers(len(damaged)) :]
        else:
            damaged[rng.integers(len(damaged))] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged cannot be loaded") as caught:
            load(path)
        seen.add(str(caught.value).partition("cannot be loaded")[2][:30])
    assert len(seen) > 1


def test_keys_that_stand_twice_are_refused(tmp_path, sign, refused):
    text = '{"format": 2, "skmer": "0.2.0", "estimator": {"$estimator": "a.B", "$estimator": "os.system", '
    sign(text + '"params": {"$dict": []}, "state": {"$dict": []}}}', {}, tmp_path / "m")
    refused(tmp_path / "m", r"the key '\$estimator' stands twice")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400"])
def test_numbers_that_are_not_finite_are_refused(tmp_path, sign, refused, number):
    text = '{"format": 2, "skmer": "0.2.0", "estimator": {"$estimator": "sklearn.svm.SVC",'
    sign(text + f'"params": {{"$dict": [["C", {number}]]}}, "state": {{"$dict": []}}}}}}', {}, tmp_path / "m")
    refused(tmp_path / "m", "is no number of JSON|is no finite number")


def test_a_failed_write_leaves_the_old_file(saved, features, monkeypatch):
    def fail(*args):
        raise OSError("disk full")

    before = saved[1].read_bytes()
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save(*saved)
    assert saved[1].read_bytes() == before
    assert list(saved[1].parent.iterdir()) == [saved[1]]
