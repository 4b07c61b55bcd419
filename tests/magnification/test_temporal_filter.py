import cv2
import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from skmer.frames import DerivedSequence
from skmer.landmarks import LandmarkCache
from skmer.magnification import MotionMagnifier, magnify_eulerian_sequence, magnify_lagrangian, magnify_phase
from skmer.magnification._temporal_filter import level_gains

SHAPE = (170, 140)


def wave(length, shape=SHAPE, height=20.0):
    """A sine along x of some wavelength in px."""
    x = np.arange(shape[1]) + np.zeros((shape[0], 1))
    return height * np.sin(2 * np.pi * x / length)


def step(pattern, n_frames=6, level=120.0):
    """A grey sequence to which the pattern is added from frame 1 on."""
    return np.stack([np.full(SHAPE, level), *[level + pattern] * (n_frames - 1)]).round().astype(np.uint8)


def test_gains_by_hand():
    # Sides of 140, 70, 35, 18, 9 and 5 px; a third of the diagonal is 73.4 px.
    gains = level_gains(SHAPE, 27, 16)
    waves = np.hypot(*SHAPE) / 3 / 2.0 ** np.arange(5, -1, -1)
    assert gains[0] == gains[-1] == 0 and len(gains) == 6
    assert gains[2:5] == [26, 26, 26]  # of 9.2, 18.4 and 36.7 px; 8.3 px is the shortest
    assert gains[1] == pytest.approx(2 * (waves[1] / (8 * 16 / (8 * 27)) - 1))
    assert level_gains(SHAPE, 3, 16)[1:3] == pytest.approx([0, 2 * (waves[2] * 3 / 16 - 1)])


@pytest.mark.parametrize("shape", [(7, 40), (15, 15), (16, 100), (480, 640)])
def test_as_many_levels_as_the_size_allows(shape):
    side, n_levels = min(shape), len(level_gains(shape, 3, 16))
    coarsest = side
    for _ in range(n_levels - 1):
        coarsest = (coarsest + 1) // 2
    assert (coarsest >= 4 or n_levels == 1) and (coarsest + 1) // 2 < 4


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.0])
def test_one_and_less_change_nothing(alpha):
    frames = np.random.default_rng(0).integers(0, 256, (5, 60, 50), dtype=np.uint8)
    assert np.array_equal(magnify_eulerian_sequence(frames, alpha), frames)


@pytest.mark.parametrize("alpha", [3.0, 27.0])
def test_a_constant_video_stays(alpha):
    frame = np.random.default_rng(0).integers(0, 256, (60, 50), dtype=np.uint8)
    assert np.array_equal(
        magnify_eulerian_sequence(np.tile(frame, (6, 1, 1)), alpha), np.tile(frame, (6, 1, 1))
    )


def test_a_step_of_the_light_is_not_magnified():
    frames = step(np.full(SHAPE, 30.0))
    assert np.array_equal(magnify_eulerian_sequence(frames, 11.0), frames)


def test_the_response_to_a_step_of_a_kept_level():
    """Quick mean minus slow mean is .35, .5425, .641375 of the step at frames 1, 2, 3."""
    pattern = wave(25, height=20)
    kept = _kept_part(pattern)
    frames = step(pattern)
    magnified = magnify_eulerian_sequence(frames, 3.0)
    added = magnified.astype(float) - frames
    for k, share in enumerate([0.0, 0.35, 0.5425, 0.641375]):
        assert np.abs(added[k] - 2 * share * kept).max() < 1.5
    assert np.abs(kept).max() > 10


def _kept_part(image):
    """What of an image is in levels of full gain, computed level by level for alpha 3."""
    gains = np.array(level_gains(SHAPE, 3, 16)) / 2
    levels = [image.astype(np.float32)]
    for _ in gains[1:]:
        levels.append(cv2.pyrDown(levels[-1]))
    total = np.zeros(SHAPE, np.float32)
    for k in range(len(gains) - 1):
        band = levels[k] - cv2.pyrUp(levels[k + 1], dstsize=levels[k].shape[::-1])
        for finer in levels[k - 1 :: -1] if k else []:
            band = cv2.pyrUp(band, dstsize=finer.shape[::-1])
        total += np.float32(gains[k]) * band
    return total


def test_fine_gratings_are_left_alone():
    frames = step(wave(3, height=20))
    added = magnify_eulerian_sequence(frames, 3.0).astype(int) - frames
    assert np.abs(added[:, 20:-20, 20:-20]).max() <= 1


def test_rates_are_those_of_the_two_means():
    frames = step(wave(25, height=20))
    slow = magnify_eulerian_sequence(frames, 3.0, rates=(0.2, 0.1)).astype(float) - frames
    quick = magnify_eulerian_sequence(frames, 3.0, rates=(0.8, 0.1)).astype(float) - frames
    assert np.ptp(quick[1]) == pytest.approx(7 * np.ptp(slow[1]), abs=6)


