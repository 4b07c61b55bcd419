"""The arrays in which a net is computed, and the tables of their addresses that the compiled loops read."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from skmer.nn._compiled import _block, _pooling
from skmer.nn._compiled._epoch import Plan
from skmer.nn._compiled._gemm import round_up
from skmer.nn._spatio_temporal_block import KERNEL_SIZE

Arrays = dict[str, np.ndarray]


class Block(NamedTuple):
    """A `SpatioTemporalBlock`: prefix of its parameters, nodes, and channels before, between and after."""

    name: str
    first: int
    n_nodes: int
    c: int
    h: int
    d: int


class Layout:
    """Arrays of a net for batches of one size.

    Parameters
    ----------
    module : DeReGRL
        The network.
    n_clips : int
        Clips in a batch.
    dtype : dtype
        Of all arrays.
    adjacencies : dict of ndarray
        Matrices of (nodes, nodes) by the name of the module that makes them.
    """

    def __init__(self, module: Any, n_clips: int, dtype: DTypeLike, adjacencies: Arrays) -> None:
        self.dtype, self.n_clips = dtype, n_clips
        self.n_frames = module.backbone[0].time.n_frames
        self.blocks = blocks_of(module)
        self.n_backbone = len(module.backbone)
        self.n_components = 0 if module.decomposition is None else len(module.decomposition.blocks)
        n_features, n_classes = module.head.weight.shape
        widest = self.n_frames * max(round_up(max(block[3:])) for block in self.blocks)
        self.zeros = self.array(1, max(n_features, widest, round_up(n_classes)))
        self.ones = np.ones((1, 1), dtype)
        self.arrays = [self._arrays(block, adjacencies) for block in self.blocks]
        self._join_backbone()
        if self.n_components:
            self._join_components()
        if module.reconstruction is not None:
            last = self.arrays[-1]
            last |= {"x": self.actions, "d_x": self.d_actions, "grad": self.array(*last["out"].shape)}

    def array(self, *shape: int) -> np.ndarray:
        """Return zeros."""
        return np.zeros(shape, self.dtype)

    def _sizes(self, block: Block) -> tuple[int, ...]:
        return self.n_clips, block.n_nodes, self.n_frames, block.c, block.h, round_up(block.d)

    def _arrays(self, block: Block, adjacencies: Arrays) -> Arrays:
        """Return the arrays of a block alone, by the names of `skmer.nn._compiled._block.LINES`."""
        b, n, t, c, h, d = self._sizes(block)
        wide = _block.row_of_gradients(t, c)
        shapes = {
            "mix": (c, h),
            "mix_bias": (1, h),
            "mix_turned": (h, round_up(c)),
            "taps": (KERNEL_SIZE * h, d),
            "taps_bias": (1, d),
            "taps_turned": (KERNEL_SIZE * d, h),
            "d_mix": (c, h),
            "d_mix_bias": (1, h),
            "d_taps": (KERNEL_SIZE * h, d),
            "d_taps_bias": (1, d),
            "d_adjacency": (n, round_up(n)),
            "mixed": (b, n, round_up(t * c)),
            "hidden": (b, n, t, h),
            "out": (b, n, t, d),
            # Gradients of the rows that are computed together, and one clip's features, transposed.
            "scratch": (1, max(n, _block.ROWS) * (t * (h + d) + wide) + round_up(n) * t * c),
        }
        arrays = {name: self.array(*shape) for name, shape in shapes.items()}
        own = slice(block.first, block.first + n)
        adjacency = adjacencies[adjacency_of(block)][own, own]
        return arrays | {"adjacency": adjacency, "zeros": self.zeros, "ones": self.ones}

    def _join_backbone(self) -> None:
        """Let each block read the output of the one before it; the last output stands for the actions."""
        backbone = self.arrays[: self.n_backbone]
        for own in backbone:
            own["grad"] = self.array(*own["out"].shape)
        first = self.blocks[0]
        self.features = self.array(self.n_clips, first.n_nodes, round_up(self.n_frames * first.c))
        backbone[0] |= {"x": self.features, "d_x": self.zeros}
        for before, after in pairwise(backbone):
            after |= {"x": before["out"], "d_x": before["grad"]}
        self.actions, self.d_actions = backbone[-1]["out"], backbone[-1]["grad"]

    def _join_components(self) -> None:
        """Let each component read its nodes, and its pooling write its actions."""
        nodes, d_nodes = self.actions, self.d_actions
        k, n_actions = self.n_backbone, self.blocks[self.n_backbone].d
        shape = nodes.shape[0], n_actions * self.n_components, *nodes.shape[2:]
        self.actions, self.d_actions = self.array(*shape), self.array(*shape)
        for s in range(self.n_components):
            block, own = self.blocks[k + s], self.arrays[k + s]
            rows = slice(block.first, block.first + block.n_nodes)
            actions = slice(s * n_actions, (s + 1) * n_actions)
            own |= {"x": nodes[:, rows], "d_x": d_nodes[:, rows], "grad": self.array(*own["out"].shape)}
            own |= {"actions": self.actions[:, actions], "d_actions": self.d_actions[:, actions]}
            own |= {"scores": own["out"], "maps": self.array(*own["out"].shape), "d_scores": own["grad"]}
            own |= {"nodes": own["x"], "d_nodes": own["d_x"]}
            own["turned"] = self.array(1, nodes.shape[3] * own["out"].shape[3])

    def plan(self, weights: Arrays, gradients: Arrays) -> Plan:
        """Return the tables for parameters and gradients by name."""
        components = range(self.n_backbone, self.n_backbone + self.n_components)
        poolings = [table_of(self.arrays[k], _pooling.LINES) for k in components]
        return Plan(
            self.features,
            self.n_backbone,
            self.n_components,
            np.array([self._sizes(block) for block in self.blocks]),
            np.array([block.d for block in self.blocks]),
            np.array([block.first for block in self.blocks]),
            np.array([table_of(own, _block.LINES) for own in self.arrays]),
            np.array([_sources(block, weights, gradients) for block in self.blocks]),
            np.array([self._pooling_sizes(k) for k in components], np.int64).reshape(-1, 6),
            np.array(poolings, np.int64).reshape(-1, len(_pooling.LINES), 3),
        )

    def _pooling_sizes(self, k: int) -> tuple[int, ...]:
        block, own = self.blocks[k], self.arrays[k]
        return self.n_clips, block.n_nodes, self.n_frames, block.d, own["x"].shape[3], own["out"].shape[3]


def blocks_of(module: Any) -> list[Block]:
    """Return the blocks of a net in the order of `skmer.nn._compiled._epoch.Plan`."""
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
        Block(name, first, n, c, h, d) for (name, _, first, n), (c, h, d) in zip(found, widths, strict=True)
    ]


def adjacency_of(block: Block) -> str:
    """Return the name of the module that holds a block's matrix."""
    return "reconstruction.adjacency" if block.name.startswith("reconstruction") else "adjacency"


def _sources(block: Block, weights: Arrays, gradients: Arrays) -> list[tuple[int, int]]:
    """Return the lines of `skmer.nn._compiled._weights`."""
    names = [f"{block.name}.{name}" for name in ("space.weight", "space.bias", "time.weight", "time.bias")]
    return [(_address(weights[name]), _address(gradients[name])) for name in names]


def _address(array: np.ndarray) -> int:
    """Return the address of an array, counted in its entries."""
    return array.ctypes.data // array.itemsize


def table_of(arrays: Arrays, lines: Iterable[str]) -> list[tuple[int, ...]]:
    """Return a line for each array, as in `skmer.nn._compiled._block`; a single row is read for every row."""
    table: list[tuple[int, ...]] = []
    for name in lines:
        array = arrays[name]
        steps = [step // array.itemsize for step in array.strides]
        if array.ndim == 2:
            clip, row = 0, steps[0] if len(array) > 1 else 0
        else:
            clip, row = steps[:2]
        table.append((_address(array), clip, row))
    return table
