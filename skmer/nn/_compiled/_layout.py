"""The arrays that one net is computed in, and the tables by which the compiled loops find them."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from torch import Tensor

from skmer.nn._compiled import _block, _pooling
from skmer.nn._compiled._gemm import up
from skmer.nn._compiled._step import Plan
from skmer.nn._temporal_convolution import KERNEL_SIZE

Arrays = dict[str, np.ndarray]


class Pair(NamedTuple):
    """A `SpatioTemporalBlock`: its parameters' name, its nodes, its channels before, between and after."""

    name: str
    first: int
    n_nodes: int
    c: int
    h: int
    d: int


class Layout:
    """Arrays of one net for a batch, which all nets of a stack use in turn.

    Parameters
    ----------
    module : DeReGRL
        One of the nets.
    n_clips : int
        Clips in a batch.
    dtype : dtype
        Of all arrays.
    features : ndarray of shape (nets, clips, nodes, frames, channels)
        Input of all nets, channels filled up to whole vectors.
    adjacencies : dict of ndarray
        Matrices of all nets by the name of their module.
    """

    def __init__(
        self, module: Any, n_clips: int, dtype: DTypeLike, features: np.ndarray, adjacencies: Arrays
    ) -> None:
        self.dtype, self.n_clips, self.n_frames = dtype, n_clips, features.shape[3]
        self.pairs = pairs_of(module)
        self.n_backbone = len(module.backbone)
        self.n_components = 0 if module.decomposition is None else len(module.decomposition.blocks)
        n_features, n_classes = module.head.weight.shape
        widest = self.n_frames * max(up(max(pair[3:])) for pair in self.pairs)
        self.zeros = self.array(1, max(n_features, widest, up(n_classes)))
        self.ones = np.ones((1, 1), dtype)
        self.arrays = [self._arrays(pair, adjacencies) for pair in self.pairs]
        self.arrays[0] |= {"x": features, "d_x": self.zeros}
        self._join_backbone()
        if self.n_components:
            self._join_components()
        if module.reconstruction is not None:
            last = self.arrays[-1]
            last |= {"x": self.actions, "d_x": self.d_actions, "grad": self.array(*last["out"].shape)}

    def array(self, *shape: int) -> np.ndarray:
        """Return zeros."""
        return np.zeros(shape, self.dtype)

    def _sizes(self, pair: Pair) -> tuple[int, ...]:
        return self.n_clips, pair.n_nodes, self.n_frames, up(pair.c), pair.h, up(pair.d)

    def _arrays(self, pair: Pair, adjacencies: Arrays) -> Arrays:
        """What a pair has for itself, by the names of `skmer.nn._compiled._block.LINES`."""
        b, n, t, c, h, d = self._sizes(pair)
        n_scratch = max(n, _block.ROWS) * t * (c + h + d) + up(n) * t * c
        shapes = {
            **{"mix": (c, h), "mix_bias": (1, h), "taps": (KERNEL_SIZE * h, d), "taps_bias": (1, d)},
            **{"d_mix": (c, h), "d_mix_bias": (1, h), "d_taps": (KERNEL_SIZE * h, d), "d_taps_bias": (1, d)},
            **{
                "mix_turned": (h, c),
                "taps_turned": (KERNEL_SIZE * d, h),
                "d_adjacency": (n, up(n)),
                "scratch": (1, n_scratch),
            },
            **{"mixed": (b, n, t, c), "hidden": (b, n, t, h), "out": (b, n, t, d)},
        }
        arrays = {name: self.array(*shape) for name, shape in shapes.items()}
        whole = adjacencies[adjacency_of(pair)]
        own = slice(pair.first, pair.first + n)
        return arrays | {"adjacency": whole[:, own, own], "zeros": self.zeros, "ones": self.ones}

    def _join_backbone(self) -> None:
        """Each pair reads what the one before it wrote; what the last wrote stands for the actions."""
        backbone = self.arrays[: self.n_backbone]
        for own in backbone:
            own["grad"] = self.array(*own["out"].shape)
        for before, after in pairwise(backbone):
            after |= {"x": before["out"], "d_x": before["grad"]}
        self.actions, self.d_actions = backbone[-1]["out"], backbone[-1]["grad"]

    def _join_components(self) -> None:
        """Each component reads its nodes, and its average writes its actions."""
        nodes, d_nodes = self.actions, self.d_actions
        k, n_actions = self.n_backbone, self.pairs[self.n_backbone].d
        shape = nodes.shape[0], n_actions * self.n_components, *nodes.shape[2:]
        self.actions, self.d_actions = self.array(*shape), self.array(*shape)
        for s in range(self.n_components):
            pair, own = self.pairs[k + s], self.arrays[k + s]
            rows = slice(pair.first, pair.first + pair.n_nodes)
            block = slice(s * n_actions, (s + 1) * n_actions)
            own |= {"x": nodes[:, rows], "d_x": d_nodes[:, rows], "grad": self.array(*own["out"].shape)}
            own |= {"actions": self.actions[:, block], "d_actions": self.d_actions[:, block]}
            own |= {"scores": own["out"], "maps": self.array(*own["out"].shape), "d_scores": own["grad"]}
            own |= {"nodes": own["x"], "d_nodes": own["d_x"]}
            own["turned"] = self.array(1, nodes.shape[3] * own["out"].shape[3])

    def plan(self, weights: dict[str, Tensor], gradients: dict[str, Tensor]) -> Plan:
        """Return what the loops take; ``weights`` and ``gradients`` are those of all nets."""
        components = range(self.n_backbone, self.n_backbone + self.n_components)
        averages = [table_of(self.arrays[k], _pooling.LINES) for k in components]
        return Plan(
            self.n_backbone,
            self.n_components,
            np.array([self._sizes(pair) for pair in self.pairs]),
            np.array([[pair.c, pair.d] for pair in self.pairs]),
            np.array([pair.first for pair in self.pairs]),
            np.array([table_of(own, _block.LINES) for own in self.arrays]),
            np.array([_sources(pair, weights, gradients) for pair in self.pairs]),
            np.array([self._average_sizes(k) for k in components], np.int64).reshape(-1, 6),
            np.array(averages, np.int64).reshape(-1, len(_pooling.LINES), 4),
        )

    def _average_sizes(self, k: int) -> tuple[int, ...]:
        pair, own = self.pairs[k], self.arrays[k]
        return self.n_clips, pair.n_nodes, self.n_frames, pair.d, own["x"].shape[3], own["out"].shape[3]


