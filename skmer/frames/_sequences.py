"""Whole sequences of clips: one container, whatever they are given as, and what is read of them."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from scipy.sparse import issparse

from skmer._utils._warn import warn_user
from skmer.frames._check import holds_landmarks
from skmer.frames._names import KEYFRAMES, is_path
from skmer.frames._read import read_bytes, read_image

_EXPECTED = (
    "expected one sequence of frames a clip, [[path or image, ...], ...], images of shape (n_clips, "
    "n_frames, height, width), or landmarks of shape (n_clips, n_frames, 68, 2)"
)


class FrameSequence(Sequence, ABC):
    """Base of the sequences whose frames are made or decoded when they are read.

    A subclass has ``__len__``, ``frame(k)``, which returns a path or an image, and ``content_digest()``,
    which tells its content without making a frame. Instances are pickled to workers, so they hold what frames
    are made of and no frames.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import FrameSequence, check_sequences
    >>> class Grey(FrameSequence):
    ...     def __len__(self):
    ...         return 5
    ...     def frame(self, k):
    ...         return np.full((4, 6), k, dtype=np.uint8)
    ...     def content_digest(self):
    ...         return "grey levels 0 to 4"
    >>> sequences = check_sequences([Grey(), Grey()])
    >>> sequences.shape, int(sequences[1][-1][0, 0]), len(sequences[1][1:4])
    ((2,), 4, 3)
    """

    @abstractmethod
    def frame(self, k):
        """Return one frame.

        Parameters
        ----------
        k : int
            Its position, from 0.

        Returns
        -------
        str, path-like or ndarray
        """

    @abstractmethod
    def content_digest(self):
        """Return text that differs between sequences of different frames.

        Returns
        -------
        str
        """

    def __getitem__(self, k):
        if isinstance(k, slice):
            return [self.frame(position) for position in range(*k.indices(len(self)))]
        position = range(len(self))[k]  # negative positions, and the error of those outside
        return self.frame(position)

    def __repr__(self):
        return f"{type(self).__name__}({len(self)} frames, {self.content_digest()[:12]})"


def check_sequences(X, *, min_frames=1, needed_by=None):
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

    Returns
    -------
    sequences : ndarray of shape (n_clips,), object
        Each entry a list of paths and images, an array of images, a float64 array (T, 68, 2) of landmarks, or
        a `FrameSequence`.

    Raises
    ------
    TypeError
        If `X` is sparse, or a frame has no pixels and no path.
    ValueError
        If it is none of the above, or a clip has no sequence or too few frames.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import check_sequences
    >>> check_sequences([["a1.png", "a2.png"], ["b1.png", "b2.png", "b3.png"]]).shape
    (2,)
    >>> check_sequences(np.zeros((5, 9, 48, 64), dtype=np.uint8), min_frames=9)[0].shape
    (9, 48, 64)
    """
    if issparse(X):
        raise TypeError(f"sequences: sparse data was passed, but {_EXPECTED}.")
    if not hasattr(X, "__len__") and hasattr(X, "__array__"):
        X = np.asarray(X)
    if isinstance(X, str | bytes) or not hasattr(X, "__len__"):
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
        sequences[clip] = _check_entry(entry, clip)
    holds_landmarks(sequences)
    _check_lengths(sequences, min_frames, needed_by)
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
        raise ValueError(f"sequences: {_EXPECTED}, but clip {clip} holds {_short(entry)}.")
    if isinstance(entry, np.ndarray) and entry.dtype != object:
        return _check_array(entry, clip)
    frames = [_check_frame(frame, clip, k) for k, frame in enumerate(entry)]
    if frames and all(not is_path(frame) and frame.shape == (68, 2) for frame in frames):
        return np.array(frames, dtype=np.float64)
    return frames


