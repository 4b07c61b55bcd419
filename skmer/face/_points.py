"""The 68 landmarks of the iBUG scheme: names, components, mirror pairs, mean shape, regions between them."""

import numpy as np

from skmer._utils._arguments import Numbers, checked

COMPONENTS = {
    "jaw": tuple(range(0, 17)),
    "right_brow": tuple(range(17, 22)),
    "left_brow": tuple(range(22, 27)),
    "nose_bridge": tuple(range(27, 31)),
    "nose_base": tuple(range(31, 36)),
    "right_eye": tuple(range(36, 42)),
    "left_eye": tuple(range(42, 48)),
    "outer_lip": tuple(range(48, 60)),
    "inner_lip": tuple(range(60, 68)),
}
"""Facial component to the indices of its points.

Right and left are the person's own: the right brow is seen on the left.
"""

POINT_NAMES = tuple(f"{name}_{point}" for name, points in COMPONENTS.items() for point in points)
"""Names of the 68 points, in order: ``"jaw_0"``, ..., ``"inner_lip_67"``."""

RIGID_POINTS = (27, 28, 29, 30, 36, 39, 42, 45)
"""Points for estimating head motion: nose bridge and eye corners, which no facial muscle moves much."""

_MIDLINE = (8, 27, 28, 29, 30, 33, 51, 57, 62, 66)

_PAIRS = (
    *((point, 16 - point) for point in range(8)),
    *((point, 43 - point) for point in range(17, 22)),
    *((31, 35), (32, 34)),
    *((36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)),
    *((48, 54), (49, 53), (50, 52), (59, 55), (58, 56)),
    *((60, 64), (61, 63), (67, 65)),
)

# The half that is seen on the left, and the midline, of a neutral face with closed lips.
# fmt: off
_HALF_SHAPE = {
    0: (-0.79, -0.48), 1: (-0.775, -0.27), 2: (-0.745, -0.06), 3: (-0.695, 0.14), 4: (-0.615, 0.33),
    5: (-0.50, 0.50), 6: (-0.35, 0.64), 7: (-0.18, 0.75), 8: (0.0, 0.79),
    17: (-0.66, -0.65), 18: (-0.56, -0.73), 19: (-0.43, -0.75), 20: (-0.30, -0.73), 21: (-0.17, -0.68),
    27: (0.0, -0.53), 28: (0.0, -0.395), 29: (0.0, -0.26), 30: (0.0, -0.12),
    31: (-0.165, -0.045), 32: (-0.085, -0.018), 33: (0.0, 0.0),
    36: (-0.50, -0.515), 37: (-0.415, -0.575), 38: (-0.305, -0.57),
    39: (-0.205, -0.50), 40: (-0.305, -0.475), 41: (-0.415, -0.475),
    48: (-0.31, 0.235), 49: (-0.20, 0.19), 50: (-0.075, 0.165), 51: (0.0, 0.175),
    57: (0.0, 0.36), 58: (-0.085, 0.35), 59: (-0.205, 0.30),
    60: (-0.275, 0.237), 61: (-0.09, 0.227), 62: (0.0, 0.232), 66: (0.0, 0.244), 67: (-0.09, 0.24),
}
# fmt: on


def _mirror_points():
    permutation = list(range(68))
    for left, right in _PAIRS:
        permutation[left], permutation[right] = right, left
    return tuple(permutation)


MIRROR_POINTS = _mirror_points()
"""Permutation of the 68 points under a horizontal flip: ``shape[list(MIRROR_POINTS)] * (-1, 1)``."""


def mirror_half(half):
    """Complete a table of vectors over one half of the face to all 68 points, by symmetry.

    Parameters
    ----------
    half : dict of int to (float, float)
        Vectors of midline points and of points seen on the left. Absent points are zero.

    Returns
    -------
    full : ndarray of shape (68, 2)
        The symmetric table; a mirrored vector has the opposite x.
    """
    full = np.zeros((68, 2))
    for point, (x, y) in half.items():
        full[MIRROR_POINTS[point]] = -x, y
        full[point] = x, y
    return full


def side_weights(side):
    """Weight of each point in a movement of one side of the face.

    Parameters
    ----------
    side : {"both", "left", "right"}
        Side as the viewer sees it.

    Returns
    -------
    weights : ndarray of shape (68,)
        One on that side, zero on the other, one half on the midline; all ones for ``"both"``.

    Raises
    ------
    ValueError
        If `side` is none of the three.
    """
    if side not in ("both", "left", "right"):
        raise ValueError(f"side must be 'both', 'left' or 'right' as the viewer sees it, got {side!r}.")
    if side == "both":
        return np.ones(68)
    left = np.zeros(68)
    left[[pair[0] for pair in _PAIRS]] = 1.0
    left[list(_MIDLINE)] = 0.5
    return left if side == "left" else left[list(MIRROR_POINTS)]


MEAN_SHAPE = mirror_half(_HALF_SHAPE)
"""Neutral symmetric face, (68, 2): origin nose base (point 33), unit outer eye corners (36-45), y down."""
MEAN_SHAPE.setflags(write=False)


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
_MIDDLE_REGIONS = {
    "glabella": (_RAISED[21], _RAISED[22], 22, 21),
    "nose_root": (21, 22, 42, 39),
}


def _regions():
    sides = {f"right_{name}": corners for name, corners in _HALF.items()}
    # Mirrored corners turn the other way round, so that they are read backwards.
    sides |= {f"left_{name}": tuple(_MIRROR[c] for c in corners[::-1]) for name, corners in _HALF.items()}
    return sides | _MIDDLE_REGIONS


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
