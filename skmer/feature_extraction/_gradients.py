"""Histograms of grey-level changes in the blocks of a sequence: LBP-SDG's HSDG, HIGO and HOG-TOP."""

from functools import cache
from numbers import Integral, Real

import numpy as np

from skmer._utils._arguments import integer
from skmer._utils._sklearn import Interval, StrOptions, for_estimators
from skmer.feature_extraction._block_histograms import (
    PLANE_AXES,
    BlockHistogramTransformer,
    check_planes,
)
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS

_GREY = 255  # largest difference of two grey levels
_BINS = {"counts": ("negative", "still", "positive"), "signed-magnitude": ("negative", "positive")}


class DirectionGradients(BlockHistogramTransformer):
    """Histograms of the change along one direction in space and time: the HSDG of LBP-SDG, reconstructed.

    From each pixel one step is taken, to a neighbour in a later or an earlier frame; a block's histogram says
    in how many of its pixels the grey level falls, stays or rises along it.

    Parameters
    ----------
    direction : tuple of int, default=(0, 1, 1)
        The step (y, x, t): y and x are -1, 0 or 1 px, t is -1 or 1 times `radius_t` frames. There are 18
        directions, and a search may choose one.
    blocks : tuple of int, default=(5, 5)
        Rows and columns of blocks and, if there is a third, segments in time.
    radius_t : int, default=4
        Length of the step in time, frames.
    dead_zone : float, default=2.0
        Largest change that counts as none, grey levels; used with ``bins="counts"``.
    bins : {"counts", "signed-magnitude"}, default="counts"
        Three bins, counts of pixels with a negative, no or a positive change; or two, the sums of all
        negative and all positive changes, both as positive numbers.
    norm : {"l1", "l2", None}, default="l1"
        Norm of a histogram that is brought to 1; None leaves counts or sums.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of results, by content and parameters; see `skmer.landmarks.FaceLandmarker`.
    n_jobs : int, default=None
        Number of clips computed in parallel, by joblib. The result does not depend on it.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit.

    The paper's [1]_ abstract says that HSDG is a histogram of low dimension of the gradient in one of 18
    directions, concatenated with LBP-TOP. Formula, bins, blocks and the direction that won are not known
    here: what is computed is a reconstruction. Blocks lose 1 px on each side and `radius_t` frames at each
    end, as those of `LocalBinaryPatterns`. The direction is to be chosen inside each fold; a choice on test
    results is worth nothing.

    References
    ----------
    .. [1] Wei, Lu and Yan, "A comparative study on movement feature in different directions for
       micro-expression recognition", Neurocomputing, 2021, doi:10.48550/arXiv.2102.08068.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import DirectionGradients
    >>> brighter = np.arange(12, dtype=np.uint8)[None, :, None, None] + np.zeros((1, 1, 20, 20), np.uint8)
    >>> gradients = DirectionGradients((0, 1, 1), blocks=(2, 2))
    >>> gradients.fit_transform(brighter)
    array([[0., 0., 1., 0., 0., 1., 0., 0., 1., 0., 0., 1.]])
    >>> print(gradients.get_feature_names_out()[2])
    y0x1t1_block00_positive
    """

    _parameter_constraints: dict = for_estimators(
        {
            "direction": [tuple, list],
            "blocks": [tuple, list],
            "radius_t": [integer(1)],
            "dead_zone": [Interval(Real, 0, None, closed="left")],
            "bins": [StrOptions(set(_BINS))],
            "norm": [StrOptions({"l1", "l2"}), None],
            **CLIP_PARAMETERS,
        }
    )

    def __init__(
        self,
        direction=(0, 1, 1),
        *,
        blocks=(5, 5),
        radius_t=4,
        dead_zone=2.0,
        bins="counts",
        norm="l1",
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.direction = direction
        self.blocks = blocks
        self.radius_t = radius_t
        self.dead_zone = dead_zone
        self.bins = bins
        self.norm = norm
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _check_parameters(self):
        super()._check_parameters()
        steps = list(self.direction)
        whole = all(isinstance(step, Integral) and abs(step) <= 1 for step in steps)
        if len(steps) != 3 or not whole or steps[2] == 0:
            raise ValueError(
                "direction must be (y, x, t) with y and x of -1, 0 or 1 and t of -1 or 1, such as (0, 1, 1), "
                f"got {self.direction!r}."
            )

    def _radii(self):
        return 1, self.radius_t

    def _bin_names(self):
        y, x, t = self.direction
        return {f"y{y}x{x}t{t}": _BINS[self.bins]}

    def _adders(self, volume):
        # Imported here, since numba takes longer to import than all else of this package.
        from skmer.feature_extraction._histogram_kernels import add_votes

        y, x, t_step = self.direction
        step = (t_step * self.radius_t, y, x)

        def add_frame(t, rows, columns, counts):
            change = _shifted(volume, t, step) - _shifted(volume, t, (0, 0, 0))
            if self.bins == "counts":
                signs = 1 + (change > self.dead_zone).view(np.int8) - (change < -self.dead_zone).view(np.int8)
                add_votes(signs.astype(np.uint8), np.ones(change.shape), rows, columns, counts)
            else:
                add_votes((change > 0).view(np.uint8), np.abs(change).astype(float), rows, columns, counts)

        return [add_frame]


class OrientedGradients(BlockHistogramTransformer):
    """Histograms of gradient orientations in the planes and blocks of a sequence: HIGO and HOG-TOP.

    Parameters
    ----------
    votes : {"one", "magnitude"}, default="one"
        What a pixel adds to the bin of its gradient's orientation: one (HIGO), or the length of the gradient
        (HOG-TOP). A pixel without a gradient has no orientation, and adds nothing.
    planes : sequence of {"xy", "xt", "yt"}, default=("xy", "xt", "yt")
        Planes, in the order of the features.
    blocks : tuple of int, default=(8, 8, 2)
        Rows and columns of blocks and, if there is a third, segments in time.
    n_bins : int, default=8
        Number of bins around the full circle.
    norm : {"l1", "l2", None}, default="l1"
        Norm of a histogram that is brought to 1; None leaves sums of votes. The histogram of a block without
        any gradient is zero.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of results, by content and parameters; see `skmer.landmarks.FaceLandmarker`.
    n_jobs : int, default=None
        Number of clips computed in parallel, by joblib. The result does not depend on it.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit.

    Gradients are central differences, one pixel or frame to each side. Orientations run from the horizontal
    axis of a plane to its vertical one: x and y upwards in xy, x and time in xt, time and y upwards in yt, as
    the points of `LocalBinaryPatterns`. Bin k is centred on 2 pi k / n_bins, so that small noise does not
    move an edge along an axis to another bin. The paper [1]_ has eight bins and three planes; the centring,
    the full circle and the size of the blocks are ours, since they are not known here. Blocks lose 1 px on
    each side and one frame at each end.

    References
    ----------
    .. [1] Li et al., "Towards Reading Hidden Emotions: A Comparative Study of Spontaneous Micro-Expression
       Spotting and Recognition Methods", IEEE TAFFC 9(4), 2018, doi:10.1109/TAFFC.2017.2667642.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import OrientedGradients
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 10, 40, 32), dtype=np.uint8)
    >>> OrientedGradients().fit_transform(clips).shape
    (2, 3072)
    >>> hog = OrientedGradients("magnitude", blocks=(2, 2))
    >>> hog.fit_transform(clips).shape
    (2, 96)
    >>> print(hog.get_feature_names_out()[-1])
    yt_block11_bin7
    """

    _parameter_constraints: dict = {
        "votes": [StrOptions({"one", "magnitude"})],
        "planes": [tuple, list],
        "blocks": [tuple, list],
        "n_bins": [Interval(Integral, 2, 256, closed="both")],
        "norm": [StrOptions({"l1", "l2"}), None],
        **CLIP_PARAMETERS,
    }

    def __init__(
        self,
        votes="one",
        *,
        planes=("xy", "xt", "yt"),
        blocks=(8, 8, 2),
        n_bins=8,
        norm="l1",
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.votes = votes
        self.planes = planes
        self.blocks = blocks
        self.n_bins = n_bins
        self.norm = norm
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _check_parameters(self):
        super()._check_parameters()
        check_planes(self.planes, tuple(PLANE_AXES))

    def _radii(self):
        return 1, 1

    def _needed_by(self):
        parts = self._blocks()[2]
        reach = "a gradient in time (one frame to each side)"
        return reach if parts == 1 else f"{reach} in each of {parts} blocks in time"

    def _bin_names(self):
        return {plane: [f"bin{k}" for k in range(self.n_bins)] for plane in self.planes}

    def _adders(self, volume):
        # Imported here, since numba takes longer to import than all else of this package.
        from skmer.feature_extraction._histogram_kernels import add_orientations

        table, by_length = orientation_bins(int(self.n_bins)), self.votes == "magnitude"
        _, height, width = volume.shape
        for plane in self.planes:
            along, up = (np.array(PLANE_AXES[plane]) @ (height * width, width, 1)).tolist()

            def add_frame(t, *blocks, along=along, up=up):
                add_orientations(volume, t, along, up, table, by_length, *blocks)

            yield add_frame


def _shifted(volume, t, step):
    """Return the values a step (t, y, x) from the pixels of a frame, a rim of 1 px left out, as int16."""
    frame = volume[t + step[0]]
    (height, width), (_, dy, dx) = frame.shape, step
    return frame[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx].astype(np.int16)


@cache
def orientation_bins(n_bins):
    """Return the bin of every gradient, (511, 511) uint8, at [vertical + 255, horizontal + 255]."""
    level = np.arange(-_GREY, _GREY + 1)
    turns = np.arctan2(level[:, None], level) / (2 * np.pi)
    # Rounded, so that a diagonal on the edge of two bins is in the upper one, whatever a platform's arctan2.
    return (np.floor(np.round(turns * n_bins + 0.5, 9)).astype(np.int64) % n_bins).astype(np.uint8)
