"""Names of frames: the keyframes of a clip, labels in error messages, numbers in file names."""

import os
import re
from pathlib import Path

from skmer._utils._arguments import PATH, TEXT, Items, check_argument, checked, integer
from skmer._utils._sklearn import HasMethods

KEYFRAMES = ("onset", "apex", "offset")
"""Names of the three frames of a clip, in the order in which every array of frames holds them."""

# Names that file managers and browsers give to a copy of a file: "x (2)", "x - Copy", "x copy 2", "Copy of x"
_COPY = re.compile(
    r"Copy of (?P<of>.+)|(?P<stem>.+?)( ?\(\d+\)| - Copy( \(\d+\))?| copy( \d+)?)", re.IGNORECASE
)
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


@checked(name=PATH)
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


@checked(name=PATH)
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


@checked(paths=[HasMethods("__iter__")])
def numbered_images(paths):
    """Return the images among the files of one folder, with the last numbers in their names.

    Parameters
    ----------
    paths : iterable of str or path-like
        Names or paths of files.

    Returns
    -------
    list of (int, str or path-like)
        Numbers and files, in the order of the files. Left out are files that are no images, or hidden, or
        without a number; and copies of another file in the list, such as "img59 (2).jpg" of "img59.jpg",
        whose last number is not that of a frame.

    Examples
    --------
    >>> from skmer.frames import numbered_images
    >>> numbered_images(["img46.jpg", "img59 (2).jpg", "img59.jpg", "._img46.jpg", "notes 7.txt"])
    [(46, 'img46.jpg'), (59, 'img59.jpg')]
    >>> numbered_images(["face (1).png", "face (2).png"])
    [(1, 'face (1).png'), (2, 'face (2).png')]
    """
    paths = paths if getattr(paths, "shape", None) == () else list(paths)
    check_argument("paths", paths, [Items(*PATH)])
    images = [path for path in paths if is_image_file(path) and trailing_number(path) is not None]
    names = {Path(path).name for path in images}
    return [(trailing_number(path), path) for path in images if _original(path) not in names]


def _original(path):
    """Return the name of the file that this is a copy of by its name, or None."""
    path = Path(path)
    match = _COPY.fullmatch(path.stem)
    return (match["of"] or match["stem"]) + path.suffix if match else None


@checked(clip=[integer(0), *TEXT], frame=[integer(0)])
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
