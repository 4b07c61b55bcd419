"""Scores of the field, from predictions pooled over all folds, with the majority baseline and intervals."""

from skmer._utils._imports import moved_name
from skmer.metrics._calibration import expected_calibration_error
from skmer.metrics._many_comparisons import (
    critical_difference,
    holm_correction,
    subject_randomization_test,
)
from skmer.metrics._scores import (
    BaselineScores,
    class_scores,
    majority_baseline,
    majority_predictions,
    uar_score,
    uar_scorer,
    uf1_score,
    uf1_scorer,
)
from skmer.metrics._selective import accuracy_at_coverage
from skmer.metrics._significance import Interval, mcnemar_exact, paired_bootstrap, subject_bootstrap

__all__ = [
    "uf1_score",
    "uar_score",
    "class_scores",
    "uf1_scorer",
    "uar_scorer",
    "majority_baseline",
    "majority_predictions",
    "BaselineScores",
    "subject_bootstrap",
    "paired_bootstrap",
    "Interval",
    "mcnemar_exact",
    "subject_randomization_test",
    "holm_correction",
    "critical_difference",
    "expected_calibration_error",
    "accuracy_at_coverage",
]

# Names that changed with 0.2; the old ones work for one release.
_MOVED = {
    "majority_floor": "skmer.metrics.majority_baseline",
    "Floor": "skmer.metrics.BaselineScores",
}


def __getattr__(name):
    return moved_name(__name__, _MOVED, name)
