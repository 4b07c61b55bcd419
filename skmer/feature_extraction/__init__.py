"""Clips to features: node features of a face graph, patterns of sequences in blocks, and rows of motion."""

from skmer.feature_extraction._bi_woof import BiWOOF
from skmer.feature_extraction._gradients import DirectionGradients, OrientedGradients
from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._local_binary_patterns import LocalBinaryPatterns
from skmer.feature_extraction._motion_rows import NodeDisplacements, PooledMaps

__all__ = [
    "LandmarkGraphTransformer",
    "LocalBinaryPatterns",
    "DirectionGradients",
    "OrientedGradients",
    "BiWOOF",
    "NodeDisplacements",
    "PooledMaps",
]
