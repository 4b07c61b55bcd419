"""The frames of one clip: made when they are read, decoded, told apart by their content."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from skmer._utils._arguments import TEXT, Takes, check_argument, checked, integer, option
from skmer.frames._names import is_path
from skmer.frames._read import read_bytes, read_image


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


@checked(clip=[integer(0), *TEXT], k=[integer(0)])
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


@checked(
    sources=["array-like", FrameSequence],
    name=[integer(0), *TEXT],
    mode=[option("L", "RGB")],
    label=[Takes(3)],
)
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
        text = _labelled(label, name, k, source)
        frames.append(read_image(source, mode, text))
        if frames[-1].shape != frames[0].shape:
            sizes = [f"{frame.shape[1]} x {frame.shape[0]}" for frame in (frames[0], frames[-1])]
            raise ValueError(
                f"{text}: expected {sizes[0]} pixels as in the clip's first frame, got {sizes[1]}; crop or "
                "scale the frames of a clip alike."
            )
    return frames


def _labelled(label, *about):
    """Text of a function of the user's, whose own errors name the argument."""
    try:
        text = label(*about)
    except TypeError as error:
        raise TypeError(f"label must take the clip, the position and the frame: {error}.") from error
    check_argument("the result of label", text, TEXT)
    return text


@checked(sources=["array-like", FrameSequence], name=[integer(0), *TEXT])
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
            if pixels.dtype.kind not in "biuf":
                raise TypeError(f"sources must hold paths and images, got an array of dtype {pixels.dtype}.")
            digest.update(f"array {pixels.dtype.str} {pixels.shape} ".encode())
            digest.update(pixels.data)
    return digest.hexdigest()
