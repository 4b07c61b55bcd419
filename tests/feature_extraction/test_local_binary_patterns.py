import pickle
from math import cos, floor, pi, sin

import numpy as np
import pytest
from skimage.feature import local_binary_pattern
from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import skmer.feature_extraction
from skmer.feature_extraction import LocalBinaryPatterns
from skmer.feature_extraction._histogram_kernels import pattern_codes
from skmer.feature_extraction._local_binary_patterns import code_table, interpolation, sampling_points

RNG = np.random.default_rng(0)
FIP = ("xy", "xt", "yt", "vertices")


def codes(volume, plane, radius=1, radius_t=1, **order):
    """Codes of all pixels whose neighbourhood lies inside a volume."""
    steps, weights = interpolation(sampling_points(plane, radius, radius_t, **order), volume.shape)
    frames, height, width = volume.shape
    found = np.empty((frames - 2 * radius_t, height - 2 * radius, width - 2 * radius), dtype=np.uint8)
    for t, frame in enumerate(found):
        pattern_codes(volume, t + radius_t, radius, steps, weights, frame)
    return found


def level(volume, t, y, x):
    """Grey level at real coordinates, by three linear interpolations."""
    low = floor(t + 1e-9), floor(y + 1e-9), floor(x + 1e-9)
    total = 0.0
    for corner in np.ndindex(2, 2, 2):
        place = [a + b for a, b in zip(low, corner, strict=True)]
        share = np.prod([1 - abs(a - b) for a, b in zip((t, y, x), place, strict=True)])
        total += share * float(volume[tuple(place)]) if share > 1e-9 else 0.0
    return round(total, 5)


def naive_code(volume, t, y, x, plane, r, rt):
    code = 0
    for p in range(8):
        c, s = cos(2 * pi * p / 8), sin(2 * pi * p / 8)
        place = {
            "xy": (t, y - r * s, x + r * c),
            "xt": (t + rt * s, y, x + r * c),
            "yt": (t + rt * c, y - r * s, x),
        }
        code += (level(volume, *place[plane]) >= volume[t, y, x]) << p
    return code


def vertex_code(volume, t, y, x, r, f):
    corners = ["+-+", "+++", "-+-", "---", "--+", "-++", "++-", "+--"]
    code = 0
    for p, corner in enumerate(corners):
        dy, dx, dt = (1 if sign == "+" else -1 for sign in corner)
        code += int(volume[t + dt * f, y + dy * r, x + dx * r] >= volume[t, y, x]) << p
    return code


def naive_codes(volume, plane, r, rt):
    frames, height, width = volume.shape
    code = vertex_code if plane == "vertices" else lambda *args: naive_code(*args[:4], plane, *args[4:])
    return [
        [[code(volume, t, y, x, r, rt) for x in range(r, width - r)] for y in range(r, height - r)]
        for t in range(rt, frames - rt)
    ]


def ramp(y, x, t, shape=(13, 7, 9)):
    at_t, at_y, at_x = np.indices(shape)
    values = y * at_y + x * at_x + t * at_t
    return (values - values.min()).astype(np.uint8)


def only_code(volume, plane, **order):
    found = np.unique(codes(volume, plane, radius_t=5, **order))
    assert len(found) == 1
    return found[0]


def test_the_uniform_table():
    table = code_table("uniform")
    changes = [bin(code ^ (code >> 1 | (code & 1) << 7)).count("1") for code in range(256)]
    uniform = [code for code in range(256) if changes[code] <= 2]
    assert len(uniform) == 58 and [table[code] for code in uniform] == list(range(1, 59))
    assert np.count_nonzero(table == 0) == 198
    assert code_table("uniform", 4).max() == 14 and code_table("full").tolist() == list(range(256))


