"""Sequences that are computed of others: kept in the cache, and read from it when they are needed."""

import numpy as np

from skmer._utils._arguments import JOBS, PATH, TEXT, Items, check_argument, checked, integer
from skmer._utils._jobs import run_clips
from skmer._utils._sklearn import HasMethods
from skmer._utils._store import ArrayCache, FileCache
from skmer.frames._sequence_content import FrameSequence


class DerivedSequence(FrameSequence):
    """Images computed of a clip, which stand in the cache and not in memory.

    They are read from the cache each time, and computed anew if they have left it. ``numpy.asarray`` gives
    all of them.

    Parameters
    ----------
    work : object
        With ``compute(row, clip)``, which returns the images as an array (T, H, W) or (T, H, W, 3).
    row : object
        What `work` computes them of.
    clip : int
        Number of the clip, for error messages.
    cache : ArrayCache
        Where they are kept.
    key : str
        Under which key; it tells their content.
    length : int
        Number of images.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import DerivedSequence
    >>> class Doubled:
    ...     def compute(self, row, clip):
    ...         return 2 * row
    >>> class Empty:
    ...     def get(self, key):
    ...         return None
    ...     def put(self, key, value):
    ...         pass
    >>> frames = np.full((3, 4, 5), 7, dtype=np.uint8)
    >>> derived = DerivedSequence(Doubled(), frames, 0, Empty(), "0a1b", 3)
    >>> len(derived), np.asarray(derived).shape, int(derived[2][0, 0])
    (3, (3, 4, 5), 14)
    """

    def __init__(self, work, row, clip, cache, key, length):
        check_argument("work", work, [HasMethods("compute")])
        check_argument("clip", clip, [integer(0)])
        check_argument("key", key, TEXT)
        check_argument("length", length, [integer(0)])
        self.work, self.row, self.clip = work, row, clip
        self.cache, self.key, self.length = cache, key, length

    def __len__(self):
        return self.length

    def __array__(self, dtype=None, copy=None):
        images = self.cache.get(self.key)
        if images is None:
            images = self.work.compute(self.row, self.clip)
            self.cache.put(self.key, images)
        return images if dtype is None else images.astype(dtype)

    def __iter__(self):
        return iter(self.__array__())  # read once, not once a frame

    def __getitem__(self, k):
        images = self.__array__()[k]
        return list(images) if isinstance(k, slice) else images

    def frame(self, k):
        """Return one image.

        Parameters
        ----------
        k : int
            Its position, from 0.

        Returns
        -------
        ndarray of shape (H, W) or (H, W, 3), uint8
        """
        return self.__array__()[k]

    def content_digest(self):
        """Return the key of the images in the cache, which is made of all that they depend on.

        Returns
        -------
        str
        """
        return self.key


@checked(
    work=[HasMethods("compute")],
    rows=[Items()],
    n_jobs=JOBS,
    verbose=["verbose"],
    name=TEXT,
    memory=[*PATH, FileCache, None],
)
def derive_sequences(work, rows, *, memory="auto", n_jobs=None, verbose=0, name="clips"):
    """Compute the images of every clip, once.

    Parameters
    ----------
    work : object
        With ``key(row, clip)``, which returns the cache key of a clip, and ``compute(row, clip)``, which
        returns its images as an array (T, H, W) or (T, H, W, 3). It is pickled to workers.
    rows : sequence
        What is known of each clip, such as its sequence.
    memory : "auto", str, path-like, cache or None, default="auto"
        Where images are kept; with None, in memory.
    n_jobs : int, default=None
        Number of clips computed in parallel.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.
    name : str, default="clips"
        Its title.

    Returns
    -------
    ndarray of shape (n_clips,), object
        Sequences, as `check_sequences` accepts them: `DerivedSequence` objects, or arrays without a cache.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import derive_sequences
    >>> class Doubled:
    ...     def compute(self, row, clip):
    ...         return 2 * row
    >>> frames = np.full((2, 3, 4, 5), 7, dtype=np.uint8)
    >>> derived = derive_sequences(Doubled(), frames, memory=None)
    >>> derived.shape, int(derived[1][2, 0, 0])
    ((2,), 14)
    """
    cache = ArrayCache.resolve(memory)
    if cache and not hasattr(work, "key"):
        raise TypeError(f"memory={memory!r} needs a work with a method key, got {type(work).__name__}.")
    rows = list(rows)
    derived = np.empty(len(rows), dtype=object)
    for clip, images, key in run_clips(work, rows, cache=cache, n_jobs=n_jobs, verbose=verbose, name=name):
        derived[clip] = images
        if cache:
            derived[clip] = DerivedSequence(work, rows[clip], clip, cache, key, len(images))
    return derived
