"""Loss and gradient of a stack of nets in one call, without autograd."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from skmer.nn._compiled._gemm import prepare, up
from skmer.nn._compiled._head import Head, Linear, Losses
from skmer.nn._compiled._layout import Layout, adjacency_of, pairs_of
from skmer.nn._compiled._step import Batch, Stacks, train_step
from skmer.nn._losses import LossTerms


class CompiledStep:
    """What `DeReGRL` and `DeReGRLLoss` do to a batch of each net of a stack, and the gradients.

    Nets are computed one after the other, in the arrays of one, so that these stay in a core's cache.

    Parameters
    ----------
    module, criterion : DeReGRL, DeReGRLLoss
        One of the nets; `skmer.nn._compiled._support.is_computed` says which.
    weights, centers : dict of Tensor
        Parameters of all nets, by their names in the two.
    n_clips : int
        Clips in a batch.
    """

    def __init__(
        self,
        module: Any,
        criterion: Any,
        weights: dict[str, Tensor],
        centers: dict[str, Tensor],
        n_clips: int,
    ) -> None:
        self.module = module
        self.tensors = {name: tensor.detach() for name, tensor in (weights | centers).items()}
        self.gradients = {name: torch.zeros_like(tensor) for name, tensor in self.tensors.items()}
        self.dtype, self.n_nets = self.tensors["head.weight"].dtype, len(self.tensors["head.weight"])
        self.number: Any = np.float32 if self.dtype == torch.float32 else np.float64
        prepare(self.number)
        pairs = pairs_of(module)
        n_nodes, n_frames = pairs[0].n_nodes, module.backbone[0].time.n_frames
        self.features = self._zeros(n_clips, n_nodes, n_frames, up(pairs[0].c))
        # The components come before the backbone, whose matrix is that of the whole graph.
        self.adjacencies = {adjacency_of(pair): self._zeros(*[pair.n_nodes] * 2) for pair in reversed(pairs)}
        arrays = {name: tensor.numpy() for name, tensor in self.adjacencies.items()}
        self.layout = Layout(module, n_clips, self.number, self.features.numpy(), arrays)
        self.plan = self.layout.plan(self.tensors, self.gradients)
        self.head = self._make_head()
        self._describe_losses(criterion)
        self.stacks = self._stacks(self.tensors), self._stacks(self.gradients)
        self.maps = self._linear(self.stacks[0].head), self._linear(self.stacks[0].linear)

    def __call__(self, features: Tensor, target: Tensor, sample_weight: Tensor, lambdas: Tensor) -> LossTerms:
        """Return the terms of the loss; the gradients are in ``gradients`` until the next call.

        Shapes are those of `DeReGRL` and `DeReGRLLoss`, the first axis that of the nets; ``lambdas`` is what
        the three losses count in each, (nets, 3).
        """
        self.scales[..., 0] = lambdas.numpy()
        channels = self.module.channels(features).transpose(-3, -2)
        self.features[..., : channels.shape[-1]] = channels
        for name, matrices in self.adjacencies.items():
            fixed, learned = self.module.get_submodule(name).fixed, self.tensors.get(f"{name}.learned")
            parts = [part for part in (fixed, learned) if part is not None]
            matrices[:] = sum(parts[1:], parts[0])
        share = sample_weight.to(self.dtype)
        share = share / share.sum(-1, keepdim=True)
        flat = features.flatten(2)
        flat = flat[..., : flat.shape[-1] if self.module.linear_path is not None else 0].contiguous()
        batch = Batch(target.numpy(), share.numpy(), flat.numpy())
        terms = np.empty((self.n_nets, 5), self.number)
        lowest = np.finfo(self.number).min
        train_step(
            self.plan, self.head, self.maps, self.losses, batch, *self.stacks, self.scales, terms, lowest
        )
        return LossTerms(*torch.from_numpy(terms).T)

    def output(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the last of the nets said of its batch, as `DeReGRL` does."""
        head, layout = self.head, self.layout
        logits = torch.tensor(head.logits[:, : self.losses.n_classes])
        actions, weights = torch.tensor(layout.actions), torch.tensor(head.weights)
        if self.module.decomposition is None:
            actions = actions[:, :0]
        return logits, actions.transpose(1, 2), weights[:, : weights.shape[1] * self.losses.reconstruct]

    def _zeros(self, *shape: int) -> Tensor:
        return torch.zeros(self.n_nets, *shape, dtype=self.dtype)

    def _make_head(self) -> Head:
        layout, array, last = self.layout, self.layout.array, self.layout.arrays[-1]
        b, reconstruct = layout.n_clips, self.module.reconstruction is not None
        n_entries, n_classes = self.tensors["head.weight"].shape[1:]
        n_weights = layout.actions.shape[1] if reconstruct else 1
        actions, d_actions = layout.actions.reshape(b, -1), layout.d_actions.reshape(b, -1)
        relations, d_relations = last["out"].reshape(b, -1), last["grad"].reshape(b, -1)
        parts = array(b, n_entries) if reconstruct else actions
        d_parts, sigmoids = array(b, n_entries), array(b, n_entries)
        rows = [array(b, n) for n in (n_weights, n_weights, up(n_classes), up(n_classes))]
        return Head(
            *(actions, parts, d_parts, d_actions, relations, d_relations, sigmoids),
            *(*rows, array(n_entries), array(n_classes, n_weights)),
        )

    def _describe_losses(self, criterion: Any) -> None:
        n_entries, n_classes = self.tensors["head.weight"].shape[1:]
        n_weights = self.head.weights.shape[1]
        self.losses = Losses(
            n_classes,
            float(criterion.label_smoothing),
            "weight_loss.centers" in self.tensors,
            criterion.balance_loss.target == "relative",
            self.module.reconstruction is not None,
            self.module.decomposition is not None,
        )
        averaged = criterion.center_loss.reduction == "mean"
        self.scales = np.zeros((self.n_nets, 3, 2), self.number)
        self.scales[..., 1] = [n_entries, n_weights, n_weights] if averaged else [1, 1, 1]

    def _stacks(self, tensors: dict[str, Tensor]) -> Stacks:
        """Tensors of all nets; zeros in place of what they do not have."""
        n_classes, n_weights = self.losses.n_classes, self.head.weights.shape[1]
        n_nodes = self.adjacencies["adjacency"].shape[-1]
        shapes: dict[str, tuple[int, ...]] = {
            **{"head.weight": (), "head.bias": ()},
            **{"linear_path.weight": (0, n_classes), "linear_path.bias": (1, n_classes)},
            **{"weight_loss.centers": (n_classes, n_weights)},
            **{"adjacency.learned": (n_nodes, n_nodes)},
            **{"reconstruction.adjacency.learned": (n_weights, n_weights)},
        }
        found = [tensors[name] if name in tensors else self._zeros(*shape) for name, shape in shapes.items()]
        return Stacks(*[tensor.numpy() for tensor in found])

    def _linear(self, weights: np.ndarray) -> Linear:
        """Arrays of one net for weights of all."""
        _, n_entries, n_classes = weights.shape
        width, array = up(n_classes), self.layout.array
        return Linear(array(n_entries, width), array(width, n_entries), array(width), array(n_entries, width))
