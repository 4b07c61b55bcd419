"""Torch modules of DeRe-GRL: layers, decomposition, reconstruction, losses."""

from skmer.nn._action_modules import ActionDecomposition, RelationReconstruction
from skmer.nn._augmentation import Augmentation
from skmer.nn._dere_grl_network import DeReGRL
from skmer.nn._graph_convolution import Adjacency, GraphConvolution
from skmer.nn._layers import LinearHead, NodeChannels, SeededDropout
from skmer.nn._losses import (
    ActionCenterLoss,
    DeReGRLLoss,
    LossTerms,
    WeightBalanceLoss,
    WeightCenterLoss,
)
from skmer.nn._spatio_temporal_block import SpatioTemporalBlock, TemporalConvolution

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
