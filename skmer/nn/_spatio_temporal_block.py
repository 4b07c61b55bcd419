"""The pair of convolutions, over space and then over time, that every part of the network is made of."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from skmer._utils._arguments import FLAG, checked, integer, option
from skmer.nn._graph_convolution import GraphConvolution

KERNEL_SIZE = 3


class TemporalConvolution(nn.Module):
    r"""Convolution over the frames, kernel 3, padding 1: ``X'[t] = sum_s X[t + s - 1] W[s] + b``.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels C of a node before and D after.
    n_frames : int
        Number T of frames; it stays what it is.

    Shapes:
        - x: (..., N, B, T, C), nodes first
        - output: (..., N, B, T, D)

    Notes
    -----
    With three frames the whole convolution is one banded (T C, T D) matrix, so that it costs one matrix
    product instead of three shifted ones.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import TemporalConvolution
    >>> TemporalConvolution(2, 16)(torch.ones(31, 8, 3, 2)).shape  # nodes, batch, frames, channels
    torch.Size([31, 8, 3, 16])
    """

    @checked(in_channels=[integer(1, 4096)], out_channels=[integer(1, 4096)], n_frames=[integer(1, 4096)])
    def __init__(self, in_channels: int, out_channels: int, n_frames: int = 3) -> None:
        super().__init__()
        self.n_frames = n_frames
        self.weight = nn.Parameter(torch.empty(KERNEL_SIZE, in_channels, out_channels))
        self.bias = nn.Parameter(torch.empty(1, out_channels))
        self.band: Tensor
        self.register_buffer("band", _band(n_frames), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights from He's uniform distribution and set the bias to zero."""
        bound = math.sqrt(6.0 / (min(KERNEL_SIZE, self.n_frames) * self.weight.shape[-2]))
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)

    @property
    def width(self) -> int:
        """Columns T D of the banded matrix that are not padding."""
        return self.n_frames * self.weight.shape[-1]

    def banded(self) -> tuple[Tensor, Tensor]:
        """Return the convolution as one matrix with its bias, (..., T C, T D) and (..., 1, T D).

        Columns of zeros fill up the last vector of 16: MKL takes four times as long for nine columns as for
        sixteen.
        """
        *stack, _, c_in, c_out = self.weight.shape
        blocks = torch.matmul(self.band, self.weight.flatten(-2))
        blocks = blocks.reshape(*stack, self.n_frames, self.n_frames, c_in, c_out).transpose(-3, -2)
        weight = blocks.reshape(*stack, self.n_frames * c_in, self.width)
        bias = torch.cat([self.bias] * self.n_frames, dim=-1)
        padding = (0, -self.width % 16)
        return functional.pad(weight, padding), functional.pad(bias, padding)

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolved features, (..., N, B, T, D)."""
        rows = x.reshape(*x.shape[:-4], -1, x.shape[-2] * x.shape[-1])
        weight, bias = self.banded()
        return (torch.matmul(rows, weight) + bias)[..., : self.width].reshape(*x.shape[:-1], -1)


def _band(n_frames: int) -> Tensor:
    """One where a kernel tap joins frame i (in) to frame j (out), (T * T, 3)."""
    frame = torch.arange(n_frames)
    offset = frame[:, None] - frame[None, :] + KERNEL_SIZE // 2
    return (offset.reshape(-1, 1) == torch.arange(KERNEL_SIZE)).to(torch.get_default_dtype())


relu_gradient = torch.ops.aten.threshold_backward.grad_input


class ReluPair(torch.autograd.Function):
    """``relu(TC(relu(GC(x; A))))`` as three batched matrix products, and six for its gradient.

    Autograd's own pass over the same operations keeps and touches more arrays, each of which takes about as
    long to fetch as a product of this size takes to compute.

    Shapes:
        - x: (G, N, R C), R rows (batch and frames) of C channels in each node
        - adjacency: (G, N, N)
        - mix, mix_bias: (G, C, H), (G, 1, H)
        - band, band_bias: (G, T H, T D), (G, 1, T D); see `TemporalConvolution.banded`
        - output: (G, N R / T, T D); the second ReLU only with ``activate_output``
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        adjacency: Tensor,
        mix: Tensor,
        mix_bias: Tensor,
        band: Tensor,
        band_bias: Tensor,
        activate_output: bool,
    ) -> Tensor:
        """Return the output."""
        mixed = torch.bmm(adjacency, x).view(len(x), -1, mix.shape[1])
        hidden = torch.baddbmm(mix_bias, mixed, mix).clamp_min_(0)
        out = torch.baddbmm(band_bias, hidden.view(len(x), -1, band.shape[1]), band)
        if activate_output:
            out.clamp_min_(0)
        ctx.save_for_backward(x, adjacency, mix, band, mixed, hidden, out if activate_output else None)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient of each input."""
        x, adjacency, mix, band, mixed, hidden, out = ctx.saved_tensors
        frames = hidden.view(len(x), -1, band.shape[1])
        if out is not None:
            grad = torch.ops.aten.threshold_backward(grad, out, 0)
        d_band = torch.bmm(frames.transpose(1, 2), grad)
        d_hidden = torch.bmm(grad, band.transpose(1, 2)).view_as(hidden)
        # In place, and by the output: it is positive just where the input was.
        relu_gradient(d_hidden, hidden, 0, grad_input=d_hidden)
        d_mix = torch.bmm(mixed.transpose(1, 2), d_hidden)
        d_biases = [tensor.sum(1, keepdim=True) for tensor in (d_hidden, grad)]
        d_nodes = _inputs_gradient(d_hidden, mix, adjacency, x, ctx.needs_input_grad)
        return *d_nodes, d_mix, d_biases[0], d_band, d_biases[1], None


def _inputs_gradient(
    d_hidden: Tensor, mix: Tensor, adjacency: Tensor, x: Tensor, needed: Sequence[bool]
) -> tuple[Tensor | None, Tensor | None]:
    """Gradient of the input and of the adjacency, None for what needs none."""
    if not any(needed[:2]):
        return None, None
    g, n_nodes, n_columns = x.shape
    # Zeros behind the last node: MKL takes twice as long for 31 columns as for 32.
    padded = x.new_empty(g, n_nodes + -n_nodes % 16, n_columns)
    padded[:, n_nodes:] = 0
    d_mixed = padded[:, :n_nodes]
    torch.bmm(d_hidden, mix.transpose(1, 2), out=d_mixed.view(g, -1, mix.shape[1]))
    d_adjacency = torch.bmm(x, padded.transpose(1, 2))[..., :n_nodes].transpose(1, 2) if needed[1] else None
    return torch.bmm(adjacency.transpose(1, 2), d_mixed) if needed[0] else None, d_adjacency


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

    @checked(
        in_channels=[integer(1, 4096)],
        out_channels=[integer(1, 4096)],
        hidden_channels=[integer(1, 4096), None],
        n_frames=[integer(1, 4096)],
        activation=[option(*ACTIVATIONS)],
        activate_output=FLAG,
    )
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
        # What has no replica axis of its own, such as a fixed adjacency, is shared by the whole stack.
        tensors = (adjacency, self.space.weight, self.space.bias, *self.time.banded())
        flat = [t.expand(*stack, *t.shape[-2:]).reshape(-1, *t.shape[-2:]) for t in tensors]
        rows = x.reshape(-1, shape[0], shape[1:].numel())
        out = ReluPair.apply(rows, *flat, self.activate_output)
        return out[..., : self.time.width].reshape(*stack, *shape[:-1], -1)
