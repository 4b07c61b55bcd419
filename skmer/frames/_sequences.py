"""Validation of the whole sequences of clips: one container, whatever they are given as."""

import os

import numpy as np
from scipy.sparse import issparse

from skmer._utils._arguments import FLAG, checked, integer
from skmer._utils._messages import warn_user
from skmer._utils._text import short_repr
from skmer.frames._check import holds_landmarks, refuse_other_points
from skmer.frames._names import KEYFRAMES, is_path, trailing_number
from skmer.frames._sequence_content import FrameSequence, sequence_label

_EXPECTED = (
    "expected one sequence of frames a clip, [[path or image, ...], ...], images of shape (n_clips, "
    "n_frames, height, width), or landmarks of shape (n_clips, n_frames, 68, 2)"
)
_MOST_FRAMES = 2_000  # 10 s at 200 frames a second; the longest macro-expression lasts about 4 s


@checked(min_frames=[integer(1)], needed_by=[str, None], allow_missing=FLAG)
def check_sequences(X, *, min_frames=1, needed_by=None, allow_missing=False):
    """Validate the sequences of clips and return them in one container; no file is read.

    Parameters
    ----------
    X : array-like of shape (n_clips,)
        One sequence of frames a clip: lists of paths or images, in any mixture and of any length; images of
        one size stacked to (n, T, H, W) or (n, T, H, W, C); landmarks (n, T, 68, 2) in px, or a list of such
        arrays (T, 68, 2); `FrameSequence` objects. Frames (n, 3) of onset, apex and offset are read as
        sequences of three, with a warning.
    min_frames : int, default=1
        Least number of frames of a clip.
    needed_by : str, default=None
        Setting that asks for `min_frames`, for the error; by default the radius in time of local patterns,
        which reach as many frames back as forth.
    allow_missing : bool, default=False
        Accept clips without a sequence, as None, and three frames without a warning, as a container of clips
        holds them.

    Returns
    -------
    sequences : ndarray of shape (n_clips,), object
        Each entry a list of paths and images, an array of images, a float64 array (T, 68, 2) of landmarks, or
        a `FrameSequence`; or None.

    Raises
    ------
    TypeError
        If `X` is sparse, or a frame has no pixels and no path.
    ValueError
        If it is none of the above, a clip has no sequence, too few frames or more than 2,000, or its files
        are not in the order of their numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import check_sequences
    >>> check_sequences([["a1.png", "a2.png"], ["b1.png", "b2.png", "b3.png"]]).shape
    (2,)
    >>> check_sequences(np.zeros((5, 9, 48, 64), dtype=np.uint8), min_frames=9)[0].shape
    (9, 48, 64)
    """
    # Clips stand for their sequences, so that a pipeline takes them as they are.
    X = X.sequences if hasattr(X, "sequences") and hasattr(X, "target") else X
    if issparse(X):
        raise TypeError(f"sequences: sparse data was passed, but {_EXPECTED}.")
    if not hasattr(X, "__len__") and hasattr(X, "__array__"):
        X = np.asarray(X)
    if isinstance(X, str | bytes) or not hasattr(X, "__len__") or getattr(X, "ndim", 1) == 0:
        raise TypeError(f"sequences: {_EXPECTED}, got {type(X).__name__}.")
    if hasattr(X, "iloc"):
        X = X.to_numpy(dtype=object)
    if isinstance(X, np.ndarray) and X.dtype.kind in "biufc":
        _check_numbers(X)
    if not len(X):
        raise ValueError(
            f"sequences: {_EXPECTED}, got 0 clips (0 sample(s), while a minimum of 1 is required)."
        )
    sequences = np.empty(len(X), dtype=object)
    for clip, entry in enumerate(X):
        sequences[clip] = None if entry is None and allow_missing else _check_entry(entry, clip)
    holds_landmarks(sequences)
    lengths = {clip: len(entry) for clip, entry in enumerate(sequences) if entry is not None}
    _check_lengths(lengths, min_frames, needed_by)
    if not allow_missing and set(lengths.values()) == {len(KEYFRAMES)}:
        warn_user(
            "sequences: every clip has three frames, as clips.frames have, read here as sequences of three: "
            "what changes over time is then seen at the apex alone; pass clips.sequences where they exist."
        )
    return sequences


def _check_numbers(X):
    if X.dtype.kind == "c":
        raise ValueError("sequences: Complex data not supported; landmarks and pixels are real numbers.")
    if X.ndim not in (4, 5) or 0 in X.shape[1:]:
        hint = " Reshape your data to one sequence per clip." if X.ndim == 1 else ""
        raise ValueError(
            f"sequences: {_EXPECTED}, got an array of shape {X.shape} with {len(X)} sample(s).{hint}"
        )


