"""Parameter values and optimizer settings that the compiled loops support. Needs no numba."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

LANES = 8
"""Entries that are loaded, multiplied and stored together; hidden channels have to fill whole vectors."""

SUPPORTED = {
    "activation": ("relu",),
    "action_softmax": ("nodes",),
    "weight_norm": ("l1",),
    "weight_sigmoid": (True,),
    "fusion": ("concatenate",),
    "dropout": (0,),
    "init_actions": ("random",),
    "unit_actions": ((),),
    "with_maps": (False,),
}
"""Values by parameter; parameters that are not listed are unrestricted."""

LAMBDAS = ("lambda_center", "lambda_weight", "lambda_balance")
"""Weights of the loss that `DeReGRLLoss` has as attributes: they are read at every step and shape nothing."""


class AdamStep(NamedTuple):
    """Settings of `torch.optim.Adam` or `torch.optim.AdamW` for a run of batches."""

    rates: Sequence[float]
    n_steps_before: int
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    decoupled: bool = True

    def schedule(self) -> np.ndarray:
        """Return a row for each batch; see `skmer.nn._compiled._epoch.Adam`."""
        rates = np.asarray(self.rates, float)
        steps = self.n_steps_before + np.arange(1, len(rates) + 1)
        keep = 1 - rates * self.weight_decay * self.decoupled
        size = rates / (1 - self.betas[0] ** steps)
        return np.stack([keep, size, np.sqrt(1 - self.betas[1] ** steps)], -1)

    def constants(self) -> list[float]:
        """Return the numbers that are the same for all batches."""
        decay = 0.0 if self.decoupled else self.weight_decay
        return [1 - self.betas[0], self.betas[1], 1 - self.betas[1], self.eps, decay]


def is_supported(parameters: Mapping[str, Any]) -> bool:
    """Return whether the loops compute a `DeReGRL` with these parameters."""
    known = all(parameters[name] in values for name, values in SUPPORTED.items() if name in parameters)
    return known and parameters["n_channels"] % LANES == 0 and parameters.get("n_layers", 1) > 0


def has_numba() -> bool:
    """Return whether numba is installed and compiles."""
    try:
        return not import_module("numba").config.DISABLE_JIT
    except ImportError:
        return False
