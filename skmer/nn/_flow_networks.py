"""The field's networks on flow maps: STSTNet, OFF-ApexNet, SSSNet, RCN-A, Dual-Inception; HTNet is next door.

Each is built as ``Network(input_shape, n_classes, norm=..., dropout=...)`` for maps of shape (C, H, W), and
returns logits. ``norm="batch"`` is the published layer wherever a paper has one.
"""

import torch
from torch import Tensor, nn

from skmer._utils._arguments import Items, checked, integer, option, real
from skmer.nn._htnet import HTNet
from skmer.nn._layers import SeededDropout

Shape = tuple[int, int, int]


def make_norm(norm: str | None, n_channels: int) -> nn.Module:
    """Return the normalisation of feature maps that a parameter ``norm`` names.

    ``"group"`` takes all channels of a clip as one group, so that no clip has a part in another's features.
    """
    if norm is None:
        return nn.Identity()
    return nn.BatchNorm2d(n_channels) if norm == "batch" else nn.GroupNorm(1, n_channels)


def draw_weights(network: nn.Module) -> None:
    """Draw weights as Xia's code does: He's normal by fan-out for convolutions, deviation .01 for dense."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, 0.01)
            nn.init.zeros_(layer.bias)


class STSTNet(nn.Module):
    """Shallow triple-stream net: 3, 5 and 8 filters of 3 x 3, pooled to 5 x 5, and one linear layer.

    The three streams read the same maps with kernels of one size, so they are one convolution of 16 filters:
    the same function and the same number of parameters in half of the time.
    """

    min_channels, min_size = 1, 4

    def __init__(
        self, input_shape: Shape, n_classes: int, norm: str | None = "group", dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(input_shape[0], 16, 3, padding=1)
        self.norm = make_norm(norm, 16)
        self.max_pool = nn.MaxPool2d(3, 3, padding=1)
        self.average_pool = nn.AvgPool2d(2)
        self.dropout = SeededDropout(dropout)
        height, width = (((size - 1) // 3 + 1) // 2 for size in input_shape[1:])
        self.head = nn.Linear(16 * height * width, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        # Channels last halves the time of a step on a CPU: three input channels are a short inner loop.
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.max_pool(self.norm(self.convolution(x).relu()))
        return self.head(self.average_pool(self.dropout(x)).flatten(1))


class OFFApexNet(nn.Module):
    """Two streams, u and v, of two 5 x 5 convolutions; two dense layers of 1,024 over both.

    There is no activation after the convolutions and no normalisation: ``norm`` is not read.
    """

    min_channels, min_size = 2, 4

    def __init__(
        self, input_shape: Shape, n_classes: int, norm: str | None = "group", dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.streams = nn.ModuleList([self._stream() for _ in range(2)])
        height, width = (size // 2 // 2 for size in input_shape[1:])
        layers: list[nn.Module] = []
        for n_inputs in (2 * 16 * height * width, 1024):
            layers += [nn.Linear(n_inputs, 1024), nn.ReLU(), SeededDropout(dropout)]
        self.head = nn.Sequential(*layers, nn.Linear(1024, n_classes))

    @staticmethod
    def _stream() -> nn.Module:
        first, second = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5, padding=2)
        return nn.Sequential(first, nn.MaxPool2d(2), second, nn.MaxPool2d(2), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits; channels after the second are left out."""
        parts = [stream(x[:, k : k + 1]) for k, stream in enumerate(self.streams)]
        return self.head(torch.cat(parts, 1))


