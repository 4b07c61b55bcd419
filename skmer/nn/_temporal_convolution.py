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
