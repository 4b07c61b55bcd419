"""Convolution over the keyframes of each node."""

import math

import torch
from torch import Tensor, nn

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
        self.taps: Tensor
        self.register_buffer("taps", _taps(n_frames), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights from He's uniform distribution and set the bias to zero."""
        bound = math.sqrt(6.0 / (min(KERNEL_SIZE, self.n_frames) * self.weight.shape[-2]))
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)

    def banded_weight(self) -> Tensor:
        """Return the convolution as one matrix, (..., T C, T D)."""
        padded = torch.cat([self.weight, torch.zeros_like(self.weight[..., :1, :, :])], dim=-3)
        blocks = padded.index_select(-3, self.taps).unflatten(-3, (self.n_frames, self.n_frames))
        return blocks.transpose(-3, -2).flatten(-2).flatten(-3, -2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolved features, (..., N, B, T, D)."""
        rows = x.reshape(*x.shape[:-4], -1, x.shape[-2] * x.shape[-1])
        bias = self.bias.repeat_interleave(self.n_frames, dim=-2).flatten(-2).unsqueeze(-2)
        return (torch.matmul(rows, self.banded_weight()) + bias).reshape(*x.shape[:-1], -1)


def _taps(n_frames: int) -> Tensor:
    """Kernel tap that joins frame i (in) to frame j (out), flattened (T * T,); tap 3 is a zero."""
    frame = torch.arange(n_frames)
    offset = frame[:, None] - frame[None, :] + KERNEL_SIZE // 2
    inside = (offset >= 0) & (offset < KERNEL_SIZE)
    return torch.where(inside, offset, KERNEL_SIZE).flatten()
