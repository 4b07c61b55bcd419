"""The field's networks by name: published choices, fits on frames, maps and landmarks, and the audit."""

import warnings
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, cross_val_predict

from skmer.datasets import MicroExpressionClips, make_face_clips, make_landmark_clips
from skmer.model_selection import audit_loso, evaluate_loso
from skmer.pipelines import COMPARISON_METHODS, comparison_grid, comparison_pipeline, comparison_table

ON_MAPS = ["ststnet", "off-apexnet", "sssnet", "rcn-a", "dual-inception", "htnet"]


@pytest.fixture(scope="module")
def corpus():
    """Flow maps of eight people, in which a patch's direction and place tell three classes apart."""
    rng = np.random.default_rng(0)
    maps = rng.normal(scale=0.2, size=(72, 3, 28, 28)).astype(np.float32)
    target = np.array(["negative", "positive", "surprise"] * 24)
    for k, name in enumerate(("negative", "positive", "surprise")):
        maps[target == name, k % 2, 8 * k : 8 * k + 8, 4:24] += (-1) ** k
    return MicroExpressionClips(maps, target, [f"made/{k // 9}" for k in range(72)])


def quick(name, epochs, **params):
    given = {f"clf__{key}": value for key, value in params.items()}
    pipeline = comparison_pipeline(name, input="maps" if name in ON_MAPS else None, random_state=0)
    return pipeline.set_params(clf__max_epochs=epochs, **given)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("ststnet", {"max_epochs": 500, "lr": 5e-5, "batch_size": 256, "optimizer": torch.optim.Adam}),
        ("off-apexnet", {"max_epochs": 3000, "lr": 1e-4, "weight_decay": 1e-3}),
        ("rcn-a", {"max_epochs": 20, "lr": 5e-4, "batch_size": 64, "optimizer__momentum": 0.9}),
        ("htnet", {"max_epochs": 800, "lr": 5e-5}),
    ],
)
def test_published_training(name, published):
    params = comparison_pipeline(name)["clf"].get_params()
    assert {key: params[key] for key in published} == published
    table = comparison_table(name).set_index("part")
    # A normalisation is a choice of the networks that have one.
    assert ("clf__norm" in table.index) == (name in ("ststnet", "rcn-a"))
    assert ("clf__norm" in comparison_grid(name)) == (name in ("ststnet", "rcn-a"))
    assert (table.loc[[f"clf__{key}" for key in published], "status"] == "published").all()


def test_what_no_paper_says_is_marked():
    for name in ("sssnet", "dual-inception", "learnet", "lfm"):
        table = comparison_table(name).set_index("part")
        assert table.loc["clf__max_epochs", "status"] == "reconstructed"
    for name in ("off-apexnet", "sssnet", "rcn-a", "dual-inception"):
        assert comparison_table(name).set_index("part").loc["flow__scaling", "status"] == "reconstructed"


def test_maps_of_others_need_no_flow():
    for name in ON_MAPS:
        assert COMPARISON_METHODS[name] == ("frames", "maps")
        assert list(comparison_pipeline(name).named_steps) == ["crop", "flow", "clf"]
        assert list(comparison_pipeline(name, input="maps").named_steps) == ["clf"]


@pytest.mark.parametrize("name", ON_MAPS)
def test_networks_beat_the_majority_on_other_subjects(corpus, name):
    params = {"network_params": {"dim": 16, "n_blocks": (1, 1, 1)}} if name == "htnet" else {}
    # The optimisers' published rates need the published hundreds of epochs.
    model = quick(name, 25, lr=5e-2 if name == "rcn-a" else 2e-3, batch_size=16, **params)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "network='htnet' has one token")
        found = cross_val_predict(model, corpus.frames, corpus.target, groups=corpus.groups, cv=GroupKFold(2))
    assert (found == corpus.target).mean() > 1 / 3 + 0.2


def small(name, epochs=2):
    """A network on maps, of few weights where it has a width to choose."""
    params = {"network_params": {"dim": 16, "n_blocks": (1, 1, 1)}} if name == "htnet" else {}
    return quick(name, epochs, **params)


@pytest.mark.parametrize("name", ON_MAPS)
@pytest.mark.filterwarnings("ignore:network='htnet' has one token")
def test_the_audit_finds_no_leak(corpus, name):
    report = audit_loso(small(name), corpus.select(np.arange(27)), n_folds=2)
    assert report.passed, report.findings


@pytest.mark.parametrize("name", ["ststnet", "rcn-a"])
def test_evaluation_of_maps_is_pooled_and_repeats(corpus, name, tmp_path):
    first, again = (evaluate_loso(small(name), corpus, checkpoint=tmp_path / str(k)) for k in range(2))
    assert first.predictions["clip"].nunique() == len(first.predictions) == len(corpus)
    assert repr(first) == repr(again)
    assert "72 clips, 8 folds, 3 classes" in repr(first)


