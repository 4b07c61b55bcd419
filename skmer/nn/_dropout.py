"""Dropout that draws from a generator of its own."""

import torch
from torch import Tensor, nn


class SeededDropout(nn.Module):
    """Dropout whose masks come from ``generator``, so that no fit reads or moves torch's global one.

    Parameters
    ----------
    p : float
        Probability of dropping a value, in [0, 1).
    channels : bool
        Whether whole channels of maps (..., B, C, H, W) are dropped.

    Attributes
    ----------
    generator : torch.Generator, list of torch.Generator or None
        Set by whoever trains; a list has one for each replica on the first axis. None: torch's global one.

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

    def __init__(self, p: float = 0.0, channels: bool = False) -> None:
        super().__init__()
        self.p = p
        self.channels = channels
        self.generator: torch.Generator | list[torch.Generator] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share p set to zero and the rest scaled by ``1 / (1 - p)``, in training only."""
        if not self.training or self.p == 0.0:
            return x
        shape = torch.Size((*x.shape[:-2], 1, 1)) if self.channels else x.shape
        if isinstance(self.generator, list):
            uniform = torch.stack([_uniform(shape[1:], generator, x) for generator in self.generator])
        else:
            uniform = _uniform(shape, self.generator, x)
        return x * (uniform >= self.p).to(x) / (1.0 - self.p)


def _uniform(shape: torch.Size, generator: torch.Generator | None, like: Tensor) -> Tensor:
    device = like.device if generator is None else generator.device
    return torch.rand(shape, generator=generator, device=device)
