"""Prediction of a net: one float64 copy of the network a call, averages over views and flipped images."""

import copy
import threading
from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch.nn.utils.parametrize import is_parametrized

from skmer._utils._torch import usual_torch
from skmer.classifiers._validation import check_clips
from skmer.feature_extraction import normalize_nodes
from skmer.training import ClipDataset, one_thread

# Networks in float64 by the id of their net, for the calls that this thread is in.
_DOUBLES = threading.local()


def softmax(logits):
    """Return probabilities in float64, so that they sum to one to the last digits."""
    return logits.double().softmax(-1)


def most_probable(net, proba):
    """Return the class codes of probabilities; the commonest class of the fit where they are not finite."""
    return np.where(np.isfinite(proba).all(axis=1), proba.argmax(axis=1), getattr(net, "commonest_", 0))


def _double(module):
    """Return a copy of a network in float64, to predict with."""
    parts = list(module.modules())
    known = all(type(part).__module__.startswith(("skmer.", "torch.nn.")) for part in parts)
    if not known or any(map(is_parametrized, parts)):  # these refuse to be copied part by part
        return copy.deepcopy(module).double().eval()
    return _with_new_tensors(module)


def _with_new_tensors(module):
    # Of modules that are known only tensors have to be new; to copy the rest takes as long as to predict.
    double = copy.copy(module)
    for kind in ("_parameters", "_buffers"):
        tensors = getattr(module, kind).items()
        vars(double)[kind] = {name: None if v is None else _in_float64(v) for name, v in tensors}
    parts = module._modules.items()
    vars(double)["_modules"] = {n: None if part is None else _with_new_tensors(part) for n, part in parts}
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
    X = normalize_nodes(X) if net.normalize_motion else X
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


def average_rows(net, proba, X):
    """Return the probabilities of clips, averaged over views and, with ``horizontal_flip``, mirror images."""
    return average_views(net, lambda rows: average_flips(net, proba, rows), X)


def average_output(net, function, X):
    """Return a function of a net's network and of scaled rows, averaged over the views of each clip."""
    return average_views(net, lambda rows: _run_batches(net, function, rows), X)


def require_part(net, switch, method):
    """Refuse a method of a fitted net whose network was built without a part."""
    check_is_fitted(net)
    if not net.architecture_key_[switch]:
        if switch == "unit_actions":
            raise ValueError(f"{method} needs action_units in fit, got none; fit with them.")
        raise ValueError(
            f"{method} needs {switch}=True, got {switch}=False; fit with the module switched on."
        )


def _run_batches(net, function, X):
    net._set_training(False)
    module, dtype = prediction_module(net)
    with torch.no_grad():
        batches = [
            function(module, (rows["X"].to(net.device) / net.scale_).to(dtype)).cpu().numpy()
            for rows, _ in net.get_iterator(ClipDataset(X), training=False)
        ]
    return np.concatenate(batches)


# Methods of whatever classifier has probabilities: of a net, of an ensemble.


def predict_log_proba(self, X):
    """Return the logarithms of the class probabilities.

    Parameters
    ----------
    X : array-like
        As in `fit`.

    Returns
    -------
    log_proba : ndarray of shape (n_clips, n_classes)
        Columns in the order of ``classes_``.
    """
    proba = self.predict_proba(X)
    return np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))


def decision_function(self, X):
    """Return the log-probabilities of the classes; of two classes, their difference.

    Parameters
    ----------
    X : array-like
        As in `fit`.

    Returns
    -------
    decision : ndarray of shape (n_clips, n_classes), or (n_clips,) where there are two classes
        Of two, positive for ``classes_[1]``.
    """
    scores = self.predict_log_proba(X)
    return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores
