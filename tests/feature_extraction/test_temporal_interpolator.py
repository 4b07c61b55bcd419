import numpy as np
import pytest
from sklearn.base import clone

from skmer.feature_extraction import TemporalInterpolator
from skmer.feature_extraction._temporal_interpolator import interpolation_matrix

RNG = np.random.default_rng(0)
METHODS = ["tim", "linear", "nearest"]


def resampled(volume, n_frames, method="tim"):
    return TemporalInterpolator(n_frames, method, memory=None).fit_transform([volume])[0]


def smooth_video(n_frames, height=12, width=10):
    """Independent frames of a picture that changes as pictures do."""
    steps = RNG.normal(0, 6, (n_frames, height, width)).cumsum(axis=0)
    return np.clip(128 + steps, 0, 255).astype(np.uint8)


def by_singular_values(volume, n_frames):
    """The temporal interpolation model as it was published: graph embedding and least squares.

    The path graph's eigenvectors, found numerically, are fitted by the centred frames in the basis of their
    singular vectors; the curve of sines through the embedded frames is mapped back.
    """
    n = len(volume)
    frames = volume.reshape(n, -1).T.astype(float)
    mean = frames.mean(axis=1, keepdims=True)
    left, values, right = np.linalg.svd(frames - mean, full_matrices=False)
    left, reduced = left[:, : n - 1], values[: n - 1, None] * right[: n - 1]
    path = np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    _, vectors = np.linalg.eigh(np.diag(path.sum(axis=1)) - path)
    maps = np.linalg.solve(reduced @ reduced.T, reduced @ vectors[:, 1:])  # of reduced frames to eigenvectors

    def curve(t):
        k = np.arange(1, n)[:, None]
        return np.sin(np.pi * k * t + np.pi * (n - k) / (2 * n))

    # Numerical eigenvectors have a length and a sign of their own.
    scale = (reduced.T @ maps)[0] / curve(np.array([1 / n]))[:, 0]
    positions = np.linspace(1 / n, 1, n_frames)
    back = np.linalg.solve(maps.T, scale[:, None] * curve(positions))
    return (left @ back + mean).T.reshape(n_frames, *volume.shape[1:])


@pytest.mark.parametrize(("n", "n_frames"), [(24, 10), (11, 10), (10, 17), (31, 8), (2, 5)], ids=str)
def test_tim_is_the_published_model(n, n_frames):
    volume = smooth_video(n)
    expected = by_singular_values(volume, n_frames)
    weights = interpolation_matrix(n, n_frames, "tim")
    assert np.abs(np.tensordot(weights, volume.astype(float), 1) - expected).max() < 1e-6
    found = resampled(volume, n_frames).astype(float)
    assert np.abs(found - np.clip(expected, 0, 255)).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [2, 3, 10, 24, 141])
def test_rows_sum_to_one_and_the_same_length_is_the_identity(method, n):
    assert np.allclose(interpolation_matrix(n, n, method), np.eye(n))
    for n_frames in (2, 5, 10, 200):
        weights = interpolation_matrix(n, n_frames, method)
        assert weights.shape == (n_frames, n) and np.allclose(weights.sum(axis=1), 1)
        assert np.allclose(weights[[0, -1]], np.eye(n)[[0, -1]])


def test_weights_when_shortening_go_below_zero():
    assert interpolation_matrix(24, 10, "tim").min() == pytest.approx(-0.25, abs=0.03)
    assert interpolation_matrix(24, 10, "linear").min() == interpolation_matrix(24, 10, "nearest").min() == 0


@pytest.mark.parametrize("method", METHODS)
def test_first_and_last_frame_stay_and_a_still_video_too(method):
    volume = RNG.integers(0, 256, (24, 6, 8), dtype=np.uint8)
    found = resampled(volume, 10, method)
    assert found.dtype == np.uint8 and found.shape == (10, 6, 8)
    assert np.array_equal(found[[0, -1]], volume[[0, -1]])
    assert np.array_equal(resampled(volume, 24, method), volume)
    still = np.tile(volume[:1], (9, 1, 1))
    assert np.array_equal(resampled(still, 10, method), np.tile(volume[:1], (10, 1, 1)))


