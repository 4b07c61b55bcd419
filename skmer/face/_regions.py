"""Quadrilateral regions of the face between its landmarks: brows, eyes, cheeks, nose, mouth and chin."""

import numpy as np

from skmer._utils._arguments import Numbers, checked
from skmer.face._points import MIRROR_POINTS

_RAISE = 0.2  # of the width of the jaw (0-16): the strip of skin above the brows that they fold
# Corners beside the 68 landmarks: the brow points raised, the middles of both cheeks and of the mouth.
_RAISED = {point: 68 + k for k, point in enumerate(range(17, 27))}
_RIGHT_CHEEK, _LEFT_CHEEK, _MOUTH = 78, 79, 80
_MIDDLES = {_RIGHT_CHEEK: (41, 48), _LEFT_CHEEK: (46, 54), _MOUTH: (62, 66)}
_MIRROR = [*MIRROR_POINTS, *(_RAISED[43 - point] for point in _RAISED), _LEFT_CHEEK, _RIGHT_CHEEK, _MOUTH]

# Corners clockwise as seen, from the upper left; the half that is seen on the left, and the midline.
_HALF = {
    "forehead_outer": (_RAISED[17], _RAISED[18], 18, 17),
    "forehead_middle": (_RAISED[18], _RAISED[20], 20, 18),
    "forehead_inner": (_RAISED[20], _RAISED[21], 21, 20),
    "lid_outer": (17, 19, 37, 36),
    "lid_inner": (19, 21, 39, 38),
    "temple": (0, 17, 36, 1),
    "under_eye_outer": (1, 41, _RIGHT_CHEEK, 2),
    "under_eye_inner": (41, 39, 31, _RIGHT_CHEEK),
    "nose_side": (39, 27, 30, 31),
    "cheek": (2, _RIGHT_CHEEK, 48, 4),
    "nasolabial": (_RIGHT_CHEEK, 31, 49, 48),
    "philtrum": (31, 33, 51, 49),
    "upper_lip": (48, 50, 51, _MOUTH),
    "lower_lip": (48, _MOUTH, 57, 59),
    "mouth_corner": (4, 48, 59, 5),
    "chin_outer": (5, 59, 58, 7),
    "chin": (58, 57, 8, 7),
}
_MIDLINE = {
    "glabella": (_RAISED[21], _RAISED[22], 22, 21),
    "nose_root": (21, 22, 42, 39),
}


def _regions():
    sides = {f"right_{name}": corners for name, corners in _HALF.items()}
    # Mirrored corners turn the other way round, so that they are read backwards.
    sides |= {f"left_{name}": tuple(_MIRROR[c] for c in corners[::-1]) for name, corners in _HALF.items()}
    return sides | _MIDLINE


_REGIONS = _regions()
REGION_NAMES = tuple(_REGIONS)
"""Names of the 36 regions of `face_regions`, in order: 17 of the right half of the face, which is seen on the
left, the same of the left half, and two between the brows."""


@checked(points=[Numbers(..., 68, 2, finite=False)])
def face_regions(points):
    """Return the corners of 36 quadrilaterals that divide a face between its landmarks.

    They cover the skin that facial muscles move: a strip above each brow, lids, temples, cheeks, sides of the
    nose, both lips, their corners and the chin. The drawing is ours; Liu et al. take as many regions.

    Parameters
    ----------
    points : array-like of shape (..., 68, 2)
        Landmarks.

    Returns
    -------
    ndarray of shape (..., 36, 4, 2)
        Corners in the order of a walk around each region, in the units of `points`; see `REGION_NAMES`.

    Raises
    ------
    ValueError
        If `points` has another shape.

    References
    ----------
    Liu et al., "A Main Directional Mean Optical Flow Feature for Spontaneous Micro-Expression Recognition",
    IEEE Transactions on Affective Computing 7(4), 2016, doi:10.1109/TAFFC.2015.2485205.

    Examples
    --------
    >>> from skmer.face import MEAN_SHAPE, REGION_NAMES, face_regions
    >>> corners = face_regions(MEAN_SHAPE)
    >>> corners.shape, REGION_NAMES[0]
    ((36, 4, 2), 'right_forehead_outer')
    >>> corners[REGION_NAMES.index("right_chin"), 2].tolist()
    [0.0, 0.79]
    """
    points = np.asarray(points, dtype=np.float64)
    # Up is from the chin to the bridge of the nose, so that a turned face keeps its regions.
    up = points[..., 27, :] - points[..., 8, :]
    width = np.linalg.norm(points[..., 16, :] - points[..., 0, :], axis=-1, keepdims=True)
    length = np.linalg.norm(up, axis=-1, keepdims=True)
    lift = _RAISE * width * np.divide(up, length, out=np.zeros_like(up), where=length > 0)
    raised = points[..., list(_RAISED), :] + lift[..., None, :]
    middles = np.stack([points[..., list(pair), :].mean(axis=-2) for pair in _MIDDLES.values()], axis=-2)
    corners = np.concatenate([points, raised, middles], axis=-2)
    return corners[..., np.array(list(_REGIONS.values())), :]
