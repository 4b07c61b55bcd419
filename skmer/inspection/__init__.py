"""Pictures of results and of what a model has learned: displays hold numbers and draw on request."""

from skmer.inspection._action_maps import ActionMapDisplay
from skmer.inspection._action_weights import ActionWeightsDisplay
from skmer.inspection._class_scores import ClassScoresDisplay
from skmer.inspection._confusion import PooledConfusionDisplay
from skmer.inspection._loss_curves import LossCurvesDisplay
from skmer.inspection._motion import LandmarkMotionDisplay
from skmer.inspection._subject_scores import SubjectScoresDisplay

__all__ = [
    "PooledConfusionDisplay",
    "ClassScoresDisplay",
    "SubjectScoresDisplay",
    "LandmarkMotionDisplay",
    "ActionMapDisplay",
    "ActionWeightsDisplay",
    "LossCurvesDisplay",
]
