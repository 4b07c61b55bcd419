"""Torch's global settings held at their usual values, so that a seed means the same wherever a fit runs."""

import threading
from contextlib import ExitStack, contextmanager

import torch

from skmer._utils._arguments import Such

_GLOBALS = threading.RLock()  # threads share torch's global generator and its default dtype


@contextmanager
def usual_torch():
    """Record gradients and make tensors on the CPU inside, whatever the caller has told torch.

    Examples
    --------
    >>> import torch
    >>> from skmer._utils._torch import usual_torch
    >>> with torch.no_grad(), usual_torch():
    ...     torch.is_grad_enabled()
    True
    """
    with ExitStack() as settings:
        if torch.is_inference_mode_enabled():
            settings.enter_context(torch.inference_mode(False))
        settings.enter_context(torch.enable_grad())
        # A default device costs time in each call of torch, even where it is the CPU.
        if torch.get_default_device().type != "cpu":
            settings.enter_context(torch.device("cpu"))
        yield


@contextmanager
def drawing_weights(seed):
    """Seed torch's global generator for initial weights in float32; all is put back after.

    Parameters
    ----------
    seed : int
        Of the weights.

    Examples
    --------
    >>> import torch
    >>> from skmer._utils._torch import drawing_weights
    >>> with drawing_weights(0):
    ...     torch.rand(1)
    tensor([0.4963])
    """
    with _GLOBALS, usual_torch(), torch.random.fork_rng(devices=[]):
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            torch.default_generator.manual_seed(int(seed))
            yield
        finally:
            torch.set_default_dtype(before)


def _is_device(value):
    try:
        return value == "auto" or torch.device(value) is not None
    except RuntimeError:
        return False


DEVICE = Such("'auto' or a device of torch", _is_device)
