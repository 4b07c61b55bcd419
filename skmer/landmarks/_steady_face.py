"""A face without its head's motion: cut out of each frame, at one scale, in one light and contrast."""

from dataclasses import dataclass

import cv2
import numpy as np

from skmer.frames import coarse_flow, sample_flow
from skmer.landmarks._agreement import RIGID
from skmer.landmarks._alignment import apply_similarity, fit_similarity

_REGION = 0.5  # of the face's size, around it: what is cut out before scaling, so that heads may move
MARGIN = 0.1  # of the face's size, around it: the region whose flow is computed
_FACE_WIDTHS = (280.0, 420.0)  # px: smaller faces are enlarged, at most twice, larger ones reduced
_LIGHT = 32.0  # px: changes of brightness over a shorter distance are taken for movements
_CONTRAST = 50.0  # standard deviation of a face's grey values: fainter faces are stretched to it
_MOST_STRETCH = 8.0  # beyond that it is noise that is stretched


class OnsetFace:
    """The face on the onset, and what turns later frames into its place.

    Parameters
    ----------
    onset : ndarray of shape (H, W), uint8
        The image.
    landmarks : ndarray of shape (n_points, 2)
        Landmarks in px, the 68 first.

    Attributes
    ----------
    still : ndarray of shape (h, w), uint8
        The face at the scale of its flow, stretched to a common contrast.
    points : ndarray of shape (n_points, 2)
        The landmarks in px of `still`.
    scale : float
        Px of `still` for each px of the image.
    """

    def __init__(self, onset, landmarks):
        face = landmarks[:68]
        self._start, self._stop = crop_around(face, onset.shape, _REGION)
        self.scale = _flow_scale(face)
        region, points = self._region(onset), (landmarks - self._start + 0.5) * self.scale - 0.5
        self._low, high = crop_around(points[:68], region.shape, MARGIN)
        self._as_it_is = np.ascontiguousarray(cut(region, self._low, high))
        self._contrast = Contrast.of(self._as_it_is)
        self.still = self._contrast(self._as_it_is)
        self.points = points - self._low

    def _region(self, frame):
        return scaled(cut(frame, self._start, self._stop), self.scale)

    def turned(self, frame):
        """Turn a frame back into the onset's place, in the onset's light.

        Parameters
        ----------
        frame : ndarray of shape (H, W), uint8
            The image.

        Returns
        -------
        motion : ndarray of shape (2, 3)
            The head's, for `in_frame`.
        steady : ndarray of shape (h, w), uint8
            The frame without it, to be compared with `still`.
        """
        region, rigid = self._region(frame), self.points[RIGID]
        beside = cut(region, self._low, self._low + self.still.shape[::-1])
        first = coarse_flow(self._as_it_is, np.ascontiguousarray(beside))
        motion = fit_similarity(rigid, rigid + sample_flow(first, rigid) + self._low)
        back = warp_back(region, motion, self.still.shape)
        # Light is a factor, which contrast would make an offset: it comes first.
        return motion, self._contrast(relit(self._as_it_is, back))

    def unturned(self):
        """Motion of the onset itself; ndarray of shape (2, 3)."""
        return np.column_stack([np.eye(2), self._low])

    def in_frame(self, motion, points):
        """Points of the face, px of `still`, in px of the frame that a motion leads to."""
        return (apply_similarity(motion, points) + 0.5) / self.scale - 0.5 + self._start


@dataclass(frozen=True)
class Contrast:
    """Stretches the grey values of a faint face, as flows take small differences for noise.

    Attributes
    ----------
    mean : float
        Grey value that becomes the middle.
    gain : float
        Factor, 1 of a face that is clear enough: its values stay as they are.
    """

    mean: float
    gain: float

    @classmethod
    def of(cls, face):
        """Find the contrast that a face needs."""
        gain = _CONTRAST / max(float(face.std()), _CONTRAST / _MOST_STRETCH)
        return cls(float(face.mean()), max(gain, 1.0))

    def __call__(self, image):
        """Return an image in this contrast, uint8."""
        if self.gain > 1:
            image = 128 + (image.astype(np.float32) - self.mean) * self.gain
        return to_grey(image)


def crop_around(points, shape, margin):
    low, high = points.min(axis=0), points.max(axis=0)
    room = margin * (high - low).max()
    size = np.array([shape[1], shape[0]])
    start = np.clip(np.floor(low - room), 0, size - 16).clip(0).astype(int)
    stop = np.clip(np.ceil(high + room) + 1, start + 16, size).astype(int)
    return start, stop


def cut(image, start, stop):
    """Part of an image between two corners, (x, y) each."""
    return image[start[1] : stop[1], start[0] : stop[0]]


def to_grey(values):
    """Grey values of a computed image, uint8."""
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _flow_scale(face):
    """Scale of the images that brings the face within the widths for which the flow is tuned."""
    width = max(float(np.ptp(face, axis=0).max()), 1.0)
    smallest, largest = _FACE_WIDTHS
    return min(2.0, max(smallest / width, 1.0)) * min(largest / width, 1.0)


def scaled(image, scale):
    if scale == 1:
        return image
    filtering = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=filtering)


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


def relit(reference, image):
    """Give an image the smooth lighting of a reference; float."""
    # Optical flow assumes constant brightness; without this a shadow would be taken for a movement.
    return image * cv2.resize(_light(reference) / np.maximum(_light(image), 1), image.shape[::-1])


def _light(image):
    """Smooth lighting of an image, at an eighth of its size."""
    size = tuple(-(-side // 8) for side in image.shape[::-1])
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return cv2.GaussianBlur(small, (0, 0), _LIGHT / 8)
