"""Published figures, each with its source and how it was formed, and BibTeX entries to cite."""

from skmer.literature._cite import cite
from skmer.literature._published import published_results

__all__ = ["published_results", "cite"]
