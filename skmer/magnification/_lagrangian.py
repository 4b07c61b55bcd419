"""Lagrangian magnification: measure the motion, then make it larger."""

import cv2
import numpy as np

from skmer.frames._flow import fine_flow, one_opencv_thread

_STEPS = 8


def magnify_lagrangian(onset, frame, alpha):
    """Move what a frame shows `alpha` times as far from the onset as it is.

    With the flow F from onset to frame, what the onset shows at x is shown at x + alpha F(x), with the
    frame's own light. No weights and no pyramid: the flow's noise is magnified with the motion, and nothing
    else.

    Parameters
    ----------
    onset, frame : ndarray of shape (H, W) or (H, W, 3), uint8
        The images.
    alpha : float
        Total factor of the displacement: 1 changes nothing, 0 puts everything back to where it was.

    Returns
    -------
    ndarray of the frame's shape, uint8

    References
    ----------
    Liu et al., "Motion Magnification", SIGGRAPH 2005, doi:10.1145/1073204.1073223. Dense flow in place of
    clustered tracks is ours.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.magnification import magnify_lagrangian
    >>> still = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    >>> bool((magnify_lagrangian(still, still, 5.0) == still).all())
    True
    """
    with one_opencv_thread():
        flow = fine_flow(_grey(onset), _grey(frame))
        target = np.dstack(np.meshgrid(*(np.arange(size, dtype=np.float32) for size in frame.shape[1::-1])))
        origin = target - np.float32(alpha) * flow
        for _ in range(_STEPS):
            origin = target - np.float32(alpha) * _sampled(flow, origin)
        return _sampled(frame, origin + _sampled(flow, origin), cv2.INTER_CUBIC)


def _grey(image):
    return np.ascontiguousarray(image) if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _sampled(image, places, filtering=cv2.INTER_LINEAR):
    return cv2.remap(image, places[..., 0], places[..., 1], filtering, borderMode=cv2.BORDER_REPLICATE)
