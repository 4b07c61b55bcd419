"""Display of the flow maps of a clip."""

import numpy as np

from skmer._utils._arguments import TEXT, Items, Numbers, checked
from skmer.feature_extraction import FlowMaps
from skmer.inspection._style import CAPTION, SEQUENTIAL, axes_or_new, divided

_DIVERGING = "RdBu_r"
_UNSIGNED = ("magnitude", "strain")


class FlowMapDisplay:
    """Maps of one clip side by side, each channel under its name and with its own scale.

    Parameters
    ----------
    maps : array-like of shape (C, H, W) or (S, C, H, W)
        Channels, or streams of channels, which are drawn as rows.
    channels : sequence of str, default=("u", "v", "strain")
        Names of the channels; of streams, one sequence for each.
    caption : str, default=""
        Line above the picture.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that the pictures share.
    axes_ : ndarray of matplotlib.axes.Axes
        Axes of each map, of shape (S, C).
    figure_ : matplotlib.figure.Figure
        Their figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.inspection import FlowMapDisplay
    >>> FlowMapDisplay(np.zeros((3, 28, 28))).plot().axes_.shape
    (1, 3)
    """

    @checked(
        maps=[Numbers(None, None, None), Numbers(None, None, None, None)],
        channels=[Items(str, Items(str, least=1), least=1)],
        caption=TEXT,
    )
    def __init__(self, maps, channels=("u", "v", "strain"), caption=""):
        maps = np.asarray(maps, dtype=float)
        nested = [(row,) if isinstance(row, str) else tuple(row) for row in channels]
        names = [tuple(channels)] if maps.ndim == 3 else nested
        if maps.ndim not in (3, 4) or np.shape(maps)[-3] != len(names[0]):
            raise ValueError(
                f"maps must be (C, H, W) or (S, C, H, W) with the channels {tuple(channels)}, got "
                f"{maps.shape}; pass their channels=."
            )
        self.maps = maps
        self.channels = channels
        self.names = names
        self.caption = caption

    @classmethod
    def from_estimator(cls, maps, clip):
        """Compute the maps of one clip.

        Parameters
        ----------
        maps : FlowMaps or None
            Transformer; None takes one of 112 px.
        clip : sequence of three paths or images
            Onset, apex and offset.

        Returns
        -------
        FlowMapDisplay
            Not drawn yet.
        """
        maps = FlowMaps(size=112) if maps is None else maps
        return cls(maps.fit_transform([list(clip)])[0], maps.channels, f"onset to apex, {maps.flow} flow")

    def plot(self, ax=None):
        """Draw it; channels with a sign are white where nothing moves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw in the place of; None makes a figure.

        Returns
        -------
        FlowMapDisplay
            Itself.
        """
        rows = self.maps.reshape(-1, *self.maps.shape[-3:])
        self.ax_ = ax = axes_or_new(ax, 2.4 * rows.shape[1], 2.4 * rows.shape[0] + 0.3)
        self.figure_ = ax.figure
        self.axes_ = divided(ax, *rows.shape[:2])
        for place in np.ndindex(rows.shape[:2]):
            self._draw(self.axes_[place], rows[place], self.names[place[0]][place[1]])
        ax.set_title(self.caption, **CAPTION)
        return self

    @staticmethod
    def _draw(ax, picture, name):
        largest = float(np.abs(picture).max()) or 1.0
        unsigned = name in _UNSIGNED or picture.min() >= 0
        scale = {"cmap": SEQUENTIAL, "vmin": 0} if unsigned else {"cmap": _DIVERGING, "vmin": -largest}
        image = ax.imshow(picture, vmax=largest, **scale)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_title(name, fontsize="small")
        ax.figure.colorbar(image, ax=ax, shrink=0.8)
