"""Train random nets by the compiled loops, uncompiled and with every access to memory checked.

``python tests/nn/_compiled/checked_loops.py N SEED``; `test_bounds.py` runs a few nets, more take a minute
each hundred. The arithmetic of `_gemm` and `_simd` is replaced by numpy's on arrays that are found by their
address: an access that is not wholly inside one array of the trainer ends the script. Loops over numpy
arrays are checked by numpy itself. Losses and updates are then compared with autograd's.
"""

import os
import sys
from collections import namedtuple
from types import ModuleType

import numpy as np
import torch

LANES = 8
Matrix = namedtuple("Matrix", "address row column")
MEMORY = []  # (first entry, flat array) of everything that the loops may touch


def register(value):
    """Note the memory of arrays, in containers too."""
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):
            value = value.base
        if value.size:
            flat = np.lib.stride_tricks.as_strided(value, (value.size,), (value.itemsize,))
            assert value.ctypes.data % value.itemsize == 0 and value.flags.c_contiguous
            MEMORY.append((value.ctypes.data // value.itemsize, flat))
    elif isinstance(value, dict):
        register(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            register(item)


def entries(kind, addresses):
    """Return the flat array that holds all addresses, and their places in it."""
    addresses = np.asarray(addresses)
    for first, flat in MEMORY:
        if (
            flat.dtype == np.asarray(kind).dtype
            and first <= addresses.min()
            and addresses.max() < first + flat.size
        ):
            return flat, addresses - first
    raise IndexError(f"addresses {addresses.min()} to {addresses.max()} are in no array")


def read(kind, addresses):
    flat, places = entries(kind, addresses)
    return flat[places].copy()


def write(kind, addresses, values):
    flat, places = entries(kind, addresses)
    flat[places] = values


def block(matrix, n_rows, n_columns):
    rows, columns = np.arange(n_rows)[:, None], np.arange(n_columns)
    return matrix.address + matrix.row * rows + matrix.column * columns


def product(out, a, b, start, floor, n_rows, n_columns, depth):
    assert n_columns % LANES == 0
    flat = lambda m: Matrix(m.address, m.row, 1)  # noqa: E731 (columns lie side by side)
    sums = read(floor, block(flat(start), n_rows, n_columns))
    sums = sums + read(floor, block(a, n_rows, depth)) @ read(floor, block(flat(b), depth, n_columns))
    write(floor, block(flat(out), n_rows, n_columns), np.maximum(sums, floor))


def where_positive(out, values, mask, floor, n_entries):
    assert n_entries % LANES == 0
    span = np.arange(n_entries)
    write(floor, out + span, np.where(read(floor, mask + span) > 0, read(floor, values + span), 0))


def transpose(out, a, floor, n_rows, n_columns):
    to = Matrix(out.address, out.row, 1)
    write(
        floor,
        block(to, n_columns, n_rows),
        read(floor, block(Matrix(a.address, a.row, 1), n_rows, n_columns)).T,
    )


def softmax(low, out, values, row, n_rows):
    x = read(low, block(Matrix(values, row, 1), n_rows, LANES))
    shares = np.exp(x - x.max(0))
    write(low, block(Matrix(out, row, 1), n_rows, LANES), shares / shares.sum(0))


def softmax_gradient(low, grad, shares, row, n_rows):
    places = block(Matrix(grad, row, 1), n_rows, LANES)
    d, s = read(low, places), read(low, block(Matrix(shares, row, 1), n_rows, LANES))
    write(low, places, s * (d - (d * s).sum(0)))


def sum_of_sigmoids(low, out, values, n_vectors):
    span = np.arange(n_vectors * LANES)
    shares = 1 / (1 + np.exp(-read(low, values + span)))
    write(low, out + span, shares)
    return shares.sum()


def replace_arithmetic():
    """Put the checked arithmetic where the loops import theirs from, and keep numba from compiling."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    gemm, simd = ModuleType("_gemm"), ModuleType("_simd")
    vars(gemm).update(
        Matrix=Matrix,
        LANES=LANES,
        product=product,
        where_positive=where_positive,
        transpose=transpose,
        prepare=lambda number: None,
        round_up=lambda n: (n + LANES - 1) // LANES * LANES,
        get=lambda kind, address: read(kind, [address])[0],
        put=lambda kind, address, value: write(kind, [address], value),
    )
    vars(simd).update(softmax=softmax, softmax_gradient=softmax_gradient, sum_of_sigmoids=sum_of_sigmoids)
    sys.modules["skmer.nn._compiled._gemm"] = gemm
    sys.modules["skmer.nn._compiled._simd"] = simd


def checked_trainer():
    """Return `CompiledTrainer` whose loops know all of its memory."""
    replace_arithmetic()
    from skmer.nn._compiled import _layout, _trainer

    original = _trainer.train_batches
    layouts = []

    class Layout(_layout.Layout):
        def __init__(self, *args):
            layouts.append(self)
            super().__init__(*args)

    def train_batches(*args):
        MEMORY.clear()
        register(args[1:])
        for layout in layouts[-2:]:
            register([layout.arrays, layout.zeros, layout.ones])
        original(*args)

    _trainer.Layout, _trainer.train_batches = Layout, train_batches
    return _trainer.CompiledTrainer


def random_case(rng):
    """Return a network, its loss and batches."""
    from skmer.face import FaceGraph
    from skmer.nn import DeReGRL, DeReGRLLoss

    pick = lambda *values: values[rng.integers(len(values))]  # noqa: E731 (one line says it)
    faces = map(FaceGraph.preset, ("brow-nose-lip31", "brow-eye-nose-lip43"))
    graph = pick(*faces, FaceGraph.generic(int(rng.integers(1, 12))))
    n_classes, n_clips, n_batches = int(rng.integers(2, 12)), int(rng.integers(1, 7)), int(rng.integers(1, 3))
    one_frame = graph.n_frames == 1
    decomposition = bool(rng.integers(4))
    net = {
        "n_actions": int(rng.integers(1, 10)),
        "n_channels": pick(8, 16),
        "n_layers": int(rng.integers(1, 4)),
        "decomposition": decomposition,
        "reconstruction": decomposition and bool(rng.integers(3)),
        "adjacency": pick("skeleton+learned", "skeleton", "learned", "full"),
        "relations": pick("learned", "full", "component"),
        "channels": pick((), ("magnitude",), ("relative", "edge", "magnitude")),
        "linear_skip": bool(rng.integers(2)),
    }
    n_channels = pick(1, 2, 4) if one_frame else pick(2, 4)
    loss = {
        "centers": pick("batch", "learned"),
        "balance": pick("relative", "absolute"),
        "reduction": pick("mean", "sum"),
        "label_smoothing": pick(0.0, 0.1),
    }
    module = DeReGRL(graph, n_channels, n_classes, **net)
    n_weights = net["n_actions"] * len(graph.component_sizes) if net["reconstruction"] else 0
    criterion = DeReGRLLoss(n_classes, n_weights, **loss)
    dtype = pick(torch.float32, torch.float64)
    x = torch.as_tensor(rng.normal(size=(n_channels, n_batches, n_clips, graph.n_frames, graph.n_nodes)))
    target = torch.as_tensor(rng.integers(n_classes, size=(n_batches, n_clips)))
    weight = torch.as_tensor(rng.uniform(0.1, 1, size=(n_clips, n_batches))).T
    return module.to(dtype), criterion.to(dtype), x.movedim(0, -1), target, weight, {**net, **loss}


def check(trainer_class, rng):
    """Compare one random case with autograd."""
    import copy

    from skmer.nn._compiled import AdamStep

    module, criterion, x, target, weight, settings = random_case(rng)
    twin, twin_criterion = copy.deepcopy(module), copy.deepcopy(criterion)
    dtype = next(module.parameters()).dtype
    rates = [1e-2] * len(target)
    terms = trainer_class(module, criterion).run(x, target, weight, AdamStep(rates, 0, eps=1e-3))
    own = torch.optim.AdamW(
        [*twin.parameters(), *twin_criterion.parameters()], 1e-2, eps=1e-3, weight_decay=0
    )
    tolerance = 1e-3 if dtype == torch.float32 else 1e-8
    for k in range(len(target)):
        own.zero_grad()
        want = twin_criterion(twin(x[k].to(dtype)), target[k], weight[k].to(dtype))
        want.total.backward()
        own.step()
        assert abs(terms[k, 0] - want.total) < tolerance * (1 + abs(want.total)), settings
    for mine, other in zip(module.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, other, atol=tolerance), settings


def main():
    """Check N nets."""
    n_nets, seed = int(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    trainer_class = checked_trainer()
    for k in range(n_nets):
        torch.manual_seed(seed + k)
        check(trainer_class, np.random.default_rng(seed + k))
    print(f"{n_nets} nets, no access outside of an array")


if __name__ == "__main__":
    main()
