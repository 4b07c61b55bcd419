"""One fit of a net: its rows, their split, the loss of a batch, and the circumstances of its epochs."""

from contextlib import contextmanager, suppress

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.utils import to_tensor

from skmer._utils._arguments import Numbers, check_argument, real
from skmer._utils._jobs import interrupts_raise
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import check_sample_weight
from skmer._utils._text import check_subjects
from skmer.classifiers._outside_data import unpack_rows
from skmer.classifiers._validation import find_classes, weighted_rows
from skmer.training import ClipDataset, CompiledEpochs, EarlyStop, one_thread, split_clips


def fit_rows(net, X, y, sample_weight, groups, resume, classes=None, action_units=None):
    """Return the rows of a fit as a `ClipDataset`; a fit that does not resume finds the net's classes.

    Parameters
    ----------
    net : estimator
        Its ``_check_rows`` validates features and labels.
    X, y, sample_weight, groups, classes : array-like
        As of ``partial_fit``.
    resume : bool
        Whether a training goes on.
    action_units : array-like, optional
        Of nets that take them; ``_check_action_units`` validates them and keeps their numbers.
    """
    X, y = unpack_rows(X, y)
    if y is None:
        raise ValueError(f"{type(net).__name__} requires y to be passed, but the target y is None.")
    X, y = net._check_rows(X, y, resume)
    check_argument("sample_weight", sample_weight, [Numbers(len(X), finite=False), real(), None])
    sample_weight = check_sample_weight(sample_weight, X[:, 0], dtype=np.float64, ensure_non_negative=True)
    groups = check_subjects(groups, len(X))
    if not resume:
        known = net.classes if classes is None else classes
        net.classes_inferred_ = find_classes(y[sample_weight > 0], known)
    check = getattr(net, "_check_action_units", None)
    units = None if check is None else check(action_units, len(X), resume)
    rows = (X, y, net.classes_, groups, sample_weight, net.class_weight, _row_axes(net, X))
    return weighted_rows(*rows, action_units=units)


def split_rows(net, data):
    """Return the rows that a net trains on and those that its callbacks watch, one view a row."""
    if net.train_split is None:
        return data.unfold_views(), None
    train, valid = split_clips(net.train_split, data)
    if valid is not None and not isinstance(valid, ClipDataset):  # of skorch's predefined_split
        X, y = net._check_rows(*unpack_rows(valid), True)
        ones = np.ones(len(X))
        valid = weighted_rows(X, y, net.classes_, None, ones, None, _row_axes(net, X)).unfold_views()
    return train, valid


def predicted_rows(net, X):
    """Return features from outside as a dataset, one view a row."""
    X = net._check_rows(unpack_rows(X)[0], None, True)
    return ClipDataset(X, row_axes=_row_axes(net, X)).unfold_views()


def _row_axes(net, X):
    return net._row_axes or X.ndim - 1


@contextmanager
def training_of(net):
    """Hold what the epochs of a net need, and end with them: by a callback's wish, or by the user's."""
    try:
        with suppress(EarlyStop), one_thread():
            net.compiled_ = CompiledEpochs(net) if CompiledEpochs.supports(net) else None
            yield
    except KeyboardInterrupt:
        # As in skorch, where a user's own fit is interrupted; part of a search must not go on so.
        if interrupts_raise():
            raise
        warn_user(f"The training was interrupted in epoch {len(net.history)}; the net is as it was.")
    finally:
        net.compiled_, net.rows_in_training_ = None, []


def check_batches(net, iterator, dataset):
    """Refuse an epoch without a batch."""
    if len(iterator) == 0:
        raise ValueError(
            f"iterator_train makes no batch of {len(dataset)} clips with batch_size={net.batch_size}; "
            "use a smaller batch_size or iterator_train__drop_last=False."
        )


def loss_terms(net, y_pred, y_true, rows):
    """Return the criterion of a batch: a loss, or a named tuple of its terms."""
    # Outside of training the network's output may be float64, the criterion's centres are not.
    dtype = getattr(torch, net.dtype)
    y_pred = y_pred.to(dtype) if torch.is_tensor(y_pred) else tuple(part.to(dtype) for part in y_pred)
    given = [y_true, rows["sample_weight"], *([rows["action_units"]] if "action_units" in rows else [])]
    return net.criterion_(y_pred, *(to_tensor(value, device=net.device) for value in given))


def is_elsewhere(net, training):
    """Return whether a module of a net is not in training mode, or not in evaluation mode, as it should."""
    # A net that was trimmed for prediction has no criterion any more.
    parts = (getattr(net, f"{name}_", None) for name in net._modules + net._criteria)
    return any(isinstance(part, torch.nn.Module) and part.training != training for part in parts)


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
