"""Local binary patterns on the planes of a sequence: LBP-TOP, and LBP-FIP with the oblique planes."""

from functools import cache
from itertools import product
from numbers import Integral

import numpy as np

from skmer._utils._arguments import integer
from skmer._utils._sklearn import Options, StrOptions, for_estimators
from skmer.feature_extraction._block_histograms import PLANE_AXES, BlockHistogramTransformer, check_planes
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS

_PLANES = (*PLANE_AXES, "vertices")
_MAPPINGS = ("uniform", "full")
# Corners (y, x, t) of the cuboid around a pixel, bit 0 first, in radii.
_VERTICES = {
    "official": (
        (1, -1, 1),
        (1, 1, 1),
        (-1, 1, -1),
        (-1, -1, -1),
        (-1, -1, 1),
        (-1, 1, 1),
        (1, 1, -1),
        (1, -1, -1),
    ),
    "temporal": (
        (1, 1, 1),
        (1, -1, 1),
        (-1, -1, 1),
        (-1, 1, 1),
        (-1, 1, -1),
        (-1, -1, -1),
        (1, -1, -1),
        (1, 1, -1),
    ),
}


def sampling_points(plane, radius=1, radius_t=4, n_points=8, vertex_order="official"):
    """Return the steps (t, y, x) from a pixel to the points of a plane, bit 0 first; (n_points, 3)."""
    if plane == "vertices":
        steps = np.array(_VERTICES[vertex_order], dtype=float)[:, [2, 0, 1]]
    else:
        angles = 2 * np.pi * np.arange(n_points)[:, None] / n_points
        horizontal, vertical = np.array(PLANE_AXES[plane])
        steps = np.cos(angles) * horizontal + np.sin(angles) * vertical
    return np.round(steps * (radius_t, radius, radius), 10)  # a cosine of pi / 2 is 6e-17 off the axis


def interpolation(points, shape):
    """Return steps in the flat volume and weights of the pixels around each point; (n_points, 4) each.

    Points lie in a plane of two axes, so that at most four of the eight pixels around them count.
    """
    steps = np.zeros((len(points), 4), dtype=np.int64)
    weights = np.zeros((len(points), 4))
    corners = np.array(list(product((0, 1), repeat=3)))
    for p, point in enumerate(points):
        low = np.floor(point).astype(np.int64)
        shares = np.where(corners, point - low, 1 - (point - low)).prod(axis=1)
        kept = np.flatnonzero(shares)
        steps[p, : len(kept)] = (low + corners[kept]) @ (shape[1] * shape[2], shape[2], 1)
        weights[p, : len(kept)] = shares[kept]
    return steps, weights


@cache
def code_table(mapping, n_points=8):
    """Return the bin of each code, int64; "uniform" is bin 0 for all codes of more than two changes."""
    codes = np.arange(2**n_points)
    if mapping == "full":
        return codes
    bits = (codes[:, None] >> np.arange(n_points)) & 1
    uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    return np.where(uniform, np.cumsum(uniform), 0)


