"""Clips to features: node features of a face graph, local patterns in blocks of sequences, optical flow."""

from skmer.feature_extraction._bi_woof import BiWOOF
from skmer.feature_extraction._gradients import DirectionGradients, OrientedGradients
from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._local_binary_patterns import LocalBinaryPatterns
from skmer.feature_extraction._mdmo import MDMO

__all__ = [
    "LandmarkGraphTransformer",
    "LocalBinaryPatterns",
    "DirectionGradients",
    "OrientedGradients",
    "BiWOOF",
    "MDMO",
]
