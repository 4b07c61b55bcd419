import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from skmer.landmarks import FaceLandmarker
from skmer.magnification import MotionMagnifier, magnify_eulerian, magnify_lagrangian, magnify_phase

METHODS = {"lagrangian": magnify_lagrangian, "eulerian": magnify_eulerian, "phase": magnify_phase}


@pytest.mark.parametrize("method", ["lagrangian", "phase"])
@pytest.mark.parametrize("alpha", [2.0, 3.0])
def test_alpha_is_the_total_factor_of_a_known_shift(grey, shifted, distance_between, method, alpha):
    magnified = METHODS[method](grey, shifted(grey, 1.0), alpha)
    assert distance_between(grey, magnified) == pytest.approx(alpha, rel=0.1)


def test_eulerian_magnification_of_a_small_shift(grey, shifted, distance_between):
    magnified = magnify_eulerian(grey, shifted(grey, 0.3), 3.0)
    assert 0.6 < distance_between(grey, magnified) < 1.0


@pytest.mark.parametrize("method", METHODS)
def test_one_changes_nothing_and_a_still_picture_stays_still(portrait, shifted, method):
    moved = shifted(portrait, 1.0)
    assert np.abs(METHODS[method](portrait, moved, 1.0).astype(int) - moved).max() <= 1
    assert np.abs(METHODS[method](portrait, portrait, 5.0).astype(int) - portrait).max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_without_detail_stays_even(method):
    even = np.full((40, 40), 90, np.uint8)
    assert np.array_equal(METHODS[method](even, even, 3.0), even)
    assert np.ptp(METHODS[method](even, even + np.uint8(10), 3.0)) == 0


@pytest.mark.parametrize("method", ["lagrangian", "eulerian", "phase"])
def test_magnified_pictures_are_nearer_the_truth(grey, shifted, method):
    moved, truth = shifted(grey, 0.8), shifted(grey, 2.4)
    magnified = METHODS[method](grey, moved, 3.0)
    inner = (slice(30, -30),) * 2
    error, before = (np.abs(image[inner].astype(int) - truth[inner]).mean() for image in (magnified, moved))
    assert error < 0.75 * before


@pytest.mark.parametrize("method", METHODS)
def test_the_transformer_keeps_the_onset_and_magnifies_the_rest(portrait, shifted, method):
    clip = [portrait, shifted(portrait, 1.0), shifted(portrait, 0.2)]
    magnified = clone(MotionMagnifier(method, alpha=2.0)).fit_transform([clip])
    assert magnified.shape == (1, 3)
    assert np.array_equal(magnified[0, 0], portrait)
    for frame in (1, 2):
        assert magnified[0, frame].dtype == np.uint8
        assert np.array_equal(magnified[0, frame], METHODS[method](portrait, clip[frame], 2.0))


def test_paths_grey_frames_and_workers(grey, shifted, tmp_path):
    clip = [grey, shifted(grey, 1.0), grey]
    paths = [tmp_path / f"{index}.png" for index in range(3)]
    for path, frame in zip(paths, clip, strict=True):
        Image.fromarray(frame).save(path)
    from_arrays = MotionMagnifier().transform([clip, clip])
    from_paths = MotionMagnifier(n_jobs=2).transform([paths, paths])
    assert from_arrays[0, 1].shape == grey.shape and from_paths[0, 1].shape == (*grey.shape, 3)
    assert np.array_equal(from_paths[1, 1][..., 0], from_arrays[1, 1])


def test_landmarks_move_further_on_magnified_frames(portrait, shifted):
    clip = [portrait, shifted(portrait, 1.0), portrait]
    magnified = MotionMagnifier(alpha=3.0).transform([clip])
    plain, large = (FaceLandmarker(memory=None).transform(frames)[0] for frames in ([clip], magnified))
    assert np.median((plain[1] - plain[0])[:, 0]) == pytest.approx(1, abs=0.1)
    assert np.median((large[1] - large[0])[:, 0]) == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize(
    ("parameters", "frames", "message"),
    [
        ({"method": "swirl"}, np.zeros((1, 3, 32, 32)), "'method' parameter"),
        ({"alpha": -1.0}, np.zeros((1, 3, 32, 32)), "'alpha' parameter"),
        ({}, np.zeros((1, 3, 68, 2)), "needs images, but landmarks were passed"),
        ({"method": "magnet"}, np.zeros((1, 3, 32, 32)), "needs a file of weights"),
        (
            {},
            [[np.zeros((8, 8)), np.zeros((8, 9)), np.zeros((8, 8))]],
            "clip 0: expected three frames of one size",
        ),
    ],
    ids=["method", "alpha", "landmarks", "weights", "sizes"],
)
def test_what_cannot_be_magnified(parameters, frames, message):
    with pytest.raises(ValueError, match=message):
        MotionMagnifier(**parameters).fit(frames).transform(frames)


def test_all_but_method_and_alpha_are_keywords():
    with pytest.raises(TypeError, match="positional"):
        MotionMagnifier("magnet", 3.0, "weights.safetensors")