def test_codes_of_a_frame_are_scikit_images():
    volume = RNG.integers(0, 256, (3, 40, 31), dtype=np.uint8)
    ours = codes(volume, "xy")[0]
    assert np.array_equal(ours, local_binary_pattern(volume[1], 8, 1)[1:-1, 1:-1])
    theirs = local_binary_pattern(volume[1], 8, 1, "nri_uniform")[1:-1, 1:-1].astype(int)
    pairs = np.unique([code_table("uniform")[ours].ravel(), theirs.ravel()], axis=1)
    assert len(set(pairs[0])) == len(set(pairs[1])) == pairs.shape[1] > 50  # one bin for one bin


def test_codes_over_time_are_scikit_images():
    volume = RNG.integers(0, 256, (20, 18, 16), dtype=np.uint8)
    xt, yt = codes(volume, "xt"), codes(volume, "yt")
    for y in range(1, 17):
        slices = np.ascontiguousarray(volume[::-1, y])
        assert np.array_equal(xt[:, y - 1], local_binary_pattern(slices, 8, 1)[::-1][1:-1, 1:-1])
    for x in range(1, 15):
        slices = np.ascontiguousarray(volume[:, :, x].T)
        assert np.array_equal(yt[:, :, x - 1], local_binary_pattern(slices, 8, 1).T[1:-1, 1:-1])


@pytest.mark.parametrize(
    ("slopes", "expected"),
    [
        ((0, 0, 0), (255, 255, 255, 255)),
        ((0, 1, 0), (199, 199, 255, 102)),
        ((1, 0, 0), (241, 255, 241, 195)),
        ((0, 0, 1), (255, 31, 199, 51)),
    ],
    ids=["constant", "x", "y", "t"],
)
def test_codes_of_ramps(slopes, expected):
    assert tuple(only_code(ramp(*slopes), plane) for plane in FIP) == expected


@pytest.mark.parametrize(("y", "t", "expected"), [(5, -1, 207), (-5, 1, 63), (5, 1, 243)])
def test_vertices_of_oblique_ramps(y, t, expected):
    """A change of 5 px a frame, five frames apart, so that the corners of both kinds tie."""
    assert only_code(ramp(y, 0, t), "vertices") == expected


@pytest.mark.parametrize(("slopes", "uniform"), [((1, 0, 0), True), ((0, 0, 1), True), ((0, 1, 0), False)])
def test_the_temporal_order_keeps_ramps_in_y_and_t(slopes, uniform):
    code = only_code(ramp(*slopes), "vertices", vertex_order="temporal")
    assert (code_table("uniform")[code] > 0) == uniform


@pytest.mark.parametrize("plane", FIP)
@pytest.mark.parametrize(("radius", "radius_t"), [(1, 1), (1, 3), (1, 5), (3, 2)])
@pytest.mark.parametrize("levels", [256, 3], ids=["noise", "flat areas"])
def test_codes_are_those_of_a_naive_loop(plane, radius, radius_t, levels):
    volume = RNG.integers(0, levels, (2 * radius_t + 2, 8, 13), dtype=np.uint8)
    assert codes(volume, plane, radius, radius_t).tolist() == naive_codes(volume, plane, radius, radius_t)


@pytest.mark.parametrize(("centre", "bit"), [(208, 1), (209, 0)])
def test_only_rounding_errors_are_forgiven(centre, bit):
    """Point 1 of xt, at (x + .71, t + 2.83), has the level 208.99975."""
    volume = np.zeros((9, 3, 3), dtype=np.uint8)
    volume[4, 1, 1] = centre
    volume[6:8, 1, 1:] = [[2, 111], [255, 228]]
    assert codes(volume, "xt", radius_t=4)[0, 0, 0] >> 1 & 1 == bit


def test_points_on_the_axes_are_not_interpolated():
    for plane in FIP:
        points = sampling_points(plane, 1, 5)
        whole = (interpolation(points, (11, 3, 3))[1][:, 0] == 1).tolist()
        assert whole == ([True] * 8 if plane == "vertices" else [True, False] * 4)


