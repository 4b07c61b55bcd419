"""Networks and training steps of candidates that are no parameters of `DeReGRLClassifier`.

`Prototype` is the network with more parts, `Changes` says what else a stack does in training, and
`PrototypeStack` does it, by autograd: the compiled loops know the usual network alone.
``benchmarks/candidates.py`` measures them. How each idea is fitted to this network is ours, and so are random
amplitude, node dropout and smooth noise as they stand here; the sources name the idea.

References
----------
Menon et al., "Long-tail learning via logit adjustment", ICLR 2021.
Khosla et al., "Supervised contrastive learning", NeurIPS 2020.
Rahimi & Recht, "Random features for large-scale kernel machines", NIPS 2007.
Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018.
Ba et al., "Layer normalization", arXiv 1607.06450, 2016.
Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from skmer.classifiers._prediction import average_views
from skmer.face import MEAN_SHAPE
from skmer.nn import DeReGRL, LinearHead, LossTerms
from skmer.nn._augmentation import _motion
from skmer.training import ClipDataset
from skmer.training._stack import StackedNets

# Temperature of the contrastive term.
TEMPERATURE = 0.2
# What each step has in the exponential average of weights.
EMA_SHARE = 0.01
# Range of the correlation of smooth noise, in units of the mean face.
SMOOTH_RANGE = 0.3
FOURIER_SEED = 7


class LayerNorm(nn.Module):
    """Normalized channels of a node, with parameters that can be stacked; (..., N, B, T, D)."""

    def __init__(self, n_channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, n_channels))
        self.bias = nn.Parameter(torch.zeros(1, n_channels))

    def forward(self, nodes):
        """Return the nodes normalized."""
        normal = functional.layer_norm(nodes, nodes.shape[-1:])
        return normal * self.weight[..., None, None, :] + self.bias[..., None, None, :]


class FourierMap(nn.Module):
    """Cosines that approximate an RBF kernel (Rahimi & Recht, 2007), the same for every net.

    With ``gamma=1`` the exponent is the mean square difference of two clips.
    """

    def __init__(self, n_inputs, n_outputs, gamma):
        super().__init__()
        generator = torch.Generator().manual_seed(FOURIER_SEED)
        directions = torch.randn(n_inputs, n_outputs, generator=generator)
        self.register_buffer("directions", directions * math.sqrt(2 * gamma / n_inputs))
        self.register_buffer("phases", 2 * math.pi * torch.rand(1, n_outputs, generator=generator))

    def forward(self, x):
        """Return the cosines, (..., B, n_outputs)."""
        return torch.cos(x @ self.directions + self.phases)


class Prototype(DeReGRL):
    """The network with more parts, each off by default.

    Parameters
    ----------
    layer_norm : bool
        Whether a normalization follows each block.
    n_fourier, fourier_gamma : int, float
        Random Fourier features of the input on a linear map that starts at zero and is added to the logits.
    linear_magnitudes : bool
        Whether the magnitudes of the input have such a map.
    n_units, n_projected : int
        Outputs of a head for action units, and of a projection for the contrastive term, both on the
        weighted actions. What they gave last is in ``unit_logits`` and ``projected``.
    """

    def __init__(
        self,
        graph,
        in_channels,
        n_classes,
        *,
        layer_norm=False,
        n_fourier=0,
        fourier_gamma=1.0,
        linear_magnitudes=False,
        n_units=0,
        n_projected=0,
        **parameters,
    ):
        super().__init__(graph, in_channels, n_classes, **parameters)
        n_inputs, n_parts = graph.n_frames * graph.n_nodes * in_channels, self.head.weight.shape[-2]
        norms = nn.ModuleList(LayerNorm(parameters["n_channels"]) for _ in self.backbone)
        self.norms = norms if layer_norm else None
        self.fourier = FourierMap(n_inputs, n_fourier, fourier_gamma) if n_fourier else None
        self.fourier_path = _zero_head(n_fourier, n_classes) if n_fourier else None
        self.magnitude_path = _zero_head(n_inputs // 2, n_classes) if linear_magnitudes else None
        self.unit_head = LinearHead(n_parts, n_units) if n_units else None
        self.projection = LinearHead(n_parts, n_projected) if n_projected else None
        self.unit_logits = self.projected = None

    def extract(self, x: Tensor, adjacency: Tensor) -> Tensor:
        """Run the backbone, with its normalizations."""
        if self.norms is None:
            return super().extract(x, adjacency)
        nodes = self.channels(x).movedim(-2, -4)
        for block, norm in zip(self.backbone, self.norms, strict=True):
            nodes = norm(block(nodes, adjacency))
        return nodes

    def classify(self, parts: Tensor) -> Tensor:
        """Run the heads; return the logits."""
        features = parts.transpose(-4, -3).flatten(-3)
        if self.unit_head is not None:
            self.unit_logits = self.unit_head(features)
        if self.projection is not None:
            self.projected = functional.normalize(self.projection(features), dim=-1)
        return super().classify(parts)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits, actions and weights, as `DeReGRL` does."""
        logits, actions, weights = super().forward(x)
        if self.fourier_path is not None:
            logits = logits + self.fourier_path(self.fourier(x.flatten(-3)))
        if self.magnitude_path is not None:
            magnitudes = torch.linalg.vector_norm(x.unflatten(-1, (-1, 2)), dim=-1)
            logits = logits + self.magnitude_path(magnitudes.flatten(-3))
        return logits, actions, weights


