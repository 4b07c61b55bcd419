import pickle
from itertools import product
from math import atan2, hypot, pi

import numpy as np
import pytest
from skimage.feature import hog
from sklearn.base import clone

from skmer.feature_extraction import DirectionGradients, OrientedGradients

RNG = np.random.default_rng(0)
DIRECTIONS = [(y, x, t) for y, x, t in product((-1, 0, 1), (-1, 0, 1), (-1, 1))]


def ramp(y=0, x=0, t=0, shape=(12, 14, 16)):
    at_t, at_y, at_x = np.indices(shape)
    values = y * at_y + x * at_x + t * at_t
    return (values - values.min()).astype(np.uint8)[None]


def inside(shape, radius_t):
    frames, height, width = shape
    return product(range(radius_t, frames - radius_t), range(1, height - 1), range(1, width - 1))


def naive_changes(block, direction, radius_t):
    dy, dx, dt = direction
    for t, y, x in inside(block.shape, radius_t):
        yield int(block[t + dt * radius_t, y + dy, x + dx]) - int(block[t, y, x])


def naive_gradients(block, plane):
    for t, y, x in inside(block.shape, 1):
        along = {
            "x": int(block[t, y, x + 1]) - int(block[t, y, x - 1]),
            "y": int(block[t, y - 1, x]) - int(block[t, y + 1, x]),
            "t": int(block[t + 1, y, x]) - int(block[t - 1, y, x]),
        }
        yield {"xy": (along["x"], along["y"]), "xt": (along["x"], along["t"])}.get(
            plane, (along["t"], along["y"])
        )


def blocks_of(clip, rows, columns):
    height, width = clip.shape[1] // rows, clip.shape[2] // columns
    for row, column in product(range(rows), range(columns)):
        yield clip[:, row * height : (row + 1) * height, column * width : (column + 1) * width]


@pytest.mark.parametrize("direction", DIRECTIONS, ids=str)
@pytest.mark.parametrize("bins", ["counts", "signed-magnitude"])
def test_changes_are_those_of_a_naive_loop(direction, bins):
    clip = RNG.integers(100, 112, (7, 11, 14), dtype=np.uint8)
    expected = []
    for block in blocks_of(clip, 2, 3):
        change = list(naive_changes(block, direction, 2))
        if bins == "counts":
            expected += [
                sum(g < -3 for g in change),
                sum(abs(g) <= 3 for g in change),
                sum(g > 3 for g in change),
            ]
        else:
            expected += [-sum(g for g in change if g < 0), sum(g for g in change if g > 0)]
    options = {"blocks": (2, 3), "radius_t": 2, "dead_zone": 3, "norm": None, "memory": None}
    assert DirectionGradients(direction, bins=bins, **options).transform([clip])[0].tolist() == expected


@pytest.mark.parametrize(
    ("direction", "bin_"), [((0, 0, 1), 2), ((0, 0, -1), 0), ((1, -1, 1), 2), ((-1, 1, -1), 0)], ids=str
)
def test_a_ramp_in_time_fills_one_bin(direction, bin_):
    """The slope is 1, the step four frames: 4 is more than the dead zone, and 2 frames are not."""
    gradients = DirectionGradients(direction, blocks=(2, 2), memory=None)
    assert gradients.transform(ramp(t=1)).reshape(4, 3).tolist() == [np.eye(3)[bin_].tolist()] * 4
    slower = gradients.set_params(radius_t=2).transform(ramp(t=1))
    assert slower.reshape(4, 3).tolist() == [[0, 1, 0]] * 4


def test_a_step_along_no_gradient_is_in_the_dead_zone():
    across, along = (
        DirectionGradients(direction, blocks=(1, 1), memory=None) for direction in ((1, 0, 1), (0, -1, 1))
    )
    assert across.transform(ramp(x=5)).tolist() == [[0, 1, 0]]
    assert along.transform(ramp(x=5)).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("direction", DIRECTIONS, ids=str)
def test_the_opposite_direction(direction):
    opposite = tuple(-step for step in direction)
    clip = RNG.integers(0, 256, (60, 40, 40), dtype=np.uint8)
    options = {"blocks": (1, 1), "radius_t": 1, "memory": None}
    there, back = (DirectionGradients(d, **options).transform([clip])[0] for d in (direction, opposite))
    assert np.allclose(there, back[::-1], atol=0.01)
    reversed_ = DirectionGradients(opposite, **options).transform([clip[::-1, ::-1, ::-1]])[0]
    assert np.array_equal(there, reversed_)


