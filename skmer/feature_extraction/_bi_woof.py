"""Bi-WOOF: orientations of the optical flow in blocks, weighted twice, by magnitude and by strain."""

from numbers import Integral

import numpy as np

from skmer._utils._arguments import Items, integer
from skmer._utils._sklearn import StrOptions, for_estimators
from skmer.feature_extraction._block_histograms import block_names
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.frames import FLOW_METHODS, optical_flow, optical_strain


class BiWOOF(ClipFeatureTransformer):
    """Bi-weighted oriented optical flow from the onset to the apex.

    In each block a histogram of the directions of the flow, in which a pixel counts by the length of its
    flow, is divided by its sum and multiplied by the block's strain; all blocks together have the length 1.

    Parameters
    ----------
    n_bins : int, default=8
        Directions; bin 0 begins at -180 degrees, and y runs down, so that 90 degrees is a movement down.
    blocks : tuple of int, default=(5, 5)
        Rows and columns of blocks.
    flow : {"dis", "farneback", "tvl1"}, default="dis"
        Method of `skmer.frames.optical_flow`; the authors take TV-L1.
    memory : "auto", str, path-like or None, default="auto"
        Cache of results, by content and parameters, as in `skmer.landmarks.FaceLandmarker`.
    n_jobs : int, default=None
        Number of clips computed in parallel, by joblib. The result does not depend on it.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless, and takes keyframes: onset and apex of ``clips.frames``. Blocks are those of
    the authors' code: each reaches one pixel into its neighbours, and the last of a row or column takes what
    remains. All eight directions are counted there and here; in the code 135 to 180 degrees depends on a
    helper that is not published with it. A block without motion, and a clip without any, are zero.

    References
    ----------
    Liong et al., "Less is More: Micro-expression Recognition from Video using Apex Frame", Signal Processing:
    Image Communication 62, 2018, doi:10.1016/j.image.2017.11.006, and its code.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import BiWOOF
    >>> frames = np.random.default_rng(0).integers(0, 255, (2, 3, 60, 50), dtype=np.uint8)
    >>> features = BiWOOF(memory=None).fit_transform(frames)
    >>> features.shape, np.linalg.norm(features, axis=1).round(6).tolist()
    ((2, 200), [1.0, 1.0])
    """

    _parameter_constraints: dict = for_estimators(
        {
            "n_bins": [integer(1)],
            "blocks": [Items(integer(1, 1000), n=2)],
            "flow": [StrOptions(set(FLOW_METHODS))],
            **CLIP_PARAMETERS,
        }
    )
    _input = "frames"

    def __init__(self, n_bins=8, *, blocks=(5, 5), flow="dis", memory="auto", n_jobs=None, verbose=0):
        self.n_bins = n_bins
        self.blocks = blocks
        self.flow = flow
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def get_feature_names_out(self, input_features=None):
        """Names of the features: block (row and column) and bin.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (n_features,)
            Such as ``"block23_bin4"``, bin 4 in the block of row 2 and column 3, counted from 0.
        """
        self._check_parameters()
        blocks = block_names((*self.blocks, 1))
        return np.array([f"{block}_bin{k}" for block in blocks for k in range(self.n_bins)], dtype=object)

    def _check_parameters(self):
        sizes = list(self.blocks)
        if len(sizes) != 2 or not all(isinstance(n, Integral) and n > 0 for n in sizes):
            raise ValueError(f"blocks must be two positive integers, (rows, columns), got {self.blocks!r}.")

    def _compute_clip(self, frames):
        return bi_weighted_histogram(
            optical_flow(frames[0], frames[1], method=self.flow), self.n_bins, self.blocks
        )


def bi_weighted_histogram(flow, n_bins, blocks):
    """Return the feature of a flow field (H, W, 2); (rows * columns * n_bins,), of length 1 or 0."""
    bounds = [_overlapping(length, n) for length, n in zip(flow.shape, blocks, strict=False)]
    flow = flow.astype(np.float64)
    u, v = flow[..., 0], flow[..., 1]
    magnitude, strain = np.hypot(u, v), optical_strain(flow)
    turn = (np.arctan2(v, u) + np.pi) / (2 * np.pi)
    bins = np.minimum((turn * n_bins).astype(int), n_bins - 1)
    feature = np.zeros((len(bounds[0]), len(bounds[1]), n_bins))
    for (i, rows), (j, columns) in ((i, j) for i in enumerate(bounds[0]) for j in enumerate(bounds[1])):
        place = slice(*rows), slice(*columns)
        votes = np.bincount(bins[place].ravel(), magnitude[place].ravel(), n_bins)
        if votes.sum() > 0:
            feature[i, j] = votes / votes.sum() * strain[place].sum()
    length = np.linalg.norm(feature)
    return (feature / length if length > 0 else feature).ravel()


def _overlapping(length, n_blocks):
    """Return start and stop of each block along an axis; they reach one pixel into their neighbours."""
    size = length // n_blocks
    if not size:
        raise ValueError(
            f"blocks asks for {n_blocks} blocks along an axis of {length} px; take fewer, or a larger crop."
        )
    stops = [(k + 1) * size + 1 for k in range(n_blocks - 1)] + [length]
    return [(max(k * size - 1, 0), stop) for k, stop in enumerate(stops)]