def test_four_points_are_every_other_of_eight():
    clip = RNG.integers(0, 256, (9, 12, 12), dtype=np.uint8)
    options = {"planes": FIP, "blocks": (1, 1), "radius_t": 3, "norm": None, "memory": None}
    eight, four = (
        np.split(LocalBinaryPatterns(mapping="full", n_points=n, **options).transform([clip])[0], sizes)
        for n, sizes in ((8, [256, 512, 768]), (4, [16, 32, 48]))
    )
    codes_of_four = [sum((code >> 2 * p & 1) << p for p in range(4)) for code in range(256)]
    for k in range(3):
        assert np.array_equal(four[k], np.bincount(codes_of_four, eight[k], 16))
    assert np.array_equal(four[3], eight[3])  # the vertices are always eight


def test_histograms_are_those_of_blocks_cut_out_first():
    clip = RNG.integers(0, 256, (10, 17, 23), dtype=np.uint8)
    patterns = LocalBinaryPatterns(FIP, blocks=(2, 3), radius_t=2, norm=None, memory=None)
    expected = []
    for plane in FIP:
        for row, column in np.ndindex(2, 3):
            block = np.ascontiguousarray(clip[:, 8 * row : 8 * row + 8, 7 * column : 7 * column + 7])
            found = np.array(naive_codes(block, plane, 1, 2)).ravel()
            expected.append(np.bincount(code_table("uniform")[found], minlength=59))
    assert np.array_equal(patterns.transform([clip])[0], np.concatenate(expected))


def test_segments_in_time_are_cut_out_first():
    clip = RNG.integers(0, 256, (13, 10, 12), dtype=np.uint8)
    halves = LocalBinaryPatterns(blocks=(2, 2, 2), radius_t=2, memory=None).transform([clip])
    one, two = (
        LocalBinaryPatterns(blocks=(2, 2), radius_t=2, memory=None).transform([part])
        for part in (clip[:6], clip[6:12])
    )
    expected = np.stack([one.reshape(3, 4, 59), two.reshape(3, 4, 59)], axis=2)
    assert np.array_equal(halves, expected.reshape(1, -1))


@pytest.mark.parametrize(
    ("parameters", "length"),
    [
        ({}, 4425),
        ({"planes": FIP, "radius_t": 5}, 5900),
        ({"blocks": (8, 8)}, 11328),
        ({"n_points": 4}, 25 * 3 * 15),
        ({"mapping": "full"}, 25 * 3 * 256),
        ({"planes": FIP, "mapping": {"vertices": "full"}}, 25 * (3 * 59 + 256)),
    ],
    ids=str,
)
def test_lengths_names_and_sums(parameters, length):
    clip = RNG.integers(0, 256, (11, 40, 43), dtype=np.uint8)
    patterns = LocalBinaryPatterns(**parameters, memory=None)
    row, names = patterns.transform([clip])[0], patterns.get_feature_names_out()
    assert row.shape == names.shape == (length,) and len(set(names)) == length
    histograms = {}
    for name, value in zip(names, row, strict=True):
        histograms.setdefault(name.rpartition("_")[0], []).append(value)
    assert np.allclose([sum(values) for values in histograms.values()], 1)


def test_names_are_plane_major():
    names = LocalBinaryPatterns().get_feature_names_out()
    assert names[[0, 58, 59, 5 * 59, 25 * 59, -1]].tolist() == [
        "xy_block00_bin0",
        "xy_block00_bin58",
        "xy_block01_bin0",
        "xy_block10_bin0",
        "xt_block00_bin0",
        "yt_block44_bin58",
    ]
    wide = LocalBinaryPatterns(("yt",), blocks=(2, 11, 2)).get_feature_names_out()
    assert (wide[0], wide[-1]) == ("yt_block0000_part0_bin0", "yt_block0110_part1_bin58")