class LocalBinaryPatterns(BlockHistogramTransformer):
    """Histograms of local binary patterns in the blocks of a sequence: LBP-TOP and LBP-FIP.

    Each pixel gets a code of eight bits: which of eight points around it, on an ellipse in the plane, are at
    least as bright. The codes are counted in a histogram per plane and block.

    Parameters
    ----------
    planes : sequence of {"xy", "xt", "yt", "vertices"}, default=("xy", "xt", "yt")
        Planes, in the order of the features. The default is LBP-TOP; with ``"vertices"``, the eight corners
        of the cuboid around a pixel, it is LBP-FIP.
    blocks : tuple of int, default=(5, 5)
        Rows and columns of blocks and, if there is a third, segments in time.
    radius : int, default=1
        Radius in x and y, px.
    radius_t : int, default=4
        Radius in time, frames.
    n_points : {8, 4}, default=8
        Points of the planes; the vertices are always eight.
    mapping : {"uniform", "full"} or dict, default="uniform"
        Bins: one of each code that changes at most twice around the circle, in numerical order, and bin 0 for
        all others, 59 in all; or one of each of the 256 codes. A dict names the planes that differ from
        ``"uniform"``, such as ``{"vertices": "full"}``.
    norm : {"l1", "l2", None}, default="l1"
        Norm of a histogram that is brought to 1; None leaves counts.
    vertex_order : {"official", "temporal"}, default="official"
        Order of the vertices; see the notes.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of results, by content and parameters; see `skmer.landmarks.FaceLandmarker`.
    n_jobs : int, default=None
        Number of clips computed in parallel, by joblib. The result does not depend on it.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit. Clips may differ
    in size and length, and those of a corpus need ``2 * radius_t + 1`` frames (times the segments).

    With p = 0, ..., 7 and a = 2 pi p / 8 the points are (x + R cos a, y - R sin a) in the plane xy, (x + R
    cos a, t + R_t sin a) in xt, and (y - R sin a, t + R_t cos a) in yt [1]_; grey levels between pixels are
    interpolated bilinearly, rounding errors forgiven. Each block is cut out first and then loses `radius`
    pixels on each side and `radius_t` frames at each end; pixels that remain when the blocks do not divide
    the frame are left out. Features are ordered by plane, row and column of the block, and bin.

    The vertices go once round each of two oblique planes [2]_. In the official order neither a change in time
    nor a horizontal ramp is uniform, so that both fall into bin 0. The order ``"temporal"``, ours, keeps
    ramps in y and t; no order keeps all three, and ``mapping={"vertices": "full"}`` loses nothing.

    References
    ----------
    .. [1] Zhao and Pietikäinen, "Dynamic Texture Recognition Using Local Binary Patterns with an Application
       to Facial Expressions", IEEE TPAMI 29(6), 2007, doi:10.1109/TPAMI.2007.1110.
    .. [2] Wei et al., "Micro-expression recognition using local binary pattern from five intersecting
       planes", Multimedia Tools and Applications 81, 2022, doi:10.1007/s11042-022-12360-x, and its code.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import LocalBinaryPatterns
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 12, 30, 40), dtype=np.uint8)
    >>> LocalBinaryPatterns().fit_transform(clips).shape
    (2, 4425)
    >>> fip = LocalBinaryPatterns(("xy", "xt", "yt", "vertices"), radius_t=5)
    >>> fip.fit_transform(clips).shape
    (2, 5900)
    >>> print(fip.get_feature_names_out()[-1])
    vertices_block44_bin58
    """

    _parameter_constraints: dict = for_estimators(
        {
            "planes": [tuple, list],
            "blocks": [tuple, list],
            "radius": [integer(1)],
            "radius_t": [integer(1)],
            "n_points": [Options(Integral, {4, 8})],
            "mapping": [StrOptions(set(_MAPPINGS)), dict],
            "norm": [StrOptions({"l1", "l2"}), None],
            "vertex_order": [StrOptions(set(_VERTICES))],
            **CLIP_PARAMETERS,
        }
    )

    def __init__(
        self,
        planes=("xy", "xt", "yt"),
        *,
        blocks=(5, 5),
        radius=1,
        radius_t=4,
        n_points=8,
        mapping="uniform",
        norm="l1",
        vertex_order="official",
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.planes = planes
        self.blocks = blocks
        self.radius = radius
        self.radius_t = radius_t
        self.n_points = n_points
        self.mapping = mapping
        self.norm = norm
        self.vertex_order = vertex_order
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _check_parameters(self):
        super()._check_parameters()
        check_planes(self.planes, _PLANES)
        if isinstance(self.mapping, dict):
            wrong = {p: m for p, m in self.mapping.items() if p not in self.planes or m not in _MAPPINGS}
            if wrong:
                raise ValueError(
                    f"mapping must map names out of planes={tuple(self.planes)!r} to 'uniform' or 'full', "
                    f"got {wrong!r}."
                )

    def _radii(self):
        return self.radius, self.radius_t

    def _bin_names(self):
        return {plane: [f"bin{k}" for k in range(self._table(plane).max() + 1)] for plane in self.planes}

    def _table(self, plane):
        mapping = self.mapping.get(plane, "uniform") if isinstance(self.mapping, dict) else self.mapping
        return code_table(mapping, 8 if plane == "vertices" else int(self.n_points))

    def _adders(self, volume):
        # Imported here, since numba takes longer to import than all else of this package.
        from skmer.feature_extraction._histogram_kernels import add_counts, pattern_codes

        _, height, width = volume.shape
        codes = np.empty((height - 2 * self.radius, width - 2 * self.radius), dtype=np.uint8)
        for plane in self.planes:
            points = sampling_points(plane, self.radius, self.radius_t, self.n_points, self.vertex_order)
            steps, weights = interpolation(points, volume.shape)
            table = self._table(plane)

            def add_frame(t, rows, columns, counts, steps=steps, weights=weights, table=table):
                pattern_codes(volume, t, self.radius, steps, weights, codes)
                add_counts(codes, table, rows, columns, counts)

            yield add_frame
