"""Frames to 68 landmarks: reading, detection, flow tracking, alignment and the per-clip cache."""

from skmer.frames._check import check_frames
from skmer.frames._read import frame_label, read_image
from skmer.landmarks._alignment import align_landmarks, apply_similarity, fit_similarity
from skmer.landmarks._apex import find_apex, motion_curve
from skmer.landmarks._cache import LandmarkCache, cache_folder
from skmer.landmarks._converters import mediapipe_to_68, read_openface_csv
from skmer.landmarks._landmarker import FaceLandmarker, LandmarkResult
from skmer.landmarks._predictor import find_predictor
from skmer.landmarks._video import clip_from_video

__all__ = [
    "FaceLandmarker",
    "LandmarkResult",
    "LandmarkCache",
    "check_frames",
    "read_image",
    "frame_label",
    "clip_from_video",
    "find_apex",
    "motion_curve",
    "read_openface_csv",
    "mediapipe_to_68",
    "fit_similarity",
    "apply_similarity",
    "align_landmarks",
    "find_predictor",
    "cache_folder",
]
