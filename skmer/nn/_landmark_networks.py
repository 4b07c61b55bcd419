"""Networks on landmarks: LFM on maps of distances between points, Graph-TCN on patches around them."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from skmer._utils._arguments import Items, checked, integer, option, real
from skmer.nn._layers import SeededDropout

# Places in the order of `skmer.feature_extraction.LandmarkPatches`: ten brow points, twelve of the outer lip,
# six of the inner lip without its corners.
_BROWS, _OUTER, _INNER = (range(5), range(5, 10)), range(10, 22), range(22, 28)


class LFM(nn.Module):
    """A convolutional net for each frame's map of landmark distances, and an LSTM over the frames.

    The paper's sizes could not be read; these are ours.

    Parameters
    ----------
    input_shape : (int, int, int, int)
        Frames, channels (1), height and width (68).
    n_classes : int
        Number of classes.
    norm : object
        Unused.
    dropout : float
        Share of the last step's state dropped in training.

    Shapes:
        - x: (B, T, C, H, W)
        - output: (B, n_classes)

    References
    ----------
    Choi and Song, "Facial Micro-Expression Recognition Using Two-Dimensional Landmark Feature Maps", IEEE
    Access 8, 2020, doi:10.1109/ACCESS.2020.3006958.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import LFM
    >>> LFM((2, 1, 68, 68), 3)(torch.zeros(4, 2, 1, 68, 68)).shape
    torch.Size([4, 3])
    """

    min_size = 8

    @checked(input_shape=[Items(integer(1, 16384), n=4)], n_classes=[integer(1, 65536)], dropout=[real(0, 1)])
    def __init__(
        self,
        input_shape: tuple[int, int, int, int],
        n_classes: int,
        norm: str | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        _, n_channels, *size = input_shape
        height, width = (-(-n // 8) for n in size)
        self.frame = nn.Sequential(
            *(nn.Conv2d(n_channels, 8, 5, stride=2, padding=2), nn.ReLU()),
            *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(32 * height * width, 64), nn.ReLU()),
        )
        self.recurrent = nn.LSTM(64, 64, batch_first=True)
        self.dropout = SeededDropout(dropout)
        self.head = nn.Linear(64, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits after the last frame, (B, n_classes)."""
        frames = self.frame(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return self.head(self.dropout(self.recurrent(frames)[0][:, -1]))


class CausalBlock(nn.Module):
    """Two weight-normalised causal convolutions of one dilation, added to the input."""

    def __init__(self, n_inputs: int, n_filters: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.pad = nn.ConstantPad1d(((kernel - 1) * dilation, 0), 0.0)
        self.convolutions = nn.ModuleList(
            weight_norm(nn.Conv1d(n, n_filters, kernel, dilation=dilation)) for n in (n_inputs, n_filters)
        )
        self.skip = nn.Conv1d(n_inputs, n_filters, 1) if n_inputs != n_filters else nn.Identity()
        self.dropouts = nn.ModuleList([SeededDropout(dropout) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        """Return the features, (B, F, length)."""
        y = x
        for convolution, dropout in zip(self.convolutions, self.dropouts, strict=True):
            y = dropout(convolution(self.pad(y)).relu())
        return (y + self.skip(x)).relu()


class CausalNetwork(nn.Sequential):
    """Temporal convolutional network: blocks whose dilation doubles; output t sees no input after t."""

    def __init__(
        self, n_inputs: int, n_levels: int = 8, width: int = 25, kernel: int = 7, dropout: float = 0.05
    ) -> None:
        inputs = [n_inputs] + [width] * (n_levels - 1)
        super().__init__(*(CausalBlock(n, width, kernel, 2**k, dropout) for k, n in enumerate(inputs)))


class GraphTCN(nn.Module):
    """Graph-TCN: a causal network over the patches of landmarks, another over differences along lines.

    What the paper says is the two channels and their fusion; layer sizes follow the traces of a script for
    sequences of digits, and edges and fusion are ours.

    Parameters
    ----------
    input_shape : (int, int)
        Nodes (28) and values of a patch (49).
    n_classes : int
        Number of classes.
    norm : object
        Unused.
    layout : {"flat", "nodes"}
        Whether a clip is one sequence of 1,372 values, or 28 steps of 49.
    n_levels, width, kernel : int
        Blocks, channels and kernel of each causal network.
    dropout : float
        Share of values dropped in training.

    Shapes:
        - x: (B, 28, 49)
        - output: (B, n_classes)

    References
    ----------
    Lei et al., "A Novel Graph-TCN with a Graph Structured Representation for Micro-expression Recognition",
    ACM MM 2020, doi:10.1145/3394171.3413714. Bai et al., "An Empirical Evaluation of Generic Convolutional
    and Recurrent Networks for Sequence Modeling", arXiv 1803.01271, 2018.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import GraphTCN
    >>> network = GraphTCN((28, 49), 5)
    >>> sum(p.numel() for p in network.nodes.parameters()), network(torch.zeros(2, 28, 49)).shape
    (66650, torch.Size([2, 5]))
    """

    @checked(
        input_shape=[Items(integer(1, 16384), n=2)],
        n_classes=[integer(1, 65536)],
        layout=[option("flat", "nodes")],
        n_levels=[integer(1, 30)],
        width=[integer(1, 4096)],
        kernel=[integer(1, 1000)],
        dropout=[real(0, 1)],
    )
    def __init__(
        self,
        input_shape: tuple[int, int],
        n_classes: int,
        norm: str | None = None,
        layout: str = "flat",
        n_levels: int = 8,
        width: int = 25,
        kernel: int = 7,
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        n_inputs = 1 if layout == "flat" else input_shape[1]
        self.layout = layout
        self.edges = face_edges()
        self.nodes = CausalNetwork(n_inputs, n_levels, width, kernel, dropout)
        self.lines = CausalNetwork(n_inputs, n_levels, width, kernel, dropout)
        self.dropout = SeededDropout(dropout)
        self.head = nn.Linear(2 * width, n_classes)

    def sequences(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return patches (B, 28, 49), and their differences along edges, as the networks take them."""
        first, second = (list(places) for places in zip(*self.edges, strict=True))
        differences = x[:, second] - x[:, first]
        if self.layout == "flat":
            return x.flatten(1).unsqueeze(1), differences.flatten(1).unsqueeze(1)
        return x.transpose(1, 2), differences.transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        nodes, lines = self.sequences(x)
        last = torch.cat([self.nodes(nodes)[..., -1], self.lines(lines)[..., -1]], 1)
        return self.head(self.dropout(last))


def face_edges() -> list[tuple[int, int]]:
    """Return pairs of places: along both brows, round the outer lip and round the inner one; 26."""
    chains = [pair for brow in _BROWS for pair in pairwise(brow)]
    rings = [(ring[k], ring[(k + 1) % len(ring)]) for ring in (_OUTER, _INNER) for k in range(len(ring))]
    return chains + rings
