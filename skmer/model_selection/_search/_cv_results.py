"""The table of a search: what GridSearchCV keeps, with the pooled score where its mean stands."""

import numpy as np
from scipy.stats import rankdata
from sklearn.model_selection._search import _yield_masked_array_for_each_param

from skmer.model_selection._search._scoring import fold_scores, pooled_score


class CandidateTable:
    """Candidates with their outcomes, seed by seed and split by split.

    Parameters
    ----------
    scorers : dict of str to callable
        Metrics.
    seeds : list
        Seeds of the search.
    y, classes : ndarray
        Labels of all rows, and all classes.
    """

    def __init__(self, scorers, seeds, y, classes):
        self.scorers, self.seeds, self.y, self.classes = scorers, seeds, y, classes
        self.params, self.times, self.more = [], [], {}
        self.pooled = {name: [] for name in scorers}
        self.by_fold = {name: [] for name in scorers}

    def add(self, params, outcomes, tests, more):
        """Add a candidate; `outcomes` is one list a seed, of one outcome a split."""
        self.params.append(params)
        self.times.append(
            np.mean([[[o.fit_time, o.score_time] for o in of_seed] for of_seed in outcomes], axis=0)
        )
        for key, value in more.items():
            self.more.setdefault(key, []).append(value)
        for name, scorer in self.scorers.items():
            args = [(scorer, of_seed, tests, self.y, self.classes) for of_seed in outcomes]
            self.pooled[name].append([pooled_score(*each) for each in args])
            self.by_fold[name].append(np.mean([fold_scores(*each) for each in args], axis=0))

    def criterion(self, name):
        """Pooled score of each candidate, the mean over seeds; ndarray."""
        return np.mean(self.pooled[name], axis=1)

    def columns(self):
        """Return ``cv_results_``."""
        times = np.array(self.times)
        results = {key: np.asarray(values) for key, values in self.more.items()}
        for k, name in enumerate(("fit_time", "score_time")):
            results[f"mean_{name}"] = times[:, :, k].mean(axis=1)
            results[f"std_{name}"] = times[:, :, k].std(axis=1)
        results |= dict(_yield_masked_array_for_each_param(self.params))
        results["params"] = self.params
        for name in self.scorers:
            results |= self._score_columns(name)
        return results

    def _score_columns(self, name):
        by_fold, pooled = np.array(self.by_fold[name]), np.array(self.pooled[name])
        columns = {f"split{k}_test_{name}": by_fold[:, k] for k in range(by_fold.shape[1])}
        columns |= {
            f"seed{seed}_test_{name}": pooled[:, k] for k, seed in enumerate(self.seeds) if seed is not None
        }
        columns[f"mean_test_{name}"] = pooled.mean(axis=1)
        columns[f"std_test_{name}"] = pooled.std(axis=1)
        columns[f"rank_test_{name}"] = _ranks(pooled.mean(axis=1))
        columns[f"mean_fold_test_{name}"] = by_fold.mean(axis=1)
        columns[f"std_fold_test_{name}"] = by_fold.std(axis=1)
        return columns


def _ranks(scores):
    """1 for the best, NaN last."""
    lowest = np.nanmin(scores) - 1 if not np.isnan(scores).all() else 0.0
    return rankdata(-np.nan_to_num(scores, nan=lowest), method="min").astype(np.int32)
