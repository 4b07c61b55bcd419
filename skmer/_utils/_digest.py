"""Content digests of samples."""

import hashlib
import os
from pathlib import Path

import numpy as np
from scipy.sparse import issparse


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


def _feed(found, value, files):
    if isinstance(value, np.ndarray) and value.dtype != object:
        found.update(f"{value.dtype.str}{value.shape}".encode())
        found.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, np.ndarray | list | tuple):
        found.update(f"[{len(value)}".encode())
        for item in value:
            _feed(found, item, files)
    elif hasattr(value, "content_digest"):  # frames that are made when they are read
        found.update(f"{type(value).__name__}{value.content_digest()}".encode())
    elif isinstance(value, dict):
        _feed(found, sorted((str(key), item) for key, item in value.items()), files)
    elif isinstance(value, str | os.PathLike):
        found.update(f"text{value}".encode() if files is None else _text_or_file(str(value), files))
    else:
        found.update(f"{type(value).__name__}{value!r}".encode())


def _text_or_file(text, files):
    if text not in files:
        try:
            files[text] = hashlib.sha256(Path(text).read_bytes()).digest()
        except (OSError, ValueError):  # no file, or no file name
            files[text] = f"text{text}".encode()
    return files[text]
