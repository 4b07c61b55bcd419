"""Displays of the actions of a network: their maps and fields on the face, their part in one prediction."""

import numpy as np
import pandas as pd

from skmer._utils._arguments import Numbers, Pixels, check_argument, checked
from skmer._utils._sklearn import HasMethods
from skmer.face import ACTION_UNITS, COMPONENTS, MEAN_SHAPE, FaceGraph, check_graph
from skmer.frames import KEYFRAMES
from skmer.inspection._net_displays import action_names_of, last_step, net_and_features, networks_of
from skmer.inspection._style import CAPTION, CYCLE, axes_or_new, divided, open_frame, show_face

_COLOURS = "viridis"


class ActionMapDisplay:
    """Share of each landmark in each learned action, drawn on the face, with the movement it responds to.

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
    fields : array-like of shape (n_actions, n_nodes, 2), default=None
        Displacement that each action responds to, drawn as arrows; None draws none.

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
        fields=[Numbers(None, None, 2), None],
    )
    def __init__(self, maps, graph, image=None, points=None, fields=None):
        self.maps = np.asarray(maps, dtype=float)
        self.graph = check_graph(graph)
        check_argument("maps", self.maps, [Numbers(None, self.graph.n_nodes, None)])
        if fields is not None:
            check_argument("fields", fields, [Numbers(self.maps.shape[-1], self.graph.n_nodes, 2)])
        self.fields = None if fields is None else np.asarray(fields, dtype=float)
        self.image = image
        self.points = np.asarray(MEAN_SHAPE if points is None else points, dtype=float)

    @classmethod
    @checked(
        estimator=[HasMethods("fit")],
        image=[Pixels(), None],
        points=[Numbers(68, 2), None],
    )
    def from_estimator(cls, estimator, X, *, image=None, points=None, index=0):
        """Average the action maps of a fitted DeReGRLClassifier over clips, and find the actions' fields.

        Fields are found where X holds displacements of two clips or more; see
        `DeReGRLClassifier.action_fields`.

        Parameters
        ----------
        estimator : DeReGRLClassifier, ensemble, Pipeline or search
            Fitted; an ensemble has networks as ``estimators_``, a pipeline ends in a network or an ensemble,
            a search has fitted one on all rows.
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
        network, features = net_and_features(estimator, X, index)
        maps, n_values = network.action_maps(features).mean(axis=0), 2 * network.graph_.n_nodes
        moving = network.graph_.n_frames > 1 and network.n_features_in_ == network.graph_.n_frames * n_values
        fields = network.action_fields(features) if moving and len(features) > 1 else None
        return cls(maps, network.graph_, image, points, fields)

    @property
    def action_names(self):
        """Component and number of each action; list."""
        return action_names_of(self.graph, self.maps.shape[-1])

    @property
    def resembling_units(self):
        """Number of the action unit that each action resembles most, and the cosine; None without fields."""
        if self.fields is None or not set(self.graph.nodes) <= set(range(len(MEAN_SHAPE))):
            return None
        own = self.maps[KEYFRAMES.index("apex")].T > 0
        return [_most_alike(f[mine], mine, self.graph) for f, mine in zip(self.fields, own, strict=True)]

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
        shares, units = self.maps[KEYFRAMES.index(frame)], self.resembling_units
        for action, (face, name) in enumerate(zip(self.axes_.flat, self.action_names, strict=True)):
            nodes = self._draw_face(face, shares[:, action], shares.max())
            if units is not None:
                self._draw_field(face, self.fields[action], shares[:, action] > 0)
                if units[action][1] > 0:  # what turns against every unit resembles none
                    name = "{}: AU{} ({:.2f})".format(name, *units[action])
            face.set_title(name, fontsize="medium", pad=2)
        bar = self.figure_.colorbar(nodes, ax=self.axes_, shrink=0.5, pad=0.02)
        bar.set_label(f"share of the landmark in the action, {frame}")
        return self

    def _draw_field(self, ax, field, own):
        points = self.points[list(self.graph.nodes)]
        size = 0.2 * np.ptp(points[:, 0])
        arrows = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.012, "zorder": 4}
        ax.quiver(*points[own].T, *(size * field[own]).T, color="#D1495B", **arrows)

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


