"""Flow maps of pictures that move in a known way."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from skmer.feature_extraction import FlowMaps

ALL = ("u", "v", "magnitude", "strain", "divergence", "curl")
SIZE = 96


@pytest.fixture(scope="module")
def texture():
    noise = np.random.default_rng(0).normal(size=(SIZE, SIZE))
    smooth = gaussian_filter(noise, 2.0)
    return (128 + 45 * smooth / smooth.std()).clip(0, 255)


def moved(texture, u, v):
    """The picture in which what was at (x, y) is at (x + u, y + v), for fields that are nearly linear."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    pixels = map_coordinates(texture, [y - v(x, y), x - u(x, y)], order=3, mode="reflect")
    return pixels.clip(0, 255).round().astype(np.uint8)


def clip_of(texture, u, v):
    onset = texture.round().astype(np.uint8)
    apex = moved(texture, u, v)
    return [[onset, apex, onset]]


def centre(maps):
    return np.median(maps[..., 8:-8, 8:-8], axis=(-2, -1))


@pytest.mark.parametrize("flow", ["dis", "farneback", "tvl1"])
def test_a_shift_is_found_in_px_of_the_frame(texture, flow):
    clip = clip_of(texture, lambda x, y: 0 * x + 0.5, lambda x, y: 0 * x + 1.0)
    maps = FlowMaps(ALL, flow=flow, size=28, memory=None).fit_transform(clip)
    assert maps.shape == (1, 6, 28, 28) and maps.dtype == np.float32
    want = [0.5, 1.0, np.hypot(0.5, 1.0), 0, 0, 0]
    # Strain has no sign, so that noise does not average out.
    np.testing.assert_array_less(abs(centre(maps[0]) - want), [0.05, 0.05, 0.05, 0.1, 0.02, 0.02])


def test_growth_and_turn_have_their_divergence_and_curl(texture):
    middle = (SIZE - 1) / 2
    grown = clip_of(texture, lambda x, y: 0.04 * (x - middle), lambda x, y: 0.04 * (y - middle))
    turned = clip_of(texture, lambda x, y: -0.04 * (y - middle), lambda x, y: 0.04 * (x - middle))
    channels = FlowMaps(("strain", "divergence", "curl"), memory=None)
    np.testing.assert_allclose(centre(channels.transform(grown)[0]), [0.04 * 2**0.5, 0.08, 0], atol=0.02)
    np.testing.assert_allclose(centre(channels.transform(turned)[0]), [0, 0, 0.08], atol=0.02)


@pytest.mark.parametrize("size", [28, 64, 227])
def test_sizes_do_not_change_the_unit(texture, size):
    clip = clip_of(texture, lambda x, y: 0 * x + 0.5, lambda x, y: 0 * x)
    maps = FlowMaps(("u",), size=size, memory=None).transform(clip)
    assert maps.shape == (1, 1, size, size)
    assert np.median(maps) == pytest.approx(0.5, abs=0.05)


def test_minmax_is_whole_numbers_from_0_to_255_and_loses_the_size(texture):
    weak = clip_of(texture, lambda x, y: 0.01 * y, lambda x, y: 0 * x)
    maps = FlowMaps(scaling="minmax", memory=None).transform(weak)
    np.testing.assert_array_equal(maps, np.rint(maps))
    assert maps[0].min((1, 2)).tolist() == [0, 0, 0] and maps[0].max((1, 2)).tolist() == [255, 255, 255]
    still = [[weak[0][0]] * 3]
    plain = FlowMaps(memory=None).transform(still)
    assert np.abs(plain).max() < 1e-3
    assert np.isfinite(FlowMaps(scaling="minmax", memory=None).transform(still)).all()


def test_streams_share_their_channels(texture):
    clip = clip_of(texture, lambda x, y: 0.02 * y, lambda x, y: 0 * x)
    flat = FlowMaps(ALL, memory=None).transform(clip)
    streams = FlowMaps((("u", "v", "magnitude"), ("u", "v", "strain")), memory=None).transform(clip)
    assert streams.shape == (1, 2, 3, 28, 28)
    np.testing.assert_array_equal(streams[:, 0], flat[:, :3])
    np.testing.assert_array_equal(streams[:, 1], flat[:, [0, 1, 3]])
    for channels in (("u", ("v",)), (("u",), "v")):  # a name beside a stream is a stream of one
        mixed = FlowMaps(channels, memory=None).transform(clip)
        np.testing.assert_array_equal(mixed, flat[:, :2, None])


def test_maps_are_computed_once_and_by_parameters(texture, tmp_path, monkeypatch):
    clip = clip_of(texture, lambda x, y: 0 * x + 1, lambda x, y: 0 * x)
    want = FlowMaps(memory=tmp_path).transform(clip * 2)
    np.testing.assert_array_equal(FlowMaps(memory=tmp_path, n_jobs=2).transform(clip * 2), want)
    monkeypatch.setattr(FlowMaps, "_compute_clip", lambda self, frames: np.zeros(1))
    np.testing.assert_array_equal(FlowMaps(memory=tmp_path).transform(clip), want[:1])
    assert FlowMaps(memory=tmp_path, size=32).transform(clip).shape == (1, 1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"channels": ("u", "w")}, r"channels must be names among \['u', 'v'.*got \('u', 'w'\)"),
        ({"channels": ()}, "channels must be names among"),
        ({"channels": (("u", "v"), ("u",))}, "streams of equally many channels"),
        ({"flow": "lk"}, "The 'flow' parameter"),
        ({"size": 3}, "The 'size' parameter"),
        ({"scaling": "zscore"}, "The 'scaling' parameter"),
    ],
)
def test_bad_parameters(texture, params, message):
    clip = clip_of(texture, lambda x, y: 0 * x, lambda x, y: 0 * x)
    with pytest.raises(ValueError, match=message):
        FlowMaps(**params, memory=None).fit_transform(clip)


def test_bad_frames_name_their_clip(texture):
    onset = texture.astype(np.uint8)
    good, other = [onset] * 3, [onset, onset[:-4], onset]
    with pytest.raises(ValueError, match="clip 1, apex frame: expected 96 x 96 pixels"):
        FlowMaps(memory=None).fit_transform([good, other])
    with pytest.raises(ValueError, match="FlowMaps needs images, but landmarks were passed"):
        FlowMaps(memory=None).fit_transform(np.zeros((2, 3, 68, 2)))
