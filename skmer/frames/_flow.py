"""Dense optical flow between two grey images, and what is done with it."""

from contextlib import contextmanager

import cv2
import numpy as np
from scipy.ndimage import map_coordinates


@contextmanager
def one_opencv_thread():
    """Run OpenCV on one thread: its flow depends on how many share an image, and workers crowd the cores."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def coarse_flow(first, second):
    """Dense inverse search flow, fast, for large motions.

    Parameters
    ----------
    first, second : ndarray of shape (H, W), uint8
        The images, contiguous.

    Returns
    -------
    ndarray of shape (H, W, 2), float32
        Displacement in px: ``second[y + flow[y, x, 1], x + flow[y, x, 0]]`` shows what ``first[y, x]`` shows.
    """
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(first, second, None)


def fine_flow(first, second):
    """Dense inverse search flow, exact, for motions of a few pixels.

    The medium preset with a smoother refinement, fewer descent steps and a wider stride: by
    ``benchmarks/landmarks.py`` less noise in less time.

    Parameters
    ----------
    first, second : ndarray of shape (H, W), uint8
        The images, contiguous.

    Returns
    -------
    ndarray of shape (H, W, 2), float32
        As `coarse_flow`.

    References
    ----------
    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
    doi:10.1007/978-3-319-46493-0_29.
    """
    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    method.setPatchStride(6)
    method.setGradientDescentIterations(6)
    method.setVariationalRefinementIterations(4)
    method.setVariationalRefinementAlpha(25.0)
    method.setVariationalRefinementGamma(10.0)
    return method.calc(first, second, None)


def sample(field, points):
    """Values of a dense field at points, bilinearly; beyond the border its edge value.

    Parameters
    ----------
    field : ndarray of shape (H, W, 2), float32
        The field.
    points : ndarray of shape (N, 2)
        x and y in px.

    Returns
    -------
    ndarray of shape (N, 2), float64
    """
    rows_columns = np.asarray(points, dtype=np.float64).T[::-1]
    channels = (
        map_coordinates(field[..., axis], rows_columns, np.float64, order=1, mode="nearest")
        for axis in (0, 1)
    )
    return np.stack(list(channels), axis=1)
