"""The file itself: a JSON document and named arrays in the layout of safetensors, checked byte by byte.

The layout is eight bytes with the length of a JSON header, the header, and the arrays one after another. It
is read here and not by the package `safetensors`, which accepts repeated keys and numbers of any kind.
"""

import hashlib
import json
import math
import os

import numpy as np
from safetensors.numpy import save as to_bytes

MAX_FILE = 2**31
MAX_HEADER = 2**26
# Commas and opening brackets; each stands for one Python object or less.
MAX_JSON_ITEMS = 5_000_000
MAX_AXES = 32
DTYPES = {
    "BOOL": np.dtype(bool),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
_METADATA = ("skmer", "sha256")


def pack(document, tensors):
    """Return the bytes of a file.

    Parameters
    ----------
    document : object
        What JSON holds, without NaN and infinity.
    tensors : dict of str to ndarray
        Arrays of the types in `DTYPES`.

    Returns
    -------
    content : bytes
    """
    text = json.dumps(document, allow_nan=False)
    return to_bytes(tensors, {"skmer": text, "sha256": _checksum(text, tensors)})


def unpack(path):
    """Return the document and the arrays of a file, after every check that needs no knowledge of estimators.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    document : object
        Of JSON's own types.
    tensors : dict of str to ndarray
        Read-only views into the content of the file.

    Raises
    ------
    ValueError
        If the file is not whole, not of this layout, too large, or was changed after it was written.
    """
    with open(path, "rb") as file:
        header, n_bytes = _read_header(file)
        metadata = header.pop("__metadata__", None)
        if not isinstance(metadata, dict) or sorted(metadata) != sorted(_METADATA):
            raise ValueError("it is not a whole file of skmer.io.save: its header has no document of skmer")
        if not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("it is not a whole file of skmer.io.save: its header holds no text")
        places = _check_places(header, n_bytes)
        # One byte more than is due, so that a file that grows while it is read is noticed.
        content = file.read(n_bytes + 1)
    if len(content) != n_bytes:
        raise ValueError("it is not a whole file of skmer.io.save: it was changed while it was read")
    tensors = {name: _view(content, *place) for name, place in places.items()}
    # Before the document is parsed: what an accident has changed is not worth a closer look.
    if _checksum(metadata["skmer"], tensors) != metadata["sha256"]:
        raise ValueError("it has been changed since it was written: its checksum differs; save it anew")
    return parse_json(metadata["skmer"], "its document"), tensors


def parse_json(text, what):
    """Return the content of a JSON text whose keys are unique and whose numbers are finite.

    Parameters
    ----------
    text : str
        The text.
    what : str
        Name of the text for errors.

    Returns
    -------
    value : object
        Of JSON's own types.
    """
    # Counted before parsing: megabytes of opening brackets would become gigabytes of Python's objects.
    if sum(map(text.count, ",[{")) > MAX_JSON_ITEMS:
        raise ValueError(f"{what} has more than {MAX_JSON_ITEMS:,} items")
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite_float
        )
    except RecursionError:
        raise ValueError(f"{what} is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{what} is not JSON: {error}") from None


def _unique(pairs):
    # json keeps the last of equal keys, other readers the first: one file would be two documents.
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} stands twice in one object")
    return found


def _refuse_constant(name):
    raise ValueError(f"{name} is no number of JSON")


def _finite_float(text):
    # Python reads 1e999 as infinity without a word.
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no finite number")
    return value


def _read_header(file):
    size = os.fstat(file.fileno()).st_size
    if size > MAX_FILE:
        raise ValueError(f"it has {size:,} bytes, and {MAX_FILE:,} is the most that is read")
    length = int.from_bytes(file.read(8), "little")
    # The length is the file's own claim: it is compared with what is there before anything is read.
    if size < 8 or length > size - 8:
        raise ValueError("it is not a whole file of skmer.io.save: it ends before its header does")
    if length > MAX_HEADER:
        raise ValueError(f"its header has {length:,} bytes, and {MAX_HEADER:,} is the most that is read")
    try:
        text = file.read(length).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not a whole file of skmer.io.save: its header is no text") from None
    header = parse_json(text, "its header")
    if not isinstance(header, dict):
        raise ValueError("it is not a whole file of skmer.io.save: its header is no JSON object")
    return header, size - 8 - length


def _check_places(header, n_bytes):
    """Return dtype, shape and offsets of each array; together they cover the rest of the file once."""
    places = {name: _check_place(name, entry) for name, entry in header.items()}
    # No gap, in which something could hide, and no overlap, by which two arrays would share memory.
    end = 0
    for name, (_, _, begin, stop) in sorted(places.items(), key=lambda item: item[1][2:]):
        if begin != end:
            raise ValueError(f"the array {name!r} begins at byte {begin}, where {end} is the next free one")
        end = stop
    if end != n_bytes:
        raise ValueError(
            f"it is not a whole file of skmer.io.save: {n_bytes} bytes follow the header, its arrays have "
            f"{end}"
        )
    return places


def _check_place(name, entry):
    if not isinstance(entry, dict) or sorted(entry) != ["data_offsets", "dtype", "shape"]:
        raise ValueError(f"the array {name!r} needs dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"the array {name!r} has the unknown dtype {dtype!r}")
    if not (_are_sizes(shape) and len(shape) <= MAX_AXES):
        raise ValueError(f"the array {name!r} has an impossible shape")
    if not (_are_sizes(offsets) and len(offsets) == 2):
        raise ValueError(f"the array {name!r} has impossible offsets")
    # In Python's integers, which do not overflow as those of an array library may.
    if math.prod(shape) * DTYPES[dtype].itemsize != offsets[1] - offsets[0]:
        raise ValueError(f"the array {name!r} has offsets that do not fit its dtype and shape")
    return DTYPES[dtype], tuple(shape), *offsets


def _are_sizes(values):
    # The type itself, since True is an int to isinstance.
    return isinstance(values, list) and all(type(v) is int and 0 <= v <= MAX_FILE for v in values)


def _view(content, dtype, shape, begin, end):
    if dtype.kind == "b" and content[begin:end].strip(b"\0\1"):
        # numpy computes nonsense with other bytes in a boolean array.
        raise ValueError("an array of booleans holds other bytes than 0 and 1")
    if begin == end:
        return np.empty(shape, dtype)
    return np.frombuffer(content, dtype, math.prod(shape), begin).reshape(shape)


def _checksum(text, tensors):
    """SHA-256 of document and arrays: it finds accidents, and does not say who wrote the file."""
    # JSON may hold half of a surrogate pair, which strict UTF-8 refuses to encode.
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode("utf-8", "surrogatepass"))
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()