class SSSNet(nn.Module):
    """Two valid convolutions of 32 and 64 filters with whole channels dropped, one dense layer of 256."""

    min_channels, min_size = 1, 16

    def __init__(
        self, input_shape: Shape, n_classes: int, norm: str | None = "group", dropout: float = 0.5
    ) -> None:
        super().__init__()

        def block(n_inputs: int, n_filters: int, kernel: int, pool: int) -> list[nn.Module]:
            convolution = nn.Conv2d(n_inputs, n_filters, kernel)
            after = make_norm(norm, n_filters), SeededDropout(dropout, channels=True)
            return [convolution, nn.ReLU(), nn.MaxPool2d(pool), *after]

        self.features = nn.Sequential(*block(input_shape[0], 32, 5, 3), *block(32, 64, 3, 2), nn.Flatten())
        height, width = (((size - 4) // 3 - 2) // 2 for size in input_shape[1:])
        dense = nn.Linear(64 * height * width, 256)
        self.head = nn.Sequential(dense, nn.ReLU(), SeededDropout(dropout), nn.Linear(256, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        return self.head(self.features(x))


class RCNA(nn.Module):
    """Recurrent convolutions with attention that has no parameters of its own: the maps of the classes.

    One 3 x 3 convolution is applied twice, each time to the sum of the block's input and the last output. The
    classifier's own weights, times the features before the block, give a map for each class; each is brought
    to 0..1, and their mean weighs the places of the features after it.
    """

    min_channels, min_size = 1, 8

    def __init__(
        self,
        input_shape: Shape,
        n_classes: int,
        norm: str | None = "group",
        dropout: float = 0.5,
        n_filters: int = 32,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *(nn.Conv2d(input_shape[0], n_filters, 5), make_norm(norm, n_filters), nn.ReLU()),
            *(nn.MaxPool2d(2), SeededDropout(dropout)),
        )
        self.forward_step = self._step(n_filters, 1, norm)
        self.recurrent_step = self._step(n_filters, 3, norm)
        self.after = nn.Sequential(nn.MaxPool2d(2), SeededDropout(dropout))
        self.pool = nn.AdaptiveAvgPool2d(5)
        self.head = nn.Linear(25 * n_filters, n_classes)
        draw_weights(self)

    @staticmethod
    def _step(n_filters: int, kernel: int, norm: str | None) -> nn.Module:
        convolution = nn.Conv2d(n_filters, n_filters, kernel, padding=kernel // 2)
        return nn.Sequential(convolution, make_norm(norm, n_filters), nn.ReLU())

    def attention(self, x: Tensor) -> Tensor:
        """Return the weight of each place, (B, 1, 5, 5), of features (B, F, 5, 5)."""
        maps = torch.einsum("bfhw,kfhw->bkhw", x, self.head.weight.unflatten(1, x.shape[1:])) / x.shape[1]
        maps = maps - maps.amin((2, 3), keepdim=True)
        highest = maps.amax((2, 3), keepdim=True)
        # A map that is the same everywhere would be 0/0 in the published code; here it says nothing.
        return (maps / torch.where(highest > 0, highest, 1)).mean(1, keepdim=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        x = self.stem(x)
        weight = self.attention(self.pool(x))
        y = self.forward_step(x)
        for _ in range(2):
            y = self.recurrent_step(x + y)
        return self.head((self.pool(self.after(y)) * weight).flatten(1))


class InceptionBlock(nn.Module):
    """Four branches side by side, of 1 x 1, 3 x 3, 5 x 5 convolutions and of pooling; pooled by two."""

    def __init__(self, n_inputs: int, n_filters: int) -> None:
        super().__init__()

        def convolution(n: int, kernel: int) -> list[nn.Module]:
            return [nn.Conv2d(n, n_filters, kernel, padding=kernel // 2), nn.ReLU()]

        one = [nn.Sequential(*convolution(n_inputs, 1))]
        two = [nn.Sequential(*convolution(n_inputs, 1), *convolution(n_filters, kernel)) for kernel in (3, 5)]
        pooled = [nn.Sequential(nn.MaxPool2d(3, 1, padding=1), *convolution(n_inputs, 1))]
        self.branches = nn.ModuleList(one + two + pooled)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the four outputs joined, (B, 4 n_filters, H // 2, W // 2)."""
        return self.pool(torch.cat([branch(x) for branch in self.branches], 1))


class DualInception(nn.Module):
    """Two streams of two inception blocks, each fed all channels; two dense layers without an activation.

    As in the one public port, whose shared branch, a slip, is not followed. Neither ``norm`` nor ``dropout``
    is read: it has none.
    """

    min_channels, min_size = 1, 4

    def __init__(
        self, input_shape: Shape, n_classes: int, norm: str | None = "group", dropout: float = 0.0
    ) -> None:
        super().__init__()
        blocks = [
            nn.Sequential(InceptionBlock(input_shape[0], 6), InceptionBlock(24, 16), nn.Flatten())
            for _ in range(2)
        ]
        self.streams = nn.ModuleList(blocks)
        height, width = (size // 2 // 2 for size in input_shape[1:])
        self.head = nn.Sequential(nn.Linear(2 * 64 * height * width, 1024), nn.Linear(1024, n_classes))
        draw_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        return self.head(torch.cat([stream(x) for stream in self.streams], 1))


FLOW_NETWORKS: dict[str, type[nn.Module]] = {
    "ststnet": STSTNet,
    "off-apexnet": OFFApexNet,
    "sssnet": SSSNet,
    "rcn-a": RCNA,
    "dual-inception": DualInception,
    "htnet": HTNet,
}
"""Networks of `skmer.classifiers.FlowNetClassifier` by name."""


class FlowNetwork(nn.Module):
    """One of the field's networks on flow maps, by name.

    Parameters
    ----------
    input_shape : (int, int, int)
        Channels, height and width of the maps.
    n_classes : int
        Number of classes.
    network : {"ststnet", "off-apexnet", "sssnet", "rcn-a", "dual-inception", "htnet"}
        Which one.
    norm : {"group", "batch"} or None
        Normalisation where the network has one.
    dropout : float or None
        Share of values dropped where the network drops any. None: as published.
    **options : object
        Further arguments of the network, such as ``dim`` of HTNet.

    Shapes:
        - x: (B, C, H, W)
        - output: (B, n_classes)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import FlowNetwork
    >>> network = FlowNetwork((3, 28, 28), 3, "ststnet", norm="batch")
    >>> sum(p.numel() for p in network.parameters()), network(torch.zeros(2, 3, 28, 28)).shape
    (1683, torch.Size([2, 3]))
    """

    @checked(
        input_shape=[Items(integer(1, 16384), n=3)],
        n_classes=[integer(1, 65536)],
        network=[option(*FLOW_NETWORKS)],
        norm=[str, None],
        dropout=[real(0, 1), None],
    )
    def __init__(
        self,
        input_shape: Shape,
        n_classes: int,
        network: str = "ststnet",
        norm: str | None = "group",
        dropout: float | None = None,
        **options: object,
    ) -> None:
        super().__init__()
        own = {} if dropout is None else {"dropout": dropout}
        self.body = FLOW_NETWORKS[network](input_shape, n_classes, norm=norm, **own, **options)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        return self.body(x)
