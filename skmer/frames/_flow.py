"""Dense optical flow between two grey images."""

from contextlib import contextmanager

import cv2
import numpy as np
from scipy.ndimage import map_coordinates


@contextmanager
def one_opencv_thread():
    """Context manager: one OpenCV thread inside, the previous number after.

    OpenCV's optical flow depends on how many threads share an image, so results are repeatable only with a
    fixed number of them; and the threads of several workers would crowd the cores.

    Yields
    ------
    None

    Examples
    --------
    >>> import cv2
    >>> from skmer.frames import one_opencv_thread
    >>> with one_opencv_thread():
    ...     cv2.getNumThreads()
    1
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def coarse_flow(first, second):
    """Dense inverse search (DIS) optical flow with the fast preset, for large motions.

    Parameters
    ----------
    first, second : ndarray of shape (H, W), uint8
        The images, contiguous.

    Returns
    -------
    ndarray of shape (H, W, 2), float32
        Displacement in px: ``second[y + flow[y, x, 1], x + flow[y, x, 0]]`` shows what ``first[y, x]`` shows.

    References
    ----------
    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
    doi:10.1007/978-3-319-46493-0_29.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import coarse_flow
    >>> x, y = np.meshgrid(np.arange(96.0), np.arange(96.0))
    >>> first, second = (
    ...     (128 + 60 * np.sin((x - shift) / 9) + 60 * np.cos(y / 7)).astype(np.uint8) for shift in (0, 4)
    ... )
    >>> flow = coarse_flow(first, second)
    >>> flow.shape, bool(abs(np.median(flow[..., 0]) - 4) < 0.5)
    ((96, 96, 2), True)
    """
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(first, second, None)


def fine_flow(first, second):
    """Dense inverse search (DIS) optical flow of sub-pixel accuracy, for motions of a few pixels.

    The medium preset with a smoother refinement, fewer descent steps and a wider stride, which
    ``benchmarks/landmarks.py`` measures to give less noise in less time.

    Parameters
    ----------
    first, second : ndarray of shape (H, W), uint8
        The images, contiguous.

    Returns
    -------
    ndarray of shape (H, W, 2), float32
        Displacement in px, as `coarse_flow` returns it.

    References
    ----------
    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
    doi:10.1007/978-3-319-46493-0_29.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import fine_flow
    >>> x, y = np.meshgrid(np.arange(96.0), np.arange(96.0))
    >>> first, second = (
    ...     (128 + 60 * np.sin((x - shift) / 9) + 60 * np.cos(y / 7)).astype(np.uint8) for shift in (0, 0.6)
    ... )
    >>> bool(abs(np.median(fine_flow(first, second)[..., 0]) - 0.6) < 0.05)
    True
    """
    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    method.setPatchStride(6)
    method.setGradientDescentIterations(6)
    method.setVariationalRefinementIterations(4)
    method.setVariationalRefinementAlpha(25.0)
    method.setVariationalRefinementGamma(10.0)
    return method.calc(first, second, None)


def sample_flow(field, points):
    """Values of a dense field at points, interpolated bilinearly.

    Parameters
    ----------
    field : ndarray of shape (H, W, 2), float32
        The field, such as a flow.
    points : ndarray of shape (N, 2)
        x and y in px; beyond the border the field has its value at the border.

    Returns
    -------
    ndarray of shape (N, 2), float64

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import sample_flow
    >>> field = np.dstack(np.meshgrid(np.arange(5.0), np.arange(4.0))).astype(np.float32)
    >>> sample_flow(field, [[1.25, 2.5], [9.0, 3.0]])
    array([[1.25, 2.5 ],
           [4.  , 3.  ]])
    """
    rows_columns = np.asarray(points, dtype=np.float64).T[::-1]
    channels = (
        map_coordinates(field[..., axis], rows_columns, np.float64, order=1, mode="nearest")
        for axis in (0, 1)
    )
    return np.stack(list(channels), axis=1)
