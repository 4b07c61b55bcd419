"""Held-out predictions after each epoch of a net: the demonstration of an epoch chosen on test subjects."""

import numpy as np
from sklearn.pipeline import Pipeline
from skorch import NeuralNet

from skmer.training import EpochPredictions

SELECTION = "epoch chosen on each held-out subject: not comparable"
_NAME = "epoch_predictions"


def has_epochs(model) -> bool:
    """Return whether a model ends in a net, or in an ensemble of nets."""
    last = model[-1] if isinstance(model, Pipeline) else model
    return isinstance(getattr(last, "estimator", last), NeuralNet)


def fit_every_epoch(model, X, y, held_out, params) -> np.ndarray:
    """Fit a model that ends in a net, and return its labels of held-out rows after each epoch.

    Parameters
    ----------
    model : estimator or Pipeline
        It is fitted as by its own ``fit``: the held-out rows change nothing.
    X, y : array-like
        Training rows.
    held_out : array-like
        Rows to predict.
    params : dict
        Of ``fit``.

    Returns
    -------
    labels : ndarray of shape (n_epochs, n_rows)
    """
    net, own = model, params
    if isinstance(model, Pipeline):
        prefix = f"{model.steps[-1][0]}__"
        own = {name.removeprefix(prefix): v for name, v in params.items() if name.startswith(prefix)}
        net = model[-1]
        if len(model.steps) > 1:
            front = {name: v for name, v in params.items() if not name.startswith(prefix)}
            X = model[:-1].fit_transform(X, y, **front)
            held_out = model[:-1].transform(held_out)
    inner = "callbacks" if isinstance(net, NeuralNet) else "estimator__callbacks"
    given = net.get_params()[inner]
    if given == "disable":
        raise ValueError(f"{inner}='disable' leaves no way to look at each epoch; pass None.")
    # First, since a callback that ends the training leaves those after it unheard.
    net.set_params(**{inner: [(_NAME, EpochPredictions(held_out)), *(given or [])]})
    net.fit(X, y, **own)
    members = [net] if isinstance(net, NeuralNet) else net.estimators_
    curves = [dict(member.callbacks_)[_NAME].probabilities_ for member in members]
    # A net that stopped early stays as it was then.
    n_epochs = max(map(len, curves))
    stays = [curve + [curve[-1]] * (n_epochs - len(curve)) for curve in curves]
    return net.classes_[np.mean(stays, axis=0).argmax(axis=-1)]


def best_epochs(part, groups, truth) -> np.ndarray:
    """Return the labels of held-out rows at the epoch that is best on each held-out subject's own rows.

    Of epochs that are level the last is taken, as published loops do that compare by "not worse".

    Parameters
    ----------
    part : Predictions
        With its ``epochs``.
    groups, truth : ndarray
        Subject and true label of all rows.

    Returns
    -------
    labels : ndarray of int
    """
    epochs, labels = np.array(part.epochs), part.labels.copy()
    right = epochs == truth[part.rows]
    for subject in np.unique(groups[part.rows]):
        own = groups[part.rows] == subject
        hits = right[:, own].sum(axis=1)
        best = len(hits) - 1 - hits[::-1].argmax()
        labels[own] = epochs[best, own]
    return labels


def at_best_epochs(parts, samples) -> list:
    """Return the predictions of fits with the labels of each held-out subject's best epoch."""
    truth = np.searchsorted(samples.classes, samples.y)
    return [
        part._replace(labels=best_epochs(part, samples.groups, truth), probabilities=None)
        if part.epochs  # none of a fold without clips, or of a fit that failed
        else part
        for part in parts
    ]