def _check_entry(entry, clip):
    if entry is None:
        raise ValueError(
            f"sequences: clip {clip} has none (None), since only its keyframes are there; leave it out, or "
            "pass clips.frames to an estimator of keyframes."
        )
    if isinstance(entry, FrameSequence):
        return entry
    if isinstance(entry, str | bytes) or not hasattr(entry, "__len__"):
        raise ValueError(f"sequences: {_EXPECTED}, but clip {clip} holds {short_repr(entry)}.")
    if isinstance(entry, np.ndarray) and entry.dtype != object:
        return _check_array(entry, clip)
    frames = [_check_frame(frame, clip, k) for k, frame in enumerate(entry)]
    _check_order(frames, clip)
    if frames and all(not is_path(frame) and frame.shape == (68, 2) for frame in frames):
        return np.array(frames, dtype=np.float64)
    return frames


def _check_array(entry, clip):
    if entry.dtype.kind in "US" and entry.ndim == 1:
        return _check_entry(entry.astype(str).tolist(), clip)
    views = entry.ndim == 4 and entry.shape[1:] == (3, 68, 2)
    if entry.dtype.kind not in "biuf" or entry.ndim not in (3, 4) or views:
        raise ValueError(
            f"sequences: {_EXPECTED}, but clip {clip} holds an array of shape {entry.shape} and type "
            f"{entry.dtype}."
        )
    refuse_other_points(entry, f"clip {clip}")
    return entry.astype(np.float64, copy=False) if entry.shape[1:] == (68, 2) else entry


def _check_frame(source, clip, k):
    if is_path(source):
        return source
    pixels = np.asarray(source)
    if pixels.dtype == object and pixels.ndim:
        try:
            pixels = pixels.astype(np.float64)
        except (TypeError, ValueError):
            pixels = np.asarray(None)
    if pixels.ndim == 0:
        raise TypeError(
            f"{sequence_label(clip, k)}: expected a path or an image array, got {type(source).__name__}; "
            "argument must be a string, a path or an array of numbers."
        )
    refuse_other_points(pixels, sequence_label(clip, k))
    return pixels


def _check_order(frames, clip):
    """Refuse names sorted as text, in which img10 stands before img2; reversed time is no mistake."""
    names = [os.path.basename(frame) for frame in frames if is_path(frame)]
    keys = [(len(name), name) for name in names]
    if keys == sorted(keys):  # names of one pattern are in order then; most are, and are seen quickly
        return
    numbers = [trailing_number(name) for name in names]
    if None in numbers or numbers in (sorted(numbers), sorted(numbers, reverse=True)):
        return
    first = next(k for k in range(1, len(numbers)) if numbers[k] < numbers[k - 1])
    raise ValueError(
        f"sequences: the frames of clip {clip} are not in the order of their numbers, {names[first - 1]!r} "
        f"stands before {names[first]!r}; sort them by sorted(paths, key=skmer.frames.trailing_number)."
    )


def _check_lengths(lengths, min_frames, needed_by):
    """Refuse clips, by row, with too few frames or too many."""
    clip, longest = max(lengths.items(), key=lambda item: item[1], default=(0, 1))
    if longest > _MOST_FRAMES:
        raise ValueError(
            f"sequences: clip {clip} has {longest} frames, more than {_MOST_FRAMES}; pass those from onset "
            "to offset, which skmer.spotting finds in long videos."
        )
    clip, shortest = min(lengths.items(), key=lambda item: item[1], default=(0, min_frames))
    if not shortest:
        raise ValueError(f"sequences: {_EXPECTED}, but clip {clip} holds no frame.")
    if shortest < min_frames:
        needed_by = needed_by or f"radius_t={(min_frames - 1) // 2} (2 * radius_t + 1)"
        few = sum(length < min_frames for length in lengths.values())
        more = f" (the shortest of {few} such clips)" if few > 1 else ""
        raise ValueError(
            f"sequences: clip {clip} has {shortest} frame(s){more}, but {needed_by} "
            f"needs at least {min_frames}; resample them by TemporalInterpolator(n_frames={min_frames}), or "
            "set it lower."
        )


def holds_sequences(X):
    """Return whether clips are given as whole sequences rather than as keyframes.

    Parameters
    ----------
    X : object
        What `check_sequences` or `check_frames` accepts. Objects in an array of one axis are sequences, as
        ``clips.sequences`` is one, whatever their lengths; rows of three and arrays (n, 3, ...) are frames.

    Returns
    -------
    bool

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import holds_sequences
    >>> holds_sequences(np.zeros((5, 3, 48, 64))), holds_sequences(np.zeros((5, 10, 48, 64)))
    (False, True)
    >>> holds_sequences([["a1.png", "a2.png", "a3.png"]]), holds_sequences([["a1.png", "a2.png"]])
    (False, True)
    """
    if hasattr(X, "iloc") or issparse(X):
        return False
    if isinstance(X, np.ndarray):
        return X.ndim == 1 if X.dtype == object else X.ndim > 3 and X.shape[1] != len(KEYFRAMES)
    if isinstance(X, str | bytes) or not hasattr(X, "__len__") or getattr(X, "ndim", 1) == 0:
        return False
    if any(row is None or isinstance(row, FrameSequence) for row in X):
        return True
    is_row = [hasattr(row, "__len__") and not isinstance(row, str | bytes) for row in X]
    return all(is_row) and any(len(row) != len(KEYFRAMES) for row in X)
