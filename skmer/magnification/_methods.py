"""Lagrangian, Eulerian and phase-based magnification of the motion between two frames."""

from functools import lru_cache

import cv2
import numpy as np
from scipy.fft import fft2, ifft2, next_fast_len

from skmer._utils._arguments import Pixels, check_same_shape, checked, real
from skmer.frames import fine_flow, one_opencv_thread

_STEPS = 8  # of the fixed-point iteration that inverts the magnified flow
_SMALLEST = 8  # px: sides of the Laplacian pyramid's coarsest level are not shorter
_N_ORIENTATIONS = 4
_COARSEST = 5  # octaves: waves longer than about 45 px are magnified linearly
_PAD = 16  # px of reflected border, since the Fourier transform wraps around
_SMOOTHING = 0.7  # px over which the finest phase is averaged; twice as far in each coarser octave
_FLOOR = 0.3  # of a band's rms amplitude: below it the amplitude is mostly noise
_GROWTH = 0.25  # largest change of the log amplitude that counts as motion

LEAST_SIDE = 16  # px: smaller images have no optical flow


@checked(onset=[Pixels(least=LEAST_SIDE)], frame=[Pixels(least=LEAST_SIDE)], alpha=[real()])
def magnify_lagrangian(onset, frame, alpha):
    """Magnify the motion of a frame since the onset by dense optical flow.

    With the flow F from onset to frame, what the onset shows at x is shown at x + alpha F(x), in the
    frame's own lighting. The flow's noise is magnified with the motion; there are no other artefacts of
    a pyramid or of learned weights.

    Parameters
    ----------
    onset, frame : ndarray of shape (H, W) or (H, W, 3), uint8
        The images.
    alpha : float
        Total factor of the displacement: 1 changes nothing, 0 undoes the motion.

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
    check_same_shape(onset=onset, frame=frame)
    with one_opencv_thread():
        flow = fine_flow(_grey(onset), _grey(frame))
        target = np.dstack(np.meshgrid(*(np.arange(size, dtype=np.float32) for size in frame.shape[1::-1])))
        # The flow lives on the onset, but a pixel of the result must know its origin there: solve
        # target = origin + alpha F(origin) by fixed-point iteration.
        origin = target - np.float32(alpha) * flow
        for _ in range(_STEPS):
            origin = target - np.float32(alpha) * _remap(flow, origin)
        return _remap(frame, origin + _remap(flow, origin), cv2.INTER_CUBIC)


def _grey(image):
    return np.ascontiguousarray(image) if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _remap(image, points, filtering=cv2.INTER_LINEAR):
    return cv2.remap(image, points[..., 0], points[..., 1], filtering, borderMode=cv2.BORDER_REPLICATE)


def _to_uint8(image):
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


@checked(onset=[Pixels()], frame=[Pixels()], alpha=[real()], wavelength=[real(1e-6, 1e9)])
def magnify_eulerian(onset, frame, alpha, wavelength=16.0):
    """Magnify the change of a frame since the onset in each band of a Laplacian pyramid.

    To first order a displaced image is the image plus displacement times gradient, so that a multiplied
    change looks like a multiplied displacement. That holds while the magnified displacement is below an
    eighth of a wavelength; finer bands are therefore multiplied by less, in proportion.

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
    check_same_shape(onset=onset, frame=frame)
    with one_opencv_thread():
        change = frame.astype(np.float32) - onset.astype(np.float32)
        bands = _laplacian_pyramid(change)
        extra = bands[-1] * np.float32(alpha - 1)
        for level in reversed(range(len(bands) - 1)):
            share = min(1.0, 4 * 2**level / wavelength)  # the wavelength in the middle of a level's octave
            extra = _enlarged(extra, bands[level]) + bands[level] * np.float32((alpha - 1) * share)
    return _to_uint8(frame + extra)


def _laplacian_pyramid(image):
    bands = []
    while min(image.shape[:2]) >= 2 * _SMALLEST:
        smaller = cv2.pyrDown(image)
        bands.append(image - _enlarged(smaller, image))
        image = smaller
    return [*bands, image]


def _enlarged(image, like):
    return cv2.pyrUp(image, dstsize=like.shape[1::-1])


@checked(onset=[Pixels()], frame=[Pixels()], alpha=[real()])
def magnify_phase(onset, frame, alpha):
    """Magnify the change of local phase since the onset in each band of a complex steerable pyramid.

    Parameters
    ----------
    onset, frame : ndarray of shape (H, W) or (H, W, 3), uint8
        The images; in colour images the luma channel is magnified.
    alpha : float
        Total factor of the displacement: 1 changes nothing. The phases of a band are unwrapped with those
        of the next coarser one.

    Returns
    -------
    ndarray of the frame's shape, uint8

    References
    ----------
    Wadhwa et al., "Phase-Based Video Motion Processing", SIGGRAPH 2013, doi:10.1145/2461912.2461966; the
    pyramid after Portilla and Simoncelli, IJCV 40(1), 2000, doi:10.1023/A:1026553619983. The temporal band is
    here the difference to the onset. Magnifying amplitudes too, and waves above 45 px linearly, is ours.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.magnification import magnify_phase
    >>> still = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    >>> bool((magnify_phase(still, still, 5.0) == still).all())
    True
    """
    check_same_shape(onset=onset, frame=frame)
    if frame.ndim == 2:
        return _to_uint8(_magnify_grey(onset.astype(np.float32), frame.astype(np.float32), alpha))
    before, after = (
        cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2YCrCb) for image in (onset, frame)
    )
    after[..., 0] = _magnify_grey(before[..., 0], after[..., 0], alpha)
    return _to_uint8(255 * cv2.cvtColor(after, cv2.COLOR_YCrCb2RGB))