def test_rcn_a_halves_its_rate_every_ten_epochs(corpus):
    pipeline = comparison_pipeline("rcn-a", input="maps", random_state=0)
    net = pipeline.fit(corpus.frames, corpus.target)["clf"]
    assert net.history[:, "event_lr"] == [5e-4] * 10 + [2.5e-4] * 10
    other = comparison_pipeline("rcn-a", input="maps")["clf"]
    assert other.callbacks[0][1] is not net.callbacks[0][1]


def test_lfm_from_landmarks():
    clips = make_landmark_clips(12, 120, dataset="megc2019", noise="flow", amplitude=(2, 3), random_state=0)
    model = comparison_pipeline("lfm", random_state=0).set_params(clf__max_epochs=40)
    found = cross_val_predict(model, clips.frames, clips.target, groups=clips.groups, cv=GroupKFold(3))
    majority = max((clips.target == name).mean() for name in clips.class_names)
    assert (found == clips.target).mean() > majority + 0.2


@pytest.fixture(scope="module")
def faces():
    """20 clips of each of three classes: movements of 2 to 3 px of a 280 px face, and nothing else."""
    still = {"head_motion": 0, "light": 0, "noise_sigma": 0, "jpeg_quality": None}
    size = {"dataset": "megc2019", "face_size": 140, "color": False}
    made = make_face_clips(12, 120, amplitude=(2, 3), random_state=0, **still, **size)
    rng = np.random.default_rng(0)
    rows = [rng.permutation(np.flatnonzero(made.target == name))[:20] for name in made.class_names]
    return made.select(np.sort(np.concatenate(rows)))


# Random filters and few epochs need another rate than ImageNet's and a hundred.
ON_FACES = {
    "dssn": {"flow__size": 64, "clf__lr": 1e-3, "clf__max_epochs": 30},
    "learnet": {
        "image__weights": "rank-pooling",
        "image__size": 64,
        "clf__lr": 1e-3,
        "clf__max_epochs": 60,
    },
    "lgccon": {"apex__size": 64, "clf__max_epochs": 80},
    "g-tcn": {"patches__views": 3, "clf__layout": "nodes", "clf__max_epochs": 15},
}
EACH_ON_FACES = pytest.mark.parametrize("name", ON_FACES)
RANDOM_FILTERS = pytest.mark.filterwarnings("ignore:DSSNClassifier without pretrained=")
THREE_FRAMES = pytest.mark.filterwarnings("ignore:.*every clip has three frames")


def on_faces(name, **params):
    model = comparison_pipeline(name, "megc2019", input="frames", random_state=0)
    return model.set_params(**{**ON_FACES.get(name, {}), **params})


@pytest.fixture(scope="module")
def pictures(faces):
    """What a network takes of the faces, computed once."""
    return cache(lambda name: on_faces(name)[:-1].transform(faces.frames))


@EACH_ON_FACES
@RANDOM_FILTERS
@THREE_FRAMES
def test_networks_on_faces_beat_the_majority_on_other_subjects(faces, pictures, name):
    net = on_faces(name)[-1]
    found = cross_val_predict(net, pictures(name), faces.target, groups=faces.groups, cv=GroupKFold(3))
    assert (found == faces.target).mean() > 1 / 3 + 0.2


@EACH_ON_FACES
@RANDOM_FILTERS
@THREE_FRAMES
def test_networks_on_faces_guess_shuffled_labels(faces, pictures, name):
    net, rng, right = on_faces(name, clf__max_epochs=5)[-1], np.random.default_rng(0), []
    # Where a class is rarer in a test fold for being commoner in the others, guesses are below a third.
    folds = StratifiedGroupKFold(3)
    for _ in range(5):
        y = rng.permutation(faces.target)
        found = cross_val_predict(net, pictures(name), y, groups=faces.groups, cv=folds)
        right.append((found == y).mean())
    assert np.mean(right) == pytest.approx(1 / 3, abs=0.1)


@pytest.mark.parametrize("name", [*ON_FACES, "lfm"])
@RANDOM_FILTERS
@THREE_FRAMES
def test_the_audit_finds_no_leak_on_faces_and_landmarks(faces, name):
    clips = faces.select(np.flatnonzero(np.isin(faces.groups, np.unique(faces.groups)[:4])))
    if name == "lfm":
        clips = make_landmark_clips(4, 24, dataset="megc2019", random_state=0)
    data = clips.frames, clips.target, clips.groups
    report = audit_loso(on_faces(name, clf__max_epochs=2), *data, n_folds=1)
    assert report.passed, report.findings
