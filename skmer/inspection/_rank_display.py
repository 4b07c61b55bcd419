"""Displays of many results: ranks of methods, scores by the error of a keyframe, the most certain errors."""

import numpy as np
import pandas as pd
from matplotlib import rcParams
from scipy.stats import rankdata

from skmer._utils._arguments import TEXT, Items, Named, Numbers, check_argument, checked, integer, real
from skmer.datasets import MicroExpressionClips
from skmer.frames import is_path, read_image
from skmer.inspection._style import BLUE, CAPTION, CYCLE, GREY, add_legend, axes_or_new, divided, open_frame
from skmer.landmarks import align_landmarks
from skmer.metrics import critical_difference
from skmer.model_selection import LOSOResult

_ENLARGED = 10  # motion of landmarks, which would not be seen


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
            ax.plot(ends, [height, height], color=rcParams["text.color"], linewidth=3, solid_capstyle="butt")
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


class KeyframeErrorsDisplay:
    """UF1 of held-out clips by the frames that a keyframe is off, with intervals of its change.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `skmer.model_selection.keyframe_errors`.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import KeyframeErrorsDisplay
    >>> table = pd.DataFrame({
    ...     "keyframe": ["as annotated", "apex", "apex", "onset"], "shift": [0, -2, 2, 2],
    ...     "uf1": [0.7, 0.6, 0.66, 0.5], "low": [0, -0.2, -0.1, -0.3], "high": [0, 0.0, 0.02, -0.1],
    ... })
    >>> display = KeyframeErrorsDisplay(table)
    >>> display.lines["apex"].to_numpy().tolist()
    [[-2.0, 0.6], [0.0, 0.7], [2.0, 0.66]]
    """

    @checked(table=[pd.DataFrame])
    def __init__(self, table):
        lacking = {"keyframe", "shift", "uf1", "low", "high"} - set(table)
        if lacking or not len(table):
            raise ValueError(f"table must be one of keyframe_errors, got one without {sorted(lacking)}.")
        self.table = table

    @property
    def lines(self):
        """Shift and UF1 of each keyframe, the annotated one at 0; dict of str to DataFrame."""
        first = self.table.iloc[:1]
        moved = self.table.iloc[1:]
        moved = moved[~moved["keyframe"].str.contains("found")]
        return {
            name: pd.concat([first, rows])[["shift", "uf1"]].astype(float).sort_values("shift")
            for name, rows in moved.groupby("keyframe", sort=False)
        }

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        KeyframeErrorsDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, 5.5, 3.4)
        self.figure_ = ax.figure
        base = float(self.table["uf1"].iloc[0])
        for (name, line), color, mark in zip(self.lines.items(), CYCLE, "osD^", strict=False):
            ax.plot(line["shift"], line["uf1"], marker=mark, color=color, label=name)
            rows = self.table[self.table["keyframe"] == name]
            for place, low, high in rows[["shift", "low", "high"]].to_numpy(dtype=float):
                ax.plot([place, place], [base + low, base + high], color=color, alpha=0.35, linewidth=3)
        found = self.table[self.table["keyframe"].str.contains("found")]
        if len(found):
            ax.axhline(found["uf1"].iloc[0], color=GREY, linestyle="--", label="apex found by find_apex")
        open_frame(ax)
        ax.set(xlabel="frames that a keyframe is off", ylabel="UF1")
        ax.set_title("bars: interval of the change by subject", **CAPTION)
        add_legend(ax, "best")
        return self


