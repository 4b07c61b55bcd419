"""The command line: ``python -m skmer`` and the script ``skmer``."""

from skmer._cli._parser import main

__all__ = ["main"]
