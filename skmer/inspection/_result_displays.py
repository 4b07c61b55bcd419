"""Displays of pooled leave-one-subject-out results: confusion, scores of classes, scores of subjects."""

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix
from sklearn.utils.multiclass import unique_labels

from skmer._utils._arguments import ROWS, TEXT, Items, Numbers, check_argument, check_same_length, checked
from skmer.inspection._style import (
    BLUE,
    CAPTION,
    SEQUENTIAL,
    add_legend,
    axes_or_new,
    cycled,
    name_rows,
    open_frame,
    write_cells,
)
from skmer.model_selection import LOSOResult


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
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> from skmer.inspection import PooledConfusionDisplay
    >>> display = PooledConfusionDisplay([[8, 2], [1, 19]], ["happiness", "others"])
    >>> display.shares.tolist()
    [[0.8, 0.2], [0.05, 0.95]]
    """

    @checked(confusion=[Numbers(None, None)], class_names=[Items(object, least=1)], caption=TEXT)
    def __init__(self, confusion, class_names, caption=""):
        self.confusion = np.asarray(confusion, dtype=float)
        self.class_names = list(class_names)
        self.caption = caption
        check_same_length(confusion=self.confusion, columns=self.confusion.T, class_names=self.class_names)

    @classmethod
    @checked(result=[LOSOResult])
    def from_result(cls, result):
        """Take the pooled confusion of a leave-one-subject-out result.

        Parameters
        ----------
        result : LOSOResult
            Result of :func:`skmer.model_selection.evaluate_loso`.

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
    @checked(y_true=ROWS, y_pred=ROWS, labels=["array-like", None])
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
            Axes to draw on; None makes a figure.

        Returns
        -------
        PooledConfusionDisplay
            Itself.
        """
        n_classes = len(self.class_names)
        self.ax_ = ax = axes_or_new(ax, 1.8 + 0.85 * n_classes, 1.3 + 0.75 * n_classes)
        self.figure_ = ax.figure
        ax.imshow(self.shares, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
        texts = np.vectorize(_cell_text, otypes=[object])(self.confusion, self.shares)
        write_cells(ax, texts, dark=self.shares > 0.55)
        name_rows(ax, self.class_names, columns=self.class_names)
        ax.set(xlabel="predicted", ylabel="true")
        ax.set_title(self.caption, **CAPTION)
        return self


def _cell_text(count, share):
    # Means over seeds need not be whole, and an empty cell says more than a zero.
    text = f"{count:.0f}" if count == round(count) else f"{count:.1f}"
    return f"{text}\n{share:.0%}" if count else ""


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
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import ClassScoresDisplay
    >>> f1 = pd.DataFrame({"DeRe-GRL": [0.7, 0.9]}, index=["happiness", "others"])
    >>> ClassScoresDisplay(f1, [10, 20]).labels
    ['happiness (10)', 'others (20)']
    """

    @checked(f1=[pd.DataFrame], counts=[Numbers(None)])
    def __init__(self, f1, counts):
        check_argument("f1", f1.to_numpy(), [Numbers(None, None, finite=False)])
        check_same_length(f1=f1, counts=counts)
        self.f1 = f1
        self.counts = np.asarray(counts)

    @classmethod
    @checked(result=[LOSOResult], name=[*TEXT, None])
    def from_result(cls, result, name=None):
        """Take the classes of one leave-one-subject-out result.

        Parameters
        ----------
        result : LOSOResult
            Result of :func:`skmer.model_selection.evaluate_loso`.
        name : str, default=None
            Name of the method; None takes the estimator of its run card.

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
            Axes to draw on; None makes a figure.

        Returns
        -------
        ClassScoresDisplay
            Itself.
        """
        n_classes, n_methods = self.f1.shape
        self.ax_ = ax = axes_or_new(ax, 6.0, 1.2 + 0.25 * n_classes * (n_methods + 0.6))
        self.figure_ = ax.figure
        height = 0.8 / n_methods
        for k, (name, values) in enumerate(self.f1.items()):
            places = np.arange(n_classes) + (k - (n_methods - 1) / 2) * height
            ax.barh(places, values, height * 0.92, color=cycled(k), label=name)
            for place, value in zip(places, values, strict=True):
                if np.isfinite(value):
                    ax.text(value + 0.01, place, f"{value:.2f}", va="center", fontsize="small")
        name_rows(ax, self.labels)
        ax.invert_yaxis()
        ax.set(xlim=(0, 1.08), xlabel="F1 over all folds")
        ax.set_title("clips in brackets", **CAPTION)
        open_frame(ax)
        if n_methods > 1:
            add_legend(ax, "lower right", bbox_to_anchor=(1, 1), ncols=n_methods)
        return self


class SubjectScoresDisplay:
    """Clips of each held-out subject, those predicted rightly and the others; the largest subject first.

    Parameters
    ----------
    subjects : sequence of str of length n_subjects
        Held-out subjects.
    accuracy : array-like of shape (n_subjects,)
        Share of the subject's clips predicted rightly.
    n_clips : array-like of shape (n_subjects,)
        Clips of each subject.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> from skmer.inspection import SubjectScoresDisplay
    >>> display = SubjectScoresDisplay(["lab/a", "lab/b"], [1.0, 0.5], [2, 8])
    >>> display.pooled
    0.6
    """

    @checked(
        subjects=[Items(object, least=1)], accuracy=[Numbers(None, finite=False)], n_clips=[Numbers(None)]
    )
    def __init__(self, subjects, accuracy, n_clips):
        self.subjects = list(subjects)
        self.accuracy = np.asarray(accuracy, dtype=float)
        self.n_clips = np.asarray(n_clips)
        check_same_length(subjects=self.subjects, accuracy=self.accuracy, n_clips=self.n_clips)

    @classmethod
    @checked(result=[LOSOResult])
    def from_result(cls, result):
        """Take the subjects of a leave-one-subject-out result.

        Parameters
        ----------
        result : LOSOResult
            Result of :func:`skmer.model_selection.evaluate_loso`.

        Returns
        -------
        SubjectScoresDisplay
            Not drawn yet.
        """
        table = result.per_subject
        return cls(table.index, table["accuracy"], table["n_clips"])

    @property
    def pooled(self):
        """Accuracy over all clips; float."""
        return float(np.average(self.accuracy, weights=self.n_clips))

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        SubjectScoresDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, max(5.0, 1.5 + 0.36 * len(self.subjects)), 3.4)
        self.figure_ = ax.figure
        order = np.lexsort((self.accuracy, self.n_clips))[::-1]
        n_clips, right = self.n_clips[order], (self.accuracy * self.n_clips)[order]
        places = np.arange(len(order))
        ax.bar(places, right, color=BLUE, label="right")
        ax.bar(places, n_clips - right, bottom=right, color="#D0D0D0", label="wrong")
        for place, total, share in zip(places, n_clips, self.accuracy[order], strict=True):
            ax.text(place, total, f"{100 * share:.0f}", ha="center", va="bottom", fontsize="small")
        names = [self.subjects[i].rpartition("/")[2] for i in order]
        ax.set_xticks(places, names, parse_math=False, rotation=90)
        ax.tick_params(axis="x", length=0)
        ax.set(ylabel="clips", xlim=(-0.6, len(order) - 0.4))
        ax.set_ylim(0, 1.28 * n_clips.max())  # room for the legend above the bars
        caption = (
            f"{len(order)} subjects, {n_clips.sum()} clips, {self.pooled:.0%} right; on each bar: % right"
        )
        ax.set_title(caption, **CAPTION)
        add_legend(ax, ncols=2)
        open_frame(ax)
        return self
