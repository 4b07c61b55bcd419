"""Clips to features: preprocessing, node features of a face graph, and local patterns of sequences in blocks."""

from skmer.feature_extraction._face_cropper import FaceCropper
from skmer.feature_extraction._gradients import DirectionGradients, OrientedGradients
from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._local_binary_patterns import LocalBinaryPatterns
from skmer.feature_extraction._temporal_interpolator import TemporalInterpolator

__all__ = [
    "FaceCropper",
    "TemporalInterpolator",
    "LandmarkGraphTransformer",
    "LocalBinaryPatterns",
    "DirectionGradients",
    "OrientedGradients",
]
