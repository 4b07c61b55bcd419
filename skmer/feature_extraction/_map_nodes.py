"""Flow maps sampled at the nodes of a face graph."""

import cv2
import numpy as np

from skmer._utils._arguments import FLAG, as_array, check_finite, checked, frames_of
from skmer.face import MIRROR_POINTS, check_graph
from skmer.frames import KEYFRAMES, sample_flow

# Left brow, bridge and left half of the nose, left half of the outer lip on maps of 28 px of a mean face that
# fills them as the field's crops do; the right half is their mirror image about x = 13.5.
_SIDE = 28
_POINTS = {
    17: (1.66, 4.43), 18: (3.32, 2.38), 19: (5.82, 1.85), 20: (8.31, 2.22), 21: (10.64, 3.33),
    27: (13.5, 6.36), 28: (13.5, 9.17), 29: (13.5, 11.89), 30: (13.5, 14.74),
    31: (10.48, 16.13), 32: (11.94, 16.57), 33: (13.5, 17.11),
    48: (6.78, 19.0), 49: (9.29, 18.9), 50: (11.74, 18.92), 51: (13.5, 19.33),
    57: (13.5, 24.27), 58: (11.56, 23.97), 59: (9.07, 22.45),
}  # fmt: skip
_BLUR = 0.8  # px of 28


@checked(maps=["array-like"], normalize=FLAG)
def sample_nodes(maps, *, normalize=True):
    """Return the displacements of a face graph's 31 nodes that flow maps show, as node features.

    The nodes of ``brow-nose-lip31`` are read off the maps, blurred a little, at their places on a mean face.

    Parameters
    ----------
    maps : array-like of shape (n_clips, C, H, W), or clips
        Maps whose first two channels are u and v, such as those of `skmer.datasets.load_flow_maps`.
    normalize : bool, default=True
        Whether the median of u and of v is taken from them and both are divided by their common standard
        deviation, clip by clip: maps that were scaled to 0..255 have lost zero and unit. False for `FlowMaps`
        in px.

    Returns
    -------
    X : ndarray of shape (n_clips, 3, 31, 2), float32
        Displacement at onset (zero), apex, and offset (zero).

    Raises
    ------
    ValueError
        If `maps` has another shape, or holds NaN or infinity; the clip is named.

    See Also
    --------
    skmer.feature_extraction.LandmarkGraphTransformer : The same features from landmarks.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import sample_nodes
    >>> maps = np.zeros((2, 3, 28, 28), np.float32)
    >>> maps[:, 0] = 0.5
    >>> X = sample_nodes(maps, normalize=False)
    >>> X.shape, X[0, :, 0].tolist()
    ((2, 3, 31, 2), [[0.0, 0.0], [0.5, 0.0], [0.0, 0.0]])
    """
    maps = as_array("maps", frames_of(maps))
    if maps.ndim != 4 or maps.shape[1] < 2 or min(maps.shape[2:]) < 4 or maps.dtype.kind not in "fiub":
        raise ValueError(
            f"maps must be numbers of shape (n_clips, C, H, W) with the channels u and v first, got "
            f"{maps.dtype} of shape {maps.shape}."
        )
    flows = np.ascontiguousarray(np.moveaxis(maps[:, :2], 1, -1), dtype=np.float32)
    check_finite("maps", flows)
    if normalize:
        flows = _normalized(flows)
    points = _node_points(*maps.shape[2:])
    X = np.zeros((len(maps), len(KEYFRAMES), len(points), 2), np.float32)
    for clip, flow in enumerate(flows):
        X[clip, 1] = sample_flow(cv2.GaussianBlur(flow, (0, 0), _BLUR * max(flow.shape) / _SIDE), points)
    return X


def _normalized(flows):
    flows = flows - np.median(flows, axis=(1, 2), keepdims=True)
    deviation = flows.std((1, 2, 3), keepdims=True)
    return flows / np.where(deviation > 0, deviation, 1)


def _node_points(height, width):
    """Return the nodes' places (x, y) in px of a map."""
    nodes = check_graph("brow-nose-lip31").nodes
    places = [_POINTS[k] if k in _POINTS else _mirrored(_POINTS[MIRROR_POINTS[k]]) for k in nodes]
    return (np.array(places) + 0.5) * (width / _SIDE, height / _SIDE) - 0.5


def _mirrored(point):
    return _SIDE - 1 - point[0], point[1]
