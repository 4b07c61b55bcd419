"""What all nets on maps share: validation, scale, weights, repeatability, files."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from skmer.classifiers import FlowNetClassifier, MapNetClassifier, SeedEnsemble
from skmer.io import load, save
from skmer.training import ClipDataset


@pytest.fixture
def make_net():
    quick = {"max_epochs": 3, "lr": 1e-3, "batch_size": 16, "random_state": 0}
    return lambda network="ststnet", **params: FlowNetClassifier(network, **{**quick, **params})


@pytest.mark.parametrize("network", ["ststnet", "off-apexnet", "sssnet", "rcn-a", "dual-inception"])
def test_networks_learn_what_is_there(maps, make_net, network):
    X, y = maps
    clf = make_net(network, max_epochs=20).fit(X[:45], y[:45])
    assert clf.score(X[45:], y[45:]) > 0.8
    proba = clf.predict_proba(X)
    assert proba.shape == (60, 3) and proba.dtype == np.float64
    np.testing.assert_allclose(proba.sum(1), 1, atol=1e-12)
    assert list(clf.classes_) == ["negative", "positive", "surprise"]


def test_htnet_warns_of_its_single_token(maps, make_net):
    X, y = maps
    with pytest.warns(UserWarning, match="one token in every attention at 28 px.*112 px have 16"):
        make_net("htnet", max_epochs=1, network_params={"dim": 8}).fit(X, y)
    larger = np.repeat(np.repeat(X[:6], 2, 2), 2, 3)
    make_net("htnet", max_epochs=1, network_params={"dim": 8}).fit(larger, y[:6])  # four tokens, no warning


def test_flattened_maps_are_refused_with_the_way_out(maps, make_net):
    X, y = maps
    with pytest.raises(ValueError, match=r"got two dimensions, \(60, 2352\); .*X.reshape\(len\(X\), C, H, W"):
        make_net().fit(X.reshape(60, -1), y)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda X: X[:, 0], ValueError, r"X must have the shape \(n_clips, C, H, W\), got \(60, 28, 28\)"),
        (lambda X: X[:, None], ValueError, r"X must have the shape \(n_clips, C, H, W\), got \(60, 1, 3"),
        (lambda X: X[:, :, :0], ValueError, r"got \(60, 3, 0, 28\); FlowMaps makes them"),
        (lambda X: X.astype(str), ValueError, "X must hold numbers, got the dtype <U"),
        (lambda X: X.astype(complex), ValueError, "X must hold numbers, got the dtype complex128"),
        (lambda X: X[:, :, :3, :3], ValueError, "at least 1 channels and 4 px, got 3 of 3 x 3 px"),
        (lambda X: X[:0], ValueError, "sample"),
    ],
)
def test_other_shapes_and_dtypes_are_refused(maps, make_net, change, error, message):
    X, y = maps
    with pytest.raises(error, match=message):
        make_net().fit(change(X), y)


def test_off_apexnet_wants_two_channels(maps, make_net):
    X, y = maps
    with pytest.raises(ValueError, match=r"network='off-apexnet' takes maps of at least 2 channels .* got 1"):
        make_net("off-apexnet").fit(X[:, :1], y)


def test_nan_names_its_clip(maps, make_net):
    X, y = maps[0].copy(), maps[1]
    X[[7, 9], 0, 3, 3] = np.nan, np.inf
    with pytest.raises(ValueError, match="Input X contains NaN in clip 7 and 1 others"):
        make_net().fit(X, y)
    clf = make_net().fit(*maps)
    with pytest.raises(ValueError, match="clip 7"):
        clf.predict(X)


def test_maps_of_another_shape_or_unit_at_prediction(maps, make_net):
    X, y = maps
    clf = make_net().fit(X, y)
    with pytest.raises(ValueError, match=r"X must hold maps of the shape \(3, 28, 28\), as in fit, got \(2,"):
        clf.predict(X[:, :2])
    with pytest.warns(UserWarning, match="use the same unit and scaling="):
        clf.predict(128 + 100 * X)
    clf.predict(0 * X)


def test_the_unit_does_not_matter_and_one_factor_is_of_the_training_rows(maps, make_net):
    X, y = maps
    clf = make_net().fit(X[:40], y[:40])
    assert clf.scale_ == pytest.approx(np.sqrt(np.square(X[:40], dtype=float).mean()))
    other = make_net().fit(1024 * X[:40], y[:40])
    np.testing.assert_allclose(other.predict_proba(1024 * X), clf.predict_proba(X), atol=1e-5)
    assert make_net(normalize_motion=False).fit(X, y).scale_ == 1.0
    # Clips are not divided one by one: a weak movement stays weak.
    assert not np.allclose(clf.predict_proba(X / 4), clf.predict_proba(X), atol=1e-3)


def test_integers_are_taken(maps, make_net):
    X, y = maps
    whole = np.rint(60 * X + 128).clip(0, 255)
    a, b = make_net().fit(whole.astype(np.uint8), y), make_net().fit(whole, y)
    np.testing.assert_array_equal(a.predict_proba(whole.astype(np.uint8)), b.predict_proba(whole))


def test_batches_are_shuffled_and_none_is_dropped(maps, make_net):
    X, y = maps
    clf, seen = make_net(batch_size=25), []

    class Spy(nn.Module):
        def __init__(self, input_shape, n_classes, **params):
            super().__init__()
            self.linear = nn.Linear(3 * 28 * 28, n_classes)

        def forward(self, x):
            if self.training:
                seen.append(x[:, 0, 0, 0].tolist())
            return self.linear(x.flatten(1))

    clf.set_params(module=Spy, max_epochs=2, normalize_motion=False).fit(X, y)
    assert [len(batch) for batch in seen] == [25, 25, 10] * 2
    first, second = ([value for batch in part for value in batch] for part in (seen[:3], seen[3:]))
    want = X[:, 0, 0, 0].tolist()
    assert sorted(first) == sorted(second) == sorted(want)
    assert first != second and first != want


def test_seeds_repeat_and_global_generators_stay(maps, make_net, same):
    X, y = maps
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002 (the global one)
    first, again = (make_net().fit(X, y) for _ in range(2))
    assert same(first, again, X)
    after = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert torch.equal(after[0], before[0]) and after[1] == before[1]
    assert not same(first, make_net(random_state=1).fit(X, y), X)


@pytest.mark.parametrize("norm", ["group", None])
def test_clips_of_weight_zero_have_no_part(maps, make_net, same, norm):
    X, y = maps
    weight = np.repeat([1.0, 0.0], [50, 10])
    broken = X.copy()
    broken[50:] *= 100
    clf = make_net(norm=norm).fit(broken, y, weight)
    assert same(clf, make_net(norm=norm).fit(X[:50], y[:50]), X)


@pytest.mark.parametrize("norm", ["group", "batch", None])
def test_a_clip_is_predicted_alone(maps, make_net, norm):
    X, y = maps
    clf = make_net(norm=norm).fit(X, y)
    alone = np.concatenate([clf.predict_proba(X[k : k + 1]) for k in range(5)])
    np.testing.assert_allclose(alone, clf.predict_proba(X)[:5], atol=1e-12)


def test_an_ensemble_of_seeds(maps, make_net):
    X, y = maps
    ensemble = SeedEnsemble(make_net(), n_estimators=2, random_state=0).fit(X, y)
    np.testing.assert_array_equal(
        ensemble.estimators_[0].predict_proba(X), make_net().fit(X, y).predict_proba(X)
    )
    mean = sum(net.predict_proba(X) for net in ensemble.estimators_) / 2
    np.testing.assert_array_equal(ensemble.predict_proba(X), mean)


def test_training_goes_on(maps, make_net):
    X, y = maps
    clf = make_net(max_epochs=2).fit(X, y)
    clf.partial_fit(X, y)
    assert len(clf.history) == 4
    assert clf.history[-1]["train_loss"] < clf.history[0]["train_loss"]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"norm": "batch", "dropout": 0.2},
        {"network": "rcn-a", "network_params": {"n_filters": 8}},
        {"network": "sssnet", "optimizer": torch.optim.SGD, "class_weight": "balanced"},
    ],
    ids=str,
)
def test_model_files(maps, make_net, same, tmp_path, params):
    X, y = maps
    clf = make_net(**params).fit(X, y)
    save(clf, tmp_path / "m.skmer")
    again = load(tmp_path / "m.skmer")
    assert same(again, clf, X) and repr(again) == repr(clf)
    assert tuple(again.map_shape_) == (3, 28, 28) and again.history[-1] == clf.history[-1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"network": "alexnet"}, "The 'network' parameter"),
        ({"norm": "layer"}, "The 'norm' parameter"),
        ({"dropout": 1.0}, "The 'dropout' parameter"),
        ({"network_params": {"dim": 3}}, "network_params holds 'dim', which network='ststnet' lacks"),
        ({"max_epochs": 0}, "The 'max_epochs' parameter"),
    ],
)
def test_bad_parameters(maps, make_net, changed, message):
    with pytest.raises(ValueError, match=message):
        make_net(**changed).fit(*maps)


def test_the_repr_is_short_and_clones_are_equal(make_net):
    clf = make_net()
    assert repr(clone(clf)) == repr(clf)
    assert repr(FlowNetClassifier("rcn-a", norm=None)) == "FlowNetClassifier(network='rcn-a', norm=None)"


class Series(nn.Module):
    """A network of one's own on series of maps."""

    def __init__(self, input_shape, n_classes, norm=None):
        super().__init__()
        self.linear = nn.Linear(int(np.prod(input_shape)), n_classes)

    def forward(self, x):
        return self.linear(x.flatten(1))


