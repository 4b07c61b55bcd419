"""Tracking of landmarks from the onset to another frame, or against one anchor frame, by optical flow."""

from dataclasses import dataclass

import cv2
import numpy as np

from skmer.frames import coarse_flow, fine_flow, patch_flow, point_flow, sample_flow
from skmer.landmarks._agreement import (
    FLOW_GAIN,
    RIGID,
    FlowEstimates,
    held_still,
    least_agreement,
    still_motion,
)
from skmer.landmarks._alignment import apply_similarity, fit_similarity

REGION = 0.5  # of the face's size, around it: what is cut out before scaling, so that heads may move
MARGIN = 0.1  # of the face's size, around it: the region whose flow is computed
_FACE_WIDTHS = (280.0, 420.0)  # px: smaller faces are enlarged, at most twice, larger ones reduced
_LIGHT = 32.0  # px: changes of brightness over a shorter distance are taken for movements
_CONTRAST = 50.0  # standard deviation of a face's grey values: fainter faces are stretched to it
_MOST_STRETCH = 8.0  # beyond that it is noise that is stretched
_BLUR = 1.0  # px: noise of single pixels has no part in what flows agree on
_IS_EYE = (np.arange(68) >= 36) & (np.arange(68) < 48)


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
    face = points[:68]
    start, stop = crop_around(face, onset.shape, REGION)
    scale = flow_scale(face)
    region, other = (scaled(image[start[1] : stop[1], start[0] : stop[0]], scale) for image in (onset, frame))
    local = (points - start + 0.5) * scale - 0.5
    table = contrast_table(region, local)
    region, other = cv2.LUT(region, table), cv2.LUT(other, table)
    moved, correlation, error, *agreement = _track(region, other, local)
    return Track((moved + 0.5) / scale - 0.5 + start, correlation, error / scale, *agreement)


def _track(onset, frame, points):
    start, stop = crop_around(points[:68], onset.shape, MARGIN)
    still = np.ascontiguousarray(onset[start[1] : stop[1], start[0] : stop[0]])
    local = points - start
    motion, steady = steadied(still, frame, local, start)
    dense, flow, error = patch_displacement(still, steady, local)
    flows = FlowEstimates(local, [dense], point_displacement(still, steady, local, dense))
    weights = flows.rigid_weights()
    shift = flows.displacement(weights)
    head = fit_similarity(local[RIGID], (local + shift)[RIGID], weights)
    own = still_motion(local, local + shift, weights)
    reliability, ratio = least_agreement([still_motion(local, local + d, weights) for d in flows.flows])
    # One who has little evidence says little. Lids are left as they are: they blink whether or not the nodes
    # agree.
    size = np.where(np.resize(_IS_EYE, len(own)), 1.0, FLOW_GAIN * reliability * flows.trust(own))
    still_own = held_still(local, size[:, None] * own)
    moved = apply_similarity(motion, apply_similarity(head, local + still_own))
    return moved, photometric_correlation(still, steady, flow), error, reliability, ratio


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


def steadied(still, frame, points, start):
    """Turn a frame back into the place of the onset's crop, and give it the same light.

    Parameters
    ----------
    still : ndarray of shape (H, W), uint8
        Crop of the onset.
    frame : ndarray, uint8
        The whole other image.
    points : ndarray of shape (n_points, 2)
        Landmarks in px of the crop, the 68 first.
    start : ndarray of shape (2,)
        Place of the crop in the image.

    Returns
    -------
    motion : ndarray of shape (2, 3)
        Similarity from the crop to the frame.
    steady : ndarray of shape (H, W), uint8
        The frame without it.
    """
    rigid = points[RIGID]
    height, width = still.shape
    beside = frame[start[1] : start[1] + height, start[0] : start[0] + width]
    first = coarse_flow(still, np.ascontiguousarray(beside))
    motion = fit_similarity(rigid, rigid + sample_flow(first, rigid) + start)
    return motion, equal_light(still, warp_back(frame, motion, still.shape))


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
    still = np.ascontiguousarray(onset[start[1] : stop[1], start[0] : stop[0]])
    # The same similarity for an origin at the corner of the region.
    local = np.column_stack([motion[:, :2], motion[:, :2] @ start + motion[:, 2]])
    steady = equal_light(still, warp_back(frame, local, still.shape))
    return photometric_correlation(still, steady, np.zeros((*still.shape, 2), np.float32))


def crop_around(points, shape, margin):
    low, high = points.min(axis=0), points.max(axis=0)
    room = margin * (high - low).max()
    size = np.array([shape[1], shape[0]])
    start = np.clip(np.floor(low - room), 0, size - 16).clip(0).astype(int)
    stop = np.clip(np.ceil(high + room) + 1, start + 16, size).astype(int)
    return start, stop


def flow_scale(face):
    """Scale of the images that brings the face within the widths for which the flow is tuned."""
    width = max(float(np.ptp(face, axis=0).max()), 1.0)
    smallest, largest = _FACE_WIDTHS
    return min(2.0, max(smallest / width, 1.0)) * min(largest / width, 1.0)


