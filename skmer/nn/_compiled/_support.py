"""Parameter values that the compiled loops support."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

LANES = 8
"""Entries that are loaded, multiplied and stored together; hidden channels have to fill whole vectors."""

SUPPORTED = {
    "activation": ("relu",),
    "action_softmax": ("nodes",),
    "weight_norm": ("l1",),
    "weight_sigmoid": (True,),
    "fusion": ("concatenate",),
    "dropout": (0,),
}
"""Values by parameter; parameters that are not listed are unrestricted."""


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
