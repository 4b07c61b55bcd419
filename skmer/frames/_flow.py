"""Dense optical flow between two grey images."""

from contextlib import contextmanager

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from skmer._utils._arguments import Numbers, Pixels, as_array, check_same_shape, checked, option
from skmer._utils._imports import import_optional

LEAST_SIDE = 16
"""Shorter side of the smallest images that have a flow, px: DIS has no patch of 8 px at half size below."""

# DIS ends the process instead of an exception when a wide image is lower than its patches.
_IMAGE = [Pixels(2, least=LEAST_SIDE)]
_LEAST_PATCHED = 32  # px: a patch of 12 px fits into the half size of larger images
_LUCAS_KANADE = {
    "winSize": (31, 31),
    "maxLevel": 2,
    "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.003),
    "minEigThreshold": 1e-6,
}


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


@checked(first=_IMAGE, second=_IMAGE)
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
    check_same_shape(first=first, second=second)
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(first, second, None)


@checked(first=_IMAGE, second=_IMAGE)
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
    check_same_shape(first=first, second=second)
    return _fine_method().calc(first, second, None)


def _fine_method():
    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    method.setPatchStride(6)
    method.setGradientDescentIterations(6)
    method.setVariationalRefinementIterations(4)
    method.setVariationalRefinementAlpha(25.0)
    method.setVariationalRefinementGamma(10.0)
    return method


@checked(first=[Pixels(2)], second=[Pixels(2)])
def patch_flow(first, second):
    """Dense inverse search (DIS) optical flow with large patches: less noise than `fine_flow`, at more cost.

    Patches of 12 px instead of 8: ``benchmarks/landmarks.py`` measures a quarter less noise with a direction
    that is no worse, and movements a twentieth smaller.

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
    >>> from skmer.frames import patch_flow
    >>> x, y = np.meshgrid(np.arange(96.0), np.arange(96.0))
    >>> first, second = (
    ...     (128 + 60 * np.sin((x - shift) / 9) + 60 * np.cos(y / 7)).astype(np.uint8) for shift in (0, 0.6)
    ... )
    >>> bool(abs(np.median(patch_flow(first, second)[..., 0]) - 0.6) < 0.05)
    True
    """
    check_same_shape(first=first, second=second)
    method = _fine_method()
    if min(np.shape(first)) >= _LEAST_PATCHED:
        method.setPatchSize(12)
    return method.calc(first, second, None)


@checked(first=[Pixels(2)], second=[Pixels(2)], points=[Numbers(None, 2)])
def point_flow(first, second, points):
    """Optical flow of single points, by iterated Lucas-Kanade on windows of 31 px; NaN where there is none.

    Parameters
    ----------
    first, second : ndarray of shape (H, W), uint8
        The images, contiguous.
    points : ndarray of shape (N, 2)
        x and y in px of the first.

    Returns
    -------
    ndarray of shape (N, 2), float64
        Displacement in px. It is not smoothed from point to point, so that its errors differ from those of
        a dense flow.

    References
    ----------
    Lucas and Kanade, "An Iterative Image Registration Technique with an Application to Stereo Vision", IJCAI
    1981; Bouguet, "Pyramidal Implementation of the Lucas Kanade Feature Tracker", Intel, 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import point_flow
    >>> x, y = np.meshgrid(np.arange(96.0), np.arange(96.0))
    >>> first, second = (
    ...     (128 + 60 * np.sin((x - shift) / 9) + 60 * np.cos(y / 7)).astype(np.uint8) for shift in (0, 0.6)
    ... )
    >>> bool(np.abs(point_flow(first, second, [[40.0, 50.0]]) - [0.6, 0.0]).max() < 0.05)
    True
    """
    check_same_shape(first=first, second=second)
    points = np.asarray(points, dtype=np.float64)
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        first, second, points.astype(np.float32).reshape(-1, 1, 2), None, **_LUCAS_KANADE
    )
    return np.where(status == 1, found[:, 0] - points.astype(np.float32), np.nan).astype(np.float64)


def _farneback(first, second):
    return cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 15, 3, 5, 1.2, 0)


