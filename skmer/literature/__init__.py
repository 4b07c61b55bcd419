"""Published figures, each with its source and how it was formed."""

from skmer.literature._published import published_results

__all__ = ["published_results"]
