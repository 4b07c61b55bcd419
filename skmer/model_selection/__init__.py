"""Leave-one-subject-out evaluation: one out-of-fold prediction a clip, pooled, and an audit for leaks."""

from skmer.model_selection._audit._audit import audit_loso
from skmer.model_selection._audit._finding import LeakAudit, LeakError, LeakFinding
from skmer.model_selection._cross_val import batched_cross_val_predict
from skmer.model_selection._evaluate import evaluate_loso
from skmer.model_selection._keyframe_errors import keyframe_errors
from skmer.model_selection._methods._evaluate_methods import evaluate_methods
from skmer.model_selection._methods._methods_result import MethodsResult
from skmer.model_selection._methods._named_methods import named_method
from skmer.model_selection._protocols import LeaveOneDatasetOut
from skmer.model_selection._results._megc_log import read_megc_log
from skmer.model_selection._results._result import LOSOResult
from skmer.model_selection._results._result_scores import LOSOComparison
from skmer.model_selection._search._grid import BatchedGridSearchCV, BatchedRandomizedSearchCV
from skmer.model_selection._search._halving import BatchedHalvingGridSearchCV

__all__ = [
    "evaluate_loso",
    "LOSOResult",
    "LOSOComparison",
    "evaluate_methods",
    "MethodsResult",
    "keyframe_errors",
    "named_method",
    "BatchedGridSearchCV",
    "BatchedRandomizedSearchCV",
    "BatchedHalvingGridSearchCV",
    "batched_cross_val_predict",
    "LeaveOneDatasetOut",
    "read_megc_log",
    "audit_loso",
    "LeakAudit",
    "LeakFinding",
    "LeakError",
]
