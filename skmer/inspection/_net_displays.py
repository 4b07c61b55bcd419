"""Displays of what a fitted network has learned: maps and weights of actions, loss by epoch."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import TEXT, Items, Numbers, Pixels, check_argument, checked
from skmer._utils._sklearn import HasMethods
from skmer.face import COMPONENTS, MEAN_SHAPE, FaceGraph, check_graph
from skmer.frames import KEYFRAMES
from skmer.inspection._style import (
    CAPTION,
    CYCLE,
    add_legend,
    axes_or_new,
    divided,
    name_rows,
    open_frame,
    show_face,
    write_cells,
)

_COLOURS = "viridis"


class ActionMapDisplay:
    """Share of each landmark in each learned action, drawn on the face.

    Parameters
    ----------
    maps : array-like of shape (n_frames, n_nodes, n_actions)
        Share of each node in each action; zero outside the action's component.
    graph : str or FaceGraph
        Nodes of the maps.
    image : ndarray of shape (H, W) or (H, W, 3), uint8, default=None
        Face to draw on; None draws lines.
    points : array-like of shape (68, 2), default=None
        Its landmarks, px; None takes the mean face.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes, (n_components, n_actions per component)
        Axes of the faces.
    ax_ : matplotlib.axes.Axes
        Axes whose place the faces share.
    figure_ : matplotlib.figure.Figure
        Figure of the axes.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import FaceGraph
    >>> from skmer.inspection import ActionMapDisplay
    >>> maps = np.zeros((3, 31, 3))
    >>> maps[:, :10, 0], maps[:, 10:19, 1], maps[:, 19:, 2] = 1 / 10, 1 / 9, 1 / 12
    >>> ActionMapDisplay(maps, "brow-nose-lip31").action_names
    ['brow 1', 'nose 1', 'lip 1']
    """

    @checked(
        maps=[Numbers(None, None, None)],
        graph=[str, FaceGraph],
        image=[Pixels(), None],
        points=[Numbers(68, 2), None],
    )
    def __init__(self, maps, graph, image=None, points=None):
        self.maps = np.asarray(maps, dtype=float)
        self.graph = check_graph(graph)
        check_argument("maps", self.maps, [Numbers(None, self.graph.n_nodes, None)])
        self.image = image
        self.points = np.asarray(MEAN_SHAPE if points is None else points, dtype=float)

    @classmethod
    @checked(
        estimator=[HasMethods("fit")],
        image=[Pixels(), None],
        points=[Numbers(68, 2), None],
    )
    def from_estimator(cls, estimator, X, *, image=None, points=None, index=0):
        """Average the action maps of a fitted DeReGRLClassifier over clips.

        Parameters
        ----------
        estimator : DeReGRLClassifier, ensemble or Pipeline
            Fitted; an ensemble has networks as ``estimators_``, a pipeline ends in a network or an ensemble.
        X : array-like
            Input of the estimator's `predict`.
        image : ndarray of shape (H, W) or (H, W, 3), uint8, default=None
            Face to draw on; None draws lines.
        points : array-like of shape (68, 2), default=None
            Its landmarks, px; None takes the mean face.
        index : int, default=0
            Network of an ensemble, by its place in ``estimators_``; 0 for a single network.

        Returns
        -------
        ActionMapDisplay
            Not drawn yet.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no action maps.
        """
        network, features = _net_and_features(estimator, X, index)
        return cls(network.action_maps(features).mean(axis=0), network.graph_, image, points)

    @property
    def action_names(self):
        """Component and number of each action; list."""
        return _action_names(self.graph, self.maps.shape[-1])

    @checked(frame=[str])
    def plot(self, ax=None, *, frame="apex"):
        """Draw a face per action, in a row per component.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Its place is divided among the faces; None makes a figure.
        frame : {"onset", "apex", "offset"}, default="apex"
            Frame whose shares are drawn.

        Returns
        -------
        ActionMapDisplay
            Itself.
        """
        n_rows = len(self.graph.components)
        n_columns = self.maps.shape[-1] // n_rows
        self.ax_ = axes_or_new(ax, 0.8 + 2.1 * n_columns, 2.2 * n_rows)
        self.figure_ = self.ax_.figure
        self.axes_ = divided(self.ax_, n_rows, n_columns)
        shares = self.maps[KEYFRAMES.index(frame)]
        for action, (face, name) in enumerate(zip(self.axes_.flat, self.action_names, strict=True)):
            nodes = self._draw_face(face, shares[:, action], shares.max())
            face.set_title(name, fontsize="medium", pad=2)
        bar = self.figure_.colorbar(nodes, ax=self.axes_, shrink=0.5, pad=0.02)
        bar.set_label(f"share of the landmark in the action, {frame}")
        return self

    def _draw_face(self, ax, shares, top):
        points = self.points[list(self.graph.nodes)]
        show_face(ax, self.image, points if self.image is not None else self.points, margin=0.2, faded=True)
        if self.image is None:
            for component in COMPONENTS.values():
                ax.plot(*self.points[list(component)].T, color="#C8C8C8", linewidth=1, zorder=1)
        absent = shares == 0
        ax.scatter(*points[absent].T, s=4, color="white", edgecolor="#808080", linewidth=0.4, zorder=2)
        return ax.scatter(
            *points[~absent].T,
            c=shares[~absent],
            s=12 + 100 * shares[~absent] / top,
            cmap=_COLOURS,
            vmin=0,
            vmax=top,
            edgecolor="white",
            linewidth=0.6,
            zorder=3,
        )


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
        check_argument("counts", counts, [Numbers(len(weights))])
        self.weights = weights
        self.counts = np.asarray(counts)

    @classmethod
    @checked(estimator=[HasMethods("fit")])
    def from_estimator(cls, estimator, X, y, *, index=0):
        """Average the action weights of a fitted DeReGRLClassifier over the clips of each class.

        Parameters
        ----------
        estimator : DeReGRLClassifier, ensemble or Pipeline
            Fitted; an ensemble has networks as ``estimators_``, a pipeline ends in a network or an ensemble.
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
        network, features = _net_and_features(estimator, X, index)
        weights = network.action_weights(features)
        table = pd.DataFrame(weights, columns=_action_names(network.graph_, weights.shape[1]))
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

    @checked(curves=[dict])
    def __init__(self, curves):
        curve = Items(str, Numbers(None, finite=False))
        check_argument("curves", [*curves.items()], [Items(curve, least=1)])
        self.curves = {name: np.asarray(values, dtype=float) for name, values in curves.items()}

    @classmethod
    @checked(estimator=[HasMethods("fit")], part=TEXT)
    def from_estimator(cls, estimator, *, part="train", index=0):
        """Read the history of a fitted network.

        Parameters
        ----------
        estimator : DeReGRLClassifier, ensemble or Pipeline
            Fitted; an ensemble has networks as ``estimators_``, a pipeline ends in a network or an ensemble.
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
        ValueError
            If the history holds no such losses.
        """
        network = _network(estimator, index)
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
            ax.plot(epochs, values, color=CYCLE[k % len(CYCLE)], linewidth=2.4 if k == 0 else 1.4, label=name)
        ax.set_yscale("log")
        ax.set(xlabel="epoch", ylabel="loss", xlim=(1, max(2, self.n_epochs)))
        add_legend(ax, "upper left", bbox_to_anchor=(1, 1))
        open_frame(ax)
        return self


