"""Convolution over the keyframes of each node."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

KERNEL_SIZE = 3


class TemporalConvolution(nn.Module):
    r"""Convolution over the frames, kernel 3, padding 1: ``X'[t] = sum_s X[t + s - 1] W[s] + b``.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels C of a node before and D after.
    n_frames : int
        Number T of frames; it stays what it is.
    groups : int, optional
        Number of stacked convolutions with weights of their own. None: one convolution and no stacking axis.

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

    def __init__(
        self, in_channels: int, out_channels: int, n_frames: int = 3, groups: int | None = None
    ) -> None:
        super().__init__()
        stack = () if groups is None else (groups,)
        self.n_frames = n_frames
        self.weight = nn.Parameter(torch.empty(*stack, KERNEL_SIZE, in_channels, out_channels))
        self.bias = nn.Parameter(torch.empty(*stack, 1, out_channels))
        self.band: Tensor
        self.register_buffer("band", _band(n_frames), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights from He's uniform distribution and set the bias to zero."""
        bound = math.sqrt(6.0 / (min(KERNEL_SIZE, self.n_frames) * self.weight.shape[-2]))
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)

    def banded_weight(self) -> Tensor:
        """Return the convolution as one matrix, (..., T C, T D)."""
        *stack, _, c_in, c_out = self.weight.shape
        blocks = torch.matmul(self.band, self.weight.flatten(-2))
        blocks = blocks.reshape(*stack, self.n_frames, self.n_frames, c_in, c_out).transpose(-3, -2)
        return blocks.reshape(*stack, self.n_frames * c_in, self.n_frames * c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolved features, (..., N, B, T, D)."""
        rows = x.reshape(*x.shape[:-4], -1, x.shape[-2] * x.shape[-1])
        bias = torch.cat([self.bias] * self.n_frames, dim=-1)
        return (_product(rows, self.banded_weight()) + bias).reshape(*x.shape[:-1], -1)


def _product(rows: Tensor, weight: Tensor) -> Tensor:
    """Multiply, in whole vectors of 16: MKL takes four times as long for nine columns as for sixteen."""
    width = weight.shape[-1]
    if width % 16 == 0:
        return torch.matmul(rows, weight)
    return torch.matmul(rows, functional.pad(weight, (0, -width % 16)))[..., :width]


def _band(n_frames: int) -> Tensor:
    """One where a kernel tap joins frame i (in) to frame j (out), (T * T, 3)."""
    frame = torch.arange(n_frames)
    offset = frame[:, None] - frame[None, :] + KERNEL_SIZE // 2
    return (offset.reshape(-1, 1) == torch.arange(KERNEL_SIZE)).to(torch.get_default_dtype())
