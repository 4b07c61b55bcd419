"""Which nets the compiled loops compute."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

COMPUTED = {
    "activation": ("relu",),
    "action_softmax": ("nodes",),
    "weight_norm": ("l1",),
    "weight_sigmoid": (True,),
    "fusion": ("concatenate",),
    "dropout": (0,),
}
"""The values of parameters that the loops know; of parameters that are not here they know all."""

LANES = 8
"""Entries that are loaded, multiplied and stored together; hidden channels have to fill whole vectors."""


@cache
def loops() -> Any:
    """Return the module of the step; None where numba is missing, of no use or cannot keep its work."""
    try:
        if import_module("numba").config.DISABLE_JIT:
            return None
    except ImportError:
        return None
    try:
        return import_module("skmer.nn._compiled._stacked_step")
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        return None


def is_computed(parameters: Mapping[str, Any]) -> bool:
    """Whether the loops compute a `DeReGRL` with these parameters, here."""
    known = all(parameters[name] in values for name, values in COMPUTED.items() if name in parameters)
    fits = parameters["n_channels"] % LANES == 0 and parameters.get("n_layers", 1) > 0
    return known and fits and loops() is not None