def _zero_head(n_inputs, n_outputs):
    head = LinearHead(n_inputs, n_outputs)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    return head


class Changes(NamedTuple):
    """What a stack does beside the usual; zero for nothing.

    Attributes
    ----------
    logit_adjustment : float
        Factor of the log of each class's share of the training clips, added to the logits in training.
    amplitude : float
        Each clip is multiplied by the exponential of a number drawn from minus to plus this.
    node_dropout : float
        Share of the nodes of a clip that are set to zero, in all frames.
    smooth_noise : float
        Noise as the recipe's, but alike in nodes that are near to each other.
    mixup : float
        Both parameters of the beta distribution that shares are drawn from, one a batch.
    units, contrast : float
        Weights of the loss of the action units, and of the supervised contrastive term.
    average : {"", "third", "ema"}
        Weights averaged over the ends of the last third of the epochs, or exponentially over all steps.
    """

    logit_adjustment: float = 0.0
    amplitude: float = 0.0
    node_dropout: float = 0.0
    smooth_noise: float = 0.0
    mixup: float = 0.0
    units: float = 0.0
    contrast: float = 0.0
    average: str = ""


class ClipsWithUnits(ClipDataset):
    """The rows of a fit with the action units of each, (n, n_units) of zeros and ones."""

    def __init__(self, data, units):
        super().__init__(data.X.numpy(), data.y, data.sample_weight.numpy(), data.groups)
        self.units = torch.as_tensor(units)

    def __getitem__(self, index):
        row, target = super().__getitem__(index)
        return row | {"units": self.units[index]}, target


class Target(NamedTuple):
    """What the output of a batch is compared with; leading axes (nets, B).

    ``units`` where there is a head for them; with mixup ``partner``, the row that each is mixed with, and
    ``share`` (nets,) of the row itself.
    """

    classes: Tensor
    units: Tensor | None = None
    partner: Tensor | None = None
    share: Tensor | None = None


class PrototypeStack(StackedNets):
    """A stack that trains with `Changes`.

    What these draw comes from generators of their own, one a net, so that weights, order and augmentation are
    those of the net without changes.
    """

    def __init__(self, nets, datasets, changes):
        super().__init__(nets, datasets)
        self.changes = changes
        seeds = [net.streams_.weights ^ 12345 for net in nets]
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.shares = [np.random.default_rng(seed) for seed in seeds]
        self.log_priors = torch.stack([_log_priors(data.y, len(nets[0].classes_)) for data in datasets])
        self.smooth_root = _smooth_root(nets[0].graph_)
        self.mean = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self.n_averaged = 0

    def train(self):
        """Train all epochs; give each net its weights, or their average."""
        super().train()
        if self.changes.average == "ema":
            self._average(EMA_SHARE)
        if self.changes.average:
            with torch.no_grad():
                for replica, net in enumerate(self.nets):
                    for name, parameter in net.module_.named_parameters():
                        parameter.copy_(self.mean[name][replica])

    def _record(self, epoch, steps, seconds):
        super()._record(epoch, steps, seconds)
        n_epochs = self.nets[0].max_epochs
        if self.changes.average == "third" and epoch > n_epochs - n_epochs // 3:
            self.n_averaged += 1
            self._average(1 / self.n_averaged)

    def _average(self, share):
        for name, weight in self.weights.items():
            self.mean[name].lerp_(weight.detach(), share)

    def _inputs(self, batch):
        """Features, `Target` and weights of a batch, changed."""
        x, classes, weight = super()._inputs(batch)
        changes, draw = self.changes, self._draw
        n_clips, _, n_nodes, _ = x.shape[1:]
        if changes.smooth_noise:
            still = torch.stack([row["X"] for row, _ in batch]) / self.scale
            noise = torch.matmul(self.smooth_root, draw(torch.randn, *x.shape[1:]))
            x = x + changes.smooth_noise * _motion(still) * noise
        if changes.amplitude:
            exponent = 2 * draw(torch.rand, n_clips, 1, 1, 1) - 1
            x = x * (changes.amplitude * exponent).exp()
        if changes.node_dropout:
            x = x * (draw(torch.rand, n_clips, 1, n_nodes, 1) >= changes.node_dropout)
        target = Target(classes)
        if changes.units:
            target = target._replace(units=torch.stack([row["units"] for row, _ in batch]))
        if changes.mixup:
            share = [generator.beta(changes.mixup, changes.mixup) for generator in self.shares]
            target = target._replace(partner=draw(torch.randperm, n_clips), share=self._column(share))
            share = target.share.reshape(-1, 1, 1, 1, 1)
            x = share * x + (1 - share) * _take(x, target.partner)
        return x, target, weight

    def _draw(self, function, *shape):
        return torch.stack([function(*shape, generator=generator) for generator in self.generators])

    def _step(self, features, target, weight):
        """Return the terms of the loss, each of (nets,), and set the gradients."""
        if self.changes.average == "ema":
            self._average(EMA_SHARE)
        for tensor in (*self.weights.values(), *self.centers.values()):
            tensor.grad = None
        logits, *rest = functional_call(self.module, self.weights, (features,))
        if self.changes.logit_adjustment:
            logits = logits + self.changes.logit_adjustment * self.log_priors
        terms = self._terms((logits, *rest), target, weight)
        terms.total.sum().backward()
        return terms

    def _terms(self, output, target, weight):
        terms = self._criterion(output, target.classes, weight)
        if target.partner is not None:
            theirs = _take(target.classes, target.partner), _take(weight, target.partner)
            both = zip(terms, self._criterion(output, *theirs), strict=True)
            terms = LossTerms(*[target.share * own + (1 - target.share) * other for own, other in both])
        total = terms.total
        if target.units is not None:
            total = total + self.changes.units * unit_loss(self.module.unit_logits, target.units, weight)
        if self.changes.contrast:
            contrast = contrastive_loss(self.module.projected, target.classes, weight)
            total = total + self.changes.contrast * contrast
        return terms._replace(total=total)

    def _criterion(self, output, classes, weight):
        return functional_call(self.criterion, self.centers, (output, classes, weight))


