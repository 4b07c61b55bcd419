"""Clips to features: node features of a face graph, flow maps."""

from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._map_nodes import sample_nodes

__all__ = ["LandmarkGraphTransformer", "sample_nodes"]