def scaled(image, scale):
    if scale == 1:
        return image
    filtering = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=filtering)


def contrast_table(image, points):
    """Grey values that bring a face to a common contrast, for ``cv2.LUT``; (256,), uint8.

    Parameters
    ----------
    image : ndarray of shape (H, W), uint8
        The image.
    points : ndarray of shape (n_points, 2)
        Its landmarks in px, the 68 first.

    Returns
    -------
    ndarray of shape (256,), uint8
        Each value as it is, if the face has that contrast: flows take small differences for noise.
    """
    start, stop = crop_around(points[:68], image.shape, MARGIN)
    face = image[start[1] : stop[1], start[0] : stop[0]]
    values, contrast = np.arange(256.0), max(float(face.std()), _CONTRAST / _MOST_STRETCH)
    if contrast < _CONTRAST:
        values = 128 + (values - face.mean()) * _CONTRAST / contrast
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def warp_back(frame, motion, shape):
    """Warp a frame by the inverse of a motion.

    Parameters
    ----------
    frame : ndarray of shape (H, W), uint8
        The image.
    motion : ndarray of shape (2, 3)
        Similarity from pixels of the result to pixels of the frame.
    shape : (int, int)
        Height and width of the result.

    Returns
    -------
    ndarray of that shape, uint8
    """
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(frame, motion, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)


def equal_light(reference, image):
    """Give an image the smooth lighting of a reference."""
    # Optical flow assumes constant brightness; without this a shadow would be taken for a movement.
    light = cv2.resize(_light(reference) / np.maximum(_light(image), 1), image.shape[::-1])
    return np.clip(np.round(image * light), 0, 255).astype(np.uint8)


def _light(image):
    """Smooth lighting of an image, at an eighth of its size."""
    size = tuple(-(-side // 8) for side in image.shape[::-1])
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return cv2.GaussianBlur(small, (0, 0), _LIGHT / 8)


def photometric_correlation(still, steady, flow):
    y, x = np.indices(still.shape, dtype=np.float32)
    warped = cv2.remap(steady, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
    # At the edges of the region the flow may lead out of it, where there is nothing to compare with.
    inner = tuple(slice(size // 8, -(size // 8) or None) for size in still.shape)
    a, b = still[inner].astype(np.float64), warped[inner].astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    energy = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / energy) if energy else 0.0


_NEAR = 2.5  # px of the anchor's crop: a larger motion than predicted is tracked a second time
_PASSES = 3


@dataclass(frozen=True, eq=False)
class Anchor:
    """A face in one frame: the crop around it, and its landmarks in px of the crop.

    `place` is the similarity from pixels of the crop to those of the frame that it was cut from, `table` that
    of `contrast_table`.
    """

    still: np.ndarray
    points: np.ndarray
    place: np.ndarray
    table: np.ndarray

    @classmethod
    def of(cls, image, points, width):
        """Cut the face out of an image, scaled to a width in px."""
        start, stop = crop_around(points, image.shape, MARGIN)
        scale = width / max(float(np.ptp(points, axis=0).max()), 1.0)
        still = np.ascontiguousarray(scaled(image[start[1] : stop[1], start[0] : stop[0]], scale))
        local = (points - start + 0.5) * scale - 0.5
        shift = start + 0.5 / scale - 0.5
        table = contrast_table(still, local)
        return cls(cv2.LUT(still, table), local, np.column_stack([np.eye(2) / scale, shift]), table)

    def motion_to(self, points):
        """Similarity from the crop to a frame in which the landmarks lie at some points."""
        return fit_similarity(self.points[RIGID], points[RIGID])

    def follow(self, image, motion):
        """Landmarks in a frame, from a prediction of the motion.

        Parameters
        ----------
        image : ndarray of shape (H, W), uint8
            The frame.
        motion : ndarray of shape (2, 3)
            Predicted similarity from the crop to the frame.

        Returns
        -------
        points : ndarray of shape (68, 2)
            In px of the frame.
        motion : ndarray of shape (2, 3)
            The similarity that was found.
        likeness : float
            Correlation of the crop with the frame warped back, one for the same face.
        """
        for _ in range(_PASSES):
            turned = cv2.LUT(warp_back(image, motion, self.still.shape), self.table)
            steady = equal_light(self.still, turned)
            shift = sample_flow(fine_flow(self.still, steady), self.points)
            points = apply_similarity(motion, self.points + shift)
            motion = self.motion_to(points)
            if np.abs(shift[RIGID]).max() < _NEAR:
                break
        return points, motion, _likeness(self.still, steady)


def _likeness(still, steady):
    rows, columns = (slice(size // 6, -(size // 6), 2) for size in still.shape)
    a, b = (image[rows, columns].astype(np.float32) for image in (still, steady))
    a, b = a - a.mean(), b - b.mean()
    energy = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / energy if energy else 0.0
