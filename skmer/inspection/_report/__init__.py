"""A result as one page of HTML that needs nothing else: no network, no other file."""

from skmer.inspection._report._page import write_report

__all__ = ["write_report"]
