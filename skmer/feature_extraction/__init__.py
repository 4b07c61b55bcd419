"""Clips to features: preprocessing of frames and sequences, and node features of a face graph."""

from skmer.feature_extraction._face_cropper import FaceCropper
from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._temporal_interpolator import TemporalInterpolator

__all__ = ["FaceCropper", "TemporalInterpolator", "LandmarkGraphTransformer"]
