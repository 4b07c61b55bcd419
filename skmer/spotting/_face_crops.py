"""Crops of a video's frames around the face, for spotters that look at images."""

import cv2
import numpy as np

from skmer.frames import VideoReader
from skmer.landmarks import fit_similarity

# Where the inner eye corners (39, 42) and the nose base (33) of a face stand in a crop, shares of its side.
_ANCHORS = np.array([[0.40, 0.36], [0.60, 0.36], [0.50, 0.60]])
_POINTS = [39, 42, 33]
RATE = 30.0
"""Frames a second that are looked at, at most: flow between nearer frames says no more and costs more."""


def face_crops(track, size, anchor_seconds):
    """Grey crops of a video and the motion into them, the face placed anew every few seconds.

    Parameters
    ----------
    track : FaceTrack
        With the frames as its source.
    size : int
        Side of a crop in px.
    anchor_seconds : float
        Seconds that one placing holds.

    Yields
    ------
    tuple of (float, ndarray of shape (size, size), ndarray of shape (68, 2), bool)
        Seconds, crop, landmarks in the crop, and whether the face was placed anew on this frame.
    """
    if track.source is None:
        raise ValueError(
            f"tracks must have their frames as source for a spotter on images, {track.name!r} has none; pass "
            "FaceTrack(..., source=frames)."
        )
    step = max(1, round(track.fps / RATE))
    motion, placed = None, -np.inf
    for number, time, image in VideoReader(track.source, times=_own_times(track)).read(step=step):
        if number >= len(track) or not track.found[number]:
            continue
        is_new = motion is None or time - placed >= anchor_seconds
        if is_new:
            motion, placed = fit_similarity(track.points[number, _POINTS], _ANCHORS * size), time
        crop = cv2.warpAffine(image, motion, (size, size), flags=cv2.INTER_LINEAR)
        points = track.points[number] @ motion[:, :2].T + motion[:, 2]
        yield float(track.times[number]), crop, points, is_new


def _own_times(track):
    return None if isinstance(track.source, str) else track.times


def farneback(first, second):
    """Dense flow by Farnebäck's polynomial expansion, (H, W, 2) in px."""
    return cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 11, 3, 5, 1.1, 0)
