"""Action decomposition module: from the nodes of each facial component to its K actions."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmer.nn._block import SpatioTemporalBlock

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

    Shapes:
        - x: (..., N, B, T, D), nodes first
        - adjacency: (..., N, N), of which the diagonal blocks A_s are used
        - output: actions (..., P, B, T, D) with P = K times the number of components, and maps (..., S, B, T,
          K, n) where n is the largest component's size and a smaller component's last columns are zero

    Notes
    -----
    The S components are one stacking axis, padded to the largest, so that each equation is one product and
    not S of them.

    References
    ----------
    Wei et al., IEICE Trans. Inf. & Syst. E106-D(10), 2023, arXiv 2303.01776, eqs. (1)-(3).

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import ActionDecomposition
    >>> decompose = ActionDecomposition([10, 9, 12], n_channels=16, n_actions=3)
    >>> actions, maps = decompose(torch.ones(31, 8, 3, 16), torch.eye(31))
    >>> actions.shape, maps.shape
    (torch.Size([9, 8, 3, 16]), torch.Size([3, 8, 3, 3, 12]))
    """

    def __init__(
        self,
        component_sizes: Sequence[int],
        n_channels: int,
        n_actions: int,
        *,
        n_frames: int = 3,
        activation: str = "relu",
        softmax: str = "nodes",
    ) -> None:
        super().__init__()
        if softmax not in SOFTMAXES:
            raise ValueError(f"softmax must be one of {list(SOFTMAXES)}, got {softmax!r}.")
        self.component_sizes = tuple(component_sizes)
        self.softmax = softmax
        self.block = SpatioTemporalBlock(
            n_channels,
            n_actions,
            hidden_channels=n_channels,
            n_frames=n_frames,
            groups=len(self.component_sizes),
            activation=activation,
            activate_output=False,
        )
        self.absent: Tensor
        self.entries: Tensor
        self.register_buffer("absent", _absent_nodes(self.component_sizes), persistent=False)
        self.register_buffer("entries", _block_entries(self.component_sizes), persistent=False)

    def forward(self, x: Tensor, adjacency: Tensor) -> tuple[Tensor, Tensor]:
        """Return the actions, (..., P, B, T, D), and the maps Mhat, (..., S, B, T, K, n)."""
        nodes = self._stack_components(x)
        scores = self.block(nodes, self._stack_blocks(adjacency))
        scores = scores.movedim(-4, -1)
        if self.softmax == "nodes":
            maps = (scores + self.absent).softmax(-1)
        else:
            maps = scores.softmax(-2) * self.absent.exp()
        actions = torch.matmul(maps, nodes.movedim(-4, -2))
        return actions.movedim(-2, -4).flatten(-5, -4), maps

    def _stack_components(self, x: Tensor) -> Tensor:
        """(..., N, B, T, D) -> (..., S, n, B, T, D), zeros behind the smaller components."""
        size = max(self.component_sizes)
        parts = []
        for part in x.split(self.component_sizes, dim=-4):
            shape = (*part.shape[:-4], size - part.shape[-4], *part.shape[-3:])
            parts += [part, part.new_zeros(shape)]
        return torch.cat(parts, dim=-4).unflatten(-4, (len(self.component_sizes), size))

    def _stack_blocks(self, adjacency: Tensor) -> Tensor:
        """(..., N, N) -> (..., S, n, n): the diagonal blocks, padded with zeros."""
        entries = functional.pad(adjacency.flatten(-2), (0, 1)).index_select(-1, self.entries)
        size = max(self.component_sizes)
        return entries.unflatten(-1, (len(self.component_sizes), size, size))


def _absent_nodes(component_sizes: Sequence[int]) -> Tensor:
    """Minus infinity at the padding of a stack of components, zero elsewhere, (S, 1, 1, 1, n)."""
    node = torch.arange(max(component_sizes))
    padding = node >= torch.tensor(component_sizes)[:, None]
    return torch.zeros(padding.shape).masked_fill(padding, -torch.inf)[:, None, None, None, :]


def _block_entries(component_sizes: Sequence[int]) -> Tensor:
    """Where the diagonal blocks lie in a flattened (N, N) matrix, one past its end for padding, (S n n,)."""
    n_nodes, size = sum(component_sizes), max(component_sizes)
    entries = torch.full((len(component_sizes), size, size), n_nodes**2)
    whole = torch.arange(n_nodes**2).reshape(n_nodes, n_nodes)
    start = 0
    for block, n in zip(entries, component_sizes, strict=True):
        block[:n, :n] = whole[start : start + n, start : start + n]
        start += n
    return entries.flatten()
