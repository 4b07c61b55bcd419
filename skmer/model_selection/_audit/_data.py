"""What the rows themselves give away: leaks that happened before any pipeline saw them."""

import os
import re
from collections import defaultdict

import numpy as np
from sklearn.preprocessing import TargetEncoder

from skmer._utils._digest import as_array, row_digests
from skmer.model_selection._audit._copies import near_copies
from skmer.model_selection._audit._finding import LeakFinding

_EXACT = 1e-9


def data_findings(samples, present):
    """Findings in the clips; `present` marks those with features."""
    yield from _same_person(samples)
    yield from _duplicates(samples, present)
    yield from _near_duplicates(samples, present)
    table = numeric_table(samples.X)
    if table is not None and present.sum() > 9:
        yield from _scaled(table[present], samples.groups[present])
        yield from _target_encoded(table[present], samples.y[present])


def numeric_table(X):
    """Rows flattened to float64 (n, n_columns), None where they are no numbers."""
    X = as_array(X)
    if isinstance(X, np.ndarray) and X.dtype == object:
        return None
    try:
        table = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return table.reshape(len(table), -1) if table.ndim > 1 else None


def name_of(samples, row):
    """A clip's name in a sentence."""
    return f"{samples.clip_ids[row]} of {samples.groups[row]}"


def _same_person(samples):
    spellings = defaultdict(set)
    for group in map(str, np.unique(samples.groups)):
        spellings[re.sub(r"0*(\d+)", r"\1", group.casefold())].add(group)
    for names in spellings.values():
        if len(names) > 1:
            yield LeakFinding(
                "subjects",
                f"The subjects {' and '.join(map(repr, sorted(names)))} differ in spelling alone: one person "
                "under two names is trained on while held out.",
            )


def _duplicates(samples, present):
    digests = row_digests(samples.X)
    by_content = defaultdict(list)
    for row in np.flatnonzero(present & _informative(samples.X)):
        by_content[digests[row]].append(row)
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
    """Rows that can only be equal if one is a copy: cells of few values coincide by chance; (n,) bool."""
    table = numeric_table(X)
    moving = np.ones(len(as_array(X)), dtype=bool)
    if table is not None and table.shape[1] > 1:
        moving = np.ptp(table, axis=1) > 0
    cells = as_array(X) if table is None else table
    if not isinstance(cells, np.ndarray) or cells.ndim != 2 or any(map(_is_frame, cells[0])):
        return moving
    cells = cells if table is not None else cells.astype(str)
    counts = np.array([len(np.unique(column)) for column in cells.T], dtype=float)
    n = len(cells)
    return moving & (counts.max() > n / 2.5 or np.log(counts).sum() > np.log(100.0 * n**2))


def _shared_frames(samples):
    """Rows that share a frame of their images; lists of rows."""
    X = samples.X
    if not (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2):
        return []
    by_frame = defaultdict(list)
    for column in X.T:
        shown = [row for row, frame in enumerate(column) if _is_frame(frame)]
        for row, found in zip(shown, row_digests([[column[row]] for row in shown]), strict=True):
            by_frame[found].append(row)
    return [rows for rows in by_frame.values() if len(set(samples.groups[rows].tolist())) > 1]


def _is_frame(cell):
    return isinstance(cell, np.ndarray) or (isinstance(cell, str | os.PathLike) and os.path.isfile(cell))


def _near_duplicates(samples, present):
    pairs = near_copies(samples, np.flatnonzero(present))
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
    """Whether each subject was scaled by itself, which crosses no fold."""
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
    """Whether values, one per category, are the category's share of hits, smoothed or not."""
    sizes = np.bincount(codes)
    shares = np.bincount(codes, weights=hit) / sizes
    if np.ptp(shares) == 0 or set(shares.tolist()) <= {0.0, 1.0}:
        return False
    if np.allclose(values, shares, rtol=0, atol=_EXACT):
        return True
    off = np.abs(shares - hit.mean()) > _EXACT
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth = (sizes * (shares - values) / (values - hit.mean()))[off]
    if off.sum() > 2 and np.all(smooth > 0) and np.ptp(smooth) < 1e-6 * smooth.mean():
        return True
    encoder = TargetEncoder(target_type="binary").fit(codes[:, None], hit)
    return np.allclose(values, encoder.encodings_[0], rtol=0, atol=_EXACT)
