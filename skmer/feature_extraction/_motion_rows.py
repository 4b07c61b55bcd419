"""Rows of motion, one a clip, for classifiers that take tables: out of node features, out of flow maps."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_array

from skmer._utils._arguments import as_array, check_finite, frames_of, integer
from skmer._utils._sklearn import DocumentedMixin, fit_context, for_estimators, validate_params


class _RowsOfMotion(DocumentedMixin, TransformerMixin, BaseEstimator):
    """Base: a stateless transformer of arrays with more than two axes."""

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check the input; nothing is learned.

        Parameters
        ----------
        X : array-like
            As in `transform`.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : estimator
            Itself.
        """
        self._checked(X)
        return self

    def _checked(self, X):
        options = {"allow_nd": True, "ensure_2d": False, "dtype": [np.float64, np.float32], "input_name": "X"}
        X = check_array(frames_of(X), **options, ensure_all_finite=False)
        check_finite("X", X)
        return X

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


class NodeDisplacements(_RowsOfMotion):
    """Flatten node features into displacements from the onset, one row a clip.

    Parameters
    ----------
    magnitudes : bool, default=False
        Whether the length of each displacement follows the displacements: a linear classifier cannot find it.
    normalize : bool, default=False
        Whether each clip is divided by its own rms first, as `normalize_nodes` does.

    See Also
    --------
    LandmarkGraphTransformer : Makes the node features.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import NodeDisplacements
    >>> X = np.zeros((5, 3, 31, 2))
    >>> X[:, 1, 0] = 3.0, 4.0
    >>> rows = NodeDisplacements(magnitudes=True).fit_transform(X)
    >>> rows.shape, rows[0, :2].tolist(), rows[0, 124].item()
    ((5, 186), [3.0, 4.0], 5.0)
    """

    _parameter_constraints: dict = {"magnitudes": ["boolean"], "normalize": ["boolean"]}

    def __init__(self, magnitudes=False, *, normalize=False):
        self.magnitudes = magnitudes
        self.normalize = normalize

    def transform(self, X):
        """Return a row a clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, T, N, 2) or (n_clips, n_views, T, N, 2)
            Displacements or coordinates of the nodes, the onset first; not flattened, as rows of this
            transformer can be of the same length. Views of a clip are averaged.

        Returns
        -------
        rows : ndarray of shape (n_clips, (T - 1) * N * 2), and (T - 1) * N more with ``magnitudes``
            Frame, node, channel; the magnitudes behind them by frame and node.

        Raises
        ------
        ValueError
            If X has another shape.
        """
        self._validate_params()
        X = self._checked(X)
        if X.ndim not in (4, 5) or X.shape[-1] != 2 or X.shape[-3] < 2:
            raise ValueError(
                "X must be node features (n_clips, n_frames, n_nodes, 2), onset first, with or without "
                f"views, got {_shape(X)}; LandmarkGraphTransformer() makes them; reshape flattened rows."
            )
        X = X.mean(axis=1) if X.ndim == 5 else X
        moved = X - X[:, :1]
        moved = (normalize_nodes(moved) if self.normalize else moved)[:, 1:]
        parts = [moved.reshape(len(X), -1)]
        if self.magnitudes:
            parts.append(np.linalg.norm(moved, axis=-1).reshape(len(X), -1))
        return np.concatenate(parts, axis=1)


class PooledMaps(_RowsOfMotion):
    """Average flow maps over the cells of a grid and flatten them, one row a clip.

    Parameters
    ----------
    size : int, default=7
        Rows and columns of the grid. The cells of a map that they do not divide differ by a pixel.
    magnitudes : bool, default=False
        Whether the length of the flow, the root of the sum of squares of the first two channels, follows,
        averaged over the same cells.
    normalize : bool, default=False
        Whether the median of each of the first two channels is taken from it and both are divided by their
        common standard deviation, and each other channel by its own, clip by clip: maps that were scaled to
        0..255 have lost zero and unit.

    See Also
    --------
    skmer.pipelines.baseline : Uses it with ``input="maps"``.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import PooledMaps
    >>> maps = np.arange(2 * 3 * 28 * 28.0).reshape(2, 3, 28, 28)
    >>> rows = PooledMaps(2).fit_transform(maps)
    >>> rows.shape, float(rows[0, 0] - maps[0, 0, :14, :14].mean())
    ((2, 12), 0.0)
    """

    _parameter_constraints: dict = for_estimators(
        {
            "size": [integer(1)],
            "magnitudes": ["boolean"],
            "normalize": ["boolean"],
        }
    )

    def __init__(self, size=7, *, magnitudes=False, normalize=False):
        self.size = size
        self.magnitudes = magnitudes
        self.normalize = normalize

    def transform(self, X):
        """Return a row a clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, ..., C, H, W)
            Maps; the horizontal and the vertical flow are the first two channels where magnitudes are asked
            for.

        Returns
        -------
        rows : ndarray of shape (n_clips, ... * C * size * size)
            Channel, row, column of the grid; with ``magnitudes`` size * size more for each ...

        Raises
        ------
        ValueError
            If X has fewer than four axes, or maps smaller than the grid.
        """
        self._validate_params()
        X = self._checked(X)
        if X.ndim < 4 or min(X.shape[-2:]) < self.size:
            raise ValueError(
                f"X must be maps (n_clips, n_channels, height, width) of at least {self.size} x {self.size} "
                f"px, got {_shape(X)}; lower size, or reshape them."
            )
        if (self.magnitudes or self.normalize) and X.shape[-3] < 2:
            name = "magnitudes" if self.magnitudes else "normalize"
            raise ValueError(f"{name}=True needs horizontal and vertical flow, got one channel.")
        X = normalize_maps(X) if self.normalize else X
        parts = [self._pooled(X)]
        if self.magnitudes:
            parts.append(self._pooled(np.linalg.norm(X[..., :2, :, :], axis=-3, keepdims=True)))
        return np.concatenate(parts, axis=1)

    def _pooled(self, X):
        for axis in (-1, -2):
            cells = np.array_split(X, self.size, axis=axis)
            X = np.stack([cell.mean(axis=axis) for cell in cells], axis=axis)
        return X.reshape(len(X), -1)


