"""Leaks in the rows themselves: duplicates, near copies, scaling and encoding before the split."""

import os
import re
from collections import defaultdict

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.preprocessing import TargetEncoder

from skmer._utils._files import as_array, row_digests
from skmer.face import MIRROR_POINTS
from skmer.frames import check_frames, read_image
from skmer.model_selection._audit._finding import LeakFinding

_EXACT = 1e-9
_MOST_ROWS = 2000  # rows that are compared with one another
_THUMBNAIL = 16  # px
_CLOSE = 0.25  # largest distance of a copy, in lengths of the vectors
_SURPRISE = 1000  # how many times more close pairs there are than the other distances let expect
_EYES = (36, 45)


def data_findings(samples):
    """Yield findings in the clips."""
    present = samples.present
    yield from _same_person(samples)
    yield from _duplicates(samples)
    yield from _near_duplicates(samples)
    table = numeric_table(samples.X)
    # In fewer rows a mean of zero, or a share, is met by chance.
    if table is not None and present.sum() > 9:
        yield from _scaled(table[present], samples.groups[present])
        yield from _target_encoded(table[present], samples.y[present])


def numeric_table(X):
    """Return rows flattened to float64 (n, n_columns), None where they are no numbers."""
    X = as_array(X)
    if isinstance(X, np.ndarray) and X.dtype == object:
        return None
    try:
        table = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return table.reshape(len(table), -1) if table.ndim > 1 else None


def name_of(samples, row):
    """Return a clip's name for a sentence."""
    return f"{samples.clip_ids[row]} of {samples.groups[row]}"


def _same_person(samples):
    spellings = defaultdict(set)
    for group in map(str, np.unique(samples.groups)):
        # "sub01", "Sub1" and "sub001" are one person.
        spellings[re.sub(r"0*(\d+)", r"\1", group.casefold())].add(group)
    for names in spellings.values():
        if len(names) > 1:
            yield LeakFinding(
                "subjects",
                f"The subjects {' and '.join(map(repr, sorted(names)))} differ in spelling alone: one person "
                "under two names is trained on while held out.",
            )


def _duplicates(samples):
    by_content = defaultdict(list)
    for row in np.flatnonzero(samples.present & _informative(samples.X)):
        by_content[samples.digests[row]].append(row)
    crossing = [same for same in by_content.values() if len(set(samples.groups[same].tolist())) > 1]
    if not crossing:
        crossing = _shared_frames(samples)
    if crossing:
        first = crossing[0]
        other = next(row for row in first if samples.groups[row] != samples.groups[first[0]])
        yield LeakFinding(
            "duplicate",
            f"{len(crossing)} clips stand under several subjects, such as {name_of(samples, first[0])} = "
            f"{name_of(samples, other)}: each is trained on while it is held out.",
        )


def _informative(X):
    """Return a mask of rows that are only equal if one is a copy: cells of few values coincide by chance."""
    table = numeric_table(X)
    moving = np.ones(len(as_array(X)), dtype=bool)
    if table is not None and table.shape[1] > 1:
        moving = np.ptp(table, axis=1) > 0
    cells = as_array(X) if table is None else table
    if not isinstance(cells, np.ndarray) or cells.ndim != 2 or any(map(_is_frame, cells[0])):
        return moving
    cells = cells if table is not None else cells.astype(str)
    # Equal rows are no coincidence if a column hardly repeats itself, or if there are a hundred times as many
    # combinations of values as pairs of rows.
    counts = np.array([len(np.unique(column)) for column in cells.T], dtype=float)
    n = len(cells)
    return moving & (counts.max() > n / 2.5 or np.log(counts).sum() > np.log(100.0 * n**2))


def _shared_frames(samples):
    """Return lists of rows that share a frame of their images."""
    X = samples.X
    if not (isinstance(X, np.ndarray) and X.dtype == object and X.ndim in (1, 2)):
        return []
    by_frame = defaultdict(list)
    for row, clip in enumerate(X):
        # Frames of a sequence that is made when it is read are no copies of a file.
        shown = (
            [] if not isinstance(clip, list | np.ndarray) else [frame for frame in clip if _is_frame(frame)]
        )
        for found in set(row_digests([[frame] for frame in shown], samples.files)):
            by_frame[found].append(row)
    return [rows for rows in by_frame.values() if len(set(samples.groups[rows].tolist())) > 1]


def _is_frame(cell):
    return isinstance(cell, np.ndarray) or (isinstance(cell, str | os.PathLike) and os.path.isfile(cell))


def _near_duplicates(samples):
    pairs = _near_copies(samples, np.flatnonzero(samples.present))
    if pairs:
        a, b = pairs[0]
        yield LeakFinding(
            "near-duplicate",
            f"{len(pairs)} pairs of clips of different subjects are far closer than clips of two people ever "
            f"come, such as {name_of(samples, a)} and {name_of(samples, b)}: a copy (crop, mirror, "
            "noise) that was made before the split is trained on while its clip is held out.",
        )


def _scaled(table, groups):
    moving = table[:, np.ptp(table, axis=0) > 0]
    # A column of zeros and ones has minimum 0 and maximum 1 without any scaler.
    varied = np.array([len(np.unique(column)) > 2 for column in moving.T], dtype=bool)
    moving = moving[:, varied]
    if not moving.shape[1] or _by_subject_too(moving, groups):
        return
    for name, (low, high) in _SCALES.items():
        ends = low(moving), high(moving)
        # float32 keeps seven digits of what was scaled
        if max(np.abs(ends[0][0] - ends[0][1]).max(), np.abs(ends[1][0] - ends[1][1]).max()) < 2e-6:
            yield LeakFinding(
                "scaled",
                f"Every column of X has {name} over all rows: X was scaled before the split, with the "
                "held-out subjects in the statistics; put the scaler into the pipeline.",
            )
            return


