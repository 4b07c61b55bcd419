"""Prediction of a net: one float64 copy of the network a call, averages over views and flipped images."""

import copy
import threading
from contextlib import contextmanager

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from skmer._utils._checks import warn_user
from skmer._utils._torch import usual_torch
from skmer.classifiers._validation import check_clips, normalize_clips
from skmer.training import ClipDataset, one_thread

# Networks in float64 by the id of their net, for the calls that this thread is in.
_DOUBLES = threading.local()


def softmax(logits):
    """Return probabilities in float64, so that they sum to one to the last digits."""
    return logits.double().softmax(-1)


def most_probable(net, proba):
    """Return the class codes of probabilities; the commonest class of the fit where they are not finite."""
    return np.where(np.isfinite(proba).all(axis=1), proba.argmax(axis=1), getattr(net, "commonest_", 0))


def warn_of_divergence(net):
    """Warn where weights of a trained net are not finite."""
    if all(torch.isfinite(weight).all() for weight in net.module_.parameters()):
        return
    losses = net.history[:, "train_loss"] if len(net.history) else []
    epoch = next((k for k, loss in enumerate(losses, 1) if not np.isfinite(loss)), len(losses))
    warn_user(
        f"The training diverged in epoch {epoch}: neither loss nor probabilities are finite, and predict "
        f"returns the commonest class. Lower lr={net.lr} or weight_decay={net.weight_decay}.",
        ConvergenceWarning,
    )


def _double(module):
    """Return a copy of a network in float64, to predict with."""
    if not all(type(part).__module__.startswith(("skmer.", "torch.nn.")) for part in module.modules()):
        return copy.deepcopy(module).double().eval()
    # Of modules that are known only tensors have to be new; to copy the rest takes as long as to predict.
    double = copy.copy(module)
    for kind in ("_parameters", "_buffers"):
        tensors = getattr(module, kind).items()
        vars(double)[kind] = {name: None if v is None else _in_float64(v) for name, v in tensors}
    parts = module._modules.items()
    vars(double)["_modules"] = {name: None if part is None else _double(part) for name, part in parts}
    double.training = False
    return double


def _in_float64(tensor):
    return tensor.detach().double() if tensor.is_floating_point() else tensor


@contextmanager
def in_double_precision(net):
    """Let `prediction_module` return one float64 copy of a net's network, made at the first entry.

    In float32 the last digits of a row's prediction change with the rows that share its batch.
    """
    copies = _DOUBLES.__dict__.setdefault("copies", {})
    if id(net) in copies or torch.device(net.device).type == "mps":  # Apple's devices have no float64
        yield
        return
    copies[id(net)] = _double(net.module_)
    try:
        yield
    finally:
        del copies[id(net)]


def prediction_module(net):
    """Return the network that predicts, and its precision."""
    module = _DOUBLES.__dict__.get("copies", {}).get(id(net), net.module_)
    return module, next(module.parameters()).dtype


@usual_torch()
def average_views(net, function, X):
    """Apply a function of rows (n, T, N, C) to clips, and average it over the views of each clip."""
    check_is_fitted(net)
    X = check_clips(net, X, graph=net.graph_, reset=False)
    X = normalize_clips(X) if net.normalize_motion else X
    with one_thread(), in_double_precision(net):
        if X.ndim == 4:
            return function(X)
        values = function(X.reshape(-1, *X.shape[2:]))
    return values.reshape(*X.shape[:2], *values.shape[1:]).mean(axis=1)


def average_flips(net, function, X):
    """Apply a function of a dataset to rows and, with ``horizontal_flip``, their mirror images; the mean."""
    data = ClipDataset(X)
    values = function(data)
    if net.augmentation_.horizontal_flip:
        values = (values + function(ClipDataset(net.augmentation_.reflect(data.X)))) / 2
    return values
