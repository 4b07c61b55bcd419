"""The DeRe-GRL network."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from skmer._utils._arguments import FLAG, Items, checked, integer, option, real
from skmer.face import FaceGraph, action_unit_shares
from skmer.nn._action_modules import (
    NORMS,
    RELATIONS,
    ActionDecomposition,
    ActionUnitHead,
    RelationReconstruction,
)
from skmer.nn._graph_convolution import ADJACENCIES, Adjacency, AdjacencyKind
from skmer.nn._layers import LinearHead, NodeChannels, SeededDropout
from skmer.nn._spatio_temporal_block import ACTIVATIONS, SpatioTemporalBlock

FUSIONS = ("concatenate", "sum")


class DeReGRL(nn.Module):
    r"""Decomposition and reconstruction over a graph of facial landmarks.

    A backbone of ``n_layers`` blocks (`SpatioTemporalBlock`) extracts node features; `ActionDecomposition`
    turns the nodes of each component into K actions (eqs. 1-3); `RelationReconstruction` weighs them (eqs.
    4-5); the weighted actions go into one linear classifier (eq. 6). ``decomposition=False`` leaves the
    backbone with its features flattened into the classifier, ``reconstruction=False`` the backbone and
    unweighted actions: the rows of the paper's ablation.

    Parameters
    ----------
    graph : FaceGraph
        Nodes, components and skeleton.
    in_channels, n_classes : int
        Channels C of a node in the input; number of classes.
    n_actions : int
        Actions K per component.
    n_channels : int
        Hidden channels D of a node (paper: 16 on CASME II, 8 on SAMM).
    n_layers : int
        Blocks in the backbone.
    decomposition, reconstruction : bool
        The two modules. Without the first there can be no second.
    adjacency : {"skeleton+learned", "skeleton", "learned", "full"}
        Matrix of the backbone; its diagonal blocks serve the decomposition. See `Adjacency`.
    relations : {"learned", "full", "component"}
        Matrix A_r of eq. (4). See `RelationReconstruction`.
    activation : {"relu", "leaky_relu", "elu", "gelu", "tanh"}
        The activation s.
    action_softmax : {"nodes", "actions"}
        What sums to one in eq. (2).
    init_actions : {"random", "units"}
        Maps of eq. (2) before training: near uniform, or `skmer.face.action_unit_shares`. Ours.
    unit_actions : sequence of int
        Of each action unit, the action that it is read off; see `ActionUnitHead`. Ours.
    with_maps : bool
        Whether the maps are returned for the losses that read them.
    weight_norm : {"l1", "l2"}
        The norm of eq. (5).
    weight_sigmoid : bool
        Whether a sigmoid comes before that norm.
    fusion : {"concatenate", "sum"}
        How the weighted actions of eq. (6) enter the classifier.
    dropout : float
        Share of the classifier's input dropped in training. The paper has none.
    channels : sequence of {"magnitude", "relative", "edge"}
        Channels appended to the nodes' own before the backbone; see `NodeChannels`. The paper has none.
    linear_skip : bool
        Whether a linear map from the input, which starts at zero, is added to the logits. The paper has none.

    Shapes:
        - x: (..., B, T, N, C)
        - output: logits (..., B, n_classes), actions (..., B, T, P, D), weights (..., B, P); P is 0 for what
          is switched off. With `unit_actions` or `with_maps` follow the maps (..., B, T, N, P) and the logits
          of the units (..., B, n_units)

        Leading axes are those of a stack of replicas; parameters then carry the same.

    References
    ----------
    Wei et al., "Prior Information Based Decomposition and Reconstruction Learning for Micro-Expression
    Recognition", IEICE Trans. Inf. & Syst. E106-D(10), 1752-1756, 2023, arXiv 2303.01776.

    Examples
    --------
    >>> import torch
    >>> from skmer.face import FaceGraph, action_unit_shares
    >>> from skmer.nn import DeReGRL
    >>> network = DeReGRL(FaceGraph.preset("brow-nose-lip31"), in_channels=2, n_classes=5)
    >>> logits, actions, weights = network(torch.zeros(8, 3, 31, 2))
    >>> logits.shape, actions.shape, weights.shape
    (torch.Size([8, 5]), torch.Size([8, 3, 9, 16]), torch.Size([8, 9]))
    """

    @checked(
        graph=[FaceGraph],
        in_channels=[integer(1, 4096)],
        n_classes=[integer(1, 65536)],
        n_actions=[integer(1, 4096)],
        n_channels=[integer(1, 4096)],
        n_layers=[integer(1, 1000)],
        decomposition=FLAG,
        reconstruction=FLAG,
        adjacency=[option(*ADJACENCIES)],
        relations=[option(*RELATIONS)],
        activation=[option(*ACTIVATIONS)],
        action_softmax=[option("nodes", "actions")],
        init_actions=[option("random", "units")],
        unit_actions=[Items(integer(0, 65536))],
        with_maps=FLAG,
        weight_norm=[option(*NORMS)],
        weight_sigmoid=FLAG,
        fusion=[option(*FUSIONS)],
        dropout=[real(0, 1)],
        channels=[Items(str)],
        linear_skip=FLAG,
    )
    def __init__(
        self,
        graph: FaceGraph,
        in_channels: int,
        n_classes: int,
        *,
        n_actions: int = 3,
        n_channels: int = 16,
        n_layers: int = 2,
        decomposition: bool = True,
        reconstruction: bool = True,
        adjacency: AdjacencyKind = "skeleton+learned",
        relations: str = "learned",
        activation: str = "relu",
        action_softmax: str = "nodes",
        init_actions: str = "random",
        unit_actions: Sequence[int] = (),
        with_maps: bool = False,
        weight_norm: str = "l1",
        weight_sigmoid: bool = True,
        fusion: str = "concatenate",
        dropout: float = 0.0,
        channels: Sequence[str] = (),
        linear_skip: bool = False,
    ) -> None:
        super().__init__()
        if reconstruction and not decomposition:
            raise ValueError(
                "reconstruction=True needs decomposition=True, got False: nothing to weigh; set both False."
            )
        skeleton = torch.as_tensor(graph.normalized_adjacency(), dtype=torch.get_default_dtype())
        shared: dict[str, Any] = {"n_frames": graph.n_frames, "activation": activation}
        self.channels = NodeChannels(graph, in_channels, channels)
        widths = [self.channels.out_channels, *[n_channels] * n_layers]
        self.adjacency = Adjacency(skeleton, adjacency)
        self.backbone = nn.ModuleList(SpatioTemporalBlock(c, d, **shared) for c, d in pairwise(widths))
        self.decomposition = None
        self.reconstruction = None
        self.fusion = fusion if decomposition else "concatenate"
        n_parts = graph.n_nodes
        if decomposition:
            self.decomposition = ActionDecomposition(
                graph.component_sizes,
                widths[-1],
                n_actions,
                softmax=action_softmax,
                prior=_unit_prior(graph, n_actions) if init_actions == "units" else None,
                **shared,
            )
            n_parts = n_actions * len(graph.component_sizes) if fusion == "concatenate" else 1
        if reconstruction:
            self.reconstruction = RelationReconstruction(
                len(graph.component_sizes),
                n_actions,
                widths[-1],
                relations=relations,
                norm=weight_norm,
                sigmoid=weight_sigmoid,
                **shared,
            )
        self.dropout = SeededDropout(dropout)
        self.head = LinearHead(n_parts * graph.n_frames * widths[-1], n_classes)
        self.linear_skip = None
        if linear_skip:
            self.linear_skip = LinearHead(graph.n_frames * graph.n_nodes * in_channels, n_classes)
            # At zero: the network starts as if the skip were not there.
            for parameter in self.linear_skip.parameters():
                nn.init.zeros_(parameter)
        # Last of all, so that the other weights of a seed are the same without it.
        self.with_maps = with_maps
        self.units = ActionUnitHead(unit_actions, graph.n_frames * widths[-1]) if len(unit_actions) else None

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return logits (..., B, n_classes), actions (..., B, T, P, D) and weights (..., B, P)."""
        logits, actions, weights, maps = self._parts(x)
        output = logits, actions.movedim(-4, -2), weights.transpose(-1, -2)
        if self.units is None and not self.with_maps:
            return output
        units = logits.new_zeros(*logits.shape[:-1], 0) if self.units is None else self.units(actions)
        return *output, self._laid_out(maps, x), units

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
        """Return logits, actions (..., P, B, T, D), weights (..., P, B) and the maps of each component."""
        adjacency, maps = self.adjacency(), []
        nodes = self.extract(x, adjacency)
        # Actions and weights without an entry, whose losses are zero: an ablation needs no loss of its own.
        weights = nodes.new_zeros(*nodes.shape[:-4], 0, nodes.shape[-3])
        actions = nodes[..., :0, :, :, :]
        parts = nodes
        if self.decomposition is not None:
            actions, maps = self.decomposition(nodes, adjacency)
            parts = actions
        if self.reconstruction is not None:
            weights = self.reconstruction(actions)
            parts = actions * weights[..., None, None]
        logits = self.classify(parts)
        if self.linear_skip is not None:
            logits = logits + self.linear_skip(x.flatten(-3))
        return logits, actions, weights, maps

    def contributions(self, x: Tensor) -> Tensor:
        """Parts of the logits, which add up to them.

        Parameters
        ----------
        x : Tensor of shape (B, T, N, C)
            Node features.

        Returns
        -------
        Tensor of shape (B, P + 2, n_classes)
            Of the actions, the linear path and the bias.
        """
        if self.decomposition is None or self.fusion == "sum":
            raise ValueError("contributions needs decomposition=True and fusion='concatenate'.")
        _, actions, weights, _ = self._parts(x)
        parts = actions * weights[..., None, None] if self.reconstruction is not None else actions
        own = torch.einsum("pbe,pec->bpc", parts.flatten(-2), self.head.weight.unflatten(0, (len(parts), -1)))
        path = own.new_zeros(len(x), 1, own.shape[-1])
        if self.linear_skip is not None:
            path = self.linear_skip(x.flatten(-3)).unsqueeze(-2)
        return torch.cat([own, path, self.head.bias.expand_as(path)], dim=-2)

    def extract(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """Run the backbone: (..., B, T, N, C) -> (..., N, B, T, D)."""
        nodes = self.channels(x).movedim(-2, -4)
        for block in self.backbone:
            nodes = block(nodes, adjacency)
        return nodes

    def classify(self, parts: Tensor) -> Tensor:
        """Eq. (6): (..., P, B, T, D) -> logits (..., B, n_classes)."""
        if self.fusion == "sum":
            parts = parts.sum(-4, keepdim=True)
        return self.head(self.dropout(parts.transpose(-4, -3).flatten(-3)))

    def action_maps(self, x: Tensor) -> Tensor:
        """Share of each node in each action: eq. (2) laid out over all nodes.

        Parameters
        ----------
        x : Tensor of shape (B, T, N, C)
            Node features.

        Returns
        -------
        Tensor of shape (B, T, N, P)
            Zero outside an action's component.
        """
        if self.decomposition is None:
            raise ValueError("action_maps needs decomposition=True; this network was built without actions.")
        adjacency = self.adjacency()
        _, maps = self.decomposition(self.extract(x, adjacency), adjacency)
        return self._laid_out(maps, x)

    def _laid_out(self, maps: list[Tensor], x: Tensor) -> Tensor:
        """Maps of each component as one tensor over all nodes, (..., B, T, N, P)."""
        n_actions = maps[0].shape[-1]
        shares = x.new_zeros(*x.shape[:-1], n_actions * len(maps))
        start = 0
        for s, own in enumerate(maps):
            end = start + own.shape[-4]
            shares[..., start:end, s * n_actions : (s + 1) * n_actions] = own.movedim(-4, -2)
            start = end
        return shares


def _unit_prior(graph: FaceGraph, n_actions: int) -> Tensor:
    return torch.as_tensor(action_unit_shares(graph, n_actions), dtype=torch.get_default_dtype())
