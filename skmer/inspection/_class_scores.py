import numpy as np
import pandas as pd

from skmer.inspection._style import CAPTION, CYCLE, axes_or_new, open_frame


class ClassScoresDisplay:
    """F1 of each class, of one result or of several side by side.

    Parameters
    ----------
    f1 : pandas.DataFrame
        Rows the classes, a column for each method; NaN where a class neither occurs nor is predicted.
    counts : array-like of shape (n_classes,)
        Clips of each class.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import ClassScoresDisplay
    >>> f1 = pd.DataFrame({"DeRe-GRL": [0.7, 0.9]}, index=["happiness", "others"])
    >>> ClassScoresDisplay(f1, [10, 20]).labels
    ['happiness (10)', 'others (20)']
    """

    def __init__(self, f1, counts):
        self.f1 = f1
        self.counts = np.asarray(counts)

    @classmethod
    def from_result(cls, result, name=None):
        """Take the classes of one leave-one-subject-out result.

        Parameters
        ----------
        result : LOSOResult
            What :func:`skmer.model_selection.evaluate_loso` returned.
        name : str, default=None
            What to call it; None takes the estimator of its run card.

        Returns
        -------
        ClassScoresDisplay
            Not drawn yet.
        """
        return cls.from_results({name or result.run_card.get("estimator", "F1"): result})

    @classmethod
    def from_results(cls, results):
        """Take the classes of several results on the same clips.

        Parameters
        ----------
        results : dict of str to LOSOResult
            Name of each method and its result.

        Returns
        -------
        ClassScoresDisplay
            Not drawn yet.
        """
        f1 = pd.DataFrame({name: result.per_class["f1"] for name, result in results.items()})
        return cls(f1, next(iter(results.values())).class_counts)

    @property
    def labels(self):
        """Class names with their clips; list."""
        return [f"{name} ({count})" for name, count in zip(self.f1.index, self.counts, strict=True)]

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where; None makes a figure.

        Returns
        -------
        ClassScoresDisplay
            Itself.
        """
        n_classes, n_methods = self.f1.shape
        self.ax_ = ax = axes_or_new(ax, 6.0, 1.2 + 0.25 * n_classes * (n_methods + 0.6))
        height = 0.8 / n_methods
        for k, (name, values) in enumerate(self.f1.items()):
            places = np.arange(n_classes) + (k - (n_methods - 1) / 2) * height
            ax.barh(places, values, height * 0.92, color=CYCLE[k % len(CYCLE)], label=name)
            for place, value in zip(places, values, strict=True):
                if np.isfinite(value):
                    ax.text(value + 0.01, place, f"{value:.2f}", va="center", fontsize="small")
        ax.set_yticks(range(n_classes), self.labels)
        ax.invert_yaxis()
        ax.set(xlim=(0, 1.08), xlabel="F1 over all folds")
        ax.set_title("clips in brackets", **CAPTION)
        open_frame(ax)
        if n_methods > 1:
            ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=n_methods)
        return self
