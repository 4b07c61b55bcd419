"""Decoding of frames, given as paths or arrays, to uint8 pixels."""

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from skmer._utils._arguments import PATH, TEXT, as_array, check_argument, checked
from skmer.frames._names import is_path

# Pillow tells formats by the content; among its others are some that start programs, such as EPS.
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF")
# EXIF orientation -> transposition that turns the image upright
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BRIGHT = 2**14  # 16-bit frames whose largest value is below hold fewer bits, or nearly black pictures


@checked(path=PATH, label=TEXT)
def read_bytes(path, label="the frame"):
    """Return the content of an image file, without decoding it.

    Parameters
    ----------
    path : str or path-like
        The file.
    label : str, default="the frame"
        Name of the frame in error messages; see `frame_label`.

    Returns
    -------
    bytes

    Raises
    ------
    FileNotFoundError
        If there is no such file, or the path is empty.
    ValueError
        If it is a folder, empty or unreadable.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmer.frames import read_bytes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "img1.png"
    ...     _ = path.write_bytes(b"content")
    ...     read_bytes(path)
    b'content'
    """
    label = _with_path(label, path)
    if not str(path):
        raise FileNotFoundError(
            f"{label}: the path is empty, as readers leave it with verify_files=False; read the set from its "
            "folder, or drop this clip."
        )
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{label}: there is no such file; check the path given in `frames`."
        ) from None
    except OSError as error:
        raise ValueError(f"{label}: the file could not be read ({error.strerror or error}).") from error
    if not content:
        raise ValueError(f"{label}: the file is empty; copy it again from the source.")
    return content


@checked(mode=TEXT, label=TEXT)
def read_image(source, mode="L", label="the frame"):
    """Decode a frame to uint8 pixels.

    Files are decoded by Pillow, which refuses truncated files and decompression bombs, and turned upright by
    their EXIF orientation, if it can be read. Arrays may be grey, grey with alpha, RGB or RGBA (alpha is
    dropped) of 8 or 16 bits, boolean, or float in [0, 1]. Pixels of 10, 12 or 14 bits in 16-bit frames are
    refused, since they would look nearly black.

    Parameters
    ----------
    source : str, path-like, bytes or array-like of shape (H, W) or (H, W, C)
        The frame; bytes are the content of an image file.
    mode : {"L", "RGB"}, default="L"
        Grey or colour.
    label : str, default="the frame"
        Name of the frame in error messages; see `frame_label`.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), uint8

    Raises
    ------
    FileNotFoundError
        If the path does not exist.
    ValueError
        If the file is no image, is truncated or holds too many pixels, or the array is no image; or if `mode`
        is another one.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import read_image
    >>> read_image(np.full((2, 3, 3), 0.5)).tolist()
    [[128, 128, 128], [128, 128, 128]]
    """
    if mode not in ("L", "RGB"):
        raise ValueError(f"mode must be 'L' or 'RGB', got {mode!r}.")
    if is_path(source):
        check_argument("source", source, PATH)
        label = _with_path(label, source)
        source = read_bytes(source, label)
    pixels = _decode(source, label) if isinstance(source, bytes) else source
    pixels = _to_uint8(as_array(label, pixels), label)
    return _to_grey(pixels) if mode == "L" else _to_rgb(pixels)


def _with_path(label, path):
    """Label of a frame that has none of its own: with its file, as those of `frame_label`."""
    return f"{label} ({str(path)!r})" if label == "the frame" and str(path) else label


def _decode(content, label):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Named formats alone: some of Pillow's other readers start programs, such as Ghostscript.
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
        with image:
            image.load()
            upright = _upright(image)
            if upright.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV", "PA", "RGBX"):
                upright = upright.convert("RGB")
            return np.array(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(
            f"{label}: the image has more than the {Image.MAX_IMAGE_PIXELS} pixels that Pillow allows; scale "
            "it down or raise PIL.Image.MAX_IMAGE_PIXELS."
        ) from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"{label}: the file is no image that Pillow can read; give JPEG, PNG, BMP or TIFF."
        ) from error
    except Exception as error:  # Pillow's decoders end with errors of any kind on damaged files
        raise ValueError(
            f"{label}: the image file is damaged ({error}); copy it again from the source."
        ) from error


def _upright(image):
    """Turn an image by its EXIF orientation, if it has one that can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # damaged metadata, which Pillow reports by errors of any kind, leave the pixels whole
        return image
    # ImageOps.exif_transpose would also write the metadata anew, and fail where they are damaged elsewhere.
    return image if turn is None else image.transpose(turn)


def _to_uint8(pixels, label):
    if (
        pixels.ndim not in (2, 3)
        or (pixels.ndim == 3 and pixels.shape[2] not in (1, 2, 3, 4))
        or not pixels.size
    ):
        raise ValueError(
            f"{label}: expected an image of shape (height, width) or (height, width, 1 to 4 channels) with "
            f"at least one pixel, got an array of shape {pixels.shape}."
        )
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == bool:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype.kind == "f":
        return _scaled(pixels, 1.0, label, "float pixels in [0, 1]")
    if pixels.dtype == np.uint16 or (pixels.dtype.kind in "iu" and pixels.max() > 255):
        _refuse_fewer_bits(int(pixels.max()), label)
        return _scaled(pixels, 65535.0, label, "16-bit pixels in [0, 65535]")
    if pixels.dtype.kind in "iu":
        return _scaled(pixels, 255.0, label, "8-bit pixels in [0, 255]")
    raise ValueError(f"{label}: expected numbers as pixels, got an array of dtype {pixels.dtype}.")


def _refuse_fewer_bits(largest, label):
    # The depth of one frame cannot be guessed from its brightest pixel: the frames of a clip would be scaled
    # by different factors. Frames that are black everywhere have no depth to guess.
    if 0 < largest < _BRIGHT:
        bits = next(bits for bits in (8, 10, 12, 14) if largest < 2**bits)
        raise ValueError(
            f"{label}: expected 16-bit pixels in [0, 65535], got values up to {largest}, as of {bits}-bit "
            f"pixels; divide the frame by {2**bits - 1}, to floats in [0, 1], or multiply it by "
            f"{2 ** (16 - bits)}."
        )


def _scaled(pixels, top, label, expected):
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0.0 and high <= top):
        raise ValueError(
            f"{label}: expected {expected}, got values from {low:g} to {high:g}; rescale the frame."
        )
    return np.round(pixels * (255.0 / top)).astype(np.uint8)


def _to_grey(pixels):
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    if pixels.shape[2] < 3:
        return np.ascontiguousarray(pixels[..., 0])
    return cv2.cvtColor(_to_rgb(pixels), cv2.COLOR_RGB2GRAY)


def _to_rgb(pixels):
    if pixels.ndim == 3 and pixels.shape[2] >= 3:
        return np.ascontiguousarray(pixels[..., :3])
    grey = pixels if pixels.ndim == 2 else pixels[..., 0]
    return np.repeat(grey[..., None], 3, axis=2)
