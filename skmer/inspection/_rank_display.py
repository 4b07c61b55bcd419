"""Mean ranks of methods over subjects, with the difference that chance alone may make."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from skmer._utils._arguments import TEXT, Named, Numbers, check_argument, checked, real
from skmer.inspection._style import BLUE, CAPTION, GREY, axes_or_new
from skmer.metrics import critical_difference


class MeanRanksDisplay:
    """Mean ranks of methods on a line, the best to the left; bars join those that are not told apart.

    Parameters
    ----------
    mean_ranks : pandas.Series
        Mean rank of each method, 1 the best.
    critical_difference : float
        Difference that two of them need.
    caption : str, default=""
        Line above the picture.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    References
    ----------
    Demsar, "Statistical comparisons of classifiers over multiple data sets", J. Machine Learning Research 7,
    2006, https://jmlr.org/papers/v7/demsar06a.html.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import MeanRanksDisplay
    >>> display = MeanRanksDisplay(pd.Series({"LDA": 1.2, "RBF-SVM": 1.9, "majority": 2.9}), 0.8)
    >>> display.level_groups
    [['LDA', 'RBF-SVM']]
    """

    @checked(mean_ranks=[pd.Series, Named(real())], critical_difference=[real(0, 1e6)], caption=TEXT)
    def __init__(self, mean_ranks, critical_difference, caption=""):
        ranks = pd.Series(mean_ranks)
        check_argument("mean_ranks", ranks, [Numbers(None)])
        self.mean_ranks = ranks.sort_values(kind="stable")
        self.critical_difference = float(critical_difference)
        self.caption = caption

    @classmethod
    @checked(level=[real(0, 1)])
    def from_result(cls, result, *, level=0.95):
        """Take the ranks of a comparison of methods.

        Parameters
        ----------
        result : MethodsResult
            Of `skmer.model_selection.evaluate_methods`.
        level : float, default=0.95
            One less the probability of any false difference.

        Returns
        -------
        MeanRanksDisplay
            Not drawn yet.
        """
        return cls.from_scores(result.subject_accuracy, level=level)

    @classmethod
    @checked(scores=[pd.DataFrame], level=[real(0, 1)])
    def from_scores(cls, scores, *, level=0.95):
        """Rank the methods in each row of a table.

        Parameters
        ----------
        scores : pandas.DataFrame of shape (n_subjects, n_methods)
            Larger is better; equal scores share their ranks.
        level : float, default=0.95
            One less the probability of any false difference.

        Returns
        -------
        MeanRanksDisplay
            Not drawn yet.
        """
        check_argument("scores", scores.to_numpy(), [Numbers(None, None)])
        ranks = rankdata(-np.asarray(scores, dtype=float).round(12), axis=1).mean(axis=0)
        caption = f"mean rank by accuracy over {len(scores)} subjects, 1 the best; Nemenyi, {level:.0%}"
        difference = critical_difference(scores.shape[1], len(scores), level=level)
        return cls(pd.Series(ranks, index=scores.columns), difference, caption)

    @property
    def level_groups(self):
        """Largest groups of methods, two at least, that differ by less; list of list of str."""
        names, ranks = list(self.mean_ranks.index), self.mean_ranks.to_numpy()
        ends = [int((ranks < rank + self.critical_difference).sum()) for rank in ranks]
        # A group that ends where the one before it ends lies inside it.
        spans = [(start, end) for start, end in enumerate(ends) if start == 0 or end > ends[start - 1]]
        return [names[start:end] for start, end in spans if end - start > 1]

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        MeanRanksDisplay
            Itself.
        """
        n_methods, groups = len(self.mean_ranks), self.level_groups
        self.ax_ = ax = axes_or_new(ax, 7.0, 1.4 + 0.32 * n_methods + 0.12 * len(groups))
        self.figure_ = ax.figure
        for place, (name, rank) in enumerate(self.mean_ranks.items()):
            ax.plot([rank, rank], [-1, place], color=GREY, linewidth=0.8, alpha=0.5, zorder=1)
            ax.plot(rank, place, "o", color=BLUE)
            ax.annotate(
                f"{name}  {rank:.2f}",
                (rank, place),
                (8, 0),
                textcoords="offset points",
                va="center",
                parse_math=False,
            )
        for k, group in enumerate(groups):
            ends = self.mean_ranks[group[0]], self.mean_ranks[group[-1]]
            height = n_methods + 0.35 * k
            ax.plot(ends, [height, height], color="black", linewidth=3, solid_capstyle="butt")
        top = n_methods + 0.35 * len(groups) + 0.4
        ax.errorbar(
            1 + self.critical_difference / 2, top, xerr=self.critical_difference / 2, color=GREY, capsize=4
        )
        ax.annotate(
            f"critical difference {self.critical_difference:.2f}",
            (1 + self.critical_difference, top),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
        ax.set(ylim=(top + 0.6, -1), xlim=(0.8, n_methods + 0.2 + 0.25 * n_methods), yticks=[])
        ax.xaxis.tick_top()
        ax.set_xticks(range(1, n_methods + 1))
        ax.spines[["left", "right", "bottom"]].set_visible(False)
        ax.set_title(self.caption, **CAPTION)
        return self