class CertainErrorsDisplay:
    """Wrongly predicted clips, the most certain first: onset, apex, and what was said of them.

    Look at them before anything else: a wrong label, a wrong apex and a face that was not found show here.
    Of landmarks the motion is shown tenfold, without the head's own.

    Parameters
    ----------
    frames : sequence of length n_errors
        Onset and apex of each clip: images, or landmarks of shape (68, 2).
    captions : sequence of str of length n_errors
        Words over each clip.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that the pictures stand in.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.inspection import CertainErrorsDisplay
    >>> onset = np.zeros((40, 40), np.uint8)
    >>> display = CertainErrorsDisplay([(onset, onset + 9)], ["s01 EP1: anger, said fear .93"])
    >>> len(display.frames)
    1
    """

    @checked(frames=[Items(Items(object, n=2))], captions=[Items(str)])
    def __init__(self, frames, captions):
        self.frames, self.captions = list(frames), list(captions)
        if len(self.frames) != len(self.captions):
            raise ValueError(
                f"captions must be one for each of the {len(self.frames)} clips of frames, "
                f"got {len(self.captions)}."
            )

    @classmethod
    @checked(result=[LOSOResult], clips=[MicroExpressionClips], n_errors=[integer(1)])
    def from_result(cls, result, clips, *, n_errors=8):
        """Take the errors of a result with the largest probability of the wrong class.

        Parameters
        ----------
        result : LOSOResult
            With probabilities; means over seeds count.
        clips : MicroExpressionClips
            The clips that were evaluated, or more.
        n_errors : int, default=8
            Number of clips at most.

        Returns
        -------
        CertainErrorsDisplay
            Not drawn yet.

        Raises
        ------
        ValueError
            If the estimator had no probabilities, or `clips` lacks a clip of the result.
        """
        columns = [f"probability_{name}" for name in result.class_names]
        if not set(columns) <= set(result.predictions):
            raise ValueError("result must have probabilities: its estimator needs predict_proba.")
        shape = (len(result.seeds), result.n_clips, len(columns))
        shares = result.predictions[columns].to_numpy(dtype=float).reshape(shape).mean(axis=0)
        said = np.array(result.class_names, dtype=object)[shares.argmax(axis=1)]
        certain = np.where(said == result.truth, -1.0, shares.max(axis=1))
        rows, order = result.rows_in(clips), np.argsort(-certain, kind="stable")[:n_errors]
        order = [k for k in order if certain[k] >= 0]
        names = result.clips[["subject", "clip"]].astype(str).agg(" ".join, axis=1).to_numpy()
        captions = [f"{names[k]}\n{result.truth[k]}, said {said[k]} {certain[k]:.2f}" for k in order]
        return cls([_onset_and_apex(clips.frames[rows[k]]) for k in order], captions)

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes in whose place the pictures stand; None makes a figure.

        Returns
        -------
        CertainErrorsDisplay
            Itself.
        """
        n_rows = max(1, -(-len(self.frames) // 4))
        self.ax_ = ax = axes_or_new(ax, 10.0, 2.1 * n_rows)
        self.figure_ = ax.figure
        grid = divided(ax, n_rows, 8)
        for cell in grid.ravel():
            cell.set_axis_off()
        pairs = grid.reshape(-1, 2)
        for (left, right), frames, words in zip(pairs, self.frames, self.captions, strict=False):
            for cell, frame in zip((left, right), frames, strict=True):
                _show(cell, frame, frames[0])
            left.set_title(words, parse_math=False, loc="left", fontsize="small")
        if not self.frames:
            ax.text(0.5, 0.5, "no error", ha="center", va="center", transform=ax.transAxes)
        return self


def _onset_and_apex(clip):
    """Return two images; of landmarks the apex without the head's motion, the face's own tenfold."""
    if np.shape(clip[0]) != (68, 2):
        return tuple(read_image(frame) if is_path(frame) else frame for frame in clip[:2])
    onset, apex, _ = align_landmarks(np.asarray(clip, dtype=float)[None])[0]
    return onset, onset + _ENLARGED * (apex - onset)


def _show(ax, frame, onset):
    """Draw an image, or landmarks over those of the onset."""
    if np.shape(frame) != (68, 2):
        ax.imshow(frame, cmap="gray", vmin=0, vmax=255)
        return
    ax.scatter(*np.transpose(onset), s=2, color=GREY, alpha=0.6)
    ax.scatter(*np.transpose(frame), s=5, color=BLUE)
    ax.set_aspect("equal")
    if not ax.yaxis_inverted():
        ax.invert_yaxis()
