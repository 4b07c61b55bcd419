"""Clips to features: node features of a face graph, and rows of motion for classifiers that take tables."""

from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._motion_rows import NodeDisplacements, PooledMaps

__all__ = ["LandmarkGraphTransformer", "NodeDisplacements", "PooledMaps"]
