"""Signed displacement curves of the regions of a face, in outer eye-corner distances, over seconds."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from skmer.face import RIGID_POINTS
from skmer.landmarks import FaceTrack, apply_similarity, fit_similarity

RATE = 60.0
"""Samples a second of the curves, whatever the video's frame rate."""

_RIGID = list(RIGID_POINTS)
_BLINK_MARGIN = 0.08  # s around a blink in which lids tell nothing
_HEAD_COMPONENTS = 4
_ROBUST_STEPS = 4

# Region -> (points, direction): the curve is the points' mean displacement along the direction (x right, y
# down), so that a raised brow, a pulled-up corner and a widened mouth are positive.
REGIONS = {
    "left brow, inner end": ((20, 21), (0, -1)),
    "right brow, inner end": ((22, 23), (0, -1)),
    "left brow, outer end": ((17, 18, 19), (0, -1)),
    "right brow, outer end": ((24, 25, 26), (0, -1)),
    "left brow, inward": ((20, 21), (1, 0)),
    "right brow, inward": ((22, 23), (-1, 0)),
    "left nose wing": ((31, 32), (0, -1)),
    "right nose wing": ((34, 35), (0, -1)),
    "left mouth corner, up": ((48, 49, 59, 60), (0, -1)),
    "right mouth corner, up": ((54, 53, 55, 64), (0, -1)),
    "left mouth corner, out": ((48, 49, 59, 60), (-1, 0)),
    "right mouth corner, out": ((54, 53, 55, 64), (1, 0)),
    "upper lip": ((50, 51, 52, 61, 62, 63), (0, -1)),
    "lower lip": ((56, 57, 58, 65, 66, 67), (0, -1)),
    "chin": ((7, 8, 9), (0, -1)),
    "left lower lid": ((40, 41), (0, -1)),
    "right lower lid": ((46, 47), (0, -1)),
    "left upper lid": ((37, 38), (0, -1)),
    "right upper lid": ((43, 44), (0, -1)),
}
"""Region to its points and the direction of its curve; left and right as the viewer sees them."""

LIDS = tuple(name for name in REGIONS if "lid" in name)
"""Regions that blinks move."""


@dataclass(frozen=True, eq=False)
class RegionCurves:
    """Curves of one video on a regular grid of seconds.

    Attributes
    ----------
    seconds : ndarray of shape (n,)
        The grid.
    values : ndarray of shape (n, n_regions)
        Displacements in outer eye-corner distances, the order that of `REGIONS`.
    head : ndarray of shape (n, 4)
        What the rigid points show of turns of the head, in the same unit.
    known : ndarray of shape (n,), bool
        Whether the face was found.
    """

    seconds: np.ndarray
    values: np.ndarray
    head: np.ndarray
    known: np.ndarray


def region_curves(track):
    """Curves of a track; RegionCurves.

    Parameters
    ----------
    track : FaceTrack
        The track. Gaps are bridged, and lids are bridged over blinks.
    """
    if not isinstance(track, FaceTrack):
        raise TypeError(f"tracks must hold FaceTrack, got {type(track).__name__}.")
    seconds = np.arange(track.times[0], track.times[-1] + 0.5 / RATE, 1 / RATE)
    found = track.found
    if found.sum() < 2:
        empty = np.zeros((len(seconds), len(REGIONS)))
        return RegionCurves(seconds, empty, empty[:, :_HEAD_COMPONENTS], np.zeros(len(seconds), bool))
    points, times = track.points[found], track.times[found]
    aligned = _aligned(points)
    named = np.stack(
        [aligned[:, list(p)].mean(axis=1) @ direction for p, direction in REGIONS.values()], axis=1
    )
    _bridge_lids(named, times, track.blinks[found])
    head = _turns(aligned)
    step = 1 / track.fps
    gaps = np.interp(seconds, times, np.arange(len(times)))
    near = np.abs(times[np.clip(np.round(gaps).astype(int), 0, len(times) - 1)] - seconds)
    return RegionCurves(
        seconds,
        _resampled(named, times, seconds, step),
        _resampled(head, times, seconds, step),
        near <= max(3 * step, 0.1),
    )


