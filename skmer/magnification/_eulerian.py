"""Linear Eulerian magnification: make larger what changes in each band of a Laplacian pyramid."""

import cv2
import numpy as np

from skmer.frames._flow import one_opencv_thread

_SMALLEST = 8  # px: the pyramid ends before its sides are shorter


def magnify_eulerian(onset, frame, alpha, wavelength=16.0):
    """Multiply the change of a frame since the onset, band by band.

    To first order a displaced image is the image plus displacement times gradient, so that its change grows
    as the displacement would. That holds while the magnified displacement stays below an eighth of a
    wavelength: finer bands are multiplied by less, in proportion.

    Parameters
    ----------
    onset, frame : ndarray of shape (H, W) or (H, W, 3), uint8
        The images.
    alpha : float
        Total factor of the change: 1 changes nothing.
    wavelength : float, default=16.0
        In px; bands of this wavelength and coarser get the whole factor.

    Returns
    -------
    ndarray of the frame's shape, uint8

    References
    ----------
    Wu et al., "Eulerian Video Magnification for Revealing Subtle Changes in the World", SIGGRAPH 2012,
    doi:10.1145/2185520.2185561, eqs 5 and 14. The temporal band is here the difference to the onset.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.magnification import magnify_eulerian
    >>> dark, light = (np.full((32, 32), level, dtype=np.uint8) for level in (100, 105))
    >>> int(magnify_eulerian(dark, light, 3.0)[16, 16])
    115
    """
    with one_opencv_thread():
        change = frame.astype(np.float32) - onset.astype(np.float32)
        bands = _laplacian_pyramid(change)
        extra = bands[-1] * np.float32(alpha - 1)
        for level in reversed(range(len(bands) - 1)):
            share = min(1.0, 4 * 2**level / wavelength)  # the wavelength in the middle of a level's octave
            extra = _enlarged(extra, bands[level]) + bands[level] * np.float32((alpha - 1) * share)
    return np.clip(np.round(frame + extra), 0, 255).astype(np.uint8)


def _laplacian_pyramid(image):
    bands = []
    while min(image.shape[:2]) >= 2 * _SMALLEST:
        smaller = cv2.pyrDown(image)
        bands.append(image - _enlarged(smaller, image))
        image = smaller
    return [*bands, image]


def _enlarged(image, like):
    return cv2.pyrUp(image, dstsize=like.shape[1::-1])
