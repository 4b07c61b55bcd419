"""Graph convolution over the nodes of each frame."""

import math

import torch
from torch import Tensor, nn


class GraphConvolution(nn.Module):
    r"""Mix the nodes, then the channels, of every frame: ``GC(X; A, W) = A X W + b``.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels C of a node before and D after.

    Shapes:
        - x: (..., N, B, T, C), nodes first
        - adjacency: (..., N, N)
        - output: (..., N, B, T, D)

        Leading axes are shared: a stack of replicas.

    Notes
    -----
    The layout puts the nodes first, so that mixing them is one matrix product over everything else.

    References
    ----------
    Kipf & Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017, arXiv
    1609.02907.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import GraphConvolution
    >>> x = torch.ones(31, 8, 3, 2)  # nodes, batch, frames, channels
    >>> GraphConvolution(2, 16)(x, torch.eye(31)).shape
    torch.Size([31, 8, 3, 16])
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels))
        self.bias = nn.Parameter(torch.empty(1, out_channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights from He's uniform distribution and set the bias to zero."""
        bound = math.sqrt(6.0 / self.weight.shape[-2])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """Return the convolved features, (..., N, B, T, D)."""
        mixed = torch.matmul(adjacency, x.flatten(-3))
        rows = mixed.reshape(*x.shape[:-4], -1, x.shape[-1])
        return torch.matmul(rows, self.weight).add_(self.bias).reshape(*x.shape[:-1], -1)
