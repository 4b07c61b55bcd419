"""The page of one analysed video."""

from skmer.inspection._timeline._analysis_page import write_analysis

__all__ = ["write_analysis"]
