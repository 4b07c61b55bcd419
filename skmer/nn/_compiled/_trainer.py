"""Training of a network and its loss in compiled loops: the one object through which they are entered."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from skmer.nn._compiled._epoch import Adam, Batches, Matrices, Plan, Tensors, train_batches
from skmer.nn._compiled._gemm import prepare, round_up
from skmer.nn._compiled._head import Head, Linear, Losses
from skmer.nn._compiled._layout import Arrays, Layout, adjacency_of, blocks_of
from skmer.nn._compiled._support import LAMBDAS, AdamStep


class _Room(NamedTuple):
    """Arrays and tables for batches of one size."""

    layout: Layout
    matrices: Matrices
    plan: Plan
    head: Head
    maps: tuple[Linear, Linear]
    tensors: tuple[Tensors, Tensors]


class CompiledTrainer:
    """Loss, gradients and Adam's updates of `DeReGRL` with `DeReGRLLoss`, without autograd.

    It owns all arrays that the loops see. The parameters are moved into one of them, where they go on as
    parameters of the modules; one that has got other memory between two runs is moved again.

    Parameters
    ----------
    module : DeReGRL
        On the CPU; its parameters are such that `skmer.nn._compiled.is_compiled` holds.
    criterion : DeReGRLLoss
        Of the same precision.

    Attributes
    ----------
    means, squares : dict of ndarray
        Adam's moments by the names of the parameters, zero at first; views that may be written to.
    """

    def __init__(self, module: nn.Module, criterion: nn.Module) -> None:
        self.module: Any = module
        self.criterion: Any = criterion
        self.parameters = {**dict(module.named_parameters()), **dict(criterion.named_parameters())}
        kinds = {(p.dtype, p.device.type) for p in self.parameters.values()}
        if kinds not in ({(torch.float32, "cpu")}, {(torch.float64, "cpu")}):
            raise ValueError(
                "module and criterion must be float32 or float64 on the CPU, and alike, got "
                f"{sorted(str(kind) for kind in kinds)}."
            )
        self.dtype = self.parameters["head.weight"].dtype
        self.number: Any = np.float32 if self.dtype == torch.float32 else np.float64
        prepare(self.number)
        # One flat array each for weights, gradients and Adam's two moments: its step is one loop over all.
        ends = np.cumsum([0, *(p.numel() for p in self.parameters.values())])
        self._bounds = dict(zip(self.parameters, pairwise(ends), strict=True))
        self._flat = [np.zeros(int(ends[-1]), self.number) for _ in range(4)]
        weights, gradients, self.means, self.squares = map(self._views, self._flat)
        self._named = weights, gradients
        self._places = {name: array.ctypes.data for name, array in weights.items()}
        self.blocks = blocks_of(module)
        self.losses = self._losses()
        self._rooms: dict[int, _Room] = {}

    def __reduce__(self) -> Any:
        raise TypeError("a CompiledTrainer holds addresses of this process's memory and cannot be copied.")

    def run(
        self, features: Tensor, target: Tensor, sample_weight: Tensor, adam: AdamStep | None = None
    ) -> Tensor:
        """Train on batches of one size, or with ``adam=None`` only compute loss and gradients.

        Parameters
        ----------
        features : Tensor of shape (n_batches, B, T, N, C)
            Node features.
        target : Tensor of shape (n_batches, B)
            Class indices.
        sample_weight : Tensor of shape (n_batches, B)
            Weights; those of a batch are divided by their sum.
        adam : AdamStep, optional
            Settings of the optimizer, with a learning rate for each batch.

        Returns
        -------
        terms : Tensor of shape (n_batches, 5)
            Loss of each batch before its update; columns as in `skmer.nn.LossTerms`.

        Raises
        ------
        ValueError
            If a shape, a class index or the number of learning rates does not fit.
        """
        self._check(features, target, sample_weight, adam)
        n_batches, n_clips = target.shape
        room = self._room(n_clips)
        self._move_in()
        terms, lowest = np.empty((n_batches, 5), self.number), np.finfo(self.number).min
        train_batches(
            room.plan, room.head, room.maps, self.losses, self._batches(features, target, sample_weight),
            room.matrices, *room.tensors, self._scales(room), self._adam(adam), terms, lowest,
        )  # fmt: skip
        return torch.from_numpy(terms)

    def gradients(self) -> dict[str, Tensor]:
        """Return the gradients of the last batch by the names of the parameters, as copies."""
        return {name: torch.tensor(array) for name, array in self._named[1].items()}

    def output(self, n_clips: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return the network's output for the last batch, of ``n_clips``, as `DeReGRL` does."""
        if n_clips not in self._rooms:
            raise ValueError(f"n_clips must be the size of a batch that was run, got {n_clips!r}.")
        room = self._rooms[n_clips]
        logits = torch.tensor(room.head.logits[:, : self.losses.n_classes])
        actions, weights = torch.tensor(room.layout.actions), torch.tensor(room.head.weights)
        if self.module.decomposition is None:
            actions = actions[:, :0]
        return logits, actions.transpose(1, 2), weights[:, : weights.shape[1] * self.losses.reconstruct]

    def _check(self, features: Tensor, target: Tensor, sample_weight: Tensor, adam: AdamStep | None) -> None:
        """Refuse what would make the loops read or write beyond an array."""
        first = self.blocks[0]
        n_frames = self.module.backbone[0].time.n_frames
        n_channels = self.module.channels.in_channels
        wanted = (*target.shape, n_frames, first.n_nodes, n_channels)
        if target.ndim != 2 or not target.numel() or tuple(features.shape) != wanted:
            raise ValueError(
                f"features must have the shape (n_batches, B, {n_frames}, {first.n_nodes}, {n_channels}) and "
                f"target (n_batches, B), got {tuple(features.shape)} and {tuple(target.shape)}."
            )
        if sample_weight.shape != target.shape:
            raise ValueError(
                f"sample_weight must have the shape {tuple(target.shape)}, got {tuple(sample_weight.shape)}."
            )
        if target.is_floating_point() or target.is_complex() or features.is_complex():
            raise ValueError(
                "target must hold integers and features real numbers, got "
                f"{target.dtype} and {features.dtype}."
            )
        if any(tensor.device.type != "cpu" for tensor in (features, target, sample_weight)):
            raise ValueError("features, target and sample_weight must be on the CPU.")
        if int(target.min()) < 0 or int(target.max()) >= self.losses.n_classes:
            raise ValueError(
                f"target must hold class indices below {self.losses.n_classes}, got "
                f"{int(target.min())} to {int(target.max())}."
            )
        if adam is not None and len(adam.rates) != len(target):
            raise ValueError(
                f"adam must have a rate for each of {len(target)} batches, got {len(adam.rates)}."
            )

    def _move_in(self) -> None:
        """Let the parameters have their memory in the array that the loops read and write."""
        for name, parameter in self.parameters.items():
            own = self._named[0][name]
            if tuple(parameter.shape) != own.shape or parameter.dtype != self.dtype:
                raise ValueError(f"{name} has changed its shape or type since this trainer was made.")
            # A transposed view begins at the same address.
            if parameter.data_ptr() == self._places[name] and parameter.is_contiguous():
                continue
            own[...] = parameter.detach().numpy()
            parameter.data = torch.from_numpy(own)

    def _batches(self, features: Tensor, target: Tensor, sample_weight: Tensor) -> Batches:
        """Return batches as the loops read them, laid out anew, so that sums have one order of addition."""
        features, share = features.to(self.dtype).contiguous(), sample_weight.to(self.dtype)
        share = share.contiguous() / share.contiguous().sum(-1, keepdim=True)
        channels = self.module.channels(features).detach().contiguous()
        skips = 0 if self.module.linear_skip is None else features[0, 0].numel()
        flat = features.flatten(2)[..., :skips].contiguous()
        return Batches(channels.numpy(), target.long().contiguous().numpy(), share.numpy(), flat.numpy())

    def _views(self, flat: np.ndarray) -> Arrays:
        """Return an array by the name of each parameter, all of them parts of ``flat``."""
        return {name: flat[a:b].reshape(self.parameters[name].shape) for name, (a, b) in self._bounds.items()}

    def _room(self, n_clips: int) -> _Room:
        """Return the arrays for batches of one size, made once for each."""
        if n_clips not in self._rooms:
            self._rooms[n_clips] = self._make_room(n_clips)
        return self._rooms[n_clips]

    def _make_room(self, n_clips: int) -> _Room:
        sizes: dict[str, int] = {"adjacency": 0, "reconstruction.adjacency": 0}
        for block in self.blocks:
            sizes[adjacency_of(block)] = max(sizes[adjacency_of(block)], block.n_nodes)
        arrays = {name: np.zeros((n, n), self.number) for name, n in sizes.items()}
        fixed = [self._fixed(name) for name in sizes]
        layout = Layout(self.module, n_clips, self.number, arrays)
        return _Room(
            layout,
            Matrices(*arrays.values(), *fixed),
            layout.plan(*self._named),
            self._make_head(layout),
            (self._linear(layout, "head.weight"), self._linear(layout, "linear_skip.weight")),
            (self._tensors(self._named[0], 0), self._tensors(self._named[1], 1)),
        )

    def _fixed(self, name: str) -> np.ndarray:
        """Return the fixed part of an adjacency, without rows where it has none."""
        if name.startswith("reconstruction") and self.module.reconstruction is None:
            return np.zeros((0, 0), self.number)
        fixed = self.module.get_submodule(name).fixed
        return np.zeros((0, 0), self.number) if fixed is None else np.array(fixed.numpy(), self.number)

    def _make_head(self, layout: Layout) -> Head:
        array, last = layout.array, layout.arrays[-1]
        b, reconstruct = layout.n_clips, self.losses.reconstruct
        n_entries, n_classes = self.parameters["head.weight"].shape
        n_weights = layout.actions.shape[1] if reconstruct else 1
        actions, d_actions = layout.actions.reshape(b, -1), layout.d_actions.reshape(b, -1)
        relations, d_relations = last["out"].reshape(b, -1), last["grad"].reshape(b, -1)
        parts = array(b, n_entries) if reconstruct else actions
        d_parts, sigmoids = array(b, n_entries), array(b, n_entries)
        rows = [array(b, n) for n in (n_weights, n_weights, round_up(n_classes), round_up(n_classes))]
        return Head(
            *(actions, parts, d_parts, d_actions, relations, d_relations, sigmoids),
            *(*rows, array(n_entries), array(n_classes, n_weights)),
        )

    def _losses(self) -> Losses:
        return Losses(
            self.parameters["head.weight"].shape[1],
            float(self.criterion.label_smoothing),
            "weight_loss.centers" in self.parameters,
            self.criterion.balance_loss.target == "relative",
            self.module.reconstruction is not None,
            self.module.decomposition is not None,
        )

    def _scales(self, room: _Room) -> np.ndarray:
        """Return the weight of each of the three losses, and the number that it is divided by: (3, 2)."""
        n_entries, n_weights = len(self.parameters["head.weight"]), room.head.weights.shape[1]
        averaged = self.criterion.center_loss.reduction == "mean"
        sizes = [n_entries, n_weights, n_weights] if averaged else [1, 1, 1]
        lambdas = [float(getattr(self.criterion, name)) for name in LAMBDAS]
        return np.array(list(zip(lambdas, sizes, strict=True)), self.number)

    def _tensors(self, arrays: Arrays, spare: int) -> Tensors:
        """Return arrays of no block; with ``spare`` 1 the loops may write where the net has no parameter."""
        n_classes, n_nodes = self.losses.n_classes, self.blocks[0].n_nodes
        n_weights = self.blocks[-1].n_nodes if self.losses.reconstruct else 1
        shapes = {
            "head.weight": (0, 0),
            "head.bias": (1, 0),
            "linear_skip.weight": (0, n_classes),
            "linear_skip.bias": (1, n_classes),
            "weight_loss.centers": (spare * n_classes, spare * n_weights),
            "adjacency.learned": (spare * n_nodes, spare * n_nodes),
            "reconstruction.adjacency.learned": (spare * n_weights, spare * n_weights),
        }
        missing = {name: np.zeros(shape, self.number) for name, shape in shapes.items() if name not in arrays}
        return Tensors(*[{**arrays, **missing}[name] for name in shapes])

    def _linear(self, layout: Layout, name: str) -> Linear:
        n_entries = len(self.parameters[name]) if name in self.parameters else 0
        width, array = round_up(self.losses.n_classes), layout.array
        return Linear(array(n_entries, width), array(width, n_entries), array(width), array(n_entries, width))

    def _adam(self, step: AdamStep | None) -> Adam:
        schedule = np.zeros((0, 3)) if step is None else step.schedule()
        constants = [0.0] * 5 if step is None else step.constants()
        pairs = zip(self.parameters.values(), self._bounds.values(), strict=True)
        trainable = [bounds for parameter, bounds in pairs if parameter.requires_grad]
        weights, gradients, means, squares = self._flat
        return Adam(
            weights,
            gradients,
            means,
            squares,
            np.array(trainable, np.int64).reshape(-1, 2),
            schedule.astype(self.number),
            np.array(constants, self.number),
        )
