"""Faces: the 68 landmarks, graphs over them, and action units as displacement fields of them."""

from skmer.face._action_units import (
    ACTION_UNITS,
    ActionUnit,
    action_unit_field,
    action_unit_shares,
    assign_action_units,
)
from skmer.face._graph import FaceGraph, check_graph
from skmer.face._points import (
    COMPONENTS,
    MEAN_SHAPE,
    MIRROR_POINTS,
    POINT_NAMES,
    REGION_NAMES,
    RIGID_POINTS,
    face_regions,
)

__all__ = [
    "COMPONENTS",
    "POINT_NAMES",
    "MIRROR_POINTS",
    "RIGID_POINTS",
    "MEAN_SHAPE",
    "REGION_NAMES",
    "face_regions",
    "FaceGraph",
    "check_graph",
    "ActionUnit",
    "ACTION_UNITS",
    "action_unit_field",
    "action_unit_shares",
    "assign_action_units",
]
