"""Displays of what a fitted network has learned: weights of actions by class, loss by epoch."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import (
    TEXT,
    Named,
    Numbers,
    check_argument,
    check_same_length,
    checked,
)
from skmer._utils._sklearn import BaseSearchCV, HasMethods
from skmer.inspection._style import (
    CAPTION,
    add_legend,
    axes_or_new,
    cycled,
    name_rows,
    open_frame,
    write_cells,
)

_COLOURS = "viridis"


class ActionWeightsDisplay:
    """Mean weight of each action in the clips of each class, relative to its mean over all clips.

    Parameters
    ----------
    weights : pandas.DataFrame
        Mean weights, rows the classes, columns the actions.
    counts : array-like of shape (n_classes,)
        Clips of each class.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import ActionWeightsDisplay
    >>> weights = pd.DataFrame({"brow 1": [0.2, 0.4], "lip 1": [0.6, 0.4]}, index=["happiness", "others"])
    >>> ActionWeightsDisplay(weights, [10, 30]).relative.round(2).to_numpy().tolist()
    [[0.57, 1.33], [1.14, 0.89]]
    """

    @checked(weights=[pd.DataFrame], counts=[Numbers(None)])
    def __init__(self, weights, counts):
        check_argument("weights", weights.to_numpy(), [Numbers(None, None, finite=False)])
        check_same_length(weights=weights, counts=counts)
        self.weights = weights
        self.counts = np.asarray(counts)

    @classmethod
    @checked(estimator=[HasMethods("fit")])
    def from_estimator(cls, estimator, X, y, *, index=0):
        """Average the action weights of a fitted DeReGRLClassifier over the clips of each class.

        Parameters
        ----------
        estimator : DeReGRLClassifier, ensemble, Pipeline or search
            Fitted; an ensemble has networks as ``estimators_``, a pipeline ends in a network or an ensemble,
            a search has fitted one on all rows.
        X : array-like
            Input of the estimator's `predict`.
        y : array-like of shape (n_clips,)
            Classes to average over.
        index : int, default=0
            Network of an ensemble, by its place in ``estimators_``; 0 for a single network.

        Returns
        -------
        ActionWeightsDisplay
            Not drawn yet.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no action weights.
        """
        network, features = net_and_features(estimator, X, index)
        weights = network.action_weights(features)
        table = pd.DataFrame(weights, columns=action_names_of(network.graph_, weights.shape[1]))
        by_class = table.groupby(np.asarray(y))
        return cls(by_class.mean(), by_class.size())

    @property
    def relative(self):
        """Weights divided by their mean over all clips; DataFrame."""
        return self.weights / np.average(self.weights, axis=0, weights=self.counts)

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ActionWeightsDisplay
            Itself.
        """
        n_classes, n_actions = self.weights.shape
        self.ax_ = ax = axes_or_new(ax, 2.6 + 0.62 * n_actions, 1.5 + 0.5 * n_classes)
        self.figure_ = ax.figure
        relative = self.relative.to_numpy()
        reach = max(np.abs(relative - 1).max(), 0.05)
        ax.imshow(relative, cmap="PuOr_r", vmin=1 - reach, vmax=1 + reach, aspect="auto")
        write_cells(ax, np.char.mod("%.2f", relative), dark=np.abs(relative - 1) > 0.65 * reach)
        labels = [f"{name} ({count})" for name, count in zip(self.weights.index, self.counts, strict=True)]
        name_rows(ax, labels, columns=self.weights.columns)
        ax.set_title("weight of each action, 1 is its mean over all clips", **CAPTION)
        return self


