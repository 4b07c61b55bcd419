import numpy as np

from skmer.inspection._style import BLUE, CAPTION, axes_or_new, open_frame


class SubjectScoresDisplay:
    """Clips of each held-out subject, those predicted rightly and the others; the largest subject first.

    Parameters
    ----------
    subjects : sequence of str of length n_subjects
        Who was held out.
    accuracy : array-like of shape (n_subjects,)
        Share of the subject's clips predicted rightly.
    n_clips : array-like of shape (n_subjects,)
        Clips of each subject.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on.

    Examples
    --------
    >>> from skmer.inspection import SubjectScoresDisplay
    >>> display = SubjectScoresDisplay(["lab/a", "lab/b"], [1.0, 0.5], [2, 8])
    >>> display.pooled
    0.6
    """

    def __init__(self, subjects, accuracy, n_clips):
        self.subjects = list(subjects)
        self.accuracy = np.asarray(accuracy, dtype=float)
        self.n_clips = np.asarray(n_clips)

    @classmethod
    def from_result(cls, result):
        """Take the subjects of a leave-one-subject-out result.

        Parameters
        ----------
        result : LOSOResult
            What :func:`skmer.model_selection.evaluate_loso` returned.

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
            Where; None makes a figure.

        Returns
        -------
        SubjectScoresDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, max(5.0, 1.5 + 0.36 * len(self.subjects)), 3.4)
        order = np.lexsort((self.accuracy, self.n_clips))[::-1]
        n_clips, right = self.n_clips[order], (self.accuracy * self.n_clips)[order]
        places = np.arange(len(order))
        ax.bar(places, right, color=BLUE, label="right")
        ax.bar(places, n_clips - right, bottom=right, color="#D0D0D0", label="wrong")
        for place, total, share in zip(places, n_clips, self.accuracy[order], strict=True):
            ax.text(place, total, f"{100 * share:.0f}", ha="center", va="bottom", fontsize="small")
        names = [self.subjects[i].rpartition("/")[2] for i in order]
        ax.set_xticks(places, names, rotation=90)
        ax.tick_params(axis="x", length=0)
        ax.set(ylabel="clips", xlim=(-0.6, len(order) - 0.4))
        ax.margins(y=0.1)
        caption = (
            f"{len(order)} subjects, {n_clips.sum()} clips, {self.pooled:.0%} right; on each bar: % right"
        )
        ax.set_title(caption, **CAPTION)
        ax.legend(frameon=False, loc="upper right")
        open_frame(ax)
        return self
