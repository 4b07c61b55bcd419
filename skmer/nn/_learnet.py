"""LEARNet: four columns of convolutions, two of which hear from the other two."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmer._utils._arguments import Items, checked, integer, real
from skmer.nn._flow_networks import make_norm
from skmer.nn._layers import SeededDropout


class SameConvolution(nn.Conv2d):
    """Convolution of stride 2 that halves a side, rounded up: like Keras, it pads bottom and right first."""

    def __init__(self, n_inputs: int, n_filters: int, kernel: int) -> None:
        super().__init__(n_inputs, n_filters, kernel, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the rectified features, (B, F, ceil(H / 2), ceil(W / 2))."""
        kernel, pads = self.kernel_size[0], []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // 2) - 1) * 2 + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(functional.pad(x, pads)).relu()


class LEARNet(nn.Module):
    """Lateral accretive hybrid network on dynamic images.

    Parameters
    ----------
    input_shape : (int, int, int)
        Channels, height and width; published: 3, 112 and 112.
    n_classes : int
        Number of classes.
    norm : {"group", "batch"} or None
        Normalisation; "batch" is published.
    dropout : float
        Share of the last dense layer's values dropped in training.

    Shapes:
        - x: (B, C, H, W)
        - output: (B, n_classes)

    References
    ----------
    Verma et al., "LEARNet: Dynamic Imaging Network for Micro Expression Recognition", IEEE TIP 29, 2020,
    doi:10.1109/TIP.2019.2912358.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import LEARNet
    >>> sum(p.numel() for p in LEARNet((3, 112, 112), 5, norm="batch").parameters())
    1866053
    """

    min_size = 8
    _widths = (16, 32, 64)

    @checked(
        input_shape=[Items(integer(1, 16384), n=3)],
        n_classes=[integer(1, 65536)],
        norm=[str, None],
        dropout=[real(0, 1)],
    )
    def __init__(
        self,
        input_shape: tuple[int, int, int],
        n_classes: int,
        norm: str | None = "group",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.stem = SameConvolution(input_shape[0], 16, 3)
        self.columns = nn.ModuleList([layer for _ in range(4) for layer in self._column()])
        # Of columns 2 and 4, after what column 1 or 3 has is added.
        self.norms = nn.ModuleList([make_norm(norm, width) for _ in range(2) for width in self._widths[:2]])
        self.norm = make_norm(norm, 256)
        self.convolution = SameConvolution(256, 256, 3)
        height, width = input_shape[1:]
        for _ in range(5):
            height, width = -(-height // 2), -(-width // 2)
        self.dense = nn.Linear(256 * height * width, 256)
        self.dropout = SeededDropout(dropout)
        self.head = nn.Linear(256, n_classes)

    def _column(self) -> list[SameConvolution]:
        inputs = zip((16, *self._widths), self._widths, (1, 3, 5), strict=False)
        return [SameConvolution(*sizes) for sizes in inputs]

    def _pair(self, x: Tensor, pair: int) -> list[Tensor]:
        """Return the outputs of a column and of the next, which adds the first one's to its own."""
        giver, taker = self.columns[6 * pair : 6 * pair + 3], self.columns[6 * pair + 3 : 6 * pair + 6]
        given, taken = giver[0](x), taker[0](x)
        for k in (1, 2):
            taken = taker[k](self.norms[2 * pair + k - 1](taken + given))
            given = giver[k](given)
        return [given, taken]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        x = self.stem(x)
        x = self.convolution(self.norm(torch.cat([*self._pair(x, 0), *self._pair(x, 1)], 1)))
        return self.head(self.dropout(self.dense(x.flatten(1)).relu()))
