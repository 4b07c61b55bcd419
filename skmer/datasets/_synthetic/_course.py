"""Course of synthetic movements in time: from onset to apex to offset, as fast as micro-expressions are."""

from dataclasses import dataclass

import numpy as np

from skmer._utils._checks import check_positive

_DURATION = (0.12, 0.7)  # s, from onset to offset
_APEX = (0.3, 0.6)  # share of the duration
_FPS = (20, 1000)  # the shortest movement then has three frames, the longest 701


@dataclass(frozen=True, eq=False)
class Course:
    """Positions of apex and offset among the frames of each clip, whose onset is frame 0, and their rate.

    Attributes
    ----------
    apex, offset : ndarray of shape (n_clips,), int
        Positions; a clip has ``offset + 1`` frames.
    fps : float
        Frames a second.
    """

    apex: np.ndarray
    offset: np.ndarray
    fps: float

    def keyframes(self, clip):
        """Positions of onset, apex and offset; tuple of int."""
        return 0, int(self.apex[clip]), int(self.offset[clip])

    def times(self, clip):
        """Times of the frames in s; ndarray of shape (n_frames,)."""
        return np.arange(self.offset[clip] + 1) / self.fps


def draw_course(n_clips, fps, rng):
    """Draw durations and apexes.

    Parameters
    ----------
    n_clips : int
        Number of clips.
    fps : float
        Frames a second.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Course
    """
    check_positive("fps", fps)
    if not _FPS[0] <= fps <= _FPS[1]:
        raise ValueError(f"fps must be from {_FPS[0]} to {_FPS[1]} frames a second, got {fps!r}.")
    offset = np.rint(rng.uniform(*_DURATION, n_clips) * fps).astype(int)
    apex = np.clip(np.rint(rng.uniform(*_APEX, n_clips) * offset).astype(int), 1, offset - 1)
    return Course(apex, offset, float(fps))


def raised_cosine(keyframes, values):
    """Values of all frames, which rise and fall between those of the keyframes by half a cosine wave.

    Parameters
    ----------
    keyframes : (int, int, int)
        Positions of onset, apex and offset.
    values : ndarray of shape (3, ...)
        Values at the three.

    Returns
    -------
    ndarray of shape (n_frames, ...)
    """
    return _between(keyframes, values, lambda share: (1 - np.cos(np.pi * share)) / 2)


def constant_speed(keyframes, values):
    """Values of all frames, linear between those of the keyframes; as :func:`raised_cosine`."""
    return _between(keyframes, values, lambda share: share)


def _between(keyframes, values, shape):
    _, apex, offset = keyframes
    k = np.arange(offset + 1)
    rise, fall = shape(np.minimum(k / apex, 1)), shape(np.maximum((k - apex) / (offset - apex), 0))
    weights = np.stack([1 - rise, rise - fall, fall], axis=1)
    return np.tensordot(weights, values, 1)
