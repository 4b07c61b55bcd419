"""The way in for evaluations and searches: which fits run in threads, and which in stacks on a GPU."""

import torch
from skorch import NeuralNet


def stacking_reason(estimator):
    """Return the reason why an estimator does not train in stacks, in words; None where it does."""
    if not isinstance(estimator, NeuralNet):
        return f"{type(estimator).__name__} is no net"
    device = str(estimator.device)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return None if device.startswith("cuda") else "its device is the CPU"


def fit_stacked(estimators, data, *, stack_size="auto"):
    """Fit unfitted estimators, those of one shape together.

    Parameters
    ----------
    estimators : list of estimator
        Those for which `stacking_reason` is None.
    data : list of tuple
        Of each, ``(X, y, params)``: what ``fit(X, y, **params)`` is given.
    stack_size : int or "auto", default="auto"
        Nets in a stack at most.
    """
    for estimator, (X, y, params) in zip(estimators, data, strict=True):
        estimator.fit(X, y, **params)


def runs_in_threads(estimator):
    """Return whether the fit of an estimator lets go of Python's lock, so that fits run in threads."""
    if not isinstance(estimator, NeuralNet):
        return False
    from skmer.training._compiled_steps import is_compiled
    from skmer.training._stack import reason_for_loop

    return reason_for_loop(estimator) is None and is_compiled(estimator)