def _magnify_grey(onset, frame, alpha):
    height, width = frame.shape
    size = tuple(next_fast_len(side + 2 * _PAD) for side in frame.shape)
    room = tuple((_PAD, full - side - _PAD) for full, side in zip(size, frame.shape, strict=True))
    # A mirrored rim, since the transform takes the picture for one period of an endless one.
    first, second = (fft2(np.pad(image, room, mode="symmetric")) for image in (onset, frame))
    # Halved: below, the real part is doubled, as the bands have one half of the plane alone.
    change = (alpha - 1) / 2 * (second - first) * coarse_rest(size)
    with one_opencv_thread():
        for direction in range(_N_ORIENTATIONS):
            phase = np.zeros(size, dtype=np.float32)
            for octave in reversed(range(_n_octaves(size))):
                band = steerable_band(size, octave, direction)
                before, after = ifft2(first * band), ifft2(second * band)
                # A wave of half the length turns by twice the phase: the coarser octave tells how often it
                # wrapped.
                phase = _phase_change(before, after, 2 * phase, _SMOOTHING * 2**octave)
                turn = np.exp(np.float32(alpha - 1) * (_growth(before, after) + np.complex64(1j) * phase)) - 1
                change += fft2(after * turn) * band
    return frame + 2 * ifft2(change).real[_PAD : _PAD + height, _PAD : _PAD + width]


def _phase_change(before, after, expected, smoothing):
    """Change of phase, unwrapped to be nearest to the expected one, averaged with the amplitude as weight."""
    product = after * before.conj()
    weight = np.abs(product)
    change = np.angle(product)
    change += 2 * np.pi * np.round((expected - change) / (2 * np.pi))
    smooth = cv2.GaussianBlur(change * weight, (0, 0), smoothing)
    return smooth / (cv2.GaussianBlur(weight, (0, 0), smoothing) + np.float32(1e-12))


def _growth(before, after):
    """Change of the log amplitude, damped where the band is weak: its envelope moves with its waves."""
    before, after = np.abs(before), np.abs(after)
    floor = _FLOOR * np.sqrt((before**2).mean()) + np.float32(1e-12)  # an even picture has no waves
    return np.clip(np.log((after + floor) / (before + floor)), -_GROWTH, _GROWTH)


def _n_octaves(size):
    return max(1, min(_COARSEST, int(np.log2(min(size) / 4))))


@lru_cache(maxsize=4)
def coarse_rest(size):
    """Filter of the long waves that the bands leave out, whose change is linear in their motion.

    Parameters
    ----------
    size : (int, int)
        Height and width of the image.

    Returns
    -------
    ndarray of shape (H, W), float32
        One minus the sum of the squared bands and their mirrors; zero for the mean brightness.
    """
    bands = (
        steerable_band(size, octave, k) for octave in range(_n_octaves(size)) for k in range(_N_ORIENTATIONS)
    )
    covered = sum(band**2 for band in bands)
    mirrored = np.roll(covered[::-1, ::-1], (1, 1), axis=(0, 1))
    rest = np.clip(1 - covered - mirrored, 0, None)
    rest[0, 0] = 0.0
    return rest


@lru_cache(maxsize=64)
def steerable_band(size, octave, direction):
    """Filter of a complex steerable pyramid in the frequency domain.

    Parameters
    ----------
    size : (int, int)
        Height and width of the image.
    octave : int
        Number of the band, from 0 for the finest, whose wavelengths are about 2 px; each next one doubles it.
    direction : int
        Number of the orientation, from 0 to 3, in steps of 45 degrees.

    Returns
    -------
    ndarray of shape (H, W), float32
        Zero in half the plane. The squares of all filters, with those of their mirrors, sum to one between
        the finest and the coarsest octave.
    """
    y, x = np.meshgrid(*(np.fft.fftfreq(side) for side in size), indexing="ij")
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    # The mean brightness has no wavelength; the logarithm needs a number all the same.
    radius[0, 0] = 1e-9
    distance = np.log2(0.5 / radius) - octave  # in octaves from the middle of this one
    ring = np.cos(np.pi / 2 * np.clip(distance, 0.0 if octave == 0 else -1.0, 1.0))
    turned = np.angle(np.exp(1j * (angle - np.pi * direction / _N_ORIENTATIONS)))
    wedge = np.where(np.abs(turned) < np.pi / 2, np.cos(turned), 0.0) ** (_N_ORIENTATIONS - 1)
    wedge[radius <= 1e-9] = 0.0
    return (_angular_norm() * ring * wedge).astype(np.float32)


def _angular_norm():
    """Factor that makes the squared wedges and their mirrors sum to one in every direction."""
    steps = np.cos(np.pi * np.arange(_N_ORIENTATIONS) / _N_ORIENTATIONS) ** (2 * (_N_ORIENTATIONS - 1))
    return steps.sum() ** -0.5
