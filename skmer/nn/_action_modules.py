"""The two modules of DeRe-GRL: decomposition of nodes into actions, and reconstruction of relations."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skmer._utils._arguments import FLAG, Items, checked, integer, option
from skmer.nn._graph_convolution import Adjacency, AdjacencyKind
from skmer.nn._spatio_temporal_block import ACTIVATIONS, SpatioTemporalBlock

SOFTMAXES = ("nodes", "actions")


class ActionDecomposition(nn.Module):
    r"""Decompose each component's node features into K action features.

    For the component s with the nodes ``X_s``::

        M    = TC(s(GC(X_s; A_s)))          eq. (1), n nodes x K actions in every frame
        Mhat = softmax(M) over the nodes    eq. (2), each action is a convex combination of nodes
        F_s  = Mhat^T X_s                   eq. (3)

    and the actions of all components are joined, ``F = [F_b; F_n; F_m]``.

    Parameters
    ----------
    component_sizes : sequence of int
        Number of nodes of each component; components are contiguous and in order.
    n_channels : int
        Channels D of a node.
    n_actions : int
        Number K of actions of a component.
    n_frames : int
        Number T of frames.
    activation : str
        The activation s; see `SpatioTemporalBlock`.
    softmax : {"nodes", "actions"}
        What sums to one in eq. (2). The paper's words allow both; "nodes" is the reading that makes an action
        a combination of nodes.
    prior : Tensor of shape (N, K), default=None
        Shares of the nodes in the actions of their component before training, one action a column. Their
        logarithms are added to M and learned with the rest. None adds nothing. Ours.

    Shapes:
        - x: (..., N, B, T, D), nodes first
        - adjacency: (..., N, N), of which the diagonal blocks A_s are used
        - output: actions (..., P, B, T, D) with P = K times the number of components, and a list of S maps
          (..., n, B, T, K), n the size of the component

    References
    ----------
    Wei et al., IEICE Trans. Inf. & Syst. E106-D(10), 2023, arXiv 2303.01776, eqs. (1)-(3).

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import ActionDecomposition
    >>> decompose = ActionDecomposition([10, 9, 12], n_channels=16, n_actions=3)
    >>> actions, maps = decompose(torch.ones(31, 8, 3, 16), torch.eye(31))
    >>> actions.shape, maps[0].shape
    (torch.Size([9, 8, 3, 16]), torch.Size([10, 8, 3, 3]))
    """

    @checked(
        component_sizes=[Items(integer(1, 4096), least=1)],
        n_channels=[integer(1, 4096)],
        n_actions=[integer(1, 4096)],
        n_frames=[integer(1, 4096)],
        activation=[option(*ACTIVATIONS)],
        softmax=[option(*SOFTMAXES)],
        prior=[torch.Tensor, None],
    )
    def __init__(
        self,
        component_sizes: Sequence[int],
        n_channels: int,
        n_actions: int,
        *,
        n_frames: int = 3,
        activation: str = "relu",
        softmax: str = "nodes",
        prior: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.component_sizes = tuple(component_sizes)
        self.softmax = softmax
        self.blocks = nn.ModuleList(
            SpatioTemporalBlock(
                n_channels,
                n_actions,
                hidden_channels=n_channels,
                n_frames=n_frames,
                activation=activation,
                activate_output=False,
            )
            for _ in self.component_sizes
        )
        self.bias: Tensor | None
        self.register_parameter("bias", None if prior is None else nn.Parameter(prior.clamp_min(1e-6).log()))
        if prior is not None:
            # Maps begin at the prior, whatever the seed: what the convolutions add begins at zero.
            for name, weight in self.blocks.named_parameters():
                if name.endswith("time.weight"):
                    nn.init.zeros_(weight)

    def forward(self, x: Tensor, adjacency: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the actions, (..., P, B, T, D), and the maps Mhat of each component, (..., n, B, T, K)."""
        actions, maps, start = [], [], 0
        for block, nodes in zip(self.blocks, x.split(self.component_sizes, dim=-4), strict=True):
            end = start + nodes.shape[-4]
            scores = block(nodes, adjacency[..., start:end, start:end])
            if self.bias is not None:
                scores = scores + self.bias[..., start:end, None, None, :]
            maps.append(scores.softmax(-4 if self.softmax == "nodes" else -1))
            actions.append(torch.einsum("...nbtk,...nbtd->...kbtd", maps[-1], nodes))
            start = end
        return torch.cat(actions, dim=-4), maps


NORMS = ("l1", "l2")
RELATIONS = ("learned", "full", "component")