def _check_array(entry, clip):
    if entry.dtype.kind in "US" and entry.ndim == 1:
        return entry.astype(str).tolist()
    views = entry.ndim == 4 and entry.shape[1:] == (3, 68, 2)
    if entry.dtype.kind not in "biuf" or entry.ndim not in (3, 4) or views:
        raise ValueError(
            f"sequences: {_EXPECTED}, but clip {clip} holds an array of shape {entry.shape} and type "
            f"{entry.dtype}."
        )
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
    return pixels


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_lengths(sequences, min_frames, needed_by):
    lengths = [len(sequence) for sequence in sequences]
    shortest = min(lengths)
    if not shortest:
        raise ValueError(f"sequences: {_EXPECTED}, but clip {lengths.index(0)} holds no frame.")
    if shortest < min_frames:
        needed_by = needed_by or f"radius_t={(min_frames - 1) // 2} (2 * radius_t + 1)"
        few = sum(length < min_frames for length in lengths)
        more = f" (the shortest of {few} such clips)" if few > 1 else ""
        raise ValueError(
            f"sequences: clip {lengths.index(shortest)} has {shortest} frame(s){more}, but {needed_by} "
            f"needs at least {min_frames}; resample them by TemporalInterpolator(n_frames={min_frames}), or "
            "set it lower."
        )
    if set(lengths) == {len(KEYFRAMES)}:
        warn_user(
            "sequences: every clip has three frames, as clips.frames have, read here as sequences of three: "
            "what changes over time is then seen at the apex alone; pass clips.sequences where they exist."
        )


def sequence_label(clip, k, source=None):
    """Return the name of a frame of a sequence for an error message.

    Parameters
    ----------
    clip : int or str
        Row of the clip, or its name.
    k : int
        Position of the frame in the sequence, from 0.
    source : object, default=None
        The frame itself; if it is a path, the label holds it.

    Returns
    -------
    str

    Examples
    --------
    >>> from skmer.frames import sequence_label
    >>> sequence_label(4, 12, "sub01/img46.jpg")
    "clip 4, frame 12 ('sub01/img46.jpg')"
    """
    text = f"clip {clip}, frame {k}"
    return f"{text} ({str(source)!r})" if is_path(source) else text


def read_sequence(sources, name=0, mode="L", *, label=sequence_label):
    """Decode the frames of one clip.

    Parameters
    ----------
    sources : sequence of paths and images
        One entry of what `check_sequences` returns, or one row of `check_frames`.
    name : int or str, default=0
        Row of the clip, or its name, in error messages.
    mode : {"L", "RGB"}, default="L"
        Grey or colour.
    label : callable, default=sequence_label
        What an error calls a frame, by name, position and source; `frame_label` for keyframes.

    Returns
    -------
    list of ndarray of shape (H, W) or (H, W, 3), uint8

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a frame is no image, or frames differ in size.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import read_sequence
    >>> [frame.shape for frame in read_sequence(np.zeros((2, 4, 6, 3)))]
    [(4, 6), (4, 6)]
    """
    frames = []
    for k, source in enumerate(sources):
        text = label(name, k, source)
        frames.append(read_image(source, mode, text))
        if frames[-1].shape != frames[0].shape:
            sizes = [f"{frame.shape[1]} x {frame.shape[0]}" for frame in (frames[0], frames[-1])]
            raise ValueError(
                f"{text}: expected {sizes[0]} pixels as in the clip's first frame, got {sizes[1]}; crop or "
                "scale the frames of a clip alike."
            )
    return frames


def sequence_digest(sources, name=0):
    """Return the digest of the frames of one clip: of files by their bytes, which are not decoded.

    Parameters
    ----------
    sources : sequence of paths and images, or FrameSequence
        The frames.
    name : int or str, default=0
        Row of the clip, or its name, in error messages.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import sequence_digest
    >>> frames = np.zeros((3, 4, 6), dtype=np.uint8)
    >>> sequence_digest(frames) == sequence_digest(list(frames)), len(sequence_digest(frames))
    (True, 64)
    """
    if isinstance(sources, FrameSequence):
        return hashlib.sha256(f"{type(sources).__name__} {sources.content_digest()}".encode()).hexdigest()
    digest = hashlib.sha256(f"{len(sources)} frames".encode())
    for k, source in enumerate(sources):
        if is_path(source):
            content = read_bytes(source, sequence_label(name, k, source))
            digest.update(f"file {len(content)} ".encode())
            digest.update(content)
        else:
            pixels = np.ascontiguousarray(source)
            digest.update(f"array {pixels.dtype.str} {pixels.shape} ".encode())
            digest.update(pixels.data)
    return digest.hexdigest()
