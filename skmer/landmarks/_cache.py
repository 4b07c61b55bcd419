"""The cache of landmarks: one small file per clip, written atomically and verified when read."""

from skmer._utils._store import FileCache, cache_folder

__all__ = ["LandmarkCache", "cache_folder"]


class LandmarkCache(FileCache):
    """Cache of landmarks on disk, one file per clip.

    A file holds the SHA-256 of its content on its first line; one that a crash or an edit has damaged is
    ignored, and its clip computed anew. Files appear under their name only when whole, so that any number of
    processes may write at once.

    Parameters
    ----------
    folder : path-like, default=None
        Folder of the files, made when the first is written. None is `cache_folder()`.
    max_bytes : int, default=2**30
        Size that `prune` brings the folder down to; a clip takes about 8 kB.

    Examples
    --------
    >>> import tempfile
    >>> from skmer.landmarks import LandmarkCache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = LandmarkCache(folder)
    ...     cache.put("0a1b", {"score": 1.5})
    ...     cache.get("0a1b"), cache.get("ffff")
    ({'score': 1.5}, None)
    """

    kind = "landmarks"
