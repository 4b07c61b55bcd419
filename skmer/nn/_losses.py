"""Losses, each aware of sample weights: the terms of DeRe-GRL, eqs. (7)-(10), and that of nets on maps."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmer._utils._arguments import checked, integer, option, real

REDUCTIONS = [option("mean", "sum")]
CENTERS = [option("batch", "learned")]
BALANCES = [option("relative", "absolute")]


class LossTerms(NamedTuple):
    """The composite loss and its unweighted terms, each a scalar (or one per replica).

    Attributes
    ----------
    total : Tensor
        Eq. (10).
    cross_entropy : Tensor
        L_ce.
    center : Tensor
        L_mc, eq. (7).
    weight : Tensor
        L_wc, eq. (8).
    balance : Tensor
        L_b, eq. (9).
    """

    total: Tensor
    cross_entropy: Tensor
    center: Tensor
    weight: Tensor
    balance: Tensor


class ActionCenterLoss(nn.Module):
    r"""Keep each action compact over the batch, eq. (7).

    ``L_mc = 1/B sum_n sum_i norm2(f_ni - mean_n f_i)^2``

    Parameters
    ----------
    reduction : {"mean", "sum"}
        Whether the squares of one sample are averaged over its entries (ours) or added up (as printed).

    Shapes:
        - actions: (..., B, T, P, D)
        - sample_weight: (..., B)
        - output: (...)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import ActionCenterLoss
    >>> actions = torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1)
    >>> ActionCenterLoss()(actions, torch.ones(2))
    tensor(1.)
    """

    @checked(reduction=REDUCTIONS)
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, actions: Tensor, sample_weight: Tensor) -> Tensor:
        """Return the loss."""
        entries = actions.flatten(-3)
        spread = (entries - _batch_mean(entries, sample_weight)).square()
        return _reduce(_batch_mean(spread, sample_weight), self.reduction)


class WeightCenterLoss(nn.Module):
    r"""Pull the action weights of a sample towards the centre of its class, eq. (8).

    ``L_wc = 1/B sum_n norm2(w_n - c_{y_n})^2``

    Parameters
    ----------
    n_classes, n_weights : int
        Number of classes and of action weights P.
    centers : {"batch", "learned"}
        The class means of the batch, or parameters trained with the rest (Wen et al., ECCV 2016).
    reduction : {"mean", "sum"}
        Over the P entries of a sample: averaged (ours) or added up (as printed).

    Shapes:
        - weights: (..., B, P)
        - target: (..., B), class indices
        - sample_weight: (..., B)
        - output: (...)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import WeightCenterLoss
    >>> weights, target = torch.tensor([[0.2], [0.4], [0.9]]), torch.tensor([0, 0, 1])
    >>> round(WeightCenterLoss(n_classes=2, n_weights=1)(weights, target, torch.ones(3)).item(), 4)
    0.0067
    """

    @checked(
        n_classes=[integer(1, 65536)],
        n_weights=[integer(0, 65536)],
        centers=CENTERS,
        reduction=REDUCTIONS,
    )
    def __init__(
        self, n_classes: int, n_weights: int, centers: str = "batch", reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.reduction = reduction
        # A sigmoid of zero: where the weights of eq. (5) start.
        learned = nn.Parameter(torch.full((n_classes, n_weights), 0.5)) if centers == "learned" else None
        self.centers: Tensor | None
        self.register_parameter("centers", learned)

    def forward(self, weights: Tensor, target: Tensor, sample_weight: Tensor) -> Tensor:
        """Return the loss."""
        member = (target.unsqueeze(-1) == torch.arange(self.n_classes, device=target.device)).to(weights)
        centers = self.centers
        if centers is None:
            # A class that the batch lacks has a share of zero over a tiny number, not of zero over zero.
            share = member * sample_weight.unsqueeze(-1)
            share = share / share.sum(-2, keepdim=True).clamp_min(torch.finfo(share.dtype).tiny)
            centers = torch.matmul(share.transpose(-1, -2), weights)
        spread = (weights - torch.matmul(member, centers)).square()
        return _reduce(_batch_mean(spread, sample_weight), self.reduction)


class WeightBalanceLoss(nn.Module):
    r"""Keep any action from taking all the weight, eq. (9).

    ``L_b = norm1(wbar / sum(wbar) - 1/P)`` with ``wbar`` the mean weight over the batch. The division by the
    sum makes it free of the weights' scale and is ours; ``target="absolute"`` is ``norm1(wbar - 1/P)`` as in
    FDRL (Ruan et al., CVPR 2021), which also shrinks the weights.

    Parameters
    ----------
    target : {"relative", "absolute"}
        With or without the division.
    reduction : {"mean", "sum"}
        Over the P entries: averaged (ours) or added up (as printed).

    Shapes:
        - weights: (..., B, P)
        - sample_weight: (..., B)
        - output: (...)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import WeightBalanceLoss
    >>> WeightBalanceLoss()(torch.tensor([[0.75, 0.25]]), torch.ones(1))
    tensor(0.2500)
    """

    @checked(target=BALANCES, reduction=REDUCTIONS)
    def __init__(self, target: str = "relative", reduction: str = "mean") -> None:
        super().__init__()
        self.target = target
        self.reduction = reduction

    def forward(self, weights: Tensor, sample_weight: Tensor) -> Tensor:
        """Return the loss."""
        mean = _batch_mean(weights, sample_weight).squeeze(-2)
        if self.target == "relative":
            mean = mean / mean.sum(-1, keepdim=True).clamp_min(torch.finfo(mean.dtype).tiny)
        return _reduce((mean - 1.0 / max(mean.shape[-1], 1)).abs().unsqueeze(-2), self.reduction)


class DeReGRLLoss(nn.Module):
    r"""The composite loss, eq. (10): ``L = L_ce + lambda1 L_mc + lambda2 L_wc + lambda3 L_b``.

    Parameters
    ----------
    n_classes, n_weights : int
        Number of classes and of action weights P.
    lambda_center, lambda_weight, lambda_balance : float
        lambda1, lambda2 and lambda3 (paper: 1, 1 and .1 with ``reduction="sum"``).
    centers : {"batch", "learned"}
        See `WeightCenterLoss`.
    balance : {"relative", "absolute"}
        See `WeightBalanceLoss`.
    reduction : {"mean", "sum"}
        Over a sample's entries in eqs. (7)-(9).
    label_smoothing : float
        Share of each target spread evenly over all classes (Szegedy et al., CVPR 2016). The paper has none.
    lambda_action_units : float
        Weight of the binary cross-entropy of the action units, over those that are not NaN. Ours.
    lambda_sparsity, lambda_orthogonality : float
        Weights of `map_entropy` and `map_overlap`, where the output has maps. Ours.

    Shapes:
        - output: logits (..., B, n_classes), actions (..., B, T, P, D), weights (..., B, P), perhaps maps
          and logits of units, as `DeReGRL` returns them
        - target: (..., B), class indices
        - sample_weight: (..., B), None for ones
        - action_units: (..., B, n_units), 0, 1 or NaN
        - returned: `LossTerms` of (...); the total has the terms of units and maps too

    References
    ----------
    Wei et al., IEICE Trans. Inf. & Syst. E106-D(10), 2023, arXiv 2303.01776, eqs. (7)-(10).

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import DeReGRLLoss
    >>> output = torch.zeros(4, 5), torch.ones(4, 3, 9, 16), torch.ones(4, 9)
    >>> terms = DeReGRLLoss(n_classes=5, n_weights=9)(output, torch.tensor([0, 1, 2, 3]))
    >>> round(terms.cross_entropy.item(), 4), terms.center.item()
    (1.6094, 0.0)
    """

    @checked(
        n_classes=[integer(1, 65536)],
        n_weights=[integer(0, 65536)],
        lambda_center=[real(0, 1e12)],
        lambda_weight=[real(0, 1e12)],
        lambda_balance=[real(0, 1e12)],
        centers=CENTERS,
        balance=BALANCES,
        reduction=REDUCTIONS,
        label_smoothing=[real(0, 1)],
        lambda_action_units=[real(0, 1e12)],
        lambda_sparsity=[real(0, 1e12)],
        lambda_orthogonality=[real(0, 1e12)],
    )
    def __init__(
        self,
        n_classes: int,
        n_weights: int,
        *,
        lambda_center: float = 0.1,
        lambda_weight: float = 0.1,
        lambda_balance: float = 0.01,
        centers: str = "batch",
        balance: str = "relative",
        reduction: str = "mean",
        label_smoothing: float = 0.0,
        lambda_action_units: float = 1.0,
        lambda_sparsity: float = 0.0,
        lambda_orthogonality: float = 0.0,
    ) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        self.lambda_action_units = lambda_action_units
        self.lambda_sparsity = lambda_sparsity
        self.lambda_orthogonality = lambda_orthogonality
        self.lambda_center = lambda_center
        self.lambda_weight = lambda_weight
        self.lambda_balance = lambda_balance
        self.center_loss = ActionCenterLoss(reduction)
        self.weight_loss = WeightCenterLoss(n_classes, n_weights, centers, reduction)
        self.balance_loss = WeightBalanceLoss(balance, reduction)

    def forward(
        self,
        output: tuple[Tensor, ...],
        target: Tensor,
        sample_weight: Tensor | None = None,
        action_units: Tensor | None = None,
    ) -> LossTerms:
        """Return the total and its terms."""
        logits, actions, weights, *more = output
        sample_weight = torch.ones_like(logits[..., 0]) if sample_weight is None else sample_weight.to(logits)
        cross_entropy = _cross_entropy(logits, target, sample_weight, self.label_smoothing)
        center = self.center_loss(actions, sample_weight)
        weight = self.weight_loss(weights, target, sample_weight)
        balance = self.balance_loss(weights, sample_weight)
        total = (
            cross_entropy
            + self.lambda_center * center
            + self.lambda_weight * weight
            + self.lambda_balance * balance
        )
        if more:
            total = total + self._of_maps_and_units(more[0], more[1], sample_weight, action_units)
        return LossTerms(total, cross_entropy, center, weight, balance)

    def _of_maps_and_units(
        self, maps: Tensor, units: Tensor, sample_weight: Tensor, action_units: Tensor | None
    ) -> Tensor:
        total = self.lambda_sparsity * map_entropy(maps, sample_weight)
        total = total + self.lambda_orthogonality * map_overlap(maps, sample_weight)
        if action_units is not None and units.shape[-1]:
            total = total + self.lambda_action_units * _of_units(units, action_units, sample_weight)
        return total


def map_entropy(maps: Tensor, sample_weight: Tensor) -> Tensor:
    """Mean entropy of actions' maps over the nodes, (..., B, T, N, P) -> (...): 1 where nodes share alike."""
    n_nodes = (maps > 0).sum(-2).clamp_min(2).to(maps)
    # A share that underflows has no logarithm, and would leave no finite gradient.
    entropy = -(maps * maps.clamp_min(1e-12).log()).sum(-2) / n_nodes.log()
    return _batch_mean(entropy.flatten(-2), sample_weight).mean((-2, -1))


