"""Weights of the blocks of a face, drawn on it."""

import re

import numpy as np

from skmer._utils._arguments import Named, Numbers, Pixels, checked
from skmer.face import COMPONENTS, MEAN_SHAPE
from skmer.inspection._net_displays import last_step
from skmer.inspection._style import CAPTION, SEQUENTIAL, axes_or_new, divided

_NAME = re.compile(r"(?:(?P<part>.+)_)?block(?P<digits>\d+)_.+")
_SIZE = 170, 140  # height and width of the usual crop, px
_REACH = 0.06  # share of the crop around the mean face, which is drawn where there is no picture


class BlockWeightsDisplay:
    """Weight of each block of the face, one map for each group of features.

    Parameters
    ----------
    weights : dict of str to array-like of shape (n_rows, n_columns)
        Name and weights of each group.
    image : ndarray of shape (H, W) or (H, W, 3), uint8, default=None
        Crop of a face that the blocks divide; None draws the lines of the mean face.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes, (1, n_groups)
        Axes of the maps.
    ax_ : matplotlib.axes.Axes
        Axes whose place the maps share.
    figure_ : matplotlib.figure.Figure
        Figure of the axes.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.inspection import BlockWeightsDisplay
    >>> weights = np.zeros((5, 5))
    >>> weights[3, 2] = 0.8
    >>> BlockWeightsDisplay({"patterns": weights}).largest
    {'patterns': (3, 2)}
    """

    @checked(weights=[Named(Numbers(None, None), least=1)], image=[Pixels(), None])
    def __init__(self, weights, image=None):
        self.weights = {name: np.asarray(values, dtype=float) for name, values in weights.items()}
        self.image = image

    @classmethod
    def from_estimator(cls, estimator, *, blocks=(5, 5), names=("group 1", "group 2"), image=None):
        """Take the block weights of a fitted `skmer.classifiers.KTGSL`.

        Parameters
        ----------
        estimator : KTGSL, Pipeline or search
            Fitted; a pipeline ends in one. Its blocks go over the face row by row.
        blocks : tuple of int, default=(5, 5)
            Rows and columns of blocks of each group.
        names : sequence of str, default=("group 1", "group 2")
            Names of the two groups; one without blocks has no map.
        image : ndarray of shape (H, W) or (H, W, 3), uint8, default=None
            Crop of a face that the blocks divide; None draws the lines of the mean face.

        Returns
        -------
        BlockWeightsDisplay
            Not drawn yet.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no block weights.
        ValueError
            If a group has another number of blocks.
        """
        estimator = last_step(estimator)
        if not hasattr(estimator, "block_weights_"):
            raise TypeError(
                "estimator must be a KTGSL or a pipeline that ends in one, got "
                f"{type(estimator).__name__}, which has no block_weights_."
            )
        n_first = estimator.n_blocks_[0]
        groups = estimator.block_weights_[:n_first], estimator.block_weights_[n_first:]
        found = {name: group for name, group in zip(names, groups, strict=True) if len(group)}
        for name, group in found.items():
            if len(group) != blocks[0] * blocks[1]:
                raise ValueError(
                    f"blocks must be rows and columns of the {len(group)} blocks of {name}, got {blocks!r}."
                )
        return cls({name: group.reshape(blocks) for name, group in found.items()}, image)

    @classmethod
    def from_features(cls, values, feature_names, *, image=None):
        """Add the values of features up in each block, by the names that transformers give them.

        Parameters
        ----------
        values : array-like of shape (n_features,)
            A histogram, or importances such as absolute coefficients of a linear classifier.
        feature_names : array-like of shape (n_features,), str
            As from ``get_feature_names_out()``, such as "xt_block23_bin58": a map for each word before
            "block", the plane.
        image : ndarray of shape (H, W) or (H, W, 3), uint8, default=None
            Crop of a face that the blocks divide; None draws the lines of the mean face.

        Returns
        -------
        BlockWeightsDisplay
            Not drawn yet.

        Raises
        ------
        ValueError
            If a name has no block, or there are more or fewer values.
        """
        places = [_NAME.fullmatch(str(name)) for name in feature_names]
        if None in places or len(places) != len(values):
            raise ValueError(
                "feature_names must name the block of each of the values, as 'xt_block23_bin58' does, got "
                f"{len(places)} names for {len(values)} values, such as {feature_names[0]!r}."
            )
        cells = [(place["part"] or "blocks", *_row_and_column(place["digits"])) for place in places]
        shape = 1 + max(cell[1] for cell in cells), 1 + max(cell[2] for cell in cells)
        weights = {}
        for (part, row, column), value in zip(cells, values, strict=True):
            weights.setdefault(part, np.zeros(shape))[row, column] += value
        return cls(weights, image)

    @property
    def largest(self):
        """Row and column of the largest weight of each group; dict of str to (int, int)."""
        places = {name: np.unravel_index(grid.argmax(), grid.shape) for name, grid in self.weights.items()}
        return {name: (int(row), int(column)) for name, (row, column) in places.items()}

    def plot(self, ax=None):
        """Draw a face per group.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Its place is divided among the faces; None makes a figure.

        Returns
        -------
        BlockWeightsDisplay
            Itself.
        """
        self.ax_ = axes_or_new(ax, 0.8 + 2.6 * len(self.weights), 3.2)
        self.figure_ = self.ax_.figure
        self.axes_ = divided(self.ax_, 1, len(self.weights))
        top = max(grid.max() for grid in self.weights.values()) or 1.0
        for face, (name, grid) in zip(self.axes_.flat, self.weights.items(), strict=True):
            drawn = self._draw_face(face, grid, top)
            face.set_title(name, **CAPTION)
        bar = self.figure_.colorbar(drawn, ax=self.axes_, shrink=0.7, pad=0.02)
        bar.set_label("weight of the block")
        return self

    def _draw_face(self, ax, grid, top):
        height, width = _SIZE if self.image is None else np.shape(self.image)[:2]
        if self.image is None:
            shape = MEAN_SHAPE - MEAN_SHAPE.min(axis=0)
            shape = (_REACH + (1 - 2 * _REACH) * shape / shape.max(axis=0)) * (width, height)
            for component in COMPONENTS.values():
                ax.plot(*shape[list(component)].T, color="#808080", linewidth=1, zorder=3)
        else:
            pixels = np.asarray(self.image, dtype=float)
            pixels = pixels.mean(axis=2) if pixels.ndim == 3 else pixels
            ax.imshow(pixels, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0), zorder=1)
        drawn = ax.pcolormesh(
            np.linspace(0, width, grid.shape[1] + 1),
            np.linspace(0, height, grid.shape[0] + 1),
            grid,
            cmap=SEQUENTIAL,
            vmin=min(0.0, grid.min()),
            vmax=top,
            alpha=0.65 if self.image is not None else 0.9,
            edgecolor="white",
            linewidth=0.6,
            zorder=2,
        )
        ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
        ax.set_axis_off()
        return drawn


def _row_and_column(digits):
    """Return row and column of "23", or of "1204" where there are ten or more."""
    half = len(digits) // 2
    return int(digits[:half]), int(digits[half:])
