import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from skmer.feature_extraction import LandmarkPatches
from skmer.feature_extraction._landmark_patches import PATCH_POINTS, cut_patches
from skmer.magnification import MagNet, magnify_lagrangian

POINTS = np.random.default_rng(0).uniform(8, 56, (68, 2))


class Finder:
    """Landmarks that are known."""

    def transform(self, X):
        return np.tile(POINTS, (len(X), 3, 1, 1))

    def get_params(self, deep=True):
        return {}


@pytest.fixture(scope="module")
def clip():
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(64.0), np.arange(64.0))
    wave = [
        (128 + 50 * np.sin((x - s) / 4) + 40 * np.cos((y + s / 2) / 5)).astype(np.uint8) for s in (0, 0.8)
    ]
    return [[wave[0], wave[1], rng.integers(0, 255, (64, 64), dtype=np.uint8)]]


def make(**params):
    return LandmarkPatches(landmarker=Finder(), memory=None, **params)


def test_points_are_brows_and_lips_without_the_inner_corners():
    assert len(PATCH_POINTS) == 28 and not {60, 64} & set(PATCH_POINTS)
    assert set(range(17, 27)) <= set(PATCH_POINTS)


def test_a_picture_of_its_own_coordinates_has_the_landmark_in_the_middle():
    x, y = np.meshgrid(np.arange(64.0), np.arange(48.0))
    points = np.array([[20.0, 10.0], [30.25, 40.5]])
    for axis, picture in enumerate((x, y)):
        patches = cut_patches(picture, points, 7)
        assert patches.shape == (2, 49)
        np.testing.assert_allclose(patches[:, 24], points[:, axis], atol=0.03)
    assert cut_patches(x, points, 7)[0, 25] == 21 and cut_patches(y, points, 7)[0, 31] == 11


def test_the_border_goes_on():
    x, _ = np.meshgrid(np.arange(64.0), np.arange(48.0))
    patches = cut_patches(x, [[1.0, 1.0], [63.0, 60.0]], 7)
    assert patches[0, :4].tolist() == [0, 0, 0, 1] and patches[1, 24] == 63 and np.isfinite(patches).all()


def test_views_around_alpha_hold_the_magnified_apex_minus_the_onset(clip):
    X = make().fit_transform(clip)
    assert X.shape == (1, 20, 28, 49) and X.dtype == np.float32
    onset, apex, _ = clip[0]
    for view, alpha in ((0, 1.1), (9, 2.0), (19, 3.0)):
        change = magnify_lagrangian(onset, apex, alpha).astype(float) - onset
        np.testing.assert_allclose(X[0, view], cut_patches(change, POINTS[list(PATCH_POINTS)], 7), atol=1e-3)
    assert np.abs(X[0, 19]).mean() > np.abs(X[0, 0]).mean()


def test_one_view_is_alpha_alone(clip):
    np.testing.assert_array_equal(make(views=1).transform(clip)[:, 0], make().transform(clip)[:, 9])


def test_shape_features_of_magnet(clip, tmp_path):
    torch.manual_seed(0)
    save_file(MagNet().state_dict(), tmp_path / "magnet.safetensors")
    X = make(source="shape", weights=tmp_path / "magnet.safetensors", views=2).transform(clip)
    assert X.shape == (1, 2, 28, 49) and X.min() >= 0 and X.max() <= 1
    assert not np.array_equal(X[0, 0], X[0, 1])


def test_other_weights_under_the_same_name_are_other_features(clip, tmp_path):
    cache, place, found = tmp_path / "cache", tmp_path / "magnet.safetensors", []
    for seed in (0, 1, 0):
        torch.manual_seed(seed)
        save_file(MagNet().state_dict(), place)
        model = make(source="shape", weights=place, views=1).set_params(memory=cache)
        found.append(model.transform(clip))
    assert not np.array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    n_entries = len(list(cache.rglob("*")))
    place.rename(tmp_path / "renamed.safetensors")
    renamed = make(source="shape", weights=tmp_path / "renamed.safetensors", views=1).set_params(memory=cache)
    np.testing.assert_array_equal(renamed.transform(clip), found[0])
    assert len(list(cache.rglob("*"))) == n_entries


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"size": 6}, "size must be odd"),
        ({"source": "shape"}, "source='shape' needs a file of MagNet's weights"),
        ({"alpha": 0.3}, r"views=20 around alpha=0.3 begin at -0.6, below 0"),
        ({"views": 0}, "The 'views' parameter"),
    ],
)
def test_bad_parameters(clip, params, message):
    with pytest.raises(ValueError, match=message):
        make(**params).fit(clip)
