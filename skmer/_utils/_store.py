"""Caches of results on disk: one file per clip, written atomically and verified when read."""

import hashlib
import io
import json
import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from skmer._utils._arguments import PATH, check_argument, integer
from skmer._utils._files import write_atomically
from skmer._utils._messages import warn_user

_VARIABLE = "SKMER_CACHE"
_KEY = re.compile(r"[0-9a-f]{4,64}")
_DRAFT = re.compile(r"\.draft-[0-9a-f]{16}|tmp\w+\.part")  # left behind by a writer that was killed
_STALE = 3600.0  # s: no write takes that long


def cache_folder():
    """Default folder of the caches of landmarks and of what is computed of clips.

    Returns
    -------
    pathlib.Path
        The environment variable ``SKMER_CACHE`` if it is set, else ``skmer`` in the user's cache folder, by
        the convention of the platform.

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


class FileCache:
    """Cache of JSON values on disk, one file per key; the base of the others.

    A file holds the SHA-256 of its content on its first line; one that a crash or an edit has damaged is
    ignored, and its value computed anew. Files appear under their name only when whole, so that any number of
    processes may write at once.

    Parameters
    ----------
    folder : path-like, default=None
        Folder of the files, made when the first is written. None is `cache_folder()`.
    max_bytes : int, default=2**30
        Size that `prune` brings the folder down to.
    """

    kind, suffix = "values", ".json"

    def __init__(self, folder=None, max_bytes=2**30):
        check_argument("folder", folder, [*PATH, None])
        check_argument("max_bytes", max_bytes, [integer(0, 2**63 - 1)])
        self.folder = Path(folder) if folder is not None else cache_folder()
        self.max_bytes = max_bytes

    @classmethod
    def resolve(cls, memory):
        """Return the cache for the parameter `memory` of an estimator.

        Parameters
        ----------
        memory : "auto", str, path-like, cache or None
            ``"auto"`` is the user's cache folder; a cache of another kind lends its folder and size.

        Returns
        -------
        cache or None
        """
        check_argument("memory", memory, [*PATH, FileCache, None])
        if memory is None or isinstance(memory, cls):
            return memory
        if isinstance(memory, FileCache):
            return cls(memory.folder, memory.max_bytes)
        return cls() if isinstance(memory, str) and memory == "auto" else cls(memory)

    def _path(self, key):
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ValueError(f"key must be 4 to 64 hexadecimal digits in lower case, got {key!r}.")
        return self.folder / self.kind / key[:2] / f"{key}{self.suffix}"

    @staticmethod
    def _encode(value):
        return json.dumps(value).encode()

    @staticmethod
    def _decode(content):
        return json.loads(content)

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
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest().encode() != digest:
            return None
        with suppress(OSError):  # a cache that others own can be read, though its times cannot be set
            os.utime(path)
        try:
            return self._decode(content)
        except (ValueError, RecursionError):
            return None

    def put(self, key, value):
        """Write one result; where the folder cannot be written to, warn and go on without.

        Parameters
        ----------
        key : str
            Hexadecimal digits.
        value : object
            Any value that the cache can hold.
        """
        try:
            content = self._encode(value)
        except (TypeError, ValueError, AttributeError) as error:
            raise TypeError(f"value must be what a cache of {self.kind} can hold: {error}.") from error
        try:
            self._write(self._path(key), hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        except OSError as error:
            warn_user(
                f"memory: {self.kind} could not be written to {str(self.folder)!r} "
                f"({error.strerror or error}) and will be computed again next time; give another folder or "
                "memory=None.",
                RuntimeWarning,
            )

    @staticmethod
    def _write(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)

    def prune(self):
        """Remove the least recently used files until the folder holds at most `max_bytes`.

        Files that the cache has not written are neither counted nor removed, whatever their names.
        """
        entries = sorted(self._entries(), reverse=True)
        total = 0
        for _, size, path in entries:
            total += size
            if total > self.max_bytes:
                with suppress(OSError):
                    path.unlink()

    def _entries(self):
        """Yield time of use, size and path of the cache's own files; remove drafts of writers that died."""
        for path in (self.folder / self.kind).glob("??/*"):
            with suppress(OSError):
                state = path.lstat()
                if _DRAFT.fullmatch(path.name) and time.time() - state.st_mtime > _STALE:
                    path.unlink()
                elif self._is_own(path):
                    yield state.st_mtime, state.st_size, path

    def _is_own(self, path):
        if path.suffix != self.suffix or not _KEY.fullmatch(path.stem) or path.parent.name != path.stem[:2]:
            return False
        with open(path, "rb") as file:
            return re.fullmatch(rb"[0-9a-f]{64}\n", file.read(65)) is not None


class ArrayCache(FileCache):
    """Cache of arrays that are computed of clips; see :class:`FileCache`.

    Parameters
    ----------
    folder : path-like, default=None
        Folder of the files, made when the first is written. None is `cache_folder()`.
    max_bytes : int, default=2**32
        Size that `prune` brings the folder down to.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skmer._utils._store import ArrayCache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = ArrayCache(folder)
    ...     cache.put("0a1b", np.arange(3))
    ...     cache.get("0a1b"), cache.get("ffff")
    (array([0, 1, 2]), None)
    """

    kind, suffix = "clips", ".npy"

    def __init__(self, folder=None, max_bytes=2**32):
        super().__init__(folder, max_bytes)

    @staticmethod
    def _encode(value):
        content = io.BytesIO()
        np.save(content, value, allow_pickle=False)
        return content.getvalue()

    @staticmethod
    def _decode(content):
        return np.load(io.BytesIO(content), allow_pickle=False)
