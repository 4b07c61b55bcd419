"""Training of torch modules: data sets, seeded streams, training loops and stacks."""

from skmer.training._interface import fit_stacked, runs_in_threads, stacking_reason

__all__ = ["fit_stacked", "runs_in_threads", "stacking_reason"]
