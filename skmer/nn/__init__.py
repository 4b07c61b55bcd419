"""Torch modules of DeRe-GRL, layers, decomposition, reconstruction, losses; the field's networks on maps."""

from skmer.nn._adjacency import Adjacency
from skmer.nn._augmentation import Augmentation
from skmer.nn._block import SpatioTemporalBlock
from skmer.nn._decomposition import ActionDecomposition
from skmer.nn._dere_grl import DeReGRL
from skmer.nn._dropout import SeededDropout
from skmer.nn._flow_networks import FLOW_NETWORKS, FlowNetwork
from skmer.nn._graph_convolution import GraphConvolution
from skmer.nn._head import LinearHead
from skmer.nn._losses import (
    ActionCenterLoss,
    DeReGRLLoss,
    LossTerms,
    WeightBalanceLoss,
    WeightCenterLoss,
)
from skmer.nn._map_losses import WeightedCrossEntropy
from skmer.nn._node_channels import NodeChannels
from skmer.nn._reconstruction import RelationReconstruction
from skmer.nn._temporal_convolution import TemporalConvolution

__all__ = [
    "ActionCenterLoss",
    "ActionDecomposition",
    "Adjacency",
    "Augmentation",
    "DeReGRL",
    "DeReGRLLoss",
    "FLOW_NETWORKS",
    "FlowNetwork",
    "GraphConvolution",
    "LinearHead",
    "LossTerms",
    "NodeChannels",
    "RelationReconstruction",
    "SeededDropout",
    "SpatioTemporalBlock",
    "TemporalConvolution",
    "WeightBalanceLoss",
    "WeightCenterLoss",
    "WeightedCrossEntropy",
]
