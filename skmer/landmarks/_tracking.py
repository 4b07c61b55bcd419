"""Tracking of landmarks from the onset to another frame by two optical flows."""

from dataclasses import dataclass

import cv2
import numpy as np

from skmer.frames import patch_flow, point_flow, sample_flow
from skmer.landmarks._agreement import RIGID, FlowEstimates, least_agreement, still_motion
from skmer.landmarks._alignment import apply_similarity, fit_similarity
from skmer.landmarks._steady_face import MARGIN, OnsetFace, crop_around, cut, relit, to_grey, warp_back

_BLUR = 1.0  # px: noise of single pixels has no part in what flows agree on


@dataclass(frozen=True)
class Track:
    """Landmarks in another frame, and the quality of the flow that carried them there.

    Attributes
    ----------
    points : ndarray of shape (n_points, 2)
        x and y in px of the other frame.
    photometric_correlation : float
        Correlation of the onset with the other frame warped back by the flow, over the face: one if the flow
        explains the whole change.
    forward_backward_error : float
        Root mean square over the points, in px, of half the distance between a point and where forward and
        backward flow together carry it: zero if they are inverse.
    reliability : float
        Correlation, from zero to one, of the movements of the 31 nodes that two unlike flows find.
    movement_to_noise : float
        Root mean square movement of the nodes over half the difference of the two.
    """

    points: np.ndarray
    photometric_correlation: float
    forward_backward_error: float
    reliability: float
    movement_to_noise: float


def track_points(onset, frame, points):
    """Track the onset's landmarks to another frame.

    A first flow, sampled at the nose bridge and the eye corners, gives the head's rigid motion. The frame is
    warped by the inverse of that motion, and the remaining flow, now of small motions, is computed there and
    back by two methods. Their mean at the landmarks is shrunk by their agreement, as a whole and point by
    point, enlarged by what smooth flow takes off a movement, and composed with the rigid motion.

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
    face = OnsetFace(onset, points)
    motion, steady = face.turned(frame)
    still, local = face.still, face.points
    dense, flow, error = patch_displacement(still, steady, local)
    flows = FlowEstimates(local, [dense], point_displacement(still, steady, local, dense))
    weights = flows.rigid_weights()
    shift = flows.displacement(weights)
    head = fit_similarity(local[RIGID], (local + shift)[RIGID], weights)
    reliability, ratio = least_agreement(flows.movements(weights))
    # One who has little evidence says little.
    own = flows.believed(still_motion(local, local + shift, weights), reliability)
    return Track(
        face.in_frame(motion, apply_similarity(head, local + own)),
        photometric_correlation(still, steady, flow),
        error / face.scale,
        reliability,
        ratio,
    )


def patch_displacement(still, steady, points):
    """Displacement of points by dense flow.

    Parameters
    ----------
    still, steady : ndarray of shape (H, W), uint8
        The images.
    points : ndarray of shape (n_points, 2)
        x and y in px of the first.

    Returns
    -------
    displacement : ndarray of shape (n_points, 2)
        The mean of there and back, which err independently.
    flow : ndarray of shape (H, W, 2)
        From the first to the second.
    error : float
        Root mean square of half of where both together carry the points, in px.
    """
    smooth = [cv2.GaussianBlur(image, (0, 0), _BLUR) for image in (still, steady)]
    flow = patch_flow(*smooth)
    forward = sample_flow(flow, points)
    backward = sample_flow(patch_flow(*smooth[::-1]), points + forward)
    error = np.sqrt(((forward + backward) ** 2).sum(axis=1).mean()) / 2
    return (forward - backward) / 2, flow, float(error)


def point_displacement(still, steady, points, near):
    """Displacement of points by a flow of each alone, the mean of there and back; NaN where it is lost.

    Parameters
    ----------
    still, steady : ndarray of shape (H, W), uint8
        The images.
    points : ndarray of shape (n_points, 2)
        x and y in px of the first.
    near : ndarray of shape (n_points, 2)
        About where they have moved: from there the way back begins.

    Returns
    -------
    ndarray of shape (n_points, 2)
    """
    return (point_flow(still, steady, points) - point_flow(steady, still, points + near)) / 2


def rigid_correlation(onset, frame, points, motion):
    """Correlation of the onset with another frame warped back by the head's motion, over the face.

    Parameters
    ----------
    onset, frame : ndarray of shape (H, W), uint8
        The images.
    points : ndarray of shape (68, 2)
        Landmarks of the onset.
    motion : ndarray of shape (2, 3)
        Similarity from the onset to the frame.

    Returns
    -------
    float
        Low if the frame does not show the same face.
    """
    start, stop = crop_around(points, onset.shape, MARGIN)
    still = np.ascontiguousarray(cut(onset, start, stop))
    # The same similarity for an origin at the corner of the region.
    local = np.column_stack([motion[:, :2], motion[:, :2] @ start + motion[:, 2]])
    steady = to_grey(relit(still, warp_back(frame, local, still.shape)))
    return photometric_correlation(still, steady, np.zeros((*still.shape, 2), np.float32))


def photometric_correlation(still, steady, flow):
    y, x = np.indices(still.shape, dtype=np.float32)
    warped = cv2.remap(steady, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
    # At the edges of the region the flow may lead out of it, where there is nothing to compare with.
    inner = tuple(slice(size // 8, -(size // 8) or None) for size in still.shape)
    a, b = still[inner].astype(np.float64), warped[inner].astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    energy = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / energy) if energy else 0.0
