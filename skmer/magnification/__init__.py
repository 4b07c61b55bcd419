"""Motion magnification in image space."""

from typing import TYPE_CHECKING

from skmer._utils._imports import import_name
from skmer.magnification._magnifier import MotionMagnifier
from skmer.magnification._methods import magnify_eulerian, magnify_lagrangian, magnify_phase
from skmer.magnification._temporal_filter import magnify_eulerian_sequence

if TYPE_CHECKING:
    from skmer.magnification._magnet import MagNet, MagNetTraining, train_magnet

__all__ = [
    "MotionMagnifier",
    "magnify_lagrangian",
    "magnify_eulerian",
    "magnify_eulerian_sequence",
    "magnify_phase",
    "MagNet",
    "train_magnet",
    "MagNetTraining",
]

# Resolved on first use: magnification without MagNet must not import torch.
_LAZY = {"MagNet": "_magnet", "train_magnet": "_magnet", "MagNetTraining": "_magnet"}


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = import_name(f"{__name__}.{_LAZY[name]}", name)
    return value