@pytest.mark.filterwarnings("ignore:sequences. every clip has three")
def test_linear_and_nearest_by_hand():
    volume = np.array([0, 100, 200], np.uint8)[:, None, None] * np.ones((3, 4, 4), np.uint8)
    assert resampled(volume, 5, "linear")[:, 0, 0].tolist() == [0, 50, 100, 150, 200]
    assert resampled(volume, 4, "linear")[:, 0, 0].tolist() == [0, 67, 133, 200]
    assert resampled(volume, 6, "nearest")[:, 0, 0].tolist() == [0, 0, 100, 100, 200, 200]


def test_ringing_is_clipped_and_not_wrapped():
    volume = np.zeros((24, 4, 4), np.uint8)
    volume[12:] = 255
    weights = interpolation_matrix(24, 10, "tim")
    assert np.tensordot(weights, volume.astype(float), 1).max() > 256
    found = resampled(volume, 10)[:, 0, 0]
    assert (np.sort(found) == found).all() or found.max() == 255
    assert found[0] == 0 and found[-1] == 255 and abs(int(found[1])) < 40


def test_clips_of_several_lengths_become_one_array():
    clips = [RNG.integers(0, 255, (length, 6, 8), dtype=np.uint8) for length in (11, 24, 141)]
    found = clone(TemporalInterpolator(memory=None)).fit_transform(clips)
    assert found.shape == (3, 10, 6, 8)
    for k, clip in enumerate(clips):
        assert np.array_equal(found[k], resampled(clip, 10))


def test_landmarks_are_resampled_without_rounding():
    landmarks = [RNG.normal(size=(length, 68, 2)).cumsum(axis=0) - 300 for length in (7, 9)]
    landmarks[1][3, 5] = np.nan
    found = TemporalInterpolator(5, memory=None).fit_transform(landmarks)
    assert found.shape == (2, 5, 68, 2) and found.dtype == np.float64
    expected = np.tensordot(interpolation_matrix(7, 5, "tim"), landmarks[0], 1)
    assert np.allclose(found[0], expected) and np.isnan(found[1]).any() and not np.isnan(found[1][:, 4]).any()


def test_keyframes_are_resampled_with_a_warning():
    with pytest.warns(UserWarning, match="every clip has three frames"):
        found = TemporalInterpolator(5, "linear", memory=None).fit_transform(np.zeros((2, 3, 8, 8), np.uint8))
    assert found.shape == (2, 5, 8, 8)


@pytest.mark.parametrize(
    ("clips", "parameters", "message"),
    [
        (
            [np.zeros((5, 8, 8)), np.zeros((1, 8, 8))],
            {},
            "clip 1 has one frame, .* at least onset and offset",
        ),
        ([np.zeros((5, 8, 8)), np.zeros((5, 8, 9))], {}, r"clip 1: its result has the shape .* FaceCropper"),
        ([[np.zeros((8, 8)), np.zeros((8, 9))]], {}, "clip 0, frame 1: expected 8 x 8 pixels .* got 9 x 8"),
        ([np.full((5, 8, 8), 300.0)], {}, r"clip 0, frame 0: expected float pixels in \[0, 1\]"),
        ([np.zeros((5, 8, 8))], {"n_frames": 1}, "'n_frames' parameter"),
        ([np.zeros((5, 8, 8))], {"method": "cubic"}, "'method' parameter"),
    ],
    ids=["one frame", "sizes of clips", "sizes of frames", "floats", "n_frames", "method"],
)
def test_what_cannot_be_resampled(clips, parameters, message):
    with pytest.raises(ValueError, match=message):
        TemporalInterpolator(**parameters, memory=None).fit_transform(clips)


def test_colour_becomes_grey_and_floats_bytes():
    colour = RNG.integers(0, 255, (5, 6, 8, 3), dtype=np.uint8)
    assert resampled(colour, 4).shape == (4, 6, 8)
    grey = RNG.integers(0, 255, (5, 6, 8), dtype=np.uint8)
    assert np.array_equal(resampled(grey / 255, 5), grey)
