"""DSSN and SSSN: the front of the grouped AlexNet on one or two streams of flow maps."""

import torch
from torch import Tensor, nn

from skmer._utils._arguments import FLAG, Items, checked, integer, option, real
from skmer.nn._layers import SeededDropout

_JOINS = {
    "multiply": lambda parts: parts.prod(0),
    "add": lambda parts: parts.sum(0),
    "concatenate": lambda parts: torch.cat([*parts], 1),
}


class AlexNetFront(nn.Sequential):
    """The first two layers of AlexNet as it was published, in two groups: 342,400 parameters.

    Its local response normalisation does not divide alpha by its size; torch's does, and gets five times as
    much.
    """

    def __init__(self, n_channels: int = 3, rim: bool = True) -> None:
        first, second = nn.Conv2d(n_channels, 96, 11, stride=4), nn.Conv2d(96, 256, 5, padding=2, groups=2)
        super().__init__(
            first,
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0),
            second,
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0),
            nn.ZeroPad2d(1) if rim else nn.Identity(),
        )
        for layer in (first, second):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class DSSN(nn.Module):
    """Dual-stream shallow network: an AlexNet front for each stream, joined, and a linear layer.

    Parameters
    ----------
    input_shape : (int, int, int, int)
        Streams (one is SSSN), channels, height and width; published: 2, 3, 227 and 227.
    n_classes : int
        Number of classes.
    norm : object
        Unused: the network has local response normalisation alone.
    fusion : {"multiply", "add", "concatenate"}
        How the streams are joined.
    dropout : float
        Share of the joined features dropped in training.
    rim : bool
        Whether the rim of zeros of the published network goes into the linear layer; no prediction of a
        trained network changes without it.

    Shapes:
        - x: (B, S, C, H, W), or (B, D) features as `join_streams` returns them
        - output: (B, n_classes)

    References
    ----------
    Khor et al., "Dual-stream shallow networks for facial micro-expression recognition", ICIP 2019,
    doi:10.1109/ICIP.2019.8802965.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import DSSN
    >>> network = DSSN((2, 3, 227, 227), 5)
    >>> sum(p.numel() for p in network.parameters()), network.head.in_features
    (972805, 57600)
    """

    min_size = 35

    @checked(
        input_shape=[Items(integer(1, 16384), n=4)],
        n_classes=[integer(1, 65536)],
        fusion=[option("multiply", "add", "concatenate")],
        dropout=[real(0, 1)],
        rim=FLAG,
    )
    def __init__(
        self,
        input_shape: tuple[int, int, int, int],
        n_classes: int,
        norm: str | None = None,
        fusion: str = "multiply",
        dropout: float = 0.5,
        rim: bool = True,
    ) -> None:
        super().__init__()
        n_streams, n_channels, *size = input_shape
        self.fusion = fusion
        self.streams = nn.ModuleList([AlexNetFront(n_channels, rim) for _ in range(n_streams)])
        height, width = (((((n - 11) // 4 + 1) - 3) // 2 + 1 - 3) // 2 + 1 + 2 * rim for n in size)
        n_joined = n_streams if fusion == "concatenate" else 1
        self.dropout = SeededDropout(dropout)
        self.head = nn.Linear(256 * height * width * n_joined, n_classes)
        nn.init.kaiming_normal_(self.head.weight)

    def join_streams(self, x: Tensor) -> Tensor:
        """Return the joined features of maps, (B, D)."""
        parts = [stream(x[:, k]).flatten(1) for k, stream in enumerate(self.streams)]
        return _JOINS[self.fusion](torch.stack(parts))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        features = x if x.ndim == 2 else self.join_streams(x)
        return self.head(self.dropout(features))