def unit_loss(logits, units, weight):
    """Binary cross-entropy, the mean over action units, weighted over the batch; (..., B, U) -> (...)."""
    losses = functional.binary_cross_entropy_with_logits(logits, units, reduction="none").mean(-1)
    return (losses * weight).sum(-1) / weight.sum(-1)


def contrastive_loss(projected, classes, weight):
    """The supervised contrastive term (Khosla et al., 2020), weighted.

    ``projected`` (..., B, D) has unit length. Clips that are alone of their class in a batch are left out.
    """
    itself = torch.eye(projected.shape[-2], dtype=torch.bool)
    similar = projected @ projected.transpose(-1, -2) / TEMPERATURE
    log_share = similar - similar.masked_fill(itself, -1e9).logsumexp(-1, keepdim=True)
    alike = (classes[..., :, None] == classes[..., None, :]) & ~itself
    n_alike = alike.sum(-1)
    losses = -(log_share * alike).sum(-1) / n_alike.clamp_min(1)
    weight = weight * (n_alike > 0)
    return (losses * weight).sum(-1) / weight.sum(-1).clamp_min(1e-6)


def _take(values, rows):
    """The given rows of each net; (nets, B, ...) and (nets, B)."""
    return torch.stack([own[chosen] for own, chosen in zip(values, rows, strict=True)])


def _log_priors(classes, n_classes):
    counts = torch.bincount(classes, minlength=n_classes).float().clamp_min(0.5)
    return (counts / counts.sum()).log()[None]


def _smooth_root(graph):
    """A root of the correlation of noise in nodes at a distance, (N, N)."""
    points = MEAN_SHAPE[list(graph.nodes)]
    squares = np.square(points[:, None] - points[None]).sum(-1)
    correlation = np.exp(-squares / (2 * SMOOTH_RANGE**2)) + 1e-6 * np.eye(len(points))
    return torch.as_tensor(np.linalg.cholesky(correlation), dtype=torch.float32)


def bootstrap_subjects(rows, groups, seed):
    """As many of the rows (n,), of whole subjects drawn with replacement, the last of them cut off."""
    people = [rows[groups[rows] == person] for person in np.unique(groups[rows])]
    drawn = np.random.default_rng(seed).integers(len(people), size=4 * len(people))
    return np.concatenate([people[k] for k in drawn])[: len(rows)]


def unit_probabilities(net, X):
    """Probabilities of action units (n, n_units), averaged over a clip and its mirror image."""

    def both(rows):
        reflected = net.augmentation_.reflect(torch.as_tensor(rows)).numpy()
        return (net._run(_units, rows) + net._run(_units, reflected)) / 2

    return average_views(net, both, X)


def _units(module, x):
    module(x)
    return module.unit_logits.sigmoid()
