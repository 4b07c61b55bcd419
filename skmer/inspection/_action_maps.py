import numpy as np

from skmer.face import COMPONENTS, MEAN_SHAPE, check_graph
from skmer.frames import KEYFRAMES
from skmer.inspection._actions import action_names, classifier_and_features
from skmer.inspection._style import divided, show_face

_COLOURS = "viridis"


class ActionMapDisplay:
    """Which landmarks each learned action is made of, drawn on the face.

    Parameters
    ----------
    maps : array-like of shape (n_frames, n_nodes, n_actions)
        Share of each node in each action; zero outside the action's component.
    graph : str or FaceGraph
        What the nodes are.
    image : ndarray of shape (H, W) or (H, W, 3), uint8, default=None
        Face to draw on; None draws lines.
    points : array-like of shape (68, 2), default=None
        Its landmarks, px; None takes the mean face.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes, (n_components, n_actions per component)
        What was drawn on.

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

    def __init__(self, maps, graph, image=None, points=None):
        self.maps = np.asarray(maps, dtype=float)
        self.graph = check_graph(graph)
        self.image = image
        self.points = np.asarray(MEAN_SHAPE if points is None else points, dtype=float)

    @classmethod
    def from_estimator(cls, estimator, X, *, image=None, points=None):
        """Average the action maps of a fitted DeReGRLClassifier over clips.

        Parameters
        ----------
        estimator : DeReGRLClassifier or Pipeline
            Fitted; a pipeline ends in a DeReGRLClassifier.
        X : array-like
            What the estimator predicts from.
        image : ndarray of shape (H, W) or (H, W, 3), uint8, default=None
            Face to draw on; None draws lines.
        points : array-like of shape (68, 2), default=None
            Its landmarks, px; None takes the mean face.

        Returns
        -------
        ActionMapDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If the estimator has no action maps.
        """
        classifier, features = classifier_and_features(estimator, X)
        return cls(classifier.action_maps(features).mean(axis=0), classifier.graph_, image, points)

    @property
    def action_names(self):
        """Component and number of each action; list."""
        return action_names(self.graph, self.maps.shape[-1])

    def plot(self, ax=None, *, frame="apex"):
        """Draw a face for each action, a row for each component.

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
        self.axes_ = divided(ax, n_rows, n_columns, 0.8 + 2.1 * n_columns, 2.2 * n_rows)
        shares = self.maps[KEYFRAMES.index(frame)]
        for action, (face, name) in enumerate(zip(self.axes_.flat, self.action_names, strict=True)):
            nodes = self._draw_face(face, shares[:, action], shares.max())
            face.set_title(name, fontsize="medium", pad=2)
        bar = self.axes_[0, 0].figure.colorbar(nodes, ax=self.axes_, shrink=0.5, pad=0.02)
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
