"""What a face is: the 68 landmarks, graphs over them, and action units as displacement fields."""

from skmer.face._action_units import ACTION_UNITS, ActionUnit, action_unit_field
from skmer.face._graph import FaceGraph, check_graph
from skmer.face._points import COMPONENTS, MEAN_SHAPE, MIRROR_POINTS, POINT_NAMES, RIGID_POINTS

__all__ = [
    "ACTION_UNITS",
    "COMPONENTS",
    "MEAN_SHAPE",
    "MIRROR_POINTS",
    "POINT_NAMES",
    "RIGID_POINTS",
    "ActionUnit",
    "FaceGraph",
    "action_unit_field",
    "check_graph",
]
