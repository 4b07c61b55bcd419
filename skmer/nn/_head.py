"""The linear classifier on top of the reconstructed features."""

import math

import torch
from torch import Tensor, nn


class LinearHead(nn.Module):
    """Linear map to the logits, ``Y W + b``, with parameters that can be stacked along leading axes.

    Parameters
    ----------
    in_features, n_classes : int
        Width of the features and of the logits.

    Shapes:
        - features: (..., B, in_features)
        - output: (..., B, n_classes)

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import LinearHead
    >>> LinearHead(432, 5)(torch.ones(8, 432)).shape
    torch.Size([8, 5])
    """

    def __init__(self, in_features: int, n_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_features, n_classes))
        self.bias = nn.Parameter(torch.empty(1, n_classes))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw both from the uniform distribution that `torch.nn.Linear` uses."""
        bound = 1.0 / math.sqrt(self.weight.shape[-2])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits, (..., B, n_classes)."""
        return torch.matmul(features, self.weight) + self.bias
