"""Leave-one-subject-out evaluation: one out-of-fold prediction a clip, pooled, and an audit for leaks."""

from skmer.model_selection._audit._audit import LeakAudit, LeakError, audit_loso
from skmer.model_selection._audit._finding import LeakFinding
from skmer.model_selection._evaluation._evaluate import evaluate_loso
from skmer.model_selection._nested import NestedLOSO
from skmer.model_selection._results._comparison import LOSOComparison
from skmer.model_selection._results._megc_log import read_megc_log
from skmer.model_selection._results._result import LOSOResult
from skmer.model_selection._search._grid import BatchedGridSearchCV, BatchedRandomizedSearchCV
from skmer.model_selection._search._halving import BatchedHalvingGridSearchCV
from skmer.model_selection._stacks._cross_val import batched_cross_val_predict

__all__ = [
    "evaluate_loso",
    "LOSOResult",
    "LOSOComparison",
    "BatchedGridSearchCV",
    "BatchedRandomizedSearchCV",
    "BatchedHalvingGridSearchCV",
    "NestedLOSO",
    "batched_cross_val_predict",
    "read_megc_log",
    "audit_loso",
    "LeakAudit",
    "LeakFinding",
    "LeakError",
]