def test_a_network_of_ones_own_on_series_of_maps(maps):
    X, y = maps
    series = X[:, :, None].transpose(0, 2, 1, 3, 4).repeat(2, axis=1)
    clf = MapNetClassifier(Series, lr=0.01, max_epochs=20, random_state=0).fit(series, y)
    assert series.shape == (60, 2, 3, 28, 28) and clf.map_shape_ == (2, 3, 28, 28)
    assert clf.score(series, y) == 1.0
    assert ClipDataset(series, row_axes=4).unfold_views().X.shape == series.shape


def test_mirror_images_and_shifts_in_training(maps, make_net):
    X, y = maps
    plain, flipped = (make_net(horizontal_flip=flip).fit(X, y) for flip in (False, True))
    mirrored = X[..., ::-1] * np.array([-1, 1, 1], np.float32)[:, None, None]
    # A prediction is that of the mirror image too, which a net without the flip sees as another clip.
    np.testing.assert_allclose(flipped.predict_proba(mirrored), flipped.predict_proba(X), atol=1e-12)
    assert np.abs(plain.predict_proba(mirrored) - plain.predict_proba(X)).max() > 1e-4
    shifted = make_net(shift=1).fit(X, y)
    assert np.abs(shifted.predict_proba(X) - plain.predict_proba(X)).max() > 1e-6
    np.testing.assert_array_equal(make_net(shift=1).fit(X, y).predict_proba(X), shifted.predict_proba(X))


def test_augmentation_is_off_by_default(make_net):
    assert make_net().get_params()["horizontal_flip"] is False and make_net().get_params()["shift"] == 0


def test_rows_from_outside_go_forward(maps, make_net):
    X, y = maps
    assert make_net(max_epochs=1).fit(X, y).forward(X[:5]).shape == (5, 3)