_SCALES = {
    "mean 0 and standard deviation 1": (
        lambda X: (X.mean(axis=0), 0),
        lambda X: (X.std(axis=0), 1),
    ),
    "minimum 0 and maximum 1": (lambda X: (X.min(axis=0), 0), lambda X: (X.max(axis=0), 1)),
    "median 0 and quartiles 1 apart": (
        lambda X: (np.median(X, axis=0), 0),
        lambda X: (np.subtract(*np.quantile(X, [0.75, 0.25], axis=0)), 1),
    ),
}


def _by_subject_too(table, groups):
    """Return whether each subject was scaled by itself, which crosses no fold."""
    means = [np.abs(table[groups == subject].mean(axis=0)).max() for subject in np.unique(groups)]
    return max(means) < 2e-6


def _target_encoded(table, y):
    for j, column in enumerate(table.T):
        values, codes = np.unique(column, return_inverse=True)
        if not 2 < len(values) <= len(column) / 2:
            continue
        for name in np.unique(y):
            if encodes(values, codes, y == name):
                yield LeakFinding(
                    "target-encoded",
                    f"Column {j} of X holds for each of its {len(values)} values the share of class {name} "
                    "among all clips with it: a target encoder saw the labels of the held-out subjects; put "
                    "it into the pipeline.",
                )
                return


def encodes(values, codes, hit):
    """Return whether values, one per category, are the category's share of hits, smoothed or not."""
    sizes = np.bincount(codes)
    shares = np.bincount(codes, weights=hit) / sizes
    if np.ptp(shares) == 0 or set(shares.tolist()) <= {0.0, 1.0}:
        return False
    if np.allclose(values, shares, rtol=0, atol=_EXACT):
        return True
    # A smoothed encoding is (n share + m mean) / (n + m). Solved for m, it is one number for all categories;
    # where the share is the mean, m is free.
    off = np.abs(shares - hit.mean()) > _EXACT
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth = (sizes * (shares - values) / (values - hit.mean()))[off]
    if off.sum() > 2 and np.all(smooth > 0) and np.ptp(smooth) < 1e-6 * smooth.mean():
        return True
    # scikit-learn's smooth="auto" has another m for each category: it is asked itself.
    encoder = TargetEncoder(target_type="binary").fit(codes[:, None], hit)
    return np.allclose(values, encoder.encodings_[0], rtol=0, atol=_EXACT)


def _near_copies(samples, rows):
    """Return pairs of rows of different subjects that are copies but for noise, crop or mirror."""
    rows = rows[:_MOST_ROWS]
    described = _describe(as_array(samples.X), rows)
    if described is None or len(rows) < 8:
        return []
    plain, mirrored = described
    apart = samples.groups[rows][:, None] != samples.groups[rows]
    upper = np.triu(apart, 1)
    scale = plain.std(axis=0)
    # Columns are brought to one scale; one without spread would be divided by zero.
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
    """Return distances in mean lengths of the two vectors; (n, n)."""
    lengths = np.linalg.norm(a, axis=1)[:, None] + np.linalg.norm(b, axis=1)
    return 2 * cdist(a, b) / np.maximum(lengths, 1e-300)


def _outliers(distances, mask):
    """Return pairs whose distances lie far below what the others' distribution lets expect at its lower end.

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
    # At distance zero clips are duplicates, which have a finding of their own.
    order = order[(values[order] < min(_CLOSE, low)) & (values[order] > 0)]
    # From the one quantile to the other the number of pairs triples.
    power = np.log(3) / np.log(high / low)
    expected = 0.2 * len(values) * (values[order] / low) ** power
    surprising = np.flatnonzero(_SURPRISE * expected <= np.arange(1, len(order) + 1))
    last = surprising[-1] + 1 if len(surprising) else 0
    return [(rows[k], columns[k]) for k in order[:last]]


def _describe(X, rows):
    """Return each clip as a vector without its crop, and the vector of its mirror image (None without)."""
    if isinstance(X, np.ndarray) and X.dtype == object:
        X, rows = X[rows] if X.ndim == 2 else _three_frames(X[rows]), slice(None)
        if X is None or X.dtype == object:
            return None if X is None else _describe_images(X)
    try:
        table = np.asarray(X, dtype=np.float64)[rows]
    except (TypeError, ValueError):
        return None
    if table.shape[1:] == (3, 68, 2):
        mirrored = table[:, :, list(MIRROR_POINTS)] * [-1, 1]
        return _without_crop(table), _without_crop(mirrored)
    return (table.reshape(len(table), -1), None) if table.ndim > 1 else None


def _three_frames(sequences):
    """Return first, middle and last frame of each sequence, as paths and images (n, 3) or as landmarks.

    None for objects that are no sequences.
    """
    try:
        return check_frames([[clip[0], clip[len(clip) // 2], clip[-1]] for clip in sequences])
    except (TypeError, ValueError, LookupError):
        return None


def _without_crop(landmarks):
    """Return landmarks in units of the onset's outer eye corners' distance, its center the origin."""
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
    """Return a grey picture of 16 x 16 without its brightness and contrast."""
    grey = read_image(frame, mode="L") if not isinstance(frame, np.ndarray) else frame
    grey = np.asarray(grey, dtype=float)
    grey = grey.mean(axis=-1) if grey.ndim == 3 else grey
    cells = [np.array_split(band, _THUMBNAIL, axis=1) for band in np.array_split(grey, _THUMBNAIL, axis=0)]
    small = np.array([[cell.mean() for cell in band] for band in cells])
    return (small - small.mean()) / max(small.std(), 1e-9)