def test_lengths_and_names_of_direction_gradients():
    clips = RNG.integers(0, 256, (2, 9, 20, 25), dtype=np.uint8)
    gradients = DirectionGradients(memory=None)
    rows, names = gradients.transform(clips), gradients.get_feature_names_out()
    assert rows.shape == (2, 75) == (2, len(set(names))) and np.allclose(rows.sum(axis=1), 25)
    assert names[[0, 4, -1]].tolist() == [
        "y0x1t1_block00_negative",
        "y0x1t1_block01_still",
        "y0x1t1_block44_positive",
    ]
    short = DirectionGradients((-1, 0, -1), bins="signed-magnitude", blocks=(5, 5), memory=None)
    assert short.transform(clips).shape == (2, 50)
    assert short.get_feature_names_out()[-1] == "y-1x0t-1_block44_positive"


@pytest.mark.parametrize("votes", ["one", "magnitude"])
@pytest.mark.parametrize("plane", ["xy", "xt", "yt"])
def test_orientations_are_those_of_a_naive_loop(votes, plane):
    clip = RNG.integers(0, 9, (6, 11, 14), dtype=np.uint8)
    expected = []
    for block in blocks_of(clip, 2, 3):
        histogram = np.zeros(8)
        for along, up in naive_gradients(block, plane):
            if along or up:
                histogram[round(atan2(up, along) / (pi / 4)) % 8] += 1 if votes == "one" else hypot(along, up)
        expected.append(histogram)
    gradients = OrientedGradients(votes, planes=(plane,), blocks=(2, 3), norm=None, memory=None)
    found = gradients.transform([clip])[0].reshape(6, 8)
    if votes == "one":
        assert np.array_equal(found, expected)
    assert np.allclose(found, expected, rtol=1e-12)


def test_magnitude_votes_are_scikit_images():
    """Its bins are half as wide, start at the axes and do not tell a direction from its opposite."""
    image = np.full((20, 24), 90, dtype=np.uint8)
    image[1:-1, 1:-1] = RNG.integers(0, 256, (18, 22))  # on the rim it takes gradients that ours leaves out
    theirs = hog(image, 8, image.shape, (1, 1), "L1", feature_vector=False)[0, 0, 0, 0]
    gradients = OrientedGradients("magnitude", planes=("xy",), blocks=(1, 1), norm="l1", memory=None)
    ours = gradients.transform([np.stack([image] * 4)])[0]
    halves = theirs.reshape(4, 2)
    expected = halves[:, 0] + np.roll(halves[:, 1], 1)
    # y runs down in scikit-image and up here: bin k of ours is their bin -k
    assert np.allclose((ours[:4] + ours[4:])[[0, 3, 2, 1]], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("slopes", "expected"),
    [
        ({"x": 3}, (0, 0, None)),
        ({"x": -3}, (4, 4, None)),
        ({"y": 3}, (6, None, 6)),
        ({"t": 2}, (None, 2, 0)),
        ({"x": 3, "y": -3, "t": 3}, (1, 1, 1)),
        ({"x": 3, "y": 3, "t": -3}, (7, 7, 5)),
    ],
    ids=str,
)
@pytest.mark.parametrize("votes", ["one", "magnitude"])
def test_orientations_of_ramps(slopes, expected, votes):
    row = OrientedGradients(votes, blocks=(2, 2), memory=None).transform(ramp(**slopes))[0]
    for histograms, bin_ in zip(row.reshape(3, 4, 8), expected, strict=True):
        one = np.zeros(8) if bin_ is None else np.eye(8)[bin_]
        assert np.allclose(histograms, one)


def test_one_vote_forgets_contrast_and_magnitude_keeps_it():
    clip = np.tile(RNG.integers(0, 60, (6, 10, 10), dtype=np.uint8), (1, 1, 2))
    clip[..., 10:] *= 4
    options = {"planes": ("xy",), "blocks": (1, 2), "norm": None, "memory": None}
    one, length = (
        OrientedGradients(v, **options).transform([clip])[0].reshape(2, 8) for v in ("one", "magnitude")
    )
    assert np.array_equal(one[0], one[1]) and np.allclose(4 * length[0], length[1])


def test_turning_a_picture_by_a_quarter_turns_its_bins():
    image = RNG.integers(0, 256, (15, 15), dtype=np.uint8)
    gradients = OrientedGradients(planes=("xy",), blocks=(1, 1), memory=None)
    straight, turned = gradients.transform([np.stack([image] * 4), np.stack([np.rot90(image)] * 4)])
    assert np.array_equal(turned, np.roll(straight, 2))


