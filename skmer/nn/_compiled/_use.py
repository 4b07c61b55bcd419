"""Which nets the compiled loops compute."""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from torch import Tensor

COMPUTED = {
    "activation": ("relu",),
    "action_softmax": ("nodes",),
    "weight_norm": ("l1",),
    "weight_sigmoid": (True,),
    "fusion": ("concatenate",),
    "dropout": (0,),
}
"""The values of parameters that the loops know; of others they know all."""

LANES = 8
"""Numbers in a vector; hidden channels have to fill whole ones."""


@cache
def installed() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def is_computed(parameters: Mapping[str, Any]) -> bool:
    """Whether the loops compute a `DeReGRL` with these parameters; ``device`` may be among them."""
    known = all(parameters[name] in values for name, values in COMPUTED.items() if name in parameters)
    return known and parameters["n_channels"] % LANES == 0 and installed()


def make_step(
    module: Any,
    criterion: Any,
    weights: dict[str, Tensor],
    centers: dict[str, Tensor],
    lambdas: Tensor,
    n_clips: int,
) -> Any:
    """Return a `skmer.nn._compiled._step_of_stack.CompiledStep`; numba is imported here and nowhere else."""
    from skmer.nn._compiled._step_of_stack import CompiledStep

    return CompiledStep(module, criterion, weights, centers, lambdas, n_clips)