class RelationReconstruction(nn.Module):
    r"""Weigh the actions by what a graph network over them says.

    ::

        S   = TC(s(GC(F; A_r))), then s     eq. (4), a graph whose nodes are the P actions
        w_j = norm(sigmoid(S_j)) / (T D')   eq. (5), one weight per action

    Parameters
    ----------
    n_components : int
        Number of facial components.
    n_actions : int
        Number K of actions of a component, so that there are P = K n_components actions.
    n_channels : int
        Channels D of an action; D' is the same.
    n_frames : int
        Number T of frames.
    activation : str
        The activation s; see `SpatioTemporalBlock`.
    relations : {"learned", "full", "component"}
        The matrix A_r: free, all actions alike, or actions of one component alike and no others.
    norm : {"l1", "l2"}
        The norm of eq. (5). FDRL (Ruan et al., CVPR 2021), from which the module descends, has L1.
    sigmoid : bool
        Whether a sigmoid comes before the norm, as in FDRL. The paper does not say.

    Shapes:
        - actions: (..., P, B, T, D)
        - output: weights (..., P, B), not negative

    References
    ----------
    Wei et al., IEICE Trans. Inf. & Syst. E106-D(10), 2023, arXiv 2303.01776, eqs. (4)-(5). Ruan et al.,
    "Feature decomposition and reconstruction learning for effective facial expression recognition", CVPR
    2021.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import RelationReconstruction
    >>> weigh = RelationReconstruction(n_components=3, n_actions=3, n_channels=16)
    >>> weigh(torch.ones(9, 8, 3, 16)).shape  # actions, batch, frames, channels
    torch.Size([9, 8])
    """

    @checked(
        n_components=[integer(1, 4096)],
        n_actions=[integer(1, 4096)],
        n_channels=[integer(1, 4096)],
        n_frames=[integer(1, 4096)],
        activation=[option(*ACTIVATIONS)],
        relations=[option(*RELATIONS)],
        norm=[option(*NORMS)],
        sigmoid=FLAG,
    )
    def __init__(
        self,
        n_components: int,
        n_actions: int,
        n_channels: int,
        *,
        n_frames: int = 3,
        activation: str = "relu",
        relations: str = "learned",
        norm: str = "l1",
        sigmoid: bool = True,
    ) -> None:
        super().__init__()
        kind: AdjacencyKind = "learned" if relations == "learned" else "skeleton"
        self.adjacency = Adjacency(_relation_matrix([n_actions] * n_components, relations), kind)
        self.block = SpatioTemporalBlock(n_channels, n_channels, n_frames=n_frames, activation=activation)
        self.norm = norm
        self.sigmoid = sigmoid

    def forward(self, actions: Tensor) -> Tensor:
        """Return the weights, (..., P, B)."""
        relations = self.block(actions, self.adjacency())
        entries = relations.flatten(-2)
        entries = entries.sigmoid() if self.sigmoid else entries.abs()
        # After a sigmoid or a modulus no entry is negative: the L1 norm over T D' is the mean.
        if self.norm == "l1":
            return entries.mean(-1)
        return torch.linalg.vector_norm(entries, dim=-1) / entries.shape[-1]


def _relation_matrix(actions_of_component: Sequence[int], relations: str) -> Tensor:
    """The fixed A_r, (P, P): each row averages the actions that it is joined to."""
    n_total = sum(actions_of_component)
    if relations != "component":
        # Rows that sum to one: the scale of the actions does not grow with their number.
        return torch.full((n_total, n_total), 1.0 / n_total)
    return torch.block_diag(*[torch.full((k, k), 1.0 / k) for k in actions_of_component])


class ActionUnitHead(nn.Module):
    """Read action units off the features of the actions, each off those of one action.

    Parameters
    ----------
    unit_actions : sequence of int
        Of each unit, the action (0 to P - 1) that it is read off.
    n_features : int
        Features of an action, T D.

    Shapes:
        - actions: (..., P, B, T, D)
        - output: logits (..., B, n_units)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import ActionUnitHead
    >>> ActionUnitHead([0, 0, 6], n_features=48)(torch.ones(9, 8, 3, 16)).shape
    torch.Size([8, 3])
    """

    @checked(unit_actions=[Items(integer(0, 65536), least=1)], n_features=[integer(1, 2**24)])
    def __init__(self, unit_actions: Sequence[int], n_features: int) -> None:
        super().__init__()
        self.unit_actions = tuple(unit_actions)
        bound = n_features**-0.5
        self.weight = nn.Parameter(torch.empty(len(self.unit_actions), n_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(len(self.unit_actions)))

    def forward(self, actions: Tensor) -> Tensor:
        """Return the logits, (..., B, n_units)."""
        own = actions.index_select(-4, torch.tensor(self.unit_actions, device=actions.device)).flatten(-2)
        return torch.einsum("...ubd,...ud->...bu", own, self.weight) + self.bias[..., None, :]
