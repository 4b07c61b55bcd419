import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from skmer.feature_extraction import BiWOOF
from skmer.feature_extraction._bi_woof import bi_weighted_histogram
from skmer.frames import optical_flow, optical_strain

Y, X = np.mgrid[0:52.0, 0:47.0]


def histogram(u, v, n_bins=8, blocks=(5, 5)):
    flow = np.dstack([u + 0 * X, v + 0 * Y])
    return bi_weighted_histogram(flow, n_bins, blocks).reshape(*blocks, n_bins)


def test_a_uniform_flow_has_no_strain_and_so_no_feature():
    feature = histogram(1.0, 0.0)
    assert feature.shape == (5, 5, 8)
    assert not feature.any()


def test_no_motion_is_zero_and_not_nan():
    assert not histogram(0.0, 0.0).any()


def test_blocks_of_a_stretch_weigh_as_much_as_their_areas():
    feature = histogram(0.1 * X + 1, 0.0)
    # Rows of 10 px and columns of 9 px; each reaches a pixel into its neighbours, the last takes the rest.
    heights, widths = [11, 12, 12, 12, 13], [10, 11, 11, 11, 12]
    widths[0] -= 1  # the first column has no strain: there is no pixel to its left
    expected = np.outer(heights, widths) / np.linalg.norm(np.outer(heights, widths))
    np.testing.assert_allclose(feature[..., 4], expected)  # to the right: 0 degrees, where bin 4 begins
    assert not np.delete(feature, 4, axis=2).any()
    assert np.linalg.norm(feature) == pytest.approx(1)


@pytest.mark.parametrize("turn", range(8))
def test_a_turn_by_45_degrees_shifts_the_bins_by_one(turn):
    rng = np.random.default_rng(0)
    flow = rng.normal(size=(52, 47, 2))
    angle = np.radians(45 * turn)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    first, turned = (bi_weighted_histogram(f, 8, (5, 5)).reshape(25, 8) for f in (flow, flow @ matrix.T))
    # The strain of a block depends on the direction; the shares of its bins do not.
    first, turned = (h / h.sum(axis=1, keepdims=True) for h in (first, turned))
    np.testing.assert_allclose(turned, np.roll(first, turn, axis=1), atol=1e-9)


@pytest.mark.parametrize(
    ("angle", "expected"), [(-179, 0), (-136, 0), (-134, 1), (1, 4), (134, 6), (179, 7), (180, 7)]
)
def test_directions_and_their_bins(angle, expected):
    size = 1 + 0.01 * X
    feature = histogram(size * np.cos(np.radians(angle)), size * np.sin(np.radians(angle)))
    assert set(feature.argmax(axis=2).ravel()) == {expected}


def test_equals_a_loop_over_pixels():
    flow = np.random.default_rng(1).normal(size=(23, 31, 2))
    strain, expected = optical_strain(flow), np.zeros((2, 3, 6))
    for i, rows in enumerate([range(12), range(10, 23)]):
        for j, columns in enumerate([range(11), range(9, 21), range(19, 31)]):
            total = 0.0
            for y in rows:
                for x in columns:
                    u, v = flow[y, x]
                    k = int((np.degrees(np.arctan2(v, u)) + 180) // 60)
                    expected[i, j, k] += np.hypot(u, v)
                    total += strain[y, x]
            expected[i, j] *= total / expected[i, j].sum()
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(bi_weighted_histogram(flow, 6, (2, 3)), expected.ravel())


@pytest.fixture(scope="module")
def clip():
    """A face whose middle is stretched by up to a pixel between onset and apex, and back at the offset."""
    onset = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[30:200, 150:290]
    y, x = np.mgrid[0:170, 0:140].astype(np.float32)
    wave = np.exp(-((x - 70) ** 2 + (y - 120) ** 2) / 500).astype(np.float32)
    apex = cv2.remap(onset, x + wave, y - wave, cv2.INTER_CUBIC)
    return np.stack([onset, apex, onset])


@pytest.mark.parametrize("method", ["dis", "farneback", "tvl1"])
def test_a_clip_is_the_histogram_of_its_flow(clip, method):
    feature = BiWOOF(flow=method, memory=None).transform([clip])
    assert feature.shape == (1, 200)
    np.testing.assert_allclose(
        feature[0], bi_weighted_histogram(optical_flow(clip[0], clip[1], method=method), 8, (5, 5))
    )
    assert divmod(feature[0].reshape(25, 8).sum(axis=1).argmax(), 5) in [(3, 2), (3, 1), (3, 3)]


def test_names_say_block_and_bin():
    transformer = BiWOOF(n_bins=3, blocks=(2, 4))
    names = transformer.get_feature_names_out()
    assert len(names) == 24
    assert names[3 * 4 + 3 * 2 + 1] == "block12_bin1"
    assert BiWOOF().get_feature_names_out()[-1] == "block44_bin7"


def test_a_still_clip_is_zero_in_each_place(clip):
    assert not BiWOOF(memory=None).transform([[clip[0]] * 3]).any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"blocks": (5,)}, r"'blocks' parameter of BiWOOF must be a sequence of 2 items"),
        ({"blocks": (0, 5)}, r"2 items, each an int in the range \[1, 1000\]"),
        ({"blocks": (5, 200)}, "clip 0: blocks asks for 200 blocks along an axis of 140 px; take fewer"),
        ({"flow": "raft"}, "The 'flow' parameter of BiWOOF must be"),
    ],
)
def test_parameters_that_fit_no_clip(clip, params, message):
    with pytest.raises(ValueError, match=message):
        BiWOOF(memory=None, **params).transform([clip])
