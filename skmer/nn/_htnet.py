"""HTNet: transformers on windows of the eyes and lip corners, level by level joined."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from skmer.face import MEAN_SHAPE

_CENTERS = ((36, 41), (48, 48), (42, 47), (54, 54))  # left eye, left lip corner, right eye, right lip corner
# The mean face on a map of one side: the lip corners and the outer ends of the brows of the 28 px maps.
_LEFT, _RIGHT, _LIPS = 6.78 / 28, 20.22 / 28, 19.0 / 28


def face_windows(height: int, width: int) -> np.ndarray:
    """Return the top left corners (y, x) of four windows of half the size at eyes and lip corners, (4, 2)."""
    left, right = MEAN_SHAPE[48], MEAN_SHAPE[54]
    scale = (_RIGHT - _LEFT) / (right[0] - left[0])
    points = np.array([MEAN_SHAPE[first : last + 1].mean(0) for first, last in _CENTERS])
    points = (points - left) * scale + (_LEFT, _LIPS)
    corners = points[:, ::-1] * (height, width) - (height / 4, width / 4)
    return np.clip(np.rint(corners), 0, (height - height // 2, width - width // 2)).astype(int)


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of each place."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, n_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, n_channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return x of mean zero and deviation one over its channels, times weight plus bias."""
        variance, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
        return (x - mean) * (variance + 1e-5).rsqrt() * self.weight + self.bias


class Attention(nn.Module):
    """Attention of all places of a map to all, by several heads; queries, keys and values without a bias."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads, self.width = n_heads, dim // n_heads
        inner = self.n_heads * self.width
        self.query_key_value = nn.Conv2d(dim, 3 * inner, 1, bias=False)
        self.output = nn.Conv2d(inner, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the attended values, shaped as x."""
        parts = self.query_key_value(x).flatten(2).unflatten(1, (3, self.n_heads, self.width))
        query, key, value = parts.unbind(1)
        weight = (query.transpose(2, 3) @ key / math.sqrt(self.width)).softmax(-1)
        attended = value @ weight.transpose(2, 3)
        return self.output(attended.flatten(1, 2).unflatten(2, x.shape[2:]))


class TransformerBlocks(nn.Module):
    """Blocks of attention and a two-layer perceptron, both added to their input, after one scalar a place."""

    def __init__(self, dim: int, n_tokens: int, n_blocks: int, n_heads: int) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.randn(n_tokens))
        self.steps = nn.ModuleList()
        for _ in range(n_blocks):
            perceptron = nn.Sequential(nn.Conv2d(dim, 4 * dim, 1), nn.GELU(), nn.Conv2d(4 * dim, dim, 1))
            self.steps.append(nn.Sequential(ChannelNorm(dim), Attention(dim, n_heads)))
            self.steps.append(nn.Sequential(ChannelNorm(dim), perceptron))

    def forward(self, x: Tensor) -> Tensor:
        """Return the features after all blocks, shaped as x."""
        x = x + self.position.reshape(x.shape[2:])
        for step in self.steps:
            x = x + step(x)
        return x


class HTNet(nn.Module):
    """Hierarchical transformer on four windows of the face: left eye and lip, right eye and lip.

    At its published size, 28 px in patches of 7, every attention sees one token: the softmax of one is one,
    and queries and keys learn nothing. ``norm`` and ``dropout`` are not read.

    Parameters
    ----------
    input_shape : (int, int, int)
        Channels, height and width, equal and a multiple of ``4 * patch_size``.
    n_classes : int
        Number of classes.
    norm, dropout : object
        Unused.
    dim : int
        Width of the first level; twice and four times as much in the next. Published: 256.
    patch_size : int
        Side of a patch in px.
    n_heads : int
        Heads of the first level; twice and four times as many in the next.
    n_blocks : sequence of int
        Blocks of each level.
    windows : bool
        Whether the four windows are cut out, at the places of a mean face, and put together.
    """

    min_channels, min_size = 1, 4

    def __init__(
        self,
        input_shape: tuple[int, int, int],
        n_classes: int,
        norm: str | None = None,
        dropout: float = 0.0,
        *,
        dim: int = 32,
        patch_size: int = 7,
        n_heads: int = 3,
        n_blocks: Sequence[int] = (2, 2, 10),
        windows: bool = True,
    ) -> None:
        super().__init__()
        n_levels = len(n_blocks)
        per_side = self._tokens_per_side(input_shape, patch_size, 2 ** (n_levels - 1))
        self.corners = face_windows(*input_shape[1:]).tolist() if windows else []
        self.patch_size, self.n_tokens = patch_size, per_side**2
        self.embedding = nn.Conv2d(input_shape[0] * patch_size**2, dim, 1)
        self.levels, self.joins = nn.ModuleList(), nn.ModuleList()
        for level, n in enumerate(n_blocks):
            self.levels.append(TransformerBlocks(dim, per_side**2, n, n_heads * 2**level))
            last = level == n_levels - 1
            self.joins.append(nn.Identity() if last else self._join(dim))
            dim *= 1 if last else 2
        self.norm = ChannelNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @staticmethod
    def _tokens_per_side(input_shape: tuple[int, int, int], patch_size: int, n_blocks: int) -> int:
        height, width = input_shape[1:]
        if height != width or height % (patch_size * n_blocks):
            raise ValueError(
                f"network='htnet' takes square maps of a multiple of {patch_size * n_blocks} px "
                f"({n_blocks} blocks of patches of {patch_size}), got {height} x {width}; use another "
                "size=, or network_params={'patch_size': ...}."
            )
        return height // patch_size // n_blocks

    @staticmethod
    def _join(dim: int) -> nn.Module:
        convolution = nn.Conv2d(dim, 2 * dim, 3, padding=1)
        return nn.Sequential(convolution, ChannelNorm(2 * dim), nn.MaxPool2d(3, 2, padding=1))

    def _cut(self, x: Tensor) -> Tensor:
        """Return the four windows put together: left eye and lip in the left column, right in the right."""
        height, width = (size // 2 for size in x.shape[2:])
        left_eye, left_lip, right_eye, right_lip = (
            x[:, :, top : top + height, left : left + width] for top, left in self.corners
        )
        columns = torch.cat([left_eye, left_lip], 2), torch.cat([right_eye, right_lip], 2)
        return torch.cat(columns, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, (B, n_classes)."""
        x = functional.pixel_unshuffle(self._cut(x) if self.corners else x, self.patch_size)
        x = self.embedding(x)
        for level, (blocks, join) in enumerate(zip(self.levels, self.joins, strict=True)):
            n_sides = 2 ** (len(self.levels) - 1 - level)
            x = join(_merge(blocks(_divide(x, n_sides)), n_sides))
        return self.head(self.norm(x).mean((2, 3)))


def _divide(x: Tensor, n_sides: int) -> Tensor:
    """Return the n_sides x n_sides tiles of each map as maps of their own, (B n_sides^2, C, h, w)."""
    tiles = x.unflatten(3, (n_sides, -1)).unflatten(2, (n_sides, -1))
    return tiles.permute(0, 2, 4, 1, 3, 5).flatten(0, 2)


def _merge(x: Tensor, n_sides: int) -> Tensor:
    """Return the maps whose tiles `_divide` returned."""
    tiles = x.unflatten(0, (-1, n_sides, n_sides)).permute(0, 3, 1, 4, 2, 5)
    return tiles.flatten(4, 5).flatten(2, 3)
