"""The 68 landmarks of the iBUG scheme: names, components, mirror pairs and a neutral mean shape."""

import numpy as np

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
