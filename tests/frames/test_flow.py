import cv2
import numpy as np
import pytest

from skmer.frames._flow import coarse_flow, fine_flow, one_opencv_thread, sample


@pytest.mark.parametrize("flow", [coarse_flow, fine_flow])
@pytest.mark.parametrize("distance", [1.0, 2.5])
def test_a_known_shift(grey, shifted, flow, distance):
    found = flow(grey, shifted(grey, distance))[40:-40, 40:-40]
    assert np.median(found[..., 0]) == pytest.approx(distance, rel=0.05)
    assert np.abs(np.median(found[..., 1])) < 0.02


def test_flow_is_the_same_whatever_threads_opencv_has(grey, shifted):
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
    assert np.allclose(sample(field, places), [[1.25, 2.5], [4.0, 3.0], [4.0, 0.0]])
