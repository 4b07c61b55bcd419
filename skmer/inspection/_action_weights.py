import numpy as np
import pandas as pd

from skmer.inspection._actions import action_names, classifier_and_features
from skmer.inspection._style import CAPTION, axes_or_new


class ActionWeightsDisplay:
    """How much each class leans on each action, beside the mean over clips.

    Parameters
    ----------
    weights : pandas.DataFrame
        Mean weights, rows the classes, columns the actions.
    counts : array-like of shape (n_classes,)
        Clips of each class.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import ActionWeightsDisplay
    >>> weights = pd.DataFrame({"brow 1": [0.2, 0.4], "lip 1": [0.6, 0.4]}, index=["happiness", "others"])
    >>> ActionWeightsDisplay(weights, [10, 30]).relative.round(2).to_numpy().tolist()
    [[0.57, 1.33], [1.14, 0.89]]
    """

    def __init__(self, weights, counts):
        self.weights = weights
        self.counts = np.asarray(counts)

    @classmethod
    def from_estimator(cls, estimator, X, y):
        """Average the action weights of a fitted DeReGRLClassifier over the clips of each class.

        Parameters
        ----------
        estimator : DeReGRLClassifier or Pipeline
            Fitted; a pipeline ends in a DeReGRLClassifier.
        X : array-like
            What the estimator predicts from.
        y : array-like of shape (n_clips,)
            Classes to average over.

        Returns
        -------
        ActionWeightsDisplay
            Not drawn yet.

        Raises
        ------
        TypeError
            If the estimator has no action weights.
        """
        classifier, features = classifier_and_features(estimator, X)
        weights = classifier.action_weights(features)
        table = pd.DataFrame(weights, columns=action_names(classifier.graph_, weights.shape[1]))
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
            Where; None makes a figure.

        Returns
        -------
        ActionWeightsDisplay
            Itself.
        """
        n_classes, n_actions = self.weights.shape
        self.ax_ = ax = axes_or_new(ax, 2.6 + 0.62 * n_actions, 1.5 + 0.5 * n_classes)
        relative = self.relative.to_numpy()
        reach = max(np.abs(relative - 1).max(), 0.05)
        ax.imshow(relative, cmap="PuOr_r", vmin=1 - reach, vmax=1 + reach, aspect="auto")
        for i, j in np.ndindex(n_classes, n_actions):
            dark = abs(relative[i, j] - 1) > 0.65 * reach
            ax.text(
                j, i, f"{relative[i, j]:.2f}", ha="center", va="center", color="white" if dark else "black"
            )
        labels = [f"{name} ({count})" for name, count in zip(self.weights.index, self.counts, strict=True)]
        ax.set_xticks(range(n_actions), self.weights.columns, rotation=30, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(n_classes), labels)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_title("weight of each action, 1 is its mean over all clips", **CAPTION)
        return self
