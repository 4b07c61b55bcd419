import numpy as np

from skmer.inspection._style import CAPTION, SEQUENTIAL, axes_or_new


class PooledConfusionDisplay:
    """Confusion matrix of all out-of-fold predictions: counts, shaded by the share of each true class.

    Parameters
    ----------
    confusion : array-like of shape (n_classes, n_classes)
        Clips, rows the truth, columns the prediction; means over seeds need not be whole.
    class_names : sequence of length n_classes
        The classes.
    caption : str, default=""
        Line above the picture.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on.

    Examples
    --------
    >>> from skmer.inspection import PooledConfusionDisplay
    >>> display = PooledConfusionDisplay([[8, 2], [1, 19]], ["happiness", "others"])
    >>> display.shares.tolist()
    [[0.8, 0.2], [0.05, 0.95]]
    """

    def __init__(self, confusion, class_names, caption=""):
        self.confusion = np.asarray(confusion, dtype=float)
        self.class_names = list(class_names)
        self.caption = caption

    @classmethod
    def from_result(cls, result):
        """Take the pooled confusion of a leave-one-subject-out result.

        Parameters
        ----------
        result : LOSOResult
            What :func:`skmer.model_selection.evaluate_loso` returned.

        Returns
        -------
        PooledConfusionDisplay
            Not drawn yet.
        """
        caption = f"{result.n_clips} clips, {result.n_folds} folds: accuracy {result.accuracy:.3f}, "
        return cls(
            result.confusion, result.class_names, f"{caption}UF1 {result.uf1:.3f}, UAR {result.uar:.3f}"
        )

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, labels=None):
        """Count predictions pooled over folds.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_clips,)
            True and predicted classes.
        labels : array-like of shape (n_classes,), default=None
            The classes, in the order to draw; None takes all that occur, sorted.

        Returns
        -------
        PooledConfusionDisplay
            Not drawn yet.
        """
        from sklearn.metrics import confusion_matrix
        from sklearn.utils.multiclass import unique_labels

        labels = unique_labels(y_true, y_pred) if labels is None else labels
        return cls(confusion_matrix(y_true, y_pred, labels=labels), labels, f"{len(y_true)} clips")

    @property
    def shares(self):
        """Each row divided by its sum, 0 where a class has no clip; ndarray (n_classes, n_classes)."""
        totals = self.confusion.sum(axis=1, keepdims=True)
        return np.divide(self.confusion, totals, out=np.zeros_like(self.confusion), where=totals > 0)

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where; None makes a figure.

        Returns
        -------
        PooledConfusionDisplay
            Itself.
        """
        n_classes = len(self.class_names)
        self.ax_ = ax = axes_or_new(ax, 1.8 + 0.85 * n_classes, 1.3 + 0.75 * n_classes)
        ax.imshow(self.shares, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
        for i, j in np.ndindex(n_classes, n_classes):
            self._write_cell(ax, i, j)
        ax.set_xticks(range(n_classes), self.class_names, rotation=30, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(n_classes), self.class_names)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set(xlabel="predicted", ylabel="true")
        ax.set_title(self.caption, **CAPTION)
        return self

    def _write_cell(self, ax, i, j):
        count, share = self.confusion[i, j], self.shares[i, j]
        if not count:
            return
        text = f"{count:.0f}" if count == round(count) else f"{count:.1f}"
        ax.text(
            j, i, f"{text}\n{share:.0%}", ha="center", va="center", color="white" if share > 0.55 else "black"
        )
