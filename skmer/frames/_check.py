"""Validation of the frames of clips: one container, whatever they are given as."""

import numpy as np
from scipy.sparse import issparse

from skmer._utils._arguments import frames_of
from skmer.frames._names import KEYFRAMES, frame_label, is_path

_EXPECTED = (
    "expected rows of onset, apex and offset as paths or images, [[onset, apex, offset], ...], or landmarks "
    "of shape (n_clips, 3, 68, 2)"
)


def check_frames(frames):
    """Validate the frames of clips and return them in one container; no file is read.

    Parameters
    ----------
    frames : array-like or MicroExpressionClips
        Clips, for their ``frames``; or one of: rows ``[[onset, apex, offset], ...]`` of paths or images in
        any mixture, as nested lists, an object array or a table; images of one size stacked to (n, 3, H, W)
        or (n, 3, H, W, C); landmarks (n, 3, 68, 2) in px, or several views of them (n, views, 3, 68, 2).

    Returns
    -------
    frames : ndarray
        Object array (n, 3) of paths and image arrays; or the landmarks as float64.

    Raises
    ------
    TypeError
        If `frames` is sparse or a single frame has no pixels and no path.
    ValueError
        If it is none of the above.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import check_frames
    >>> check_frames([["a 1.png", "a 2.png", "a 3.png"]]).shape
    (1, 3)
    >>> check_frames(np.zeros((5, 3, 48, 64), dtype=np.uint8)).shape
    (5, 3)
    >>> check_frames(np.zeros((5, 3, 68, 2), dtype=np.float32)).dtype
    dtype('float64')
    """
    frames = frames_of(frames)
    if issparse(frames):
        raise TypeError(f"frames: sparse data was passed, but {_EXPECTED}.")
    if not hasattr(frames, "__len__") and hasattr(frames, "__array__"):
        frames = np.asarray(frames)
    if isinstance(frames, str | bytes) or not hasattr(frames, "__len__") or getattr(frames, "ndim", 1) == 0:
        raise TypeError(f"frames: {_EXPECTED}, got {type(frames).__name__}.")
    if hasattr(frames, "iloc"):
        frames = frames.to_numpy(dtype=object)
    if isinstance(frames, np.ndarray) and frames.dtype.kind in "biufc":
        return _check_numbers(frames)
    return _check_rows(frames)


def holds_landmarks(frames):
    """Return whether checked frames or sequences are landmarks rather than images or paths.

    Parameters
    ----------
    frames : ndarray
        Frames as `check_frames` returns them, or sequences as `check_sequences` does.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If some sequences are landmarks and some are not.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import check_frames, holds_landmarks
    >>> holds_landmarks(check_frames(np.zeros((5, 3, 68, 2))))
    True
    >>> holds_landmarks(check_frames([["a 1.png", "a 2.png", "a 3.png"]]))
    False
    """
    if not isinstance(frames, np.ndarray):
        raise TypeError(f"frames must be an array, as check_frames returns it, got {type(frames).__name__}.")
    if frames.dtype != object or frames.ndim > 1:
        return frames.dtype != object and not holds_maps(frames)
    kinds = [None if entry is None else getattr(entry, "shape", ())[1:] == (68, 2) for entry in frames]
    if True in kinds and False in kinds:
        raise ValueError(
            f"sequences: clip {kinds.index(True)} holds landmarks and clip {kinds.index(False)} none; pass "
            "one kind."
        )
    return True in kinds


def holds_maps(frames):
    """Return whether the frames of clips are maps, such as flow maps, rather than pictures or landmarks.

    Parameters
    ----------
    frames : object
        Frames.

    Returns
    -------
    bool
        True for float32 arrays (n, C, H, W), landmarks aside: pictures are uint8 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import holds_maps
    >>> holds_maps(np.zeros((5, 3, 28, 28), np.float32)), holds_maps(np.zeros((5, 3, 28, 28), np.uint8))
    (True, False)
    """
    is_array = isinstance(frames, np.ndarray) and frames.dtype == np.float32 and frames.ndim == 4
    return is_array and not _is_landmark_shape(frames.shape)


def _check_numbers(frames):
    if frames.dtype.kind == "c":
        raise ValueError("frames: Complex data not supported; landmarks and pixels are real numbers.")
    if _is_landmark_shape(frames.shape):
        return frames.astype(np.float64, copy=False)
    if frames.ndim in (4, 5) and frames.shape[1] == 3 and len(frames):
        refuse_other_points(frames, "frames")
        return _fill(frames)
    hint = " Reshape your data to one row per clip." if frames.ndim == 1 else ""
    hint = " Pass one clip as a list of one, [clip]." if frames.shape == (3, 68, 2) else hint
    raise ValueError(
        f"frames: {_EXPECTED}, got an array of shape {frames.shape} with {len(frames)} sample(s).{hint}"
    )


def refuse_other_points(array, label):
    """Refuse points of a face that are not 68: no picture of fractions is two pixels wide."""
    n_points = array.shape[-2] if array.ndim > 1 else 68
    if array.dtype.kind == "f" and array.shape[-1:] == (2,) and n_points not in (2, 68):
        raise ValueError(
            f"{label}: expected landmarks of 68 points, got {n_points}; skmer.landmarks.mediapipe_to_68 "
            "converts the 468 or 478 of MediaPipe."
        )


def _is_landmark_shape(shape):
    return len(shape) in (4, 5) and shape[-3:] == (3, 68, 2) and 0 not in shape


def _check_rows(frames):
    if not len(frames):
        raise ValueError(f"frames: {_EXPECTED}, got 0 clips (0 sample(s), while a minimum of 1 is required).")
    for clip, row in enumerate(frames):
        if isinstance(row, str | bytes) or not hasattr(row, "__len__") or len(row) != len(KEYFRAMES):
            got = f"{len(row)} frames" if hasattr(row, "__len__") and not isinstance(row, str) else repr(row)
            raise ValueError(f"frames: {_EXPECTED}, but row {clip} holds {got}.")
    rows = _fill(frames)
    for (clip, frame), source in np.ndenumerate(rows):
        rows[clip, frame] = _check_cell(source, clip, frame)
    # Landmarks in lists or in an object array become the float array that all other code looks for.
    if all(not is_path(source) and source.shape == (68, 2) for source in rows.flat):
        return np.array(rows.tolist(), dtype=np.float64)
    return rows


def _fill(frames):
    """Put rows of three frames into an object array."""
    # np.array(frames, dtype=object) would merge images of equal sizes into one array of more axes.
    rows = np.empty((len(frames), len(KEYFRAMES)), dtype=object)
    for clip, row in enumerate(frames):
        for frame, source in enumerate(row):
            rows[clip, frame] = source
    return rows


def _check_cell(source, clip, frame):
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
            f"{frame_label(clip, frame)}: expected a path or an image array, got {type(source).__name__}; "
            "argument must be a string, a path or an array of numbers."
        )
    refuse_other_points(pixels, frame_label(clip, frame))
    return pixels