def test_colour_is_magnified_in_each_channel():
    grey = step(wave(25))
    colour = np.repeat(grey[..., None], 3, axis=3)
    magnified = magnify_eulerian_sequence(colour, 4.0)
    assert np.array_equal(magnified[..., 1], magnify_eulerian_sequence(grey, 4.0))


def test_the_transformer_filters_sequences_in_time(tmp_path):
    clips = [step(wave(25), 6), step(wave(40), 8)]
    magnified = clone(MotionMagnifier("eulerian", 4.0, memory=None)).fit_transform(clips)
    assert magnified.shape == (2,)
    for found, clip in zip(magnified, clips, strict=True):
        assert np.array_equal(found, magnify_eulerian_sequence(clip, 4.0))
    options = MotionMagnifier("eulerian", 4.0, rates=(0.3, 0.1), wavelength=30.0, memory=None)
    expected = magnify_eulerian_sequence(clips[1], 4.0, rates=(0.3, 0.1), wavelength=30.0)
    assert np.array_equal(options.transform(clips)[1], expected)


def test_keyframes_are_magnified_frame_by_frame():
    frames = np.stack([step(np.full(SHAPE, 4.0), 3)])
    magnified = MotionMagnifier("eulerian", 3.0).fit_transform(frames)
    assert magnified.shape == (1, 3) and magnified[0, 1][50, 50] == 120 + 3 * 4  # the light too


@pytest.mark.parametrize(
    ("method", "function"), [("lagrangian", magnify_lagrangian), ("phase", magnify_phase)]
)
def test_other_methods_magnify_each_frame_since_the_first(portrait, shifted, method, function):
    clip = [portrait[::2, ::2], *(shifted(portrait, k)[::2, ::2] for k in (0.5, 1.0, 0.2))]
    (magnified,) = MotionMagnifier(method, 2.0, memory=None).fit_transform([clip])
    assert np.array_equal(magnified[0], clip[0])
    for k in (1, 2, 3):
        assert np.array_equal(magnified[k], function(clip[0], clip[k], 2.0))


def test_magnified_sequences_are_computed_once(tmp_path, monkeypatch):
    clips = [step(wave(25)), step(wave(30))]
    magnifier = MotionMagnifier("eulerian", 4.0, memory=LandmarkCache(tmp_path))
    first = magnifier.fit_transform(clips)
    assert all(isinstance(entry, DerivedSequence) for entry in first)
    assert len(list(tmp_path.rglob("*.npy"))) == 2
    name = "skmer.magnification._magnifier.magnify_eulerian_sequence"
    monkeypatch.setattr(name, lambda *args, **options: pytest.fail("computed again"))
    again = magnifier.transform(clips)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    monkeypatch.undo()
    for changes in ({"alpha": 5.0}, {"wavelength": 8.0}, {"rates": (0.5, 0.05)}, {"method": "lagrangian"}):
        other = clone(magnifier).set_params(**changes).transform(clips)
        assert not np.array_equal(np.asarray(other[0]), np.asarray(first[0]))


def test_paths_are_read_in_colour_and_arrays_as_they_are(tmp_path):
    clip = step(wave(25))
    paths = [tmp_path / f"img{k}.png" for k in range(6)]
    for path, frame in zip(paths, clip, strict=True):
        Image.fromarray(frame).save(path)
    magnifier = MotionMagnifier("eulerian", 4.0, memory=None, n_jobs=2)
    from_paths, from_arrays = magnifier.transform([paths])[0], magnifier.transform([clip])[0]
    assert from_paths.shape == (6, *SHAPE, 3) and np.array_equal(from_paths[..., 0], from_arrays)


@pytest.mark.parametrize(
    ("parameters", "clips", "message"),
    [
        ({"rates": (0.05, 0.4)}, [step(wave(25))], "rates must be two shares"),
        ({"rates": (0.4,)}, [step(wave(25))], "rates must be two shares"),
        ({"wavelength": 0}, [step(wave(25))], "'wavelength' parameter"),
        ({}, np.zeros((2, 5, 68, 2)), "needs images, but landmarks were passed"),
        ({}, [[np.zeros((8, 8))] * 3 + [np.zeros((8, 9))]], "clip 0, frame 3: expected 8 x 8 pixels"),
        ({}, [["a.png"] * 4, None], r"clip 1 has none \(None\)"),
    ],
)
def test_what_cannot_be_magnified(parameters, clips, message):
    with pytest.raises(ValueError, match=message):
        MotionMagnifier("eulerian", memory=None, **parameters).fit_transform(clips)
