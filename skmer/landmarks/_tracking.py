"""Carry landmarks from the onset to another frame by dense flow, the head's motion taken out in between."""

from dataclasses import dataclass

import cv2
import numpy as np

from skmer.face import RIGID_POINTS
from skmer.landmarks._alignment import apply_similarity, fit_similarity
from skmer.magnification._flow import dense_flow, sample

_MARGIN = 0.25  # of the face, around its landmarks
_RIGID = list(RIGID_POINTS)


@dataclass(frozen=True)
class Track:
    """Landmarks found again in another frame.

    Attributes
    ----------
    points : ndarray of shape (n_points, 2)
        x and y in px of the other frame.
    motion : ndarray of shape (2, 3)
        Similarity that the head made from the onset to the other frame.
    likeness : float
        Correlation of the onset with the other frame carried back along the flow, over the face: one if the
        flow explains the whole change.
    """

    points: np.ndarray
    motion: np.ndarray
    likeness: float


def track_points(onset, frame, points):
    """Find the onset's landmarks in another frame.

    A first flow tells the head's rigid motion at the nose bridge and the eye corners; the frame is warped by
    its inverse, and a second flow, now of small motions only, is sampled at the landmarks and composed with
    it.

    Parameters
    ----------
    onset, frame : ndarray of shape (H, W), uint8
        The images.
    points : ndarray of shape (n_points, 2)
        Landmarks of the onset, the 68 first.

    Returns
    -------
    Track
    """
    (x0, y0), (x1, y1) = _crop(points[:68], onset.shape)
    origin = np.array([x0, y0])
    still = np.ascontiguousarray(onset[y0:y1, x0:x1])
    local = points - origin
    rigid = local[_RIGID]
    coarse = dense_flow(still, np.ascontiguousarray(frame[y0:y1, x0:x1]), fine=False)
    motion = fit_similarity(rigid, rigid + sample(coarse, rigid) + origin)
    steady = _equal_light(still, _warped(frame, motion, still.shape))
    flow = dense_flow(still, steady)
    moved = apply_similarity(motion, local + sample(flow, local))
    return Track(moved, fit_similarity(points[_RIGID], moved[_RIGID]), _likeness(still, steady, flow))


def _crop(points, shape):
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * (high - low).max()
    size = np.array([shape[1], shape[0]])
    start = np.clip(np.floor(low - margin), 0, size - 16).astype(int).clip(0)
    stop = np.clip(np.ceil(high + margin) + 1, start + 16, size).astype(int)
    return start, stop


def _warped(frame, motion, shape):
    """What `frame` shows where `motion` takes each pixel of a crop of that shape."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(frame, motion, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _equal_light(reference, image):
    """The image with the reference's mean and contrast, as flow assumes constant brightness."""
    spread = float(image.std())
    gain = float(reference.std()) / spread if spread else 1.0
    relit = (image.astype(np.float32) - np.float32(image.mean())) * np.float32(gain) + np.float32(
        reference.mean()
    )
    return np.clip(np.round(relit), 0, 255).astype(np.uint8)


def _likeness(still, steady, flow):
    grid = np.indices(still.shape, dtype=np.float32)
    back = cv2.remap(steady, grid[1] + flow[..., 0], grid[0] + flow[..., 1], cv2.INTER_LINEAR)
    inner = tuple(slice(size // 8, -(size // 8) or None) for size in still.shape)
    a, b = still[inner].astype(np.float64), back[inner].astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    energy = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / energy) if energy else 0.0
