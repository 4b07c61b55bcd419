"""Layers around the blocks: channels of a node, dropout with a generator of its own, the classifier."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skmer._utils._arguments import FLAG, Items, checked, integer, real
from skmer.face import FaceGraph

CHANNELS = ("magnitude", "relative", "edge")


class NodeChannels(nn.Module):
    """Append channels to the nodes that the network would otherwise have to find.

    ================  ========================================================  ==================
    name              of a node in a frame, for each pair (x, y) of channels    added to C
    ================  ========================================================  ==================
    ``"magnitude"``   length of its motion since the first frame                C / 2
    ``"relative"``    its features minus their mean over its facial component   C
    ``"edge"``        its features minus their mean over its neighbours         C
    ================  ========================================================  ==================

    A graph of one frame has no motion and gets nothing added.

    Parameters
    ----------
    graph : FaceGraph
        Components and skeleton.
    in_channels : int
        Channels C of a node, in pairs.
    names : sequence of {"magnitude", "relative", "edge"}
        What is appended, in this order.

    Attributes
    ----------
    out_channels : int
        Channels of a node with what is appended.

    Shapes:
        - x: (..., B, T, N, C)
        - output: (..., B, T, N, out_channels)

    Notes
    -----
    Nothing is learned, so that a stack of replicas needs no axis here. A mirrored face gets the mirrored
    channels, since components and skeleton are symmetric.

    Examples
    --------
    >>> import torch
    >>> from skmer.face import FaceGraph
    >>> from skmer.nn import NodeChannels
    >>> append = NodeChannels(FaceGraph.preset("brow-nose-lip31"), 2, ["magnitude", "relative"])
    >>> append(torch.ones(8, 3, 31, 2)).shape
    torch.Size([8, 3, 31, 5])
    """

    @checked(graph=[FaceGraph], in_channels=[integer(1, 4096)], names=[Items(str)])
    def __init__(self, graph: FaceGraph, in_channels: int, names: Sequence[str] = ()) -> None:
        super().__init__()
        unknown = [name for name in names if name not in CHANNELS]
        if unknown:
            raise ValueError(f"channels must be names among {list(CHANNELS)}, got {unknown[0]!r}.")
        self.in_channels = in_channels
        self.names = tuple(names) if graph.n_frames > 1 else ()
        if self.names and in_channels % 2:
            raise ValueError(f"channels={self.names} needs pairs (x, y), got {in_channels} channels; use ().")
        added = {"magnitude": in_channels // 2, "relative": in_channels, "edge": in_channels}
        self.out_channels = in_channels + sum(added[name] for name in self.names)
        for name, means in (("relative", _component_means(graph)), ("edge", _neighbour_means(graph))):
            # Not in the state dict, since they follow from the graph.
            self.register_buffer(name, torch.eye(graph.n_nodes) - means, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with the channels appended."""
        parts = [x]
        for name in self.names:
            if name == "magnitude":
                motion = (x - x[..., :1, :, :]).unflatten(-1, (-1, 2))
                parts.append(torch.linalg.vector_norm(motion, dim=-1))
            else:
                parts.append(torch.matmul(getattr(self, name).to(x), x))
        return torch.cat(parts, -1) if self.names else x


def _component_means(graph: FaceGraph) -> Tensor:
    return torch.block_diag(*[torch.full((n, n), 1.0 / n) for n in graph.component_sizes])


def _neighbour_means(graph: FaceGraph) -> Tensor:
    adjacency = torch.as_tensor(graph.adjacency(), dtype=torch.get_default_dtype())
    return adjacency / adjacency.sum(-1, keepdim=True).clamp_min(1.0)


class SeededDropout(nn.Module):
    """Dropout whose masks come from ``generator``, so that no fit reads or moves torch's global one.

    Parameters
    ----------
    p : float
        Probability of dropping a value, in [0, 1).
    channels : bool
        Whether whole channels of maps (..., B, C, H, W) are dropped.

    Attributes
    ----------
    generator : torch.Generator, list of torch.Generator or None
        Set by whoever trains; a list has one for each replica on the first axis. None: torch's global one.

    Shapes:
        - x: any
        - output: as x

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import SeededDropout
    >>> dropout = SeededDropout(0.5)
    >>> dropout.generator = torch.Generator().manual_seed(0)
    >>> dropout(torch.ones(4))
    tensor([0., 2., 0., 0.])
    """

    @checked(p=[real(0, 1)], channels=FLAG)
    def __init__(self, p: float = 0.0, channels: bool = False) -> None:
        super().__init__()
        self.p = p
        self.channels = channels
        self.generator: torch.Generator | list[torch.Generator] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share p set to zero and the rest scaled by ``1 / (1 - p)``, in training only."""
        if not self.training or self.p == 0.0:
            return x
        shape = torch.Size((*x.shape[:-2], 1, 1)) if self.channels else x.shape
        if isinstance(self.generator, list):
            # One stream a replica, so that a net in a stack drops what it would drop alone.
            uniform = torch.stack([_uniform(shape[1:], generator, x) for generator in self.generator])
        else:
            uniform = _uniform(shape, self.generator, x)
        return x * (uniform >= self.p).to(x) / (1.0 - self.p)


def _uniform(shape: torch.Size, generator: torch.Generator | None, like: Tensor) -> Tensor:
    device = like.device if generator is None else generator.device
    return torch.rand(shape, generator=generator, device=device, dtype=torch.float32)


class LinearHead(nn.Module):
    """Linear map to the logits, ``Y W + b``, with parameters that can be stacked along leading axes.

    Parameters
    ----------
    in_features, n_classes : int
        Width of the features and of the logits.

    Shapes:
        - features: (..., B, in_features)
        - output: (..., B, n_classes)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import LinearHead
    >>> LinearHead(432, 5)(torch.ones(8, 432)).shape
    torch.Size([8, 5])
    """

    @checked(in_features=[integer(1, 2**22)], n_classes=[integer(1, 65536)])
    def __init__(self, in_features: int, n_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_features, n_classes))
        self.bias = nn.Parameter(torch.empty(1, n_classes))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw both from the uniform distribution that `torch.nn.Linear` uses."""
        bound = 1.0 / math.sqrt(self.weight.shape[-2])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits, (..., B, n_classes)."""
        return torch.matmul(features, self.weight) + self.bias
