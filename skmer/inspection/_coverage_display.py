"""Display of accuracy against coverage: what the more reliable clips are worth."""

import numpy as np
import pandas as pd

from skmer._utils._arguments import TEXT, Numbers, check_argument, checked
from skmer.inspection._style import CAPTION, add_legend, axes_or_new, cycled, open_frame
from skmer.metrics import accuracy_at_coverage
from skmer.model_selection import LOSOResult

_COLUMNS = ["coverage", "accuracy"]


class CoverageDisplay:
    """Accuracy of the clips whose movement is most reliable, against the share of clips that they are.

    A curve that falls says that reliability, which needs no label, tells clips that are read rightly from
    those that are not. Its right end is the accuracy of all clips.

    Parameters
    ----------
    curves : dict of str to pandas.DataFrame
        Name of each method and its curve: columns ``coverage``, which rises to 1, and ``accuracy``.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the picture.
    figure_ : matplotlib.figure.Figure
        Its figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.inspection import CoverageDisplay
    >>> curve = pd.DataFrame({"coverage": [0.5, 1.0], "accuracy": [0.9, 0.7]})
    >>> CoverageDisplay({"LDA": curve}).labels
    ['LDA: half .900, all .700']
    """

    @checked(curves=[dict])
    def __init__(self, curves):
        if not curves:
            raise ValueError("curves must hold at least one curve, got none.")
        for name, curve in curves.items():
            check_argument("curves", name, [*TEXT])
            check_argument(f"curves[{name!r}]", curve, [pd.DataFrame])
            check_argument(f"curves[{name!r}][{_COLUMNS}]", curve.get(_COLUMNS), [Numbers(None, 2)])
            if not np.isclose(curve["coverage"].iloc[-1], 1) or (curve["coverage"].diff() < 0).any():
                raise ValueError(f"curves[{name!r}] must have a coverage that rises to 1.")
        self.curves = curves

    @classmethod
    @checked(result=[LOSOResult], name=[*TEXT, None])
    def from_result(cls, result, name=None):
        """Take the curve of one leave-one-subject-out result.

        Parameters
        ----------
        result : LOSOResult
            Of clips as images, evaluated with a pipeline that finds landmarks by flow.
        name : str, default=None
            Name of the method; None takes the estimator of its run card.

        Returns
        -------
        CoverageDisplay
            Not drawn yet.

        Raises
        ------
        ValueError
            If no clip of the result has a reliability.
        """
        return cls.from_results({name or result.run_card.get("estimator", "accuracy"): result})

    @classmethod
    @checked(results=[dict])
    def from_results(cls, results):
        """Take the curves of several results.

        Parameters
        ----------
        results : dict of str to LOSOResult
            Name of each method and its result.

        Returns
        -------
        CoverageDisplay
            Not drawn yet.

        Raises
        ------
        ValueError
            If no clip of a result has a reliability.
        """
        for name, result in results.items():
            check_argument(f"results[{name!r}]", result, [LOSOResult])
            if result.coverage is None:
                raise ValueError(
                    f"results[{name!r}] has no reliability of its clips; evaluate clips as images with a "
                    "pipeline that starts with LandmarkGraphTransformer or FaceLandmarker."
                )
        return cls({name: result.coverage for name, result in results.items()})

    @property
    def labels(self):
        """Each method with its accuracy at half of the clips and at all; list of str."""
        return [
            f"{name}: half {_at(curve, 0.5)}, all {_at(curve, 1.0)}" for name, curve in self.curves.items()
        ]

    def plot(self, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        CoverageDisplay
            Itself.
        """
        self.ax_ = ax = axes_or_new(ax, 5.0, 3.4)
        self.figure_ = ax.figure
        for k, (label, curve) in enumerate(zip(self.labels, self.curves.values(), strict=True)):
            ax.plot(curve["coverage"], curve["accuracy"], color=cycled(k), label=label)
        ax.set(xlim=(0, 1), ylim=(0, 1.02))
        ax.set(xlabel="share of clips, the most reliable first", ylabel="accuracy over all folds")
        ax.set_title("clips in the order of their reliability", **CAPTION)
        add_legend(ax, "lower left")
        open_frame(ax)
        return self


def _at(curve, share):
    """Accuracy of the most reliable share of the clips, as text."""
    return f"{accuracy_at_coverage(curve['coverage'], curve['accuracy'], at=share):.3f}".lstrip("0")
