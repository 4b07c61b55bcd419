"""Clips to features: preprocessing, node features of a face graph, flow maps, pictures, local patterns."""

from skmer.feature_extraction._bi_woof import BiWOOF
from skmer.feature_extraction._clip_images import ApexImage, DynamicImage
from skmer.feature_extraction._face_cropper import FaceCropper
from skmer.feature_extraction._flow_maps import FlowMaps
from skmer.feature_extraction._gradients import DirectionGradients, OrientedGradients
from skmer.feature_extraction._landmark_graph import LandmarkGraphTransformer
from skmer.feature_extraction._landmark_maps import LandmarkFeatureMaps
from skmer.feature_extraction._landmark_patches import LandmarkPatches
from skmer.feature_extraction._local_binary_patterns import LocalBinaryPatterns
from skmer.feature_extraction._map_nodes import sample_nodes
from skmer.feature_extraction._mdmo import MDMO
from skmer.feature_extraction._motion_rows import (
    NodeDisplacements,
    PooledMaps,
    normalize_maps,
    normalize_nodes,
)
from skmer.feature_extraction._temporal_interpolator import TemporalInterpolator

__all__ = [
    "FaceCropper",
    "TemporalInterpolator",
    "LandmarkGraphTransformer",
    "FlowMaps",
    "sample_nodes",
    "normalize_maps",
    "normalize_nodes",
    "ApexImage",
    "DynamicImage",
    "LandmarkFeatureMaps",
    "LandmarkPatches",
    "LocalBinaryPatterns",
    "DirectionGradients",
    "OrientedGradients",
    "BiWOOF",
    "NodeDisplacements",
    "PooledMaps",
    "MDMO",
]