def test_a_name_leads_to_its_block():
    """A still face but for one flickering block changes the features of that block alone."""
    clip = np.full((9, 50, 40), 90, dtype=np.uint8)
    moving = clip.copy()
    moving[:, 20:30, 24:32] = RNG.integers(0, 256, (9, 10, 8))
    patterns = LocalBinaryPatterns(FIP, memory=None)
    still, moved = patterns.transform([clip, moving])
    changed = patterns.get_feature_names_out()[still != moved]
    assert {name.split("_")[1] for name in changed} == {"block23"}
    assert {name.split("_")[0] for name in changed} == set(FIP)


def test_an_affine_change_of_light_changes_nothing():
    clip = RNG.integers(0, 120, (9, 30, 25), dtype=np.uint8)
    patterns = LocalBinaryPatterns(FIP, memory=None)
    dark, bright = patterns.transform([clip, 2 * clip + 3])
    assert np.array_equal(dark, bright)


def test_reversed_time_changes_all_planes_but_xy():
    clip = RNG.integers(0, 256, (14, 20, 20), dtype=np.uint8)
    patterns = LocalBinaryPatterns(FIP, blocks=(2, 2), memory=None)
    forth, back = (row.reshape(4, -1) for row in patterns.transform([clip, clip[::-1]]))
    assert np.array_equal(forth[0], back[0])
    assert not any(np.allclose(forth[k], back[k]) for k in (1, 2, 3))


def test_the_least_number_of_frames():
    patterns = LocalBinaryPatterns(blocks=(2, 2), memory=None)
    clip = RNG.integers(0, 256, (9, 12, 12), dtype=np.uint8)
    assert patterns.set_params(norm=None).transform([clip])[0].sum() == 3 * 4 * 4 * 4  # one frame of centres
    message = (
        r"clip 1 has 8 frame\(s\).*radius_t=4 \(2 \* radius_t \+ 1\) needs at least 9.*TemporalInterpolator"
    )
    with pytest.raises(ValueError, match=message):
        patterns.fit([clip, clip[:8]])
    with pytest.raises(ValueError, match=r"in each of 2 blocks in time needs at least 18"):
        patterns.set_params(blocks=(2, 2, 2)).transform([clip])


def test_too_small_frames():
    clips = [np.zeros((9, 20, 20), np.uint8), np.zeros((9, 14, 20), np.uint8)]
    message = (
        r"clip 1: 5 x 5 blocks and a radius of 1 px need frames of at least 15 x 15 px, got 20 x 14; scale"
    )
    with pytest.raises(ValueError, match=message):
        LocalBinaryPatterns(memory=None).transform(clips)


def test_three_keyframes_warn():
    frames = RNG.integers(0, 256, (2, 3, 16, 15), dtype=np.uint8)
    with pytest.warns(UserWarning, match="every clip has three frames"):
        row = LocalBinaryPatterns(radius_t=1, memory=None).fit_transform(frames)
    assert row.shape == (2, 4425)


def test_a_constant_clip_has_one_bin():
    row = LocalBinaryPatterns(FIP, memory=None).transform(np.full((1, 9, 20, 20), 77, np.uint8))[0]
    assert row.reshape(-1, 59)[:, 58].tolist() == [1.0] * 100 and np.count_nonzero(row) == 100


def test_containers_give_the_same():
    clips = RNG.integers(0, 256, (2, 9, 20, 21), dtype=np.uint8)
    patterns = LocalBinaryPatterns(memory=None)
    expected = patterns.transform(clips)
    colour = np.repeat(clips[..., None], 3, axis=-1)
    for same in (
        list(clips),
        [list(clip) for clip in clips],
        clips / 255,
        colour,
        clips[:, :, ::-1][:, :, ::-1],
    ):
        assert np.array_equal(patterns.transform(same), expected)
    clips.setflags(write=False)
    assert np.array_equal(patterns.set_params(n_jobs=2).transform(clips), expected)


