"""DSSN, LEARNet, LGCcon, LFM and Graph-TCN as classifiers."""

import hashlib

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from sklearn.base import clone

from skmer.classifiers import (
    DSSNClassifier,
    GTCNClassifier,
    LEARNetClassifier,
    LFMClassifier,
    LGCconClassifier,
)
from skmer.io import load, save

RNG = np.random.default_rng(0)
QUICK = {"max_epochs": 2, "random_state": 0}
RANDOM_FILTERS = "DSSNClassifier without pretrained= starts from random filters"


def pictures(*shape, n=12):
    """Maps whose mean tells two classes apart."""
    X = RNG.normal(scale=0.5, size=(n, *shape)).astype(np.float32)
    X[::2] += 1
    return X, np.array(["negative", "surprise"] * (n // 2))


NETS = {
    "learnet": (LEARNetClassifier(**QUICK), (1, 32, 32)),
    "lgccon": (LGCconClassifier(**QUICK), (1, 32, 32)),
    "lfm": (LFMClassifier(**QUICK), (2, 1, 68, 68)),
    "g-tcn flat": (GTCNClassifier(n_levels=3, width=8, **QUICK), (3, 28, 9)),
    "g-tcn nodes": (GTCNClassifier("nodes", n_levels=3, width=8, **QUICK), (3, 28, 9)),
}


@pytest.mark.parametrize("name", NETS)
def test_fit_predict_save_and_load(name, tmp_path, same):
    net, shape = NETS[name]
    X, y = pictures(*shape)
    clf = clone(net).set_params(max_epochs=15, lr=5e-3).fit(X, y)
    assert clf.score(X, y) > 0.8
    assert clf.predict_proba(X).shape == (12, 2) and list(clf.classes_) == ["negative", "surprise"]
    save(clf, tmp_path / "m.skmer")
    assert same(load(tmp_path / "m.skmer"), clf, X)
    with pytest.raises(ValueError, match="got two dimensions"):
        clf.fit(X.reshape(12, -1), y)


@pytest.mark.parametrize(
    ("net", "shape", "least"),
    [
        (LEARNetClassifier(), (1, 7, 32), 8),
        (LGCconClassifier(), (1, 31, 31), 32),
        (LFMClassifier(), (2, 1, 7, 7), 8),
        (DSSNClassifier(), (2, 3, 34, 34), 35),
    ],
)
def test_pictures_that_are_too_small(net, shape, least):
    with pytest.raises(ValueError, match=f"takes maps of at least {least} px, got {shape[-2]} x {shape[-1]}"):
        net.fit(*pictures(*shape))


@pytest.fixture
def alexnet(tmp_path):
    """A made-up file of weights, with its checksum."""
    shapes = {"conv1.weight": (96, 3, 11, 11), "conv1.bias": (96,)}
    shapes |= {"conv2.weight": (256, 48, 5, 5), "conv2.bias": (256,)}
    arrays = {name: 0.05 * RNG.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(arrays, tmp_path / "alexnet.safetensors")
    np.savez(tmp_path / "alexnet.npz", **arrays)
    return tmp_path / "alexnet.safetensors", arrays


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_weights_of_the_users_file(alexnet, suffix):
    path, arrays = alexnet[0].with_suffix(suffix), alexnet[1]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    X, y = pictures(2, 3, 40, 40, n=6)
    clf = DSSNClassifier(pretrained=path, pretrained_sha256=digest, trainable="head", **QUICK).fit(X, y)
    for stream in clf.module_.streams:
        np.testing.assert_array_equal(stream[0].weight.detach().numpy(), arrays["conv1.weight"])
        np.testing.assert_array_equal(stream[4].bias.detach().numpy(), arrays["conv2.bias"])
    assert clf.pretrained_sha256_ == digest
    with pytest.raises(ValueError, match=f"has the SHA-256 {digest}, not 00"):
        DSSNClassifier(pretrained=path, pretrained_sha256="00", **QUICK).fit(X, y)


def test_files_that_hold_something_else(alexnet, tmp_path):
    X, y = pictures(2, 3, 40, 40, n=6)
    (tmp_path / "text.safetensors").write_text("no weights")
    save_file({"conv1.weight": np.zeros((64, 3, 11, 11), np.float32)}, tmp_path / "other.safetensors")
    for name, message in (
        ("text", "is neither a safetensors nor an .npz file"),
        ("other", r"conv1.weight in .* has the shape \(64, 3, 11, 11\); an array of shape \(96, 3, 11, 11\)"),
        ("absent", "absent.safetensors cannot be read: No such file"),
    ):
        with pytest.raises((ValueError, OSError), match=message):
            DSSNClassifier(pretrained=tmp_path / f"{name}.safetensors", **QUICK).fit(X, y)


def test_the_head_alone_is_the_same_fit_as_with_frozen_streams(alexnet):
    X, y = pictures(2, 3, 40, 40, n=6)
    params = {"pretrained": alexnet[0], "dropout": 0.0, "lr": 1e-2, **QUICK}
    head = DSSNClassifier(trainable="head", **params).fit(X, y)
    full = DSSNClassifier(**params)
    ((net, data),) = full.prepare_fit(X, y)
    net.module_.streams.requires_grad_(False)
    super(DSSNClassifier, net).train(data)
    np.testing.assert_allclose(head.predict_proba(X), net.predict_proba(X), atol=1e-5)
    trained = DSSNClassifier(**params).fit(X, y)
    moved = [stream[0].weight.detach().numpy() for stream in trained.module_.streams]
    assert not np.array_equal(moved[0], alexnet[1]["conv1.weight"])


def test_random_filters_are_warned_of():
    X, y = pictures(1, 3, 40, 40, n=6)
    with pytest.warns(UserWarning, match=RANDOM_FILTERS):
        clf = DSSNClassifier(trainable="head", **QUICK).fit(X, y)
    assert clf.predict_proba(X).shape == (6, 2) and clf.pretrained_sha256_ is None


def test_the_loss_of_lgccon_has_its_terms_and_weights():
    X, y = pictures(1, 32, 32)
    clf = LGCconClassifier(lambda_auxiliary=0.5, lambda_center=0.1, **QUICK).fit(X, y)
    last = clf.history[-1]
    want = last["train_cross_entropy"] + 0.1 * last["train_center"]
    want += 0.5 * (last["train_auxiliary_face"] + last["train_auxiliary_region"])
    assert last["train_loss"] == pytest.approx(want, rel=1e-5)


def test_region_scores_add_up_to_the_prediction():
    X, y = pictures(1, 32, 32)
    clf = LGCconClassifier(**QUICK).fit(X, y)
    scores = clf.region_scores(X)
    assert scores.shape == (12, 9, 2)
    module = clf.module_.eval()
    with torch.no_grad():
        maps = module.features(torch.as_tensor(X) / clf.scale_)
        face = module.heads["face"](module._describe(maps)).numpy()
    total = face + scores.max(1)
    np.testing.assert_allclose(
        clf.predict_proba(X), np.exp(total) / np.exp(total).sum(1, keepdims=True), atol=1e-5
    )


def test_vgg_wants_weights():
    X, y = pictures(1, 32, 32)
    with pytest.raises(ValueError, match="VGG-16 on a few hundred clips needs a file of weights"):
        LGCconClassifier("vgg16", **QUICK).fit(X, y)


def test_views_stay_in_their_clip_and_share_its_weight(same):
    X, y = pictures(3, 28, 9)
    clf = GTCNClassifier(n_levels=2, width=4, batch_size=-1, **QUICK)
    ((_, data),) = clf.prepare_fit(X, y, np.arange(1.0, 13.0))
    rows = data.unfold_views()
    assert rows.X.shape == (36, 28, 9)
    np.testing.assert_allclose(rows.sample_weight.numpy().reshape(12, 3).sum(1), np.arange(1, 13), rtol=1e-6)
    assert rows.y.reshape(12, 3).unique(dim=1).shape == (12, 1)
    clf.fit(X, y)
    other = X.copy()
    other[:, [0, 2]] = RNG.normal(size=(12, 2, 28, 9))
    assert np.array_equal(clf.predict_proba(other), clf.predict_proba(X))  # the middle one is predicted
    last = GTCNClassifier(n_levels=2, width=4, batch_size=-1, view=2, **QUICK).fit(X, y)
    assert not np.array_equal(last.predict_proba(other), last.predict_proba(X))
    with pytest.raises(ValueError, match="view=3 is none of the 3 views"):
        GTCNClassifier(view=3, **QUICK).fit(X, y)
    with pytest.raises(ValueError, match="patches of 28 landmarks, got 27"):
        GTCNClassifier(**QUICK).fit(X[:, :, :27], y)


def test_weights_are_called_pretrained():
    with pytest.raises(TypeError, match=r"argument 'weights'; did you mean pretrained\?"):
        DSSNClassifier(weights="alexnet.pt")
