import numpy as np
from sklearn.pipeline import Pipeline

from skmer.inspection._style import CYCLE, axes_or_new, open_frame


class LossCurvesDisplay:
    """Loss and its terms by epoch.

    Parameters
    ----------
    curves : dict of str to array-like of shape (n_epochs,)
        Name and values of each curve; the first is the total.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on.

    Examples
    --------
    >>> from skmer.inspection import LossCurvesDisplay
    >>> LossCurvesDisplay({"total": [1.6, 0.9], "cross-entropy": [1.5, 0.8]}).n_epochs
    2
    """

    def __init__(self, curves):
        self.curves = {name: np.asarray(values, dtype=float) for name, values in curves.items()}

    @classmethod
    def from_estimator(cls, estimator, *, part="train"):
        """Read the history of a fitted network.

        Parameters
        ----------
        estimator : DeReGRLClassifier or Pipeline
            Fitted; a pipeline ends in the network.
        part : {"train", "valid"}, default="train"
            Training rows, or those that ``train_split`` held out.

        Returns
        -------
        LossCurvesDisplay
            Not drawn yet.

        Raises
        ------
        ValueError
            If the history holds no such losses.
        """
        network = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
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
            Where; None makes a figure.

        Returns
        -------
        LossCurvesDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, 6.0, 3.6)
        epochs = np.arange(1, self.n_epochs + 1)
        for k, (name, values) in enumerate(self.curves.items()):
            ax.plot(epochs, values, color=CYCLE[k % len(CYCLE)], linewidth=2.4 if k == 0 else 1.4, label=name)
        ax.set_yscale("log")
        ax.set(xlabel="epoch", ylabel="loss", xlim=(1, max(2, self.n_epochs)))
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
        open_frame(ax)
        return self


def _readable(name, part):
    name = name.removeprefix(f"{part}_").replace("_", " ")
    return "total" if name == "loss" else name
