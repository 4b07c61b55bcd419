"""Pictures of results and of what a model has learned: displays hold numbers and draw on request."""

from skmer.inspection._action_displays import ActionMapDisplay, ContributionDisplay
from skmer.inspection._analysis_page import write_analysis
from skmer.inspection._block_weights import BlockWeightsDisplay
from skmer.inspection._coverage_display import CoverageDisplay
from skmer.inspection._methods_page import write_methods_report
from skmer.inspection._motion import FlowMapDisplay, LandmarkMotionDisplay
from skmer.inspection._net_displays import ActionWeightsDisplay, LossCurvesDisplay
from skmer.inspection._rank_display import CertainErrorsDisplay, KeyframeErrorsDisplay, MeanRanksDisplay
from skmer.inspection._report_page import write_report
from skmer.inspection._result_displays import (
    ClassScoresDisplay,
    PooledConfusionDisplay,
    SubjectScoresDisplay,
)

__all__ = [
    "PooledConfusionDisplay",
    "ClassScoresDisplay",
    "SubjectScoresDisplay",
    "CoverageDisplay",
    "LandmarkMotionDisplay",
    "FlowMapDisplay",
    "ActionMapDisplay",
    "ActionWeightsDisplay",
    "ContributionDisplay",
    "LossCurvesDisplay",
    "MeanRanksDisplay",
    "KeyframeErrorsDisplay",
    "CertainErrorsDisplay",
    "BlockWeightsDisplay",
    "write_report",
    "write_methods_report",
    "write_analysis",
]
