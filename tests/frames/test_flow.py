import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from skmer.frames import coarse_flow, fine_flow, one_opencv_thread, sample_flow


@pytest.fixture(scope="module")
def grey():
    """A face on a 240 x 240 frame."""
    picture = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[50:200, 150:300]
    return cv2.resize(picture, (240, 240), interpolation=cv2.INTER_CUBIC)


def shifted(image, distance):
    matrix = np.array([[1.0, 0.0, distance], [0.0, 1.0, 0.0]])
    size = image.shape[::-1]
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("flow", [coarse_flow, fine_flow])
@pytest.mark.parametrize("distance", [1.0, 2.5])
def test_a_known_shift(grey, flow, distance):
    found = flow(grey, shifted(grey, distance))[40:-40, 40:-40]
    assert np.median(found[..., 0]) == pytest.approx(distance, rel=0.05)
    assert np.abs(np.median(found[..., 1])) < 0.02


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