def pairs_of(module: Any) -> list[Pair]:
    """Return the pairs of a net in the order of `skmer.nn._compiled._step.Plan`."""
    n_nodes = len(module.channels.relative)
    found = [(f"backbone.{i}", block, 0, n_nodes) for i, block in enumerate(module.backbone)]
    n_parts = 0
    if module.decomposition is not None:
        first = 0
        sizes = module.decomposition.component_sizes
        for s, (block, size) in enumerate(zip(module.decomposition.blocks, sizes, strict=True)):
            found.append((f"decomposition.blocks.{s}", block, first, size))
            n_parts += block.time.weight.shape[-1]
            first += size
    if module.reconstruction is not None:
        found.append(("reconstruction.block", module.reconstruction.block, 0, n_parts))
    widths = [(*block.space.weight.shape[-2:], block.time.weight.shape[-1]) for _, block, _, _ in found]
    return [
        Pair(name, first, n, c, h, d) for (name, _, first, n), (c, h, d) in zip(found, widths, strict=True)
    ]


def adjacency_of(pair: Pair) -> str:
    """Return the name of the module that holds a pair's matrix."""
    return "reconstruction.adjacency" if pair.name.startswith("reconstruction") else "adjacency"


def _sources(pair: Pair, weights: dict[str, Tensor], gradients: dict[str, Tensor]) -> list[tuple[int, ...]]:
    """Lines of `skmer.nn._compiled._weights`."""
    names = [f"{pair.name}.{name}" for name in ("space.weight", "space.bias", "time.weight", "time.bias")]
    return [
        (_at(weights[name].numpy()), weights[name][0].numel(), _at(gradients[name].numpy())) for name in names
    ]


def _at(array: np.ndarray) -> int:
    return array.ctypes.data // array.itemsize


def table_of(arrays: Arrays, lines: Iterable[str]) -> list[tuple[int, ...]]:
    """Return a line for each array, as in `skmer.nn._compiled._block`; one row is read again and again."""
    table: list[tuple[int, ...]] = []
    for name in lines:
        array = arrays[name]
        steps = [step // array.itemsize for step in array.strides]
        if array.ndim == 2:
            net, clip, row = 0, 0, steps[0] if len(array) > 1 else 0
        elif array.ndim == 3:
            net, clip, row = steps[0], 0, steps[1]
        else:
            net, clip, row = steps[0] if array.ndim == 5 else 0, steps[-4], steps[-3]
        table.append((_at(array), net, clip, row))
    return table