class ContributionDisplay:
    """Parts that the actions and the linear path of a network have in the logits of one clip.

    Parameters
    ----------
    parts : pandas.DataFrame
        Parts of the logits, rows the actions, "linear path" and "bias", columns the classes; a column adds up
        to the logit.
    predicted : object, default=None
        Class whose parts are drawn against the mean of the others; None takes that of the largest logit.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import ContributionDisplay
    >>> rows = ["lip 1", "linear path", "bias"]
    >>> parts = pd.DataFrame({"happiness": [1.5, 0.5, 0.0], "others": [-0.5, 0.1, 0.2]}, index=rows)
    >>> ContributionDisplay(parts).margins.round(2).tolist()
    [2.0, 0.4, -0.2]
    """

    @checked(parts=[pd.DataFrame])
    def __init__(self, parts, predicted=None):
        check_argument("parts", parts.to_numpy(), [Numbers(None, None)])
        self.parts = parts
        self.predicted = parts.sum().idxmax() if predicted is None else predicted

    @classmethod
    @checked(estimator=[HasMethods("fit")])
    def from_estimator(cls, estimator, X, *, clip=0, index=None):
        """Take the parts of a clip's logits in a fitted network, or their mean over an ensemble.

        Parameters
        ----------
        estimator : DeReGRLClassifier, ensemble, Pipeline or search
            Fitted; an ensemble has networks as ``estimators_``, a pipeline ends in a network or an ensemble,
            a search has fitted one on all rows.
            Of a vote, the networks are explained, not the other voters.
        X : array-like
            Input of the estimator's `predict`.
        clip : int, default=0
            Which clip of X.
        index : int, default=None
            Network of an ensemble; None adds up over all by the means of their parts. Actions of one are not
            those of another unless action units name them, which then stand beside their actions.

        Returns
        -------
        ContributionDisplay
            Not drawn yet.
        """
        first, features = net_and_features(estimator, X[clip : clip + 1], index or 0)
        networks, classes = networks_of(estimator), _classes(estimator)
        chosen = networks if index is None else [first]
        parts = np.mean([network.contributions(features)[0] for network in chosen], axis=0)
        names = [*_with_units(first, len(parts) - 2), "linear path", "bias"]
        return cls(pd.DataFrame(parts, index=names, columns=classes))

    @property
    def margins(self):
        """Parts in the logit of the predicted class, less the mean of the other classes; Series."""
        others = self.parts.drop(columns=self.predicted)
        return self.parts[self.predicted] - others.mean(axis=1)

    def plot(self, ax=None):
        """Draw a bar for each part.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ContributionDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, 6.0, 1.0 + 0.3 * len(self.parts))
        self.figure_ = ax.figure
        margins = self.margins
        ax.barh(range(len(margins)), margins, color=[CYCLE[int(value < 0)] for value in margins])
        ax.set_yticks(range(len(margins)), margins.index)
        ax.invert_yaxis()
        ax.axvline(0, color="#808080", linewidth=0.8)
        ax.set_title(f"what speaks for {self.predicted}, logits against the mean of the others", **CAPTION)
        open_frame(ax)
        return self


def _with_units(network, n_actions):
    """Names of the actions, each with the action units that the fit reads off it: "lip 1: AU12"."""
    own = [[] for _ in range(n_actions)]
    owners = network.architecture_key_.get("unit_actions", ())
    for unit, action in zip(getattr(network, "action_units_", ()), owners, strict=False):
        own[action].append(f"AU{unit}")
    names = action_names_of(network.graph_, n_actions)
    return [f"{name}: {', '.join(units)}" if units else name for name, units in zip(names, own, strict=True)]


def _classes(estimator):
    """Labels of a fitted estimator; the voters of a vote know their numbers alone."""
    return last_step(estimator).classes_


def _most_alike(field, own, graph):
    """Number of the action unit whose field is most like one over the nodes `own`, and the cosine."""
    nodes = np.array(graph.nodes)[own]
    others = {number: unit.field[nodes] for number, unit in ACTION_UNITS.items()}
    lengths = {number: np.linalg.norm(other) * np.linalg.norm(field) for number, other in others.items()}
    cosines = {n: float((others[n] * field).sum() / length) for n, length in lengths.items() if length > 0}
    best = max(cosines, key=cosines.get, default=0)
    return best, cosines.get(best, 0.0)
