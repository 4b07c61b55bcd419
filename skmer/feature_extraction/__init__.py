"""Clips to features: node features of a face graph."""

from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer

__all__ = ["LandmarkGraphTransformer"]
