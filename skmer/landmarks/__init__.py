"""Landmarks of faces: detection, tracking by optical flow, alignment, the cache, and sequences."""

from skmer._utils._imports import moved_name
from skmer.landmarks._alignment import align_landmarks, apply_similarity, fit_similarity
from skmer.landmarks._apex import find_apex, motion_curve
from skmer.landmarks._cache import LandmarkCache, cache_folder
from skmer.landmarks._converters import mediapipe_to_68, read_openface_csv
from skmer.landmarks._face_track import FaceTrack, find_blinks, read_face_track, write_face_track
from skmer.landmarks._face_tracker import FaceTracker
from skmer.landmarks._landmarker import FaceLandmarker, LandmarkResult
from skmer.landmarks._predictor import find_predictor

__all__ = [
    "FaceLandmarker",
    "LandmarkResult",
    "FaceTrack",
    "FaceTracker",
    "find_blinks",
    "read_face_track",
    "write_face_track",
    "LandmarkCache",
    "cache_folder",
    "find_predictor",
    "find_apex",
    "motion_curve",
    "read_openface_csv",
    "mediapipe_to_68",
    "fit_similarity",
    "apply_similarity",
    "align_landmarks",
]

# Names that moved with 0.2; the old path works for one release.
_MOVED = {
    "check_frames": "skmer.frames.check_frames",
    "read_image": "skmer.frames.read_image",
    "frame_label": "skmer.frames.frame_label",
    "clip_from_video": "skmer.datasets.clip_from_video",
}


def __getattr__(name):
    return moved_name(__name__, _MOVED, name)
