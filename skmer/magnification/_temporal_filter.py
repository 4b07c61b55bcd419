"""Eulerian magnification of whole sequences: a temporal band-pass in each band of a Laplacian pyramid."""

import cv2
import numpy as np

from skmer._utils._arguments import Numbers, checked, real
from skmer.frames import one_opencv_thread

_SMALLEST = 4  # px: the shorter side of the coarsest level is not shorter
_EXAGGERATION = 2.0  # of the bound on alpha, as in the authors' code


@checked(
    frames=[Numbers(None, None, None), Numbers(None, None, None, 3)],
    alpha=[real()],
    wavelength=[real(1e-6, 1e9)],
    rates=[Numbers(2)],
)
def magnify_eulerian_sequence(frames, alpha, *, wavelength=16.0, rates=(0.4, 0.05)):
    """Magnify what changes over time in a sequence, in each band of a Laplacian pyramid.

    Two running means of each pixel, a quick and a slow one, start at the first frame; their difference is the
    band of changes, to which quick noise and slow drift add little. Its finest and its coarsest level are
    left as they are, so that a change of the light on the whole picture is not magnified, as it is by
    `magnify_eulerian`.

    Parameters
    ----------
    frames : array-like of shape (T, H, W) or (T, H, W, 3), uint8
        The images.
    alpha : float
        Total factor of the displacement: 1 changes nothing, nor does less. Papers that give the factor of
        what is added have one less.
    wavelength : float, default=16.0
        In px, lambda_c of the paper: shorter waves are magnified by less.
    rates : (float, float), default=(0.4, 0.05)
        Shares of each new frame in the quick and the slow mean.

    Returns
    -------
    ndarray of the frames' shape, uint8

    Notes
    -----
    With a = alpha - 1, a level whose waves are l px long is multiplied by max(0, min(a, 2 (l / (8 d) - 1))),
    where d = wavelength / (8 (1 + a)); l is a third of the diagonal at the coarsest level and halves with
    each finer one. There are as many levels as leave the shorter side of the coarsest at least 4 px.

    References
    ----------
    Wu et al., "Eulerian Video Magnification for Revealing Subtle Changes in the World", SIGGRAPH 2012,
    doi:10.1145/2185520.2185561, eq. 14 and section 4; the factor 2, the levels left out and the waves of a
    level are those of the authors' code. The bound at zero is ours: without it the finest waves are reversed.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.magnification import magnify_eulerian_sequence
    >>> still = np.tile(np.random.default_rng(0).integers(0, 255, (64, 48), dtype=np.uint8), (6, 1, 1))
    >>> bool((magnify_eulerian_sequence(still, 10.0) == still).all())
    True
    """
    frames = np.asarray(frames)
    gains = level_gains(frames.shape[1:3], alpha, wavelength)
    magnified = frames.copy()
    quick = slow = frames[0].astype(np.float32)
    with one_opencv_thread():
        for k, frame in enumerate(frames):
            current = frame.astype(np.float32)
            quick = quick + np.float32(rates[0]) * (current - quick)
            slow = slow + np.float32(rates[1]) * (current - slow)
            if any(gains):
                added = _weighted_levels(quick - slow, gains)
                magnified[k] = np.clip(np.rint(current + added), 0, 255).astype(np.uint8)
    return magnified


def level_gains(shape, alpha, wavelength):
    """Factors of the levels, from the finest to the coarsest.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the frames.
    alpha : float
        Total factor of the displacement.
    wavelength : float
        The shortest that is magnified in full, about.

    Returns
    -------
    list of float
    """
    n_levels, side = 1, min(shape)
    while (side + 1) // 2 >= _SMALLEST:
        n_levels, side = n_levels + 1, (side + 1) // 2
    waves = np.hypot(*shape) / 3 / 2.0 ** np.arange(n_levels - 1, -1, -1)
    bound = _EXAGGERATION * (waves * max(alpha, 1.0) / wavelength - 1)
    gains = np.maximum(0, np.minimum(alpha - 1, bound))
    gains[[0, -1]] = 0.0
    return gains.tolist()


def _weighted_levels(image, gains):
    """Sum of the levels of the image's Laplacian pyramid, each multiplied by its gain."""
    levels = [image]
    for _ in gains[1:]:
        levels.append(cv2.pyrDown(levels[-1]))
    total = np.float32(gains[-1]) * levels[-1]
    for gain, fine, coarse in zip(gains[-2::-1], levels[-2::-1], levels[:0:-1], strict=True):
        size = fine.shape[1::-1]
        total = cv2.pyrUp(total, dstsize=size)
        if gain:
            total += np.float32(gain) * (fine - cv2.pyrUp(coarse, dstsize=size))
    return total
