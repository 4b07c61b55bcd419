"""Names of frames: the keyframes of a clip, labels in error messages, numbers in file names."""

import os
import re
from pathlib import Path

KEYFRAMES = ("onset", "apex", "offset")
"""Names of the three frames of a clip, in the order in which every array of frames holds them."""

_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def is_path(source):
    """Return whether a frame is given as a path rather than as pixels.

    Parameters
    ----------
    source : object
        The frame.

    Returns
    -------
    bool
        True for str and path-like objects.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import is_path
    >>> is_path("sub01/img46.jpg"), is_path(np.zeros((4, 4)))
    (True, False)
    """
    return isinstance(source, str | os.PathLike)


def is_image_file(name):
    """Return whether a file is an image by its name.

    Parameters
    ----------
    name : str or path-like
        Name or path of the file.

    Returns
    -------
    bool
        True for JPEG, PNG, BMP and TIFF suffixes in any case. Hidden files are no images: macOS leaves a
        ``._img1.jpg`` without pixels beside an ``img1.jpg`` that it copies.

    Examples
    --------
    >>> from skmer.frames import is_image_file
    >>> [is_image_file(name) for name in ("img1.JPG", "._img1.jpg", "notes.txt")]
    [True, False, False]
    """
    path = Path(name)
    return path.suffix.casefold() in _SUFFIXES and not path.name.startswith(".")


def trailing_number(name):
    """Return the last number in the name of a file.

    Parameters
    ----------
    name : str or path-like
        Name or path of the file; folders and the suffix are not looked at.

    Returns
    -------
    int or None
        None if the name has no digits.

    Examples
    --------
    >>> from skmer.frames import trailing_number
    >>> trailing_number("reg_img46.jpg"), trailing_number("006_05562.jpg"), trailing_number("face.jpg")
    (46, 5562, None)
    """
    runs = re.findall(r"\d+", Path(name).stem)
    return int(runs[-1]) if runs else None


def frame_label(clip, frame, source=None):
    """Return the name of a frame for an error message.

    Parameters
    ----------
    clip : int or str
        Row of the clip, or its name.
    frame : int
        0, 1, 2 for onset, apex, offset.
    source : object, default=None
        The frame itself; if it is a path, the label holds it.

    Returns
    -------
    str

    Examples
    --------
    >>> from skmer.frames import frame_label
    >>> frame_label(4, 1, "sub01/img46.jpg")
    "clip 4, apex frame ('sub01/img46.jpg')"
    """
    name = KEYFRAMES[frame] if frame < len(KEYFRAMES) else f"frame {frame},"
    text = f"clip {clip}, {name} frame"
    return f"{text} ({str(source)!r})" if is_path(source) else text
