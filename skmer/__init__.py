"""Micro-expression recognition on facial landmark graphs, as scikit-learn estimators."""

from importlib import import_module
from importlib.metadata import version as _version
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from skmer._utils._imports import import_name

if TYPE_CHECKING:
    from skmer.classifiers import DeReGRLClassifier
    from skmer.feature_extraction import LandmarkGraphTransformer
    from skmer.literature import cite

__all__ = ["LandmarkGraphTransformer", "DeReGRLClassifier", "cite"]

__version__ = _version("skmer")

# Resolved on first use: importing skmer must not import torch.
_HOMES = {
    "LandmarkGraphTransformer": "skmer.feature_extraction",
    "DeReGRLClassifier": "skmer.classifiers",
    "cite": "skmer.literature",
}
_PACKAGES = [info.name for info in iter_modules(__path__) if info.ispkg and not info.name.startswith("_")]


def __getattr__(name):
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = import_name(_HOMES[name], name)
    return value


def __dir__():
    return sorted({*globals(), *_HOMES, *_PACKAGES})
