"""A face that is followed through a video: every frame against one anchor frame, by dense flow."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skmer.frames import fine_flow, sample_flow
from skmer.landmarks._agreement import RIGID
from skmer.landmarks._alignment import apply_similarity, fit_similarity
from skmer.landmarks._steady_face import MARGIN, Contrast, crop_around, cut, relit, scaled, warp_back

_NEAR = 2.5  # px of the anchor's crop: a larger motion than predicted is tracked a second time
_PASSES = 3


@dataclass(frozen=True, eq=False)
class Anchor:
    """A face in one frame: the crop around it, and its landmarks in px of the crop.

    `place` is the similarity from pixels of the crop to those of the frame that it was cut from.
    """

    still: np.ndarray
    points: np.ndarray
    place: np.ndarray

    @cached_property
    def _contrast(self):
        return Contrast.of(self.still)

    @cached_property
    def _stretched(self):
        return self._contrast(self.still)

    @classmethod
    def of(cls, image, points, width):
        """Cut the face out of an image, scaled to a width in px."""
        start, stop = crop_around(points, image.shape, MARGIN)
        scale = width / max(float(np.ptp(points, axis=0).max()), 1.0)
        still = np.ascontiguousarray(scaled(cut(image, start, stop), scale))
        local = (points - start + 0.5) * scale - 0.5
        shift = start + 0.5 / scale - 0.5
        return cls(still, local, np.column_stack([np.eye(2) / scale, shift]))

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
            turned = warp_back(image, motion, self.still.shape)
            steady = self._contrast(relit(self.still, turned))
            shift = sample_flow(fine_flow(self._stretched, steady), self.points)
            points = apply_similarity(motion, self.points + shift)
            motion = self.motion_to(points)
            if np.abs(shift[RIGID]).max() < _NEAR:
                break
        return points, motion, _likeness(self._stretched, steady)


def _likeness(still, steady):
    rows, columns = (slice(size // 6, -(size // 6), 2) for size in still.shape)
    a, b = (image[rows, columns].astype(np.float32) for image in (still, steady))
    a, b = a - a.mean(), b - b.mean()
    energy = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / energy if energy else 0.0
