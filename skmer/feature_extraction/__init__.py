"""Clips to features: node features of a face graph, and local patterns of whole sequences in blocks."""

from skmer.feature_extraction._bi_woof import BiWOOF
from skmer.feature_extraction._gradients import DirectionGradients, OrientedGradients
from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._local_binary_patterns import LocalBinaryPatterns

__all__ = [
    "LandmarkGraphTransformer",
    "LocalBinaryPatterns",
    "DirectionGradients",
    "OrientedGradients",
    "BiWOOF",
]
