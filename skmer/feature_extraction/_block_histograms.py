"""Histograms of codes over the blocks of a sequence: what local patterns and gradients have in common."""

from itertools import product
from numbers import Integral

import numpy as np

from skmer.feature_extraction._clip_features import ClipFeatureTransformer

PLANE_AXES = {
    "xy": ((0, 0, 1), (0, -1, 0)),
    "xt": ((0, 0, 1), (1, 0, 0)),
    "yt": ((1, 0, 0), (0, -1, 0)),
}
"""Horizontal and vertical axis of the planes as steps (t, y, x): angles run from the one to the other."""


class BlockGrid:
    """Blocks of equal size in a volume, each of which loses a margin of its own on every side.

    Pixels and frames that remain at the end, when the blocks do not divide a side, belong to none.

    Parameters
    ----------
    shape : tuple of int
        Frames, height and width of the volume.
    blocks : tuple of int
        Rows, columns and, in time, segments.
    radius, radius_t : int
        The margin in px and in frames.

    Attributes
    ----------
    segments : list of [int, int]
        First frame of each segment and that after its last, margins left out.
    rows, columns : ndarray of shape (n, 2), int64
        The same for rows and columns, counted from the first pixel inside the frame's own margin.
    """

    def __init__(self, shape, blocks, radius, radius_t):
        n_frames, height, width = shape
        n_rows, n_columns, n_segments = self.shape = blocks
        least_height, least_width = (n * (2 * radius + 1) for n in (n_rows, n_columns))
        if height < least_height or width < least_width:
            raise ValueError(
                f"{n_rows} x {n_columns} blocks and a radius of {radius} px need frames of at least "
                f"{least_width} x {least_height} px, got {width} x {height}; scale the frames up, or set "
                "fewer blocks."
            )
        self.segments = (_bounds(n_frames, n_segments, radius_t) + radius_t).tolist()
        self.rows = _bounds(height, n_rows, radius)
        self.columns = _bounds(width, n_columns, radius)

    def histograms(self, add_frame, n_bins):
        """Add up what each frame gives.

        Parameters
        ----------
        add_frame : callable
            Called as ``add_frame(t, rows, columns, counts)`` for each frame t; adds to counts (n_rows,
            n_columns, n_bins), float64.
        n_bins : int
            Bins of a histogram.

        Returns
        -------
        ndarray of shape (n_rows, n_columns, n_segments, n_bins), float64
        """
        counts = np.zeros((len(self.segments), *self.shape[:2], n_bins))
        for segment, (start, stop) in enumerate(self.segments):
            for t in range(start, stop):
                add_frame(t, self.rows, self.columns, counts[segment])
        return np.moveaxis(counts, 0, 2)


def _bounds(length, n_blocks, margin):
    size = length // n_blocks
    starts = size * np.arange(n_blocks, dtype=np.int64)
    return np.stack([starts, starts + size - 2 * margin], axis=1)


def block_names(blocks):
    """Return the names of blocks in the order of the histograms: ``"block23"``, and ``"block23_part0"``.

    Rows and columns have as many digits as the largest needs.
    """
    digits = len(str(max(blocks[:2]) - 1))
    parts = [f"_part{part}" for part in range(blocks[2])] if blocks[2] > 1 else [""]
    cells = product(range(blocks[0]), range(blocks[1]), parts)
    return [f"block{row:0{digits}d}{column:0{digits}d}{part}" for row, column, part in cells]


class BlockHistogramTransformer(ClipFeatureTransformer):
    """Base of the transformers that count codes in the blocks of a sequence.

    A subclass has the parameters `blocks` and `norm`, names the parts of its features in `_bin_names`, and
    returns in `_adders` what counts each part, as `BlockGrid.histograms` calls it. `_radii` is how far codes
    reach.
    """

    def get_feature_names_out(self, input_features=None):
        """Names of the features: plane or direction, block (row and column) and bin.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (n_features,)
            Such as ``"xt_block23_bin58"``, bin 58 in the block of row 2 and column 3, counted from 0. Blocks
            that are divided in time add ``"_part0"`` and so on.
        """
        self._check_parameters()
        blocks = block_names(self._blocks())
        parts = self._bin_names().items()
        names = [f"{part}_{block}_{name}" for part, bins in parts for block in blocks for name in bins]
        return np.array(names, dtype=object)

    def _compute_clip(self, frames):
        volume = np.stack(frames)
        grid = BlockGrid(volume.shape, self._blocks(), *self._radii())
        sizes = [len(bins) for bins in self._bin_names().values()]
        found = [grid.histograms(*pair) for pair in zip(self._adders(volume), sizes, strict=True)]
        return np.concatenate([self._normalised(histograms).ravel() for histograms in found])

    def _normalised(self, histograms):
        if self.norm is None:
            return histograms
        order = {"l1": 1, "l2": 2}[self.norm]
        length = np.linalg.norm(histograms, ord=order, axis=-1, keepdims=True)
        return np.divide(histograms, length, out=np.zeros_like(histograms), where=length > 0)

    def _blocks(self):
        """Rows, columns and segments in time."""
        return (*self.blocks, 1) if len(self.blocks) == 2 else tuple(self.blocks)

    def _check_parameters(self):
        sizes = list(self.blocks)
        if len(sizes) not in (2, 3) or not all(isinstance(n, Integral) and n > 0 for n in sizes):
            raise ValueError(
                "blocks must be two or three positive integers, (rows, columns) or (rows, columns, segments "
                f"in time), got {self.blocks!r}."
            )

    def _min_frames(self):
        return self._blocks()[2] * (2 * self._radii()[1] + 1)

    def _needed_by(self):
        parts, radius_t = self._blocks()[2], self._radii()[1]
        reach = f"radius_t={radius_t} (2 * radius_t + 1)"
        return reach if parts == 1 else f"{reach} in each of {parts} blocks in time"


def check_planes(planes, known):
    """Refuse what are not different names out of `known`, at least one."""
    names = list(planes)
    if not names or any(name not in known for name in names) or len(set(names)) < len(names):
        raise ValueError(f"planes must be different names out of {', '.join(known)}, got {planes!r}.")
