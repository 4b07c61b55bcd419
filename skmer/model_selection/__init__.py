"""Leave-one-subject-out evaluation: one out-of-fold prediction a clip, pooled."""

from skmer.model_selection._comparison import LOSOComparison
from skmer.model_selection._loso import evaluate_loso
from skmer.model_selection._megc_log import read_megc_log
from skmer.model_selection._result import LOSOResult

__all__ = ["evaluate_loso", "LOSOResult", "LOSOComparison", "read_megc_log"]
