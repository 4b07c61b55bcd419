"""Losses of the nets on maps, each aware of sample weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from skmer._utils._arguments import checked, integer, real


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
