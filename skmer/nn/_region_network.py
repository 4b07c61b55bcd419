"""LGCcon: scores of the whole face and of its best region, with auxiliary heads and a centre loss."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from skmer._utils._arguments import Items, checked, integer, option, real
from skmer.nn._flow_networks import make_norm
from skmer.nn._layers import SeededDropout
from skmer.nn._losses import weighted_cross_entropy

# Eight strips of 76 px at every 20 on 225, and one of 82 at the end, as shares of a side.
STRIPS = (*((20 * k / 225, (20 * k + 76) / 225) for k in range(8)), (143 / 225, 1.0))
_VGG = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512)


class RegionScores(NamedTuple):
    """Outputs of `LGCcon`.

    Attributes
    ----------
    score : Tensor of shape (B, n_classes)
        Face plus the largest over regions, class by class.
    auxiliary_face, auxiliary_region : Tensor of shape (B, n_classes)
        Of the auxiliary heads; the largest over regions.
    """

    score: Tensor
    auxiliary_face: Tensor
    auxiliary_region: Tensor


class LGCcon(nn.Module):
    """Joint local and global learning on the apex: face and regions share their layers, each has two heads.

    Parameters
    ----------
    input_shape : (int, int, int)
        Channels, height and width.
    n_classes : int
        Number of classes.
    norm : {"group", "batch"} or None
        Normalisation of the small backbone; VGG-16 has none.
    backbone : {"small", "vgg16"}
        Four convolutions and one dense layer of 128 (ours), or the published VGG-16 with its two dense layers
        of 4,096.
    strips : {"vertical", "horizontal"}
        Whether regions divide the width or the height: the published file can be read both ways.
    dropout : float
        Share of values dropped after each dense layer. Published: 0.8.

    Shapes:
        - x: (B, C, H, W)
        - output: `RegionScores` of (B, n_classes)

    References
    ----------
    Li et al., "Joint Local and Global Information Learning With Single Apex Frame Detection for
    Micro-Expression Recognition", IEEE TIP 30, 2021, doi:10.1109/TIP.2020.3035042.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import LGCcon
    >>> LGCcon((1, 128, 128), 3)(torch.zeros(2, 1, 128, 128)).score.shape
    torch.Size([2, 3])
    """

    min_size = 32

    @checked(
        input_shape=[Items(integer(1, 16384), n=3)],
        n_classes=[integer(1, 65536)],
        norm=[str, None],
        backbone=[option("small", "vgg16")],
        strips=[option("vertical", "horizontal")],
        dropout=[real(0, 1)],
    )
    def __init__(
        self,
        input_shape: tuple[int, int, int],
        n_classes: int,
        norm: str | None = "group",
        backbone: str = "small",
        strips: str = "vertical",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        vgg = backbone == "vgg16"
        self.strips = strips
        self.features = _vgg_features(input_shape[0]) if vgg else _small_features(input_shape[0], norm)
        n_features = 512 * 49 if vgg else 64 * 16
        self.pool: nn.Module = nn.AdaptiveMaxPool2d(7) if vgg else nn.AdaptiveAvgPool2d(4)
        widths, layers = [4096, 4096] if vgg else [128], []
        for n_inputs, n_outputs in zip([n_features, *widths], widths, strict=False):
            layers += [nn.Linear(n_inputs, n_outputs), nn.ReLU(), SeededDropout(dropout)]
        self.shared = nn.Sequential(*layers)
        names = ("face", "region", "auxiliary_face", "auxiliary_region")
        self.heads = nn.ModuleDict({name: nn.Linear(widths[-1], n_classes) for name in names})

    def _describe(self, x: Tensor) -> Tensor:
        return self.shared(self.pool(x).flatten(1))

    def regions(self, x: Tensor) -> Tensor:
        """Return the description of each strip, (B, 9, D)."""
        axis = 3 if self.strips == "vertical" else 2
        side = x.shape[axis]
        parts = []
        for start, stop in STRIPS:
            first = min(int(start * side), side - 1)
            parts.append(self._describe(x.narrow(axis, first, max(round(stop * side) - first, 1))))
        return torch.stack(parts, 1)

    def forward(self, x: Tensor) -> RegionScores:
        """Return the scores of the face and its best region, and those of the auxiliary heads."""
        maps = self.features(x)
        face, regions = self._describe(maps), self.regions(maps)
        best = {name: self.heads[name](regions).amax(1) for name in ("region", "auxiliary_region")}
        score = self.heads["face"](face) + best["region"]
        return RegionScores(score, self.heads["auxiliary_face"](face), best["auxiliary_region"])


def _small_features(n_channels: int, norm: str | None) -> nn.Module:
    layers: list[nn.Module] = []
    for n_inputs, n_filters, stride in ((n_channels, 16, 2), (16, 32, 2), (32, 64, 2), (64, 64, 1)):
        convolution = nn.Conv2d(n_inputs, n_filters, 3, stride=stride, padding=1)
        layers += [convolution, make_norm(norm, n_filters), nn.ReLU()]
    return nn.Sequential(*layers)


def _vgg_features(n_channels: int) -> nn.Module:
    """Return the thirteen convolutions of VGG-16; 0 stands for pooling, the last of which is left out."""
    layers: list[nn.Module] = []
    for width in _VGG:
        if width == 0:
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(n_channels, width, 3, padding=1), nn.ReLU()]
            n_channels = width
    return nn.Sequential(*layers)


class RegionTerms(NamedTuple):
    """The loss of `LGCcon` and its unweighted terms.

    Attributes
    ----------
    total : Tensor
        Their weighted sum.
    cross_entropy, auxiliary_face, auxiliary_region : Tensor
        Cross-entropies of the score and of the auxiliary heads.
    center : Tensor
        Mean squared distance of the scores to their class's centre.
    """

    total: Tensor
    cross_entropy: Tensor
    auxiliary_face: Tensor
    auxiliary_region: Tensor
    center: Tensor


class LGCconLoss(nn.Module):
    """Cross-entropy of the score, of both auxiliary heads, and a centre loss on the score.

    Parameters
    ----------
    n_classes : int
        Number of classes.
    lambda_auxiliary, lambda_center : float
        Weights of the auxiliary terms and of the centre loss. Published: 0.7, and 0.008 or 0.0002.

    Shapes:
        - output: `RegionScores`
        - target, sample_weight: (B,)
        - returned: `RegionTerms`

    References
    ----------
    Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition", ECCV 2016,
    doi:10.1007/978-3-319-46478-7_31.

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import LGCconLoss, RegionScores
    >>> scores = RegionScores(*[torch.zeros(2, 5)] * 3)
    >>> terms = LGCconLoss(5)(scores, torch.tensor([0, 1]), torch.ones(2))
    >>> round((terms.total / terms.cross_entropy).item(), 4)
    2.4
    """

    @checked(n_classes=[integer(1, 65536)], lambda_auxiliary=[real(0, 1e12)], lambda_center=[real(0, 1e12)])
    def __init__(
        self, n_classes: int, *, lambda_auxiliary: float = 0.7, lambda_center: float = 0.008
    ) -> None:
        super().__init__()
        self.lambda_auxiliary = lambda_auxiliary
        self.lambda_center = lambda_center
        self.centers = nn.Parameter(torch.zeros(n_classes, n_classes))

    def forward(
        self, output: RegionScores, target: Tensor, sample_weight: Tensor | None = None
    ) -> RegionTerms:
        """Return the total and its terms."""
        score = output[0]
        weight = torch.ones_like(score[..., 0]) if sample_weight is None else sample_weight.to(score)
        entropy, face, region = (weighted_cross_entropy(logits, target, weight) for logits in output)
        distance = (score - self.centers[target]).square().sum(-1) / 2
        center = (distance * weight).sum(-1) / weight.sum(-1)
        total = entropy + self.lambda_auxiliary * (face + region) + self.lambda_center * center
        return RegionTerms(total, entropy, face, region, center)