class LossCurvesDisplay:
    """Loss and its terms by epoch.

    Parameters
    ----------
    curves : dict of str to array-like of shape (n_epochs,)
        Name and values of each curve; the first is the total.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> from skmer.inspection import LossCurvesDisplay
    >>> LossCurvesDisplay({"total": [1.6, 0.9], "cross-entropy": [1.5, 0.8]}).n_epochs
    2
    """

    @checked(curves=[Named(Numbers(None, finite=False), least=1)])
    def __init__(self, curves):
        self.curves = {name: np.asarray(values, dtype=float) for name, values in curves.items()}

    @classmethod
    @checked(estimator=[HasMethods("fit")], part=TEXT)
    def from_estimator(cls, estimator, *, part="train", index=0):
        """Read the history of a fitted network.

        Parameters
        ----------
        estimator : DeReGRLClassifier, ensemble, Pipeline or search
            Fitted; an ensemble has networks as ``estimators_``, a pipeline ends in a network or an ensemble,
            a search has fitted one on all rows.
        part : {"train", "valid"}, default="train"
            Training rows, or those that ``train_split`` held out.
        index : int, default=0
            Network of an ensemble, by its place in ``estimators_``; 0 for a single network.

        Returns
        -------
        LossCurvesDisplay
            Not drawn yet.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no network.
        ValueError
            If the history holds no such losses.
        """
        network = _network(estimator, index)
        if not hasattr(network, "history"):
            raise TypeError(
                "estimator must be a network, an ensemble of them or a pipeline that ends in one, got "
                f"{type(network).__name__}."
            )
        epochs = [
            {
                name: value
                for name, value in epoch.items()
                if name.startswith(f"{part}_") and isinstance(value, float)
            }
            for epoch in network.history
        ]
        if not epochs or f"{part}_loss" not in epochs[0]:
            raise ValueError(
                f"part must name losses that the fit recorded, got {part!r}; did train_split hold rows out?"
            )
        names = sorted(epochs[0], key=lambda name: name != f"{part}_loss")
        return cls({_readable(name, part): [epoch[name] for epoch in epochs] for name in names})

    @property
    def n_epochs(self):
        """Number of epochs; int."""
        return len(next(iter(self.curves.values())))

    def plot(self, ax=None):
        """Draw it, on a logarithmic scale.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        LossCurvesDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, 6.0, 3.6)
        self.figure_ = ax.figure
        epochs = np.arange(1, self.n_epochs + 1)
        for k, (name, values) in enumerate(self.curves.items()):
            ax.plot(epochs, values, color=cycled(k), linewidth=2.4 if k == 0 else 1.4, label=name)
        ax.set_yscale("log")
        ax.set(xlabel="epoch", ylabel="loss", xlim=(1, max(2, self.n_epochs)))
        add_legend(ax, "upper left", bbox_to_anchor=(1, 1))
        open_frame(ax)
        return self


def net_and_features(estimator, X, index):
    """Network of a fitted estimator, and its input: what the pipeline's earlier steps make of `X`."""
    estimator, network = model_of(estimator), _network(estimator, index)
    if not hasattr(network, "action_maps"):
        raise TypeError(
            "estimator must be a DeReGRLClassifier, an ensemble of them or a pipeline that ends in one, got "
            f"{type(network).__name__}."
        )
    before = estimator.steps[:-1] if isinstance(estimator, Pipeline) else []
    return network, Pipeline(before).transform(X) if before else X


def model_of(estimator):
    """The model that a search has fitted on all rows; anything else as it is."""
    if not isinstance(estimator, BaseSearchCV):
        return estimator
    if not estimator.refit:
        raise TypeError(f"estimator must be a search that has refitted its best model, got {estimator!r}.")
    check_is_fitted(estimator)
    return estimator.best_estimator_


def last_step(estimator):
    """Last step of a fitted pipeline, or of a search's; any other estimator itself."""
    estimator = model_of(estimator)
    if isinstance(estimator, Pipeline):
        estimator = model_of(estimator.steps[-1][1])
    check_is_fitted(estimator)
    return estimator


def networks_of(estimator):
    """Networks of a fitted estimator: of a pipeline's last step, of the first voter that has actions."""
    estimator = last_step(estimator)
    if isinstance(estimator, VotingClassifier):
        voters = [voter for voter in estimator.estimators_ if hasattr(voter, "action_maps")]
        estimator = (voters or estimator.estimators_)[0]
    return getattr(estimator, "estimators_", [estimator])


def _network(estimator, index):
    """Network of a fitted estimator; of an ensemble the one asked for."""
    members = networks_of(estimator)
    if not isinstance(index, Integral) or not 0 <= index < len(members):
        raise ValueError(
            f"index must be an integer from 0 to {len(members) - 1}, the place of a network, got {index!r}."
        )
    return members[index]


def action_names_of(graph, n_actions):
    """Component and number of each action: ``["brow 1", ..., "lip 3"]``; list of `n_actions`."""
    per_component = n_actions // len(graph.components)
    return [f"{name} {k + 1}" for name in graph.components for k in range(per_component)]


def _readable(name, part):
    name = name.removeprefix(f"{part}_").replace("_", " ")
    return "total" if name == "loss" else name
