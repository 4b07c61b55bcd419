"""Phase-based magnification: motion is a change of local phase in a complex steerable pyramid."""

from functools import lru_cache

import cv2
import numpy as np
from scipy.fft import fft2, ifft2, next_fast_len

from skmer.frames._flow import one_opencv_thread

_N_ORIENTATIONS = 4
_COARSEST = 5  # octaves: waves longer than about 45 px are magnified by their change
_PAD = 16  # px of reflected border, against the Fourier transform's wrapping around
_SMOOTHING = 0.7  # px over which the finest phase is averaged; twice as far in each coarser octave
_FLOOR = 0.3  # of a band's rms amplitude
_GROWTH = 0.25


def magnify_phase(onset, frame, alpha):
    """Multiply the change of local phase since the onset in every band of a complex steerable pyramid.

    Parameters
    ----------
    onset, frame : ndarray of shape (H, W) or (H, W, 3), uint8
        The images; of colour the brightness is magnified.
    alpha : float
        Total factor of the displacement: 1 changes nothing. Phases of a finer band are unwrapped by those of
        the coarser one.

    Returns
    -------
    ndarray of the frame's shape, uint8

    References
    ----------
    Wadhwa et al., "Phase-Based Video Motion Processing", SIGGRAPH 2013, doi:10.1145/2461912.2461966; the
    pyramid after Portilla and Simoncelli, IJCV 40(1), 2000, doi:10.1023/A:1026553619983. The temporal band is
    here the difference to the onset. That amplitudes follow, and waves above 45 px by linear change, is ours.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.magnification import magnify_phase
    >>> still = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    >>> bool((magnify_phase(still, still, 5.0) == still).all())
    True
    """
    if frame.ndim == 2:
        return _to_uint8(_magnify_grey(onset.astype(np.float32), frame.astype(np.float32), alpha))
    before, after = (
        cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2YCrCb) for image in (onset, frame)
    )
    after[..., 0] = _magnify_grey(before[..., 0], after[..., 0], alpha)
    return _to_uint8(255 * cv2.cvtColor(after, cv2.COLOR_YCrCb2RGB))


def _to_uint8(image):
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def _magnify_grey(onset, frame, alpha):
    height, width = frame.shape
    size = tuple(next_fast_len(side + 2 * _PAD) for side in frame.shape)
    room = tuple((_PAD, full - side - _PAD) for full, side in zip(size, frame.shape, strict=True))
    first, second = (fft2(np.pad(image, room, mode="symmetric")) for image in (onset, frame))
    change = (alpha - 1) / 2 * (second - first) * coarse_rest(size)
    with one_opencv_thread():
        for direction in range(_N_ORIENTATIONS):
            phase = np.zeros(size, dtype=np.float32)
            for octave in reversed(range(_n_octaves(size))):
                band = steerable_band(size, octave, direction)
                before, after = ifft2(first * band), ifft2(second * band)
                phase = _phase_change(before, after, 2 * phase, _SMOOTHING * 2**octave)
                turn = np.exp(np.float32(alpha - 1) * (_growth(before, after) + np.complex64(1j) * phase)) - 1
                change += fft2(after * turn) * band
    return frame + 2 * ifft2(change).real[_PAD : _PAD + height, _PAD : _PAD + width]


def _phase_change(before, after, expected, smoothing):
    """Change of phase next to the expected one, averaged over neighbours with the amplitude as weight."""
    product = after * before.conj()
    weight = np.abs(product)
    change = np.angle(product)
    change += 2 * np.pi * np.round((expected - change) / (2 * np.pi))
    smooth = cv2.GaussianBlur(change * weight, (0, 0), smoothing)
    return smooth / (cv2.GaussianBlur(weight, (0, 0), smoothing) + np.float32(1e-12))


def _growth(before, after):
    """Change of the log amplitude, as a band's envelope moves with its waves; damped where it is weak."""
    before, after = np.abs(before), np.abs(after)
    floor = _FLOOR * np.sqrt((before**2).mean()) + np.float32(1e-12)  # an even picture has no waves
    return np.clip(np.log((after + floor) / (before + floor)), -_GROWTH, _GROWTH)


def _n_octaves(size):
    return max(1, min(_COARSEST, int(np.log2(min(size) / 4))))


@lru_cache(maxsize=4)
def coarse_rest(size):
    """What the bands leave of the frequency plane: long waves, whose change is linear in their motion.

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
        0 is the finest: about the wavelength of 2 px, and of each next one twice that.
    direction : int
        0 to 3, in steps of 45 degrees.

    Returns
    -------
    ndarray of shape (H, W), float32
        Zero in half the plane. The squares of all filters, with those of their mirrors, sum to one between
        the finest and the coarsest octave.
    """
    y, x = np.meshgrid(*(np.fft.fftfreq(side) for side in size), indexing="ij")
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
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
