import sys

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from skmer.frames import (
    FLOW_METHODS,
    coarse_flow,
    fine_flow,
    one_opencv_thread,
    optical_flow,
    patch_flow,
    point_flow,
    sample_flow,
)


@pytest.fixture(scope="module")
def grey():
    """A face on a 240 x 240 frame."""
    picture = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[50:200, 150:300]
    return cv2.resize(picture, (240, 240), interpolation=cv2.INTER_CUBIC)


def shifted(image, distance):
    matrix = np.array([[1.0, 0.0, distance], [0.0, 1.0, 0.0]])
    size = image.shape[::-1]
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("flow", [coarse_flow, fine_flow, patch_flow])
@pytest.mark.parametrize("distance", [1.0, 2.5])
def test_a_known_shift(grey, flow, distance):
    found = flow(grey, shifted(grey, distance))[40:-40, 40:-40]
    assert np.median(found[..., 0]) == pytest.approx(distance, rel=0.05)
    assert np.abs(np.median(found[..., 1])) < 0.02


@pytest.mark.parametrize("distance", [0.3, 2.5])
def test_points_follow_a_known_shift(grey, distance):
    points = np.array([[120.0, 120.0], [90.0, 100.5]])
    found = point_flow(grey, shifted(grey, distance), points)
    assert np.abs(found - [distance, 0.0]).max() < 0.05


def test_a_point_outside_the_image_has_no_flow(grey):
    assert np.isnan(point_flow(grey, grey, [[-500.0, 20.0]])).all()


@pytest.mark.parametrize("side", [16, 24, 31, 32, 40])
def test_large_patches_are_not_asked_of_small_images(side):
    image = np.random.default_rng(0).integers(0, 255, (side, side + 40), dtype=np.uint8)
    assert np.isfinite(patch_flow(image, image)).all()


def test_flow_is_the_same_whatever_threads_opencv_has(grey):
    before = cv2.getNumThreads()
    flows = []
    for threads in (1, 2):
        cv2.setNumThreads(threads)
        with one_opencv_thread():
            flows.append(fine_flow(grey, shifted(grey, 0.7)))
        assert cv2.getNumThreads() == threads
    cv2.setNumThreads(before)
    assert np.array_equal(*flows)


def test_a_field_is_sampled_bilinearly_and_held_beyond_its_border():
    field = np.dstack(np.meshgrid(np.arange(5.0), np.arange(4.0))).astype(np.float32)
    places = np.array([[1.25, 2.5], [4.0, 3.0], [9.0, -3.0]])
    assert np.allclose(sample_flow(field, places), [[1.25, 2.5], [4.0, 3.0], [4.0, 0.0]])


METHODS = pytest.mark.parametrize("method", list(FLOW_METHODS))


@METHODS
def test_a_shift_of_part_of_a_pixel_is_found_by_each_method(grey, method):
    matrix = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 1.0]])
    moved = cv2.warpAffine(grey, matrix, (240, 240), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    flow = optical_flow(grey, moved, method=method)
    assert flow.shape == (240, 240, 2)
    assert flow.dtype == np.float32
    # u before v: the two shifts differ, so an exchange would be seen.
    assert np.abs(np.median(flow[30:-30, 30:-30], axis=(0, 1)) - [0.5, 1.0]).max() < 0.05


@METHODS
@pytest.mark.parametrize("shape", [(16, 16), (16, 700), (700, 16), (45, 33)])
def test_flow_of_small_and_of_flat_images_is_finite(method, shape):
    noise = np.random.default_rng(0).integers(0, 256, (2, *shape), dtype=np.uint8)
    flat = np.full(shape, 90, dtype=np.uint8)
    assert np.isfinite(optical_flow(*noise, method=method)).all()
    assert not optical_flow(flat, flat, method=method).any()


def test_flow_of_the_default_method_is_that_of_landmarks(grey):
    assert np.array_equal(optical_flow(grey, grey[::-1]), fine_flow(grey, np.ascontiguousarray(grey[::-1])))


@pytest.mark.parametrize(
    ("images", "method", "message"),
    [
        (((40, 40), (40, 41)), "dis", r"images of one size, got \(40, 40\) and \(40, 41\); resize or crop"),
        (((40, 40, 3), (40, 40, 3)), "dis", r"first must be a grey image .* got shape \(40, 40, 3\)"),
        (((15, 300), (15, 300)), "dis", r"first must be at least 16 px high and wide .* got \(15, 300\)"),
        (((40, 40), (40, 40)), "raft", "method must be one of .*, got 'raft'"),
    ],
)
def test_what_has_no_flow(images, method, message):
    with pytest.raises(ValueError, match=message):
        optical_flow(*(np.zeros(shape, dtype=np.uint8) for shape in images), method=method)


def test_float_images_have_no_flow():
    with pytest.raises(
        ValueError, match=r"second must be a grey image .* dtype float64; skmer.frames.read_im"
    ):
        optical_flow(np.zeros((40, 40), dtype=np.uint8), np.zeros((40, 40)))


def test_tvl1_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.registration", None)
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ImportError, match=r"needs the package scikit-image: pip install 'skmer\[flow\]'"):
        optical_flow(*np.zeros((2, 40, 40), dtype=np.uint8), method="tvl1")
