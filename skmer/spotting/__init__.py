"""Spotting of movements in long videos: scores, spotters, their evaluation, and spot-then-recognise."""

from skmer.spotting._describe import UnitLikeness, describe_movements, resembled_units
from skmer.spotting._evaluation import evaluate_spotting
from skmer.spotting._flow_rule import OpticalFlowSpotter
from skmer.spotting._interval_scores import spotting_score
from skmer.spotting._intervals import interval_iou, match_intervals
from skmer.spotting._mdmd import MDMDSpotter
from skmer.spotting._motion_spotter import MotionSpotter, region_motion
from skmer.spotting._recognition_scores import STRScore, str_score
from skmer.spotting._resampling import spotting_bootstrap
from skmer.spotting._spot_then_recognise import SpotThenRecognise, classify_movements
from skmer.spotting._spotting_audit import audit_spotting
from skmer.spotting._spotting_result import SpottingResult

__all__ = [
    "interval_iou",
    "match_intervals",
    "spotting_score",
    "spotting_bootstrap",
    "str_score",
    "STRScore",
    "MotionSpotter",
    "MDMDSpotter",
    "OpticalFlowSpotter",
    "evaluate_spotting",
    "SpottingResult",
    "audit_spotting",
    "SpotThenRecognise",
    "classify_movements",
    "describe_movements",
    "resembled_units",
    "UnitLikeness",
    "region_motion",
]
