"""Torch modules of DeRe-GRL: layers, decomposition, reconstruction, losses."""

from skmer.nn._adjacency import Adjacency
from skmer.nn._augmentation import Augmentation
from skmer.nn._block import SpatioTemporalBlock
from skmer.nn._decomposition import ActionDecomposition
from skmer.nn._dere_grl import DeReGRL
from skmer.nn._dropout import SeededDropout
from skmer.nn._graph_convolution import GraphConvolution
from skmer.nn._head import LinearHead
from skmer.nn._losses import (
    ActionCenterLoss,
    DeReGRLLoss,
    LossTerms,
    WeightBalanceLoss,
    WeightCenterLoss,
)
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
]