def _shape(X):
    """Return the shape of a clip as text; a wrapper may have added rows to those that the user gave."""
    return f"({', '.join(['n_clips', *map(str, X.shape[1:])])})"


@validate_params({"nodes": ["array-like"]}, prefer_skip_nested_validation=True)
def normalize_nodes(nodes):
    """Return displacements of nodes with every clip in its own unit: divided by its rms.

    How strongly a person moves says little of what they show, and the same movement is enlarged by a face
    that is nearer to the camera. Classifiers of this package do it with ``normalize_motion``.

    Parameters
    ----------
    nodes : array-like of shape (n_clips, ..., T, N, C), or clips
        Displacements from the onset, for one view of a clip or several. Frames without any movement, as the
        onset's, do not count; clips of one frame stay as they are.

    Returns
    -------
    nodes : ndarray of the same shape
        With a root mean square of 1 over the frames that move, or zero. In float32 where they came so,
        otherwise float64.

    Raises
    ------
    ValueError
        If there are fewer than four axes, or a clip holds NaN or infinity; it is named.

    See Also
    --------
    NodeDisplacements : Rows of such displacements.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import normalize_nodes
    >>> nodes = np.zeros((1, 3, 31, 2))
    >>> nodes[:, 1] = 0.25
    >>> normalize_nodes(nodes)[0, :, 0, 0].tolist()
    [0.0, 1.0, 0.0]
    """
    X = as_array("nodes", frames_of(nodes))
    if X.ndim < 4 or X.dtype.kind not in "fiub":
        raise ValueError(
            f"nodes must be numbers of shape (n_clips, ..., T, N, C), got {X.dtype} of shape {X.shape}."
        )
    check_finite("nodes", X)
    X = X if X.dtype == np.float32 else X.astype(np.float64, copy=False)
    if X.shape[-3] == 1:
        return X
    energy = np.square(X, dtype=np.float64).mean((-2, -1), keepdims=True)
    moving = (energy > 0).sum(-3, keepdims=True)
    rms = np.sqrt(energy.sum(-3, keepdims=True) / np.maximum(moving, 1))
    return (X / np.where(moving > 0, rms, 1.0)).astype(X.dtype)


@validate_params({"maps": ["array-like"]}, prefer_skip_nested_validation=True)
def normalize_maps(maps):
    """Return flow maps with zero for no motion and every channel in its own unit, clip by clip.

    The median of each of the first two channels is taken from it and both are divided by their common
    standard deviation, and each other channel by its own: maps that were scaled to 0..255 have lost zero and
    unit.

    Parameters
    ----------
    maps : array-like of shape (n_clips, ..., C, H, W), or clips
        Maps whose first two channels are horizontal and vertical flow.

    Returns
    -------
    maps : ndarray of the same shape
        In float32 where they came so, otherwise float64. A channel that is the same everywhere is zero, or
        stays as it was behind the first two.

    Raises
    ------
    ValueError
        If there are fewer than four axes, one channel alone, or a clip holds NaN or infinity; it is named.

    See Also
    --------
    sample_nodes : Nodes read off such maps.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import normalize_maps
    >>> maps = np.full((1, 2, 8, 8), 128.0)
    >>> maps[0, 0, :2] = 255
    >>> normalize_maps(maps)[0, 0, :, 0].round(2).tolist()
    [3.02, 3.02, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    X = as_array("maps", frames_of(maps))
    if X.ndim < 4 or X.shape[-3] < 2 or not X.size or X.dtype.kind not in "fiub":
        raise ValueError(
            "maps must be numbers of shape (n_clips, ..., C, H, W) with horizontal and vertical flow first, "
            f"got {X.dtype} of shape {X.shape}."
        )
    check_finite("maps", X)
    X = X if X.dtype == np.float32 else X.astype(np.float64)
    flow, others = X[..., :2, :, :], X[..., 2:, :, :]
    flow = flow - np.median(flow, axis=(-2, -1), keepdims=True)
    units = flow.std(axis=(-3, -2, -1), keepdims=True), others.std(axis=(-2, -1), keepdims=True)
    parts = [part / np.where(unit > 0, unit, 1) for part, unit in zip((flow, others), units, strict=True)]
    return np.concatenate(parts, axis=-3)
