"""The pair of convolutions, over space and then over time, that every part of the network is made of."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmer.nn._graph_convolution import GraphConvolution
from skmer.nn._relu_pair import ReluPair
from skmer.nn._temporal_convolution import TemporalConvolution

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "gelu": functional.gelu,
    "tanh": torch.tanh,
}


class SpatioTemporalBlock(nn.Module):
    r"""Graph convolution, activation, temporal convolution, activation: ``s(TC(s(GC(X; A))))``.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels C of a node before and D after.
    hidden_channels : int, optional
        Channels between the two convolutions. None: ``out_channels``.
    n_frames : int
        Number T of frames.
    activation : {"relu", "leaky_relu", "elu", "gelu", "tanh"}
        The activation s.
    activate_output : bool
        Whether s follows the temporal convolution too.

    Shapes:
        - x: (..., N, B, T, C), nodes first
        - adjacency: (..., N, N)
        - output: (..., N, B, T, D)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import SpatioTemporalBlock
    >>> block = SpatioTemporalBlock(2, 16)
    >>> block(torch.ones(31, 8, 3, 2), torch.eye(31)).shape  # nodes, batch, frames, channels
    torch.Size([31, 8, 3, 16])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        hidden_channels: int | None = None,
        n_frames: int = 3,
        activation: str = "relu",
        activate_output: bool = True,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {activation!r}.")
        hidden_channels = out_channels if hidden_channels is None else hidden_channels
        self.space = GraphConvolution(in_channels, hidden_channels)
        self.time = TemporalConvolution(hidden_channels, out_channels, n_frames)
        self.activation = activation
        self.activate_output = activate_output

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """Return the block's features, (..., N, B, T, D)."""
        if self.activation == "relu":
            return self._forward_relu(x, adjacency)
        activate = ACTIVATIONS[self.activation]
        x = self.time(activate(self.space(x, adjacency)))
        return activate(x) if self.activate_output else x

    def _forward_relu(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """Return the same, computed in one step."""
        stack, shape = x.shape[:-4], x.shape[-4:]
        tensors = (adjacency, self.space.weight, self.space.bias, *self.time.banded())
        flat = [t.expand(*stack, *t.shape[-2:]).reshape(-1, *t.shape[-2:]) for t in tensors]
        rows = x.reshape(-1, shape[0], shape[1:].numel())
        out = ReluPair.apply(rows, *flat, self.activate_output)
        return out[..., : self.time.width].reshape(*stack, *shape[:-1], -1)
