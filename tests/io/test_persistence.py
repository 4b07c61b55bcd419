import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from skorch.callbacks import EarlyStopping

from skmer.face import FaceGraph
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.io import load, save
from skmer.io._persistence import _checksum
from skmer.landmarks import FaceLandmarker


def read(path):
    with safe_open(path, framework="numpy") as file:
        return file.metadata(), load_file(path)


def rewrite(path, change):
    """Change the document of a file and sign it again, as one would who wants to be believed."""
    header, tensors = read(path)
    document = json.loads(header["skmer"])
    change(document)
    text = json.dumps(document)
    save_file(tensors, path, {"skmer": text, "sha256": _checksum(text, tensors)})


@pytest.fixture
def saved(features, clips, make_clf, tmp_path):
    clf = make_clf(n_actions=2, centers="learned").fit(features, clips.target)
    save(clf, tmp_path / "model.skmer")
    return clf, tmp_path / "model.skmer"


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
        with pytest.raises(ValueError, match=r"not part of skmer|cannot be kept"):
            save(estimator, tmp_path / "m")
    assert not list(tmp_path.iterdir())


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


def test_a_newer_format_is_refused(saved):
    rewrite(saved[1], lambda document: document.update(format=2, skmer="9.0"))
    with pytest.raises(ValueError, match=r"has format 2, written by skmer 9.0.*install a newer one"):
        load(saved[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.update({"$estimator": "os:system"}), "names 'os:system', which is not part of"),
        (lambda e: e.update({"$estimator": "sklearn.utils:check_array"}), "as an estimator, which it is not"),
        (lambda e: e.update({"$estimator": "skmer.classifiers:Gone"}), "which this installation lacks"),
        (
            lambda e: e["params"]["$dict"].append(["module", {"$object": "torch.utils.data.dataloader:os"}]),
            "only passing through",
        ),
        (
            lambda e: e["params"]["$dict"].append(["module", {"$object": "builtins:eval"}]),
            "which is not part of",
        ),
        (lambda e: e["params"]["$dict"].append(["module", {"$code": "1"}]), "unknown kind"),
        (lambda e: e["state"]["$dict"].append(["__class__", 1]), "sets a special attribute"),
        (lambda e: e.pop("state"), "does not hold what save writes"),
    ],
    ids=["module", "function", "missing", "passing", "builtin", "kind", "special", "incomplete"],
)
def test_a_file_made_to_harm_is_refused(saved, change, message):
    rewrite(saved[1], lambda document: change(document["estimator"]))
    with pytest.raises(ValueError, match=message):
        load(saved[1])


def test_a_failed_write_leaves_the_old_file(saved, features, monkeypatch):
    def fail(*args):
        raise OSError("disk full")

    before = saved[1].read_bytes()
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save(*saved)
    assert saved[1].read_bytes() == before
    assert list(saved[1].parent.iterdir()) == [saved[1]]
