"""Movement of a face over a whole sequence: apex and offset from all frames instead of one each."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from skmer.frames import fine_flow, sample_flow
from skmer.landmarks._agreement import NODES, FlowEstimates, agreement, least_agreement, still_motion
from skmer.landmarks._steady_face import OnsetFace
from skmer.landmarks._tracking import patch_displacement, photometric_correlation, point_displacement

LEAST_FRAMES = 8
"""Shorter sequences have no two halves to compare, and too few times for a course."""

_KNOTS = 12  # times at which the movement is measured, each on the mean of the frames around
_SMOOTHING = 1 / 6  # of the duration: of the course of the movement in time, which has one rise and one fall


@dataclass(frozen=True, eq=False)
class Movement:
    """Landmarks of the keyframes of a sequence, from all of its frames.

    Attributes
    ----------
    points : ndarray of shape (3, n_points, 2)
        Onset, apex and offset, each in px of its own frame.
    apex : int
        Position of the apex.
    correlations, errors : tuple of 2 float
        Of apex and offset: correlation of the mean face with the frames there, and forward-backward error in
        px, as `Track` has them.
    reliability, movement_to_noise : float
        The least of those of two halves of the frames, and of every two of three flows; `Track` says what
        they are.
    """

    points: np.ndarray
    apex: int
    correlations: tuple
    errors: tuple
    reliability: float
    movement_to_noise: float


def follow_sequence(frames, points):
    """Track the onset's landmarks through all frames of a movement.

    Every frame is turned back into the onset's place. At a dozen times the frames around are averaged. Three
    flows are found from the first of these means to each: two as `track_points` has them, and one by way of
    a face without noise, the mean of all that flow has brought onto the first. The displacements of all times
    are one field times a course in time, by least squares with an intercept: noise of the onset itself drops
    out. The field is shrunk by the agreement of two halves of the times, each fitted without the other, by
    that of the flows, and point by point where the flows differ.

    Parameters
    ----------
    frames : sequence of ndarray of shape (H, W), uint8
        At least `LEAST_FRAMES`, from onset to offset.
    points : ndarray of shape (n_points, 2)
        Landmarks of the onset, the 68 first.

    Returns
    -------
    Movement
    """
    face = OnsetFace(frames[0], points)
    turned = [(face.unturned(), face.still), *map(face.turned, frames[1:])]
    motions, steady = zip(*turned, strict=True)
    knots = np.rint(np.linspace(0, len(frames) - 1, min(_KNOTS, len(frames)))).astype(int).tolist()
    flows, quality = _flows(steady, knots, face.points)
    weights = _rigid_weights(flows)
    motion = still_motion(face.points, face.points + flows.displacement(weights), weights)
    course, field = fit_course(motion, NODES)
    peak = int(np.argmax(np.abs(course - course[0])))
    ends, rise = (peak, len(knots) - 1), course - course[0]
    unlike, unlike_ratio = least_agreement([_field(m, course) * rise[peak] for m in flows.movements(weights)])
    halves, halves_ratio = _halves_agree(motion, peak)
    # One who has little evidence says little: here the evidence is that of half the frames.
    believed = flows.believed(field * rise[peak], halves * unlike, peak) / (rise[peak] or 1.0)
    placed = [face.in_frame(motions[knots[k]], face.points + believed * rise[k]) for k in (0, *ends)]
    return Movement(
        np.stack(placed),
        knots[peak],
        *zip(*((quality[k][0], quality[k][1] / face.scale) for k in ends), strict=True),
        min(unlike, 2 * halves / (1 + halves)),  # Spearman and Brown: of both halves together
        min(unlike_ratio, halves_ratio),
    )


def _rigid_weights(flows):
    """Weights of the rigid points, from where the face has moved furthest by all of them alike."""
    course, _ = fit_course(still_motion(flows.points, flows.points + flows.displacement(None)), NODES)
    return flows.rigid_weights(int(np.argmax(np.abs(course - course[0]))))


def _flows(steady, knots, points):
    """Displacements of points at each knot by three flows; photometric correlation and error at each."""
    reach = round(len(steady) / _KNOTS / 2)
    means = [_mean(steady[max(0, knot - reach) : knot + reach + 1]) for knot in knots]
    flows = [fine_flow(means[0], mean) for mean in means]
    warped = [_warped(mean, flow) for mean, flow in zip(means, flows, strict=True)]
    face = _mean(warped)
    by_face, direct, single, quality = [], [], [], []
    for mean, flow, near in zip(means, flows, warped, strict=True):
        rest, _, error = patch_displacement(face, near, points)
        by_face.append(sample_flow(flow, points) + rest)
        direct.append(patch_displacement(means[0], mean, points)[0])
        single.append(point_displacement(means[0], mean, points, by_face[-1] - by_face[0]))
        quality.append((photometric_correlation(face, mean, flow), error))
    dense = [np.stack(own) - own[0] for own in (by_face, direct)]
    return FlowEstimates(points, dense, np.stack(single)), quality


def _mean(images):
    total = np.zeros(images[0].shape, np.float32)
    for image in images:
        total += image
    return np.rint(total / len(images)).astype(np.uint8)


def _warped(image, flow):
    y, x = np.indices(image.shape, dtype=np.float32)
    where = x + flow[..., 0], y + flow[..., 1]
    return cv2.remap(image, *where, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def fit_course(motion, nodes, axis=None):
    """Fit displacements over time by one field times a course in time, and an intercept.

    Parameters
    ----------
    motion : ndarray of shape (n_times, n_points, 2)
        Displacements.
    nodes : list of int
        The points that tell the course.
    axis : ndarray of shape (2 * len(nodes),), default=None
        Displacement of the nodes that the course is projected on; None is the first principal component.

    Returns
    -------
    course : ndarray of shape (n_times,)
        Smooth in time, mean zero; zero if nothing moves.
    field : ndarray of shape (n_points, 2)
        Displacement for each unit of the course.
    """
    rows = motion[:, nodes].reshape(len(motion), -1)
    rows = gaussian_filter1d(rows, _SMOOTHING * len(rows), axis=0, mode="nearest")
    rows = rows - rows.mean(axis=0)
    course = rows @ (_principal_axis(rows) if axis is None else axis)
    return course, _field(motion, course)


def _field(motion, course):
    """Displacement for each unit of a course whose mean is zero."""
    energy = course @ course
    centred = motion - motion.mean(axis=0)
    return np.einsum("t,tpc->pc", course, centred) / (energy if energy > 0 else 1.0)


def _principal_axis(rows):
    return np.linalg.svd(rows, full_matrices=False)[2][0]


def _halves_agree(motion, peak):
    """Agreement of the apex's displacement from the even and the odd times, each on the other's axis."""
    estimates = []
    for parity in (0, 1):
        # An axis of its own would fit its own noise, and the two would seem to agree.
        other = motion[1 - parity :: 2, NODES].reshape(len(motion[1 - parity :: 2]), -1)
        axis = _principal_axis(gaussian_filter1d(other - other.mean(axis=0), _SMOOTHING * len(other), axis=0))
        half = motion[parity::2]
        course, field = fit_course(half, NODES, axis)
        estimates.append(field[NODES] * (course[min(peak // 2, len(half) - 1)] - course[0]))
    return agreement(*estimates)
