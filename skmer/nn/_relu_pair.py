"""The pair of convolutions with ReLU as one step of autograd, its gradient written out."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

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