def _aligned(points):
    """Points in eye-corner distances, head motion within the image plane taken out."""
    middle = np.median(points, axis=0)
    rigid = points[:, _RIGID]
    motion = fit_similarity(rigid, np.broadcast_to(middle[_RIGID], rigid.shape))
    return apply_similarity(motion, points) / np.linalg.norm(middle[45] - middle[36])


def steady_points(track):
    """Landmarks of every frame in one pose of the head, in px; NaN where the face was not found.

    Parameters
    ----------
    track : FaceTrack
        The track.

    Returns
    -------
    ndarray of shape (n_frames, 68, 2)
        Motion in the image plane is taken out by a similarity, turns of the head as `band_pass` does.
    """
    steady = np.full(track.points.shape, np.nan)
    found = track.found
    if found.sum() < 2:
        return steady
    aligned = _aligned(track.points[found])
    middle = np.median(aligned, axis=0)
    moved = (aligned - middle).reshape(len(aligned), -1)
    rest = _without(moved, _turns(aligned)).reshape(aligned.shape)
    steady[found] = (middle + rest) * track.interocular
    return steady


def _turns(aligned):
    """Largest principal components of the rigid points: what turns of the head move in them."""
    rigid = aligned[:, _RIGID].reshape(len(aligned), -1)
    rigid = rigid - rigid.mean(axis=0)
    _, _, axes = np.linalg.svd(rigid, full_matrices=False)
    return rigid @ axes[:_HEAD_COMPONENTS].T


def _bridge_lids(named, times, blinks):
    columns = [k for k, name in enumerate(REGIONS) if name in LIDS]
    if not blinks.any() or blinks.all():
        return
    starts, stops = np.searchsorted(times, [times[blinks] - _BLINK_MARGIN, times[blinks] + _BLINK_MARGIN])
    hidden = np.zeros(len(times) + 1)
    np.add.at(hidden, starts, 1)
    np.add.at(hidden, stops, -1)
    hidden = np.cumsum(hidden)[:-1] > 0
    if hidden.all():
        return
    for column in columns:
        named[hidden, column] = np.interp(times[hidden], times[~hidden], named[~hidden, column])


def _resampled(curves, times, seconds, step):
    """Curves on the grid; frames that are faster than it are first averaged."""
    if step < 0.9 / RATE:
        curves = gaussian_filter1d(curves, 0.4 / RATE / step, axis=0, mode="nearest")
    return np.stack([np.interp(seconds, times, curve) for curve in curves.T], axis=1)


def band_pass(curves, short, long):
    """Differences of Gaussian averages, what the head's turns explain of them taken out.

    Parameters
    ----------
    curves : RegionCurves
        Of one video.
    short, long : float
        Standard deviations of the averages in seconds.

    Returns
    -------
    ndarray of shape (n, n_regions)
    """
    bands = [
        gaussian_filter1d(values, short * RATE, axis=0, mode="nearest")
        - gaussian_filter1d(values, long * RATE, axis=0, mode="nearest")
        for values in (curves.values, curves.head)
    ]
    return _without(bands[0], bands[1])


def _without(values, head):
    """Residuals of a robust regression on the head's curves: movements of the face are its outliers."""
    scale = head.std(axis=0)
    head = head[:, scale > 1e-9] / scale[scale > 1e-9]
    if not head.shape[1]:
        return values
    rest = values
    for _ in range(_ROBUST_STEPS):
        width = 1.5 * np.median(np.abs(rest), axis=0) + 1e-9
        weights = 1 / np.maximum(np.abs(rest) / width, 1.0)
        # One weighted least-squares problem a region, all of them at once.
        left = np.einsum("tr,ti,tj->rij", weights, head, head) + 1e-6 * len(head) * np.eye(head.shape[1])
        right = np.einsum("tr,ti,tr->ri", weights, head, values)
        rest = values - head @ np.linalg.solve(left, right[..., None])[..., 0].T
    return rest