def _tvl1(first, second):
    registration = import_optional(
        "skimage.registration", caller='flow "tvl1"', package="scikit-image", extra="flow"
    )
    first, second = (np.divide(image, 255, dtype=np.float32) for image in (first, second))
    # scikit-image puts the rows first: (v, u) on the first axis.
    v, u = registration.optical_flow_tvl1(first, second, attachment=15, tightness=0.3, dtype=np.float32)
    return np.stack([u, v], axis=-1)


FLOW_METHODS = {"dis": fine_flow, "farneback": _farneback, "tvl1": _tvl1}
"""Names of the methods of `optical_flow`, and the functions behind them."""


@checked(first=["array-like"], second=["array-like"], method=[option(*FLOW_METHODS)])
def optical_flow(first, second, *, method="dis"):
    """Return the dense optical flow from one grey image to another, by the name of its method.

    Parameters
    ----------
    first, second : array-like of shape (H, W), uint8
        Images of one size, at least 16 px high and wide.
    method : {"dis", "farneback", "tvl1"}, default="dis"
        Dense inverse search as in `fine_flow`; OpenCV's polynomial expansion (3 levels, window 15, 3
        iterations); or scikit-image's TV-L1 (attachment 15, tightness 0.3 on images in [0, 1]), which the
        extra ``flow`` installs and which takes hundreds of times as long.

    Returns
    -------
    ndarray of shape (H, W, 2), float32
        Displacement in px: ``second[y + flow[y, x, 1], x + flow[y, x, 0]]`` shows what ``first[y, x]`` shows.
        The same to the last bit, however many threads OpenCV has.

    Raises
    ------
    ValueError
        If the images are not two grey uint8 images of one size, are smaller, or the method is another one.
    ImportError
        If the method is "tvl1" and scikit-image is not installed.

    References
    ----------
    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
    doi:10.1007/978-3-319-46493-0_29. Farneback, "Two-Frame Motion Estimation Based on Polynomial Expansion",
    SCIA 2003, doi:10.1007/3-540-45103-X_50. Zach et al., "A Duality Based Approach for Realtime TV-L1 Optical
    Flow", DAGM 2007, doi:10.1007/978-3-540-74936-3_22.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import optical_flow
    >>> x, y = np.meshgrid(np.arange(96.0), np.arange(96.0))
    >>> first, second = (
    ...     (128 + 60 * np.sin((x - shift) / 9) + 60 * np.cos(y / 7)).astype(np.uint8) for shift in (0, 0.6)
    ... )
    >>> for method in ("dis", "farneback"):
    ...     flow = optical_flow(first, second, method=method)
    ...     print(flow.shape, bool(abs(np.median(flow[..., 0]) - 0.6) < 0.1))
    (96, 96, 2) True
    (96, 96, 2) True
    """
    first, second = (_grey(image, name) for image, name in ((first, "first"), (second, "second")))
    if first.shape != second.shape:
        raise ValueError(
            f"first and second must be images of one size, got {first.shape} and {second.shape}; resize or "
            "crop the frames of a clip alike."
        )
    with one_opencv_thread():
        return FLOW_METHODS[method](first, second)


def _grey(image, name):
    image = as_array(name, image)
    if image.ndim != 2 or image.dtype != np.uint8:
        raise ValueError(
            f"{name} must be a grey image (height, width) of uint8, got shape {image.shape} of dtype "
            f"{image.dtype}; skmer.frames.read_image makes one."
        )
    if min(image.shape) < LEAST_SIDE:
        raise ValueError(
            f"{name} must be at least {LEAST_SIDE} px high and wide to have a flow, got {image.shape}; "
            "enlarge the crop."
        )
    return np.ascontiguousarray(image)


@checked(field=[Numbers(None, None, 2, finite=False)], points=[Numbers(None, 2, finite=False)])
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
    field, points = np.asarray(field), np.asarray(points)
    field = field.astype(float) if field.dtype == object else field
    rows_columns = np.asarray(points, dtype=np.float64).T[::-1]
    channels = (
        map_coordinates(field[..., axis], rows_columns, np.float64, order=1, mode="nearest")
        for axis in (0, 1)
    )
    return np.stack(list(channels), axis=1)