def test_clips_of_different_lengths_and_sizes():
    clips = [RNG.integers(0, 256, size, dtype=np.uint8) for size in ((9, 20, 21), (30, 16, 40))]
    rows = LocalBinaryPatterns(memory=None).transform(clips)
    assert rows.shape == (2, 4425) and np.allclose(rows.sum(axis=1), 75)


@pytest.mark.parametrize("norm", ["l1", "l2", None])
def test_norms(norm):
    clips = RNG.integers(0, 256, (1, 9, 20, 20), dtype=np.uint8)
    counts = LocalBinaryPatterns(norm=None, memory=None).transform(clips).reshape(-1, 59)
    length = {"l1": counts.sum(axis=1), "l2": np.sqrt((counts**2).sum(axis=1)), None: np.ones(75)}[norm]
    rows = LocalBinaryPatterns(norm=norm, memory=None).transform(clips).reshape(-1, 59)
    assert np.allclose(rows, counts / length[:, None])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"planes": ()}, "planes must be different names out of xy, xt, yt, vertices"),
        ({"planes": ("xy", "xz")}, "planes must be different names"),
        ({"planes": ("xy", "xy")}, "planes must be different names"),
        ({"planes": "xy"}, "'planes' parameter"),
        ({"blocks": (5,)}, "blocks must be two or three positive integers"),
        ({"blocks": (5, 0)}, "blocks must be two or three positive integers"),
        ({"blocks": (5, 2.5)}, "blocks must be two or three positive integers"),
        ({"blocks": 5}, "'blocks' parameter"),
        ({"radius": 0}, "'radius' parameter"),
        ({"radius_t": 1.5}, "'radius_t' parameter"),
        ({"n_points": 6}, "'n_points' parameter"),
        ({"mapping": "riu2"}, "'mapping' parameter"),
        ({"mapping": {"vertices": "full"}}, "mapping must map names out of planes="),
        ({"mapping": {"xy": "half"}}, "to 'uniform' or 'full', got {'xy': 'half'}"),
        ({"norm": "max"}, "'norm' parameter"),
        ({"vertex_order": "random"}, "'vertex_order' parameter"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_parameters_are_checked(parameters, message, method):
    with pytest.raises(ValueError, match=message):
        getattr(LocalBinaryPatterns(**parameters), method)(np.zeros((1, 9, 20, 20), np.uint8))


def test_stateless():
    clips = RNG.integers(0, 256, (3, 9, 20, 20), dtype=np.uint8)
    patterns = LocalBinaryPatterns(("xt", "vertices"), vertex_order="temporal")
    expected = patterns.transform(clips)
    assert set(vars(patterns.fit(clips[:1]))) == set(patterns.get_params(deep=False))
    for other in (clone(patterns), pickle.loads(pickle.dumps(patterns))):
        assert np.array_equal(other.transform(clips), expected)
    assert not np.array_equal(patterns.set_params(vertex_order="official").transform(clips), expected)
    table = patterns.set_output(transform="pandas").transform(clips)
    assert table.columns[-1] == "vertices_block44_bin58"


def test_a_direction_of_movement_is_learned():
    """A stripe that moves right, or left, through noise; two clips a subject."""
    clips = RNG.integers(0, 60, (12, 20, 24, 40), dtype=np.uint8)
    y = np.tile([0, 1], 6)
    for clip, label in zip(clips, y, strict=True):
        for t in range(20):
            clip[t, :, 8 + t if label else 28 - t] += 100
    pipe = make_pipeline(LocalBinaryPatterns(blocks=(1, 2), radius_t=1), SVC(kernel="linear", C=100))
    scores = cross_val_score(pipe, clips, y, groups=np.repeat(range(6), 2), cv=LeaveOneGroupOut())
    assert scores.tolist() == [1.0] * 6


def test_numba_is_imported_when_patterns_are_computed():
    assert "njit" not in vars(skmer.feature_extraction._block_histograms)