def map_overlap(maps: Tensor, sample_weight: Tensor) -> Tensor:
    """Mean squared cosine between maps of two actions that share nodes, (..., B, T, N, P) -> (...)."""
    unit = maps / torch.linalg.vector_norm(maps, dim=-2, keepdim=True).clamp_min(1e-12)
    cosines = torch.matmul(unit.transpose(-1, -2), unit)
    others = (cosines > 0) & ~torch.eye(cosines.shape[-1], dtype=torch.bool, device=maps.device)
    squares = (cosines.square() * others).sum((-2, -1)) / others.sum((-2, -1)).clamp_min(1)
    return _batch_mean(squares, sample_weight).mean((-2, -1))


def _of_units(logits: Tensor, units: Tensor, sample_weight: Tensor) -> Tensor:
    """Weighted mean of the binary cross-entropy over the coded entries, (..., B, U) -> (...)."""
    coded = ~torch.isnan(units)
    target = torch.where(coded, units, 0.0).to(logits)
    losses = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    weight = sample_weight.unsqueeze(-1) * coded
    return (losses * weight).sum((-2, -1)) / weight.sum((-2, -1)).clamp_min(torch.finfo(weight.dtype).tiny)


def _cross_entropy(logits: Tensor, target: Tensor, sample_weight: Tensor, smoothing: float) -> Tensor:
    """Weighted mean over the batch of the cross-entropy, (..., B, C) -> (...)."""
    losses = functional.cross_entropy(
        logits.flatten(0, -2), target.flatten(), reduction="none", label_smoothing=smoothing
    )
    return (losses.view(target.shape) * sample_weight).sum(-1) / sample_weight.sum(-1)


