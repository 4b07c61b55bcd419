"""Graph convolution over the nodes of each frame, and the adjacency matrices that it multiplies with."""

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from skmer._utils._arguments import checked, integer, option

AdjacencyKind = Literal["skeleton+learned", "skeleton", "learned", "full"]
ADJACENCIES = get_args(AdjacencyKind)


class Adjacency(nn.Module):
    """The matrix that mixes the nodes of a graph.

    ========================  =========================================================
    ``kind``                  matrix
    ========================  =========================================================
    ``"skeleton+learned"``    normalised skeleton plus a free matrix that starts at zero
    ``"skeleton"``            normalised skeleton, nothing learned
    ``"learned"``             a free matrix, drawn at random
    ``"full"``                every entry one over the number of nodes
    ========================  =========================================================

    The normalised skeleton is ``Deg^-1/2 (A + I) Deg^-1/2`` (Kipf & Welling, 2017). A skeleton plus a free
    matrix follows Shi et al. (CVPR 2019, arXiv 1805.07694). Wei et al. (2023) call their matrix learnable and
    say no more; the default is ours.

    Parameters
    ----------
    skeleton : Tensor of shape (N, N)
        Normalised adjacency. Its diagonal blocks are the components' own skeletons.
    kind : {"skeleton+learned", "skeleton", "learned", "full"}
        See the table.

    Shapes:
        - output: (..., N, N); the leading axes are those of the learned parameter (a stack of replicas).

    Examples
    --------
    >>> import torch
    >>> from skmer.face import FaceGraph
    >>> from skmer.nn import Adjacency
    >>> skeleton = torch.as_tensor(FaceGraph.preset("brow-nose-lip31").normalized_adjacency())
    >>> Adjacency(skeleton, "skeleton+learned")().shape
    torch.Size([31, 31])
    """

    @checked(skeleton=[torch.Tensor], kind=[option(*ADJACENCIES)])
    def __init__(self, skeleton: Tensor, kind: AdjacencyKind = "skeleton+learned") -> None:
        super().__init__()
        n_nodes = skeleton.shape[-1]
        fixed = {
            "skeleton+learned": skeleton.clone(),
            "skeleton": skeleton.clone(),
            "learned": None,
            "full": torch.full_like(skeleton, 1.0 / n_nodes),
        }
        self.kind = kind
        self.fixed: Tensor | None
        self.learned: Tensor | None
        self.register_buffer("fixed", fixed[kind])
        learned = nn.Parameter(torch.empty(n_nodes, n_nodes)) if "learned" in kind else None
        self.register_parameter("learned", learned)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the free matrix, or set it to zero where a skeleton stands beside it."""
        if self.learned is None:
            return
        if self.fixed is None:
            nn.init.xavier_uniform_(self.learned)
        else:
            nn.init.zeros_(self.learned)

    def forward(self) -> Tensor:
        """Return the matrix, (..., N, N)."""
        parts = [part for part in (self.fixed, self.learned) if part is not None]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]


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

    @checked(in_channels=[integer(1, 4096)], out_channels=[integer(1, 4096)])
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
        # Nodes first: all batches, frames and channels are columns of one product.
        mixed = torch.matmul(adjacency, x.flatten(-3))
        rows = mixed.reshape(*x.shape[:-4], -1, x.shape[-1])
        return torch.matmul(rows, self.weight).add_(self.bias).reshape(*x.shape[:-1], -1)
