"""Clips that are copies of one another, though no byte of them agrees."""

import numpy as np
from scipy.spatial.distance import cdist

from skmer._utils._digest import as_array
from skmer.face import MIRROR_POINTS
from skmer.frames import read_image

_LIMIT = 2000  # rows that are compared with one another
_THUMBNAIL = 16  # px
_CLOSE = 0.25  # largest distance of a copy, in lengths of the vectors
_SURPRISE = 1000  # how many times more close pairs there are than the other distances let expect
_EYES = (36, 45)


def near_copies(samples, rows):
    """Pairs of rows of different subjects that are copies but for noise, crop or mirror; list."""
    rows = rows[:_LIMIT]
    described = _describe(as_array(samples.X), rows)
    if described is None or len(rows) < 8:
        return []
    plain, mirrored = described
    apart = samples.groups[rows][:, None] != samples.groups[rows]
    upper = np.triu(apart, 1)
    scale = plain.std(axis=0)
    kept = scale > 1e-12 * max(scale.max(), 1e-300)
    if not kept.any():
        return []
    center, scale = plain.mean(axis=0)[kept], scale[kept]
    plain = (plain[:, kept] - center) / scale
    pairs = _outliers(_relative(plain, plain), upper)
    if mirrored is not None:
        pairs += _outliers(_relative(plain, (mirrored[:, kept] - center) / scale), upper)
    return [(rows[a], rows[b]) for a, b in pairs]


def _relative(a, b):
    """Distances in mean lengths of the two vectors; (n, n)."""
    lengths = np.linalg.norm(a, axis=1)[:, None] + np.linalg.norm(b, axis=1)
    return 2 * cdist(a, b) / np.maximum(lengths, 1e-300)


def _outliers(distances, mask):
    """Pairs whose distances lie far below what the others' distribution lets expect at its lower end.

    The number of pairs closer than r grows as a power of r; the power is read off the quantiles 20 % and
    60 %, as the copies of all clips of a person may be a tenth of all pairs.
    """
    rows, columns = np.nonzero(mask)
    values = distances[mask]
    if len(values) < 40:
        return []
    low, high = np.quantile(values, [0.2, 0.6])
    if not 0 < low < high:
        return []
    order = np.argsort(values)
    order = order[(values[order] < min(_CLOSE, low)) & (values[order] > 0)]
    power = np.log(3) / np.log(high / low)
    expected = 0.2 * len(values) * (values[order] / low) ** power
    surprising = np.flatnonzero(_SURPRISE * expected <= np.arange(1, len(order) + 1))
    last = surprising[-1] + 1 if len(surprising) else 0
    return [(rows[k], columns[k]) for k in order[:last]]


def _describe(X, rows):
    """Each clip as a vector without its crop, and the vector of its mirror image (None without)."""
    if isinstance(X, np.ndarray) and X.dtype == object:
        return _describe_images(X[rows]) if X.ndim == 2 else None
    try:
        table = np.asarray(X, dtype=np.float64)[rows]
    except (TypeError, ValueError):
        return None
    if table.shape[1:] == (3, 68, 2):
        mirrored = table[:, :, list(MIRROR_POINTS)] * [-1, 1]
        return _without_crop(table), _without_crop(mirrored)
    return (table.reshape(len(table), -1), None) if table.ndim > 1 else None


def _without_crop(landmarks):
    """Origin in the onset's center, unit its outer eye corners' distance; (n, 408)."""
    onset = landmarks[:, :1]
    unit = np.linalg.norm(onset[:, :, _EYES[0]] - onset[:, :, _EYES[1]], axis=-1)[:, :, None, None]
    placed = (landmarks - onset.mean(axis=2, keepdims=True)) / np.maximum(unit, 1e-9)
    return placed.reshape(len(landmarks), -1)


def _describe_images(frames):
    try:
        small = np.array([[_thumbnail(frame) for frame in clip] for clip in frames])
    except (OSError, ValueError, TypeError, AttributeError):  # cells that are no pictures
        return None
    return small.reshape(len(small), -1), small[..., ::-1].reshape(len(small), -1)


def _thumbnail(frame):
    """Grey picture of 16 x 16 without its brightness and contrast."""
    grey = read_image(frame, mode="L") if not isinstance(frame, np.ndarray) else frame
    grey = np.asarray(grey, dtype=float)
    grey = grey.mean(axis=-1) if grey.ndim == 3 else grey
    cells = [np.array_split(band, _THUMBNAIL, axis=1) for band in np.array_split(grey, _THUMBNAIL, axis=0)]
    small = np.array([[cell.mean() for cell in band] for band in cells])
    return (small - small.mean()) / max(small.std(), 1e-9)
