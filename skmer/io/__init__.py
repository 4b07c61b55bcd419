"""Saving and loading fitted estimators in files that run no code when loaded."""

from skmer.io._persistence import load, save

__all__ = ["save", "load"]