def _net_and_features(estimator, X, index):
    """Network of a fitted estimator, and its input: what the pipeline's earlier steps make of `X`."""
    network = _network(estimator, index)
    if not hasattr(network, "action_maps"):
        raise TypeError(
            "estimator must be a DeReGRLClassifier, an ensemble of them or a pipeline that ends in one, got "
            f"{type(network).__name__}."
        )
    before = estimator.steps[:-1] if isinstance(estimator, Pipeline) else []
    return network, Pipeline(before).transform(X) if before else X


def _network(estimator, index):
    """Last step of a pipeline; of an ensemble the net at an index."""
    if isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    check_is_fitted(estimator)
    members = getattr(estimator, "estimators_", [estimator])
    if not isinstance(index, Integral) or not 0 <= index < len(members):
        raise ValueError(
            f"index must be an integer from 0 to {len(members) - 1}, the place of a network, got {index!r}."
        )
    return members[index]


def _action_names(graph, n_actions):
    """Component and number of each action: ``["brow 1", ..., "lip 3"]``; list of `n_actions`."""
    per_component = n_actions // len(graph.components)
    return [f"{name} {k + 1}" for name in graph.components for k in range(per_component)]


def _readable(name, part):
    name = name.removeprefix(f"{part}_").replace("_", " ")
    return "total" if name == "loss" else name