def test_a_tie_between_two_bins_goes_to_the_upper_one():
    row = OrientedGradients(planes=("xy",), blocks=(1, 1), n_bins=4, memory=None).transform(ramp(x=2, y=-2))
    assert row.tolist() == [[0, 1, 0, 0]]


def test_lengths_and_names_of_oriented_gradients():
    clips = RNG.integers(0, 256, (2, 10, 40, 32), dtype=np.uint8)
    gradients = OrientedGradients(memory=None)
    rows, names = gradients.transform(clips), gradients.get_feature_names_out()
    assert rows.shape == (2, 8 * 8 * 2 * 3 * 8) == (2, len(set(names)))
    assert names[[0, 8, -1]].tolist() == [
        "xy_block00_part0_bin0",
        "xy_block00_part1_bin0",
        "yt_block77_part1_bin7",
    ]


@pytest.mark.parametrize("level", [0, 77, 255])
def test_constant_clips_give_no_nan(level):
    clip = np.full((1, 10, 40, 40), level, np.uint8)
    for votes in ("one", "magnitude"):
        assert not OrientedGradients(votes, memory=None).transform(clip).any()
    assert DirectionGradients(memory=None).transform(clip).tolist() == [[0, 1, 0] * 25]
    assert not DirectionGradients(bins="signed-magnitude", memory=None).transform(clip).any()


def test_too_few_frames_and_too_small_ones():
    clip = RNG.integers(0, 256, (5, 40, 40), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"clip 0 has 5 frame\(s\), but radius_t=4 .* needs at least 9"):
        DirectionGradients(memory=None).fit([clip])
    message = r"a gradient in time \(one frame to each side\) in each of 2 blocks in time needs at least 6"
    with pytest.raises(ValueError, match=message):
        OrientedGradients(memory=None).transform([clip])
    with pytest.raises(ValueError, match=r"clip 0: 8 x 8 blocks .* at least 24 x 24 px, got 23 x 40"):
        OrientedGradients(memory=None).transform([np.zeros((6, 40, 23), np.uint8)])


@pytest.mark.parametrize(
    "make",
    [lambda: DirectionGradients(radius_t=1), lambda: OrientedGradients(blocks=(8, 8))],
    ids=["sdg", "higo"],
)
def test_three_keyframes_warn(make):
    with pytest.warns(UserWarning, match="every clip has three frames"):
        assert make().fit_transform(RNG.integers(0, 256, (2, 3, 24, 24), dtype=np.uint8)).any()


@pytest.mark.parametrize(
    ("make", "parameters", "message"),
    [
        (DirectionGradients, {"direction": (0, 0, 0)}, "direction must be"),
        (DirectionGradients, {"direction": (0, 2, 1)}, "direction must be"),
        (DirectionGradients, {"direction": (0, 1)}, "direction must be"),
        (DirectionGradients, {"direction": (0, 0.5, 1)}, "direction must be"),
        (DirectionGradients, {"direction": "right"}, "'direction' parameter"),
        (DirectionGradients, {"dead_zone": -1}, "'dead_zone' parameter"),
        (DirectionGradients, {"bins": "sum"}, "'bins' parameter"),
        (DirectionGradients, {"blocks": (5, -5)}, "blocks must be"),
        (OrientedGradients, {"votes": "two"}, "'votes' parameter"),
        (
            OrientedGradients,
            {"planes": ("xy", "vertices")},
            "planes must be different names out of xy, xt, yt,",
        ),
        (OrientedGradients, {"n_bins": 1}, "'n_bins' parameter"),
        (OrientedGradients, {"norm": "l3"}, "'norm' parameter"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_parameters_are_checked(make, parameters, message, method):
    with pytest.raises(ValueError, match=message):
        getattr(make(**parameters), method)(np.zeros((1, 20, 40, 40), np.uint8))


@pytest.mark.parametrize(
    "gradients",
    [DirectionGradients((1, -1, -1), dead_zone=1), OrientedGradients("magnitude", n_bins=9)],
    ids=str,
)
def test_stateless(gradients):
    clips = RNG.integers(0, 256, (3, 9, 40, 40), dtype=np.uint8)
    expected = gradients.transform(clips)
    assert set(vars(gradients.fit(clips[:1]))) == set(gradients.get_params(deep=False))
    for other in (clone(gradients), pickle.loads(pickle.dumps(gradients))):
        assert np.array_equal(other.transform(clips), expected)
    assert np.array_equal(clone(gradients).set_params(n_jobs=2, memory=None).transform(list(clips)), expected)
