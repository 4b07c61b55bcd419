"""Dropout that draws from a generator of its own."""

import torch
from torch import Tensor, nn


class SeededDropout(nn.Module):
    """Dropout whose masks come from ``generator``, so that no fit reads or moves torch's global one.

    Parameters
    ----------
    p : float
        Probability of dropping a value, in [0, 1).

    Attributes
    ----------
    generator : torch.Generator or None
        Set by whoever trains. None: torch's global generator.

    Shapes:
        - x: any
        - output: as x

    Examples
    --------
    >>> import torch
    >>> from skmer.nn import SeededDropout
    >>> dropout = SeededDropout(0.5)
    >>> dropout.generator = torch.Generator().manual_seed(0)
    >>> dropout(torch.ones(4))
    tensor([0., 2., 0., 0.])
    """

    def __init__(self, p: float = 0.0) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share p set to zero and the rest scaled by ``1 / (1 - p)``, in training only."""
        if not self.training or self.p == 0.0:
            return x
        device = x.device if self.generator is None else self.generator.device
        keep = torch.rand(x.shape, generator=self.generator, device=device) >= self.p
        return x * keep.to(x) / (1.0 - self.p)
