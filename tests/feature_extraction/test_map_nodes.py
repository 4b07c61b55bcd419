import numpy as np
import pytest

from skmer.datasets import MicroExpressionClips
from skmer.face import MIRROR_POINTS, check_graph
from skmer.feature_extraction import sample_nodes


def test_a_map_of_its_own_coordinates_gives_the_places_of_the_nodes():
    x, y = np.meshgrid(np.arange(28.0), np.arange(28.0))
    X = sample_nodes(np.stack([x, y])[None], normalize=False)
    nodes = list(check_graph("brow-nose-lip31").nodes)
    assert X.shape == (1, 3, 31, 2) and X.dtype == np.float32
    assert not X[:, [0, 2]].any()
    np.testing.assert_allclose(X[0, 1, nodes.index(48)], [6.78, 19.0], atol=1e-4)
    np.testing.assert_allclose(X[0, 1, nodes.index(54)], [20.22, 19.0], atol=1e-4)
    np.testing.assert_allclose(X[0, 1, nodes.index(30)], [13.5, 14.74], atol=1e-4)
    mirror = [nodes.index(MIRROR_POINTS[k]) for k in nodes]
    np.testing.assert_allclose(X[0, 1, mirror], X[0, 1] * (-1, 1) + (27, 0), atol=1e-4)


def test_places_go_with_the_size():
    x, y = np.meshgrid(np.arange(112.0), np.arange(112.0))
    large = sample_nodes(np.stack([x, y])[None], normalize=False)[0, 1]
    x, y = np.meshgrid(np.arange(28.0), np.arange(28.0))
    small = sample_nodes(np.stack([x, y])[None], normalize=False)[0, 1]
    np.testing.assert_allclose(large, 4 * small + 1.5, atol=0.3)


def test_offset_and_unit_of_scaled_maps_do_not_matter():
    maps = np.random.default_rng(0).normal(size=(3, 3, 28, 28)).astype(np.float32)
    want = sample_nodes(maps)
    np.testing.assert_allclose(sample_nodes(60 * maps + 128), want, atol=1e-3)
    assert np.abs(sample_nodes(60 * maps + 128, normalize=False) - want).max() > 50
    # The third channel, strain, has no part in it.
    np.testing.assert_array_equal(sample_nodes(maps[:, :2]), want)


def test_maps_without_any_motion_are_zero():
    assert not sample_nodes(np.full((2, 3, 28, 28), 7, np.uint8)).any()


@pytest.mark.parametrize("shape", [(4, 28, 28), (4, 1, 28, 28), (4, 3, 2, 28), (4, 2352)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"maps must be numbers of shape \(n_clips, C, H, W\)"):
        sample_nodes(np.zeros(shape))


def test_clips_of_maps_go_in_as_they_are():
    maps = np.random.default_rng(0).normal(size=(4, 3, 28, 28)).astype(np.float32)
    clips = MicroExpressionClips(maps, ["positive", "negative"] * 2, ["lab/a", "lab/a", "lab/b", "lab/b"])
    np.testing.assert_array_equal(sample_nodes(clips), sample_nodes(maps))


def test_nan_names_its_clip():
    maps = np.zeros((4, 2, 28, 28))
    maps[2, 1, 3, 3] = np.nan
    with pytest.raises(ValueError, match="Input maps contains NaN in clip 2"):
        sample_nodes(maps)
