"""Clips to features: node features of a face graph, flow maps, local patterns of sequences in blocks."""

from skmer.feature_extraction._bi_woof import BiWOOF
from skmer.feature_extraction._flow_maps import FlowMaps
from skmer.feature_extraction._gradients import DirectionGradients, OrientedGradients
from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._local_binary_patterns import LocalBinaryPatterns
from skmer.feature_extraction._map_nodes import sample_nodes
from skmer.feature_extraction._motion_rows import NodeDisplacements, PooledMaps

__all__ = [
    "LandmarkGraphTransformer",
    "FlowMaps",
    "sample_nodes",
    "LocalBinaryPatterns",
    "DirectionGradients",
    "OrientedGradients",
    "BiWOOF",
    "NodeDisplacements",
    "PooledMaps",
]
