"""Files that are there in full or not at all, and digests of what files and arrays hold."""

import hashlib
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.sparse import issparse


def write_atomically(path, content):
    """Write a file that appears under its name only when it is whole and on the disk.

    The content goes to a draft in the same folder, which then takes the place of `path` in one step. Readers
    and writers in other processes see the old file or the new one, also after a loss of power. Whatever
    fails, a full disk included, the draft is removed and the old file stays. The mode of a new file is what
    the umask leaves of 0o666.

    Parameters
    ----------
    path : path-like
        File to write, in a folder that exists.
    content : bytes or str
        What it will hold; text is written as UTF-8.

    Raises
    ------
    OSError
        If it cannot be written; the error names `path`, not the draft.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    # A name of fixed length, since a longer one than that of the file may be too long for the file system.
    draft = path.parent / f".draft-{secrets.token_hex(8)}"
    try:
        # Mode "x" creates with 0o666 minus the umask, where tempfile would leave 0o600.
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(draft)
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise
    _sync_folder(path.parent)


def written(text, path):
    """Return a text; where a path is given, write it there and return None, as pandas' ``to_csv`` does."""
    if path is None:
        return text
    write_atomically(path, text)
    return None


def _sync_folder(folder):
    """Bring the new name to the disk, where platform and file system can sync a folder."""
    if os.name != "posix":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def as_array(X):
    """Return tables and sparse matrices as ndarray, all else as it is."""
    if issparse(X):
        return X.toarray()
    return X.to_numpy() if hasattr(X, "iloc") else X


def row_digests(X, files=None):
    """Return the digest of each row. Files count by their bytes, arrays by type, shape and values.

    With `files`, a dict, those that were read by an earlier call are not read again.
    """
    files = {} if files is None else files
    return [digest(row, files) for row in as_array(X)]


def digest(value, files=None):
    """Return the digest of a value; with `files`, a cache, text that names a file is that file."""
    found = hashlib.sha256()
    _feed(found, value, files)
    return found.hexdigest()


def setting_text(value):
    """Return a parameter as a text for cache keys: a path that names a file is the file's content."""
    if isinstance(value, str | os.PathLike):
        try:
            state = os.stat(value)
            return _content_digest(os.fspath(value), state.st_mtime_ns, state.st_size)
        except (OSError, ValueError):  # no file, or no file name
            pass
    return str(value)


@lru_cache(maxsize=8)
def _content_digest(path, modified, size):
    """Digest of a file, which is read anew where it has changed."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _feed(found, value, files):
    if isinstance(value, np.ndarray) and value.dtype != object:
        # Type and shape first: the same bytes may be other numbers.
        found.update(f"{value.dtype.str}{value.shape}".encode())
        found.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, np.ndarray | list | tuple):
        # The length says where a list ends: [[1], 2] and [[1, 2]] hold the same numbers in the same order.
        found.update(f"[{len(value)}".encode())
        for item in value:
            _feed(found, item, files)
    elif hasattr(value, "content_digest"):  # frames that are made when they are read
        found.update(f"{type(value).__name__}{value.content_digest()}".encode())
    elif isinstance(value, dict):
        _feed(found, sorted((str(key), item) for key, item in value.items()), files)
    elif isinstance(value, str | os.PathLike):
        found.update(
            f"text{value}".encode("utf-8", "surrogatepass")
            if files is None
            else _text_or_file(str(value), files)
        )
    else:
        found.update(f"{type(value).__name__}{value!r}".encode())


def _text_or_file(text, files):
    if text not in files:
        try:
            # The content and not the name: a copy under another name is the same clip.
            files[text] = hashlib.sha256(Path(text).read_bytes()).digest()
        except (OSError, ValueError):  # no file, or no file name
            files[text] = f"text{text}".encode("utf-8", "surrogatepass")
    return files[text]
