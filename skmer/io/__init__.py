"""Saving and loading fitted estimators in files that run no code when loaded, on disk or on a model hub."""

from skmer.io._hub import load_from_hub, push_to_hub
from skmer.io._persistence import load, save

__all__ = ["save", "load", "push_to_hub", "load_from_hub"]
