"""Estimators as files that run no code: tensors in safetensors, the rest as JSON in its header."""

import hashlib
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from skmer.io._codec import decode, encode

FORMAT = 1


def save(estimator, path):
    """Write a fitted estimator or Pipeline to a file.

    Parameters
    ----------
    estimator : estimator
        A classifier or transformer of this package, or a Pipeline of such and of scikit-learn's own
        estimators whose state is numbers and text.
    path : str or path-like
        File to write. It is there in full or not at all.

    Raises
    ------
    ValueError
        If something in it can only be kept by pickle, such as a module of one's own; `joblib.dump` does that.

    Notes
    -----
    What prediction needs is kept bit for bit. The optimizer is not: `partial_fit` starts a new one. Callbacks
    and ``train_split`` are not either, with a warning where they are set.

    Examples
    --------
    >>> import tempfile, os
    >>> from skmer.io import load, save
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "graph.skmer")
    ...     save(LandmarkGraphTransformer(features="both"), file)
    ...     load(file).features
    'both'
    """
    tensors = {}
    document = {"format": FORMAT, "skmer": version("skmer"), "estimator": encode(estimator, tensors)}
    text = json.dumps(document)
    _write(to_bytes(tensors, {"skmer": text, "sha256": _checksum(text, tensors)}), Path(path))


def load(path):
    """Read what `save` wrote.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    estimator : estimator
        Fitted; its predictions are those of the saved one, bit for bit.

    Raises
    ------
    ValueError
        If the file is truncated, has been changed, was written by a newer skmer, or names anything but
        estimators of skmer and scikit-learn. The checksum finds accidents and careless changes; it does not
        say who wrote the file.

    Examples
    --------
    See `save`.

    >>> from skmer.io import load
    >>> load("nothing.skmer")
    Traceback (most recent call last):
    FileNotFoundError: ...nothing.skmer...
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path must be a file written by skmer.io.save, got {str(path)!r}.")
    text, checksum, tensors = _read(path)
    document = json.loads(text)
    if document.get("format", 0) > FORMAT:
        raise ValueError(
            f"{path} has format {document['format']}, written by skmer {document.get('skmer')}; this is "
            f"skmer {version('skmer')}, which reads up to {FORMAT}; install a newer one."
        )
    if _checksum(text, tensors) != checksum:
        raise ValueError(f"{path} has been changed since it was written: its checksum differs; save it anew.")
    try:
        return decode(document["estimator"], tensors)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} does not hold what save writes: {error!r}.") from error


def _read(path):
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        return header["skmer"], header["sha256"], tensors
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{path} is not a whole file of skmer.io.save: {error}.") from error


def _write(content, path):
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def _checksum(text, tensors):
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()
