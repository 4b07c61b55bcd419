"""Torch modules of DeRe-GRL, layers, decomposition, reconstruction, losses; the field's networks on maps."""

from skmer.nn._action_modules import ActionDecomposition, ActionUnitHead, RelationReconstruction
from skmer.nn._alexnet_streams import DSSN
from skmer.nn._augmentation import Augmentation, MapAugmentation
from skmer.nn._dere_grl_network import DeReGRL
from skmer.nn._flow_networks import FLOW_NETWORKS, FlowNetwork
from skmer.nn._graph_convolution import Adjacency, GraphConvolution
from skmer.nn._landmark_networks import LFM, GraphTCN
from skmer.nn._layers import LinearHead, NodeChannels, SeededDropout
from skmer.nn._learnet import LEARNet
from skmer.nn._losses import (
    ActionCenterLoss,
    DeReGRLLoss,
    LossTerms,
    WeightBalanceLoss,
    WeightCenterLoss,
    WeightedCrossEntropy,
)
from skmer.nn._region_network import LGCcon, LGCconLoss, RegionScores, RegionTerms
from skmer.nn._spatio_temporal_block import SpatioTemporalBlock, TemporalConvolution

__all__ = [
    "ActionCenterLoss",
    "ActionDecomposition",
    "ActionUnitHead",
    "Adjacency",
    "Augmentation",
    "DSSN",
    "DeReGRL",
    "DeReGRLLoss",
    "FLOW_NETWORKS",
    "FlowNetwork",
    "GraphConvolution",
    "GraphTCN",
    "LEARNet",
    "LFM",
    "LGCcon",
    "LGCconLoss",
    "LinearHead",
    "LossTerms",
    "MapAugmentation",
    "NodeChannels",
    "RegionScores",
    "RegionTerms",
    "RelationReconstruction",
    "SeededDropout",
    "SpatioTemporalBlock",
    "TemporalConvolution",
    "WeightBalanceLoss",
    "WeightCenterLoss",
    "WeightedCrossEntropy",
]
