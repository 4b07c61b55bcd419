"""One small file per clip: written atomically, checked when read, the oldest removed first."""

import hashlib
import json
import os
import sys
import warnings
from pathlib import Path

from skmer._utils._files import write_atomically

_VARIABLE = "SKMER_CACHE"


def cache_folder():
    """Folder of the landmark cache when none is named.

    Returns
    -------
    pathlib.Path
        ``SKMER_CACHE`` if that variable is set, else ``skmer`` in the user's cache folder by the platform's
        rule.

    Examples
    --------
    >>> from skmer.landmarks import cache_folder
    >>> cache_folder().is_absolute()
    True
    """
    if os.environ.get(_VARIABLE):
        return Path(os.environ[_VARIABLE]).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "skmer"


class LandmarkCache:
    """Landmarks on disk, one file per clip.

    A file holds the SHA-256 of its content on its first line: one that was torn by a crash or changed is not
    read but computed anew. Files appear under their name only when whole, so any number of processes may
    write at once.

    Parameters
    ----------
    folder : path-like, default=None
        Where the files lie; made when first written to. None is the folder that `cache_folder` tells.
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

    def __init__(self, folder=None, max_bytes=2**30):
        self.folder = Path(folder) if folder is not None else cache_folder()
        self.max_bytes = max_bytes

    @classmethod
    def resolve(cls, memory):
        """The cache that the parameter `memory` of an estimator means.

        Parameters
        ----------
        memory : "auto", str, path-like, LandmarkCache or None
            ``"auto"`` is the user's cache folder.

        Returns
        -------
        LandmarkCache or None
        """
        if memory is None or isinstance(memory, cls):
            return memory
        return cls() if isinstance(memory, str) and memory == "auto" else cls(memory)

    def _path(self, key):
        return self.folder / "landmarks" / key[:2] / f"{key}.json"

    def get(self, key):
        """Read one result.

        Parameters
        ----------
        key : str
            Hexadecimal digits.

        Returns
        -------
        object or None
            None if it is absent or damaged.
        """
        path = self._path(key)
        try:
            digest, _, content = path.read_bytes().partition(b"\n")
            if hashlib.sha256(content).hexdigest().encode() != digest:
                return None
            os.utime(path)
        except OSError:
            return None
        return json.loads(content)

    def put(self, key, value):
        """Write one result; where the folder cannot be written to, warn and go on without.

        Parameters
        ----------
        key : str
            Hexadecimal digits.
        value : object
            Anything that JSON holds; floats return bit by bit.
        """
        content = json.dumps(value).encode()
        try:
            self._write(self._path(key), hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        except OSError as error:
            warnings.warn(
                f"memory: landmarks could not be written to {str(self.folder)!r} "
                f"({error.strerror or error}) and will be computed again next time; give another folder or "
                "memory=None.",
                RuntimeWarning,
                stacklevel=2,
            )

    @staticmethod
    def _write(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)

    def prune(self):
        """Remove what was used longest ago until the folder holds at most `max_bytes`."""
        entries = sorted(self._entries(), reverse=True)
        total = 0
        for _, size, path in entries:
            total += size
            if total > self.max_bytes:
                path.unlink(missing_ok=True)

    def _entries(self):
        for path in (self.folder / "landmarks").glob("*/*"):
            try:
                state = path.stat()
            except OSError:
                continue
            yield state.st_mtime, state.st_size, path