def _batch_mean(entries: Tensor, sample_weight: Tensor) -> Tensor:
    """Weighted mean over the batch, (..., B, E) -> (..., 1, E)."""
    # A product with normalized weights: a row of weight zero leaves no trace, as if it were not there.
    share = sample_weight / sample_weight.sum(-1, keepdim=True)
    return torch.matmul(share.unsqueeze(-2), entries)


def _reduce(entries: Tensor, reduction: str) -> Tensor:
    """(..., 1, E) -> (...): the sum or the mean over the entries, zero where there are none."""
    total = entries.sum((-2, -1))
    return total / max(entries.shape[-1], 1) if reduction == "mean" else total


class WeightedCrossEntropy(nn.Module):
    """Cross-entropy, the mean over the batch by sample weights.

    Parameters
    ----------
    n_classes : int
        Unused; every loss is built with it.
    label_smoothing : float
        Share of each target spread evenly over all classes.

    Shapes:
        - logits: (..., B, n_classes)
        - target: (..., B), class indices
        - sample_weight: (..., B), None for ones
        - returned: (...)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import WeightedCrossEntropy
    >>> loss = WeightedCrossEntropy()(torch.zeros(2, 5), torch.tensor([0, 1]), torch.tensor([1.0, 2.0]))
    >>> round(loss.item(), 4)
    1.6094
    """

    @checked(n_classes=[integer(1, 65536)], label_smoothing=[real(0, 1)])
    def __init__(self, n_classes: int = 2, *, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Return the loss."""
        weight = torch.ones_like(logits[..., 0]) if sample_weight is None else sample_weight.to(logits)
        return weighted_cross_entropy(logits, target, weight, self.label_smoothing)


def weighted_cross_entropy(logits: Tensor, target: Tensor, weight: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the weighted mean of the cross-entropy over the batch, (..., B, C) -> (...)."""
    losses = functional.cross_entropy(
        logits.flatten(0, -2), target.flatten(), reduction="none", label_smoothing=smoothing
    )
    return (losses.view(target.shape) * weight).sum(-1) / weight.sum(-1)
