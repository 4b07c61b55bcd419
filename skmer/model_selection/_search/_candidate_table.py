"""Scores of out-of-fold predictions, pooled over folds and fold by fold, and the table of a search."""

import warnings

import numpy as np
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils.metaestimators import available_if

from skmer._utils._sklearn import parameter_columns, safe_indexing
from skmer.metrics import uar_scorer, uf1_scorer

_OURS = {"uf1": uf1_scorer, "uar": uar_scorer}


class OutOfFold(ClassifierMixin, BaseEstimator):
    """Fitted classifier that returns predictions made before, so that any scorer takes them.

    Parameters
    ----------
    classes : ndarray
        All classes, sorted.
    labels : ndarray of int
        Positions among them.
    probabilities : ndarray of shape (n, n_classes) or None
        In their order.
    """

    def __init__(self, classes, labels, probabilities):
        self.classes, self.labels, self.probabilities = classes, labels, probabilities
        # scikit-learn's scorers look up the columns of probabilities by this name.
        self.classes_ = classes

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        """Return the labels, whatever the rows."""
        return self.classes_[self.labels]

    @available_if(lambda self: self.probabilities is not None)
    def predict_proba(self, X):
        """Return the probabilities, whatever the rows."""
        return self.probabilities


class CandidateTable:
    """Scores and times of candidates: those of `GridSearchCV`, with the pooled score in place of the mean.

    Parameters
    ----------
    scorers : dict of str to callable
        Metrics.
    seeds : list
        Seeds of the search.
    samples : Samples
        All rows.
    tests : list of ndarray of int
        Held-out rows of each split.
    classes : ndarray
        Classes of the rows of the search.
    """

    def __init__(self, scorers, seeds, samples, tests, classes):
        self.scorers, self.seeds, self.classes = scorers, seeds, classes
        self.folds = [(safe_indexing(samples.X, test), samples.y[test]) for test in tests]
        rows = np.concatenate(tests)
        self.whole = safe_indexing(samples.X, rows), samples.y[rows]
        self.params, self.times, self.more = [], [], {}
        self.pooled = {name: [] for name in scorers}
        self.by_fold = {name: [] for name in scorers}

    def add(self, params, predictions, more):
        """Add a candidate; `predictions` is a list a seed, of `Predictions` of each split."""
        self.params.append(params)
        self.times.append(
            np.mean([[[p.fit_time, p.score_time] for p in of_seed] for of_seed in predictions], axis=0)
        )
        for key, value in more.items():
            self.more.setdefault(key, []).append(value)
        for name, scorer in self.scorers.items():
            self.pooled[name].append([self._pooled_score(scorer, of_seed) for of_seed in predictions])
            of_folds = [self._fold_scores(scorer, of_seed) for of_seed in predictions]
            self.by_fold[name].append(np.mean(of_folds, axis=0))

    def _pooled_score(self, scorer, predictions):
        """Return the score of the predictions of all folds together."""
        labels = np.concatenate([p.labels for p in predictions])
        probabilities = None
        # A metric of probabilities is pooled as they come: folds are not brought to a common scale.
        if all(p.probabilities is not None for p in predictions):
            probabilities = np.concatenate([p.probabilities for p in predictions])
        return _score(scorer, OutOfFold(self.classes, labels, probabilities), *self.whole)

    def _fold_scores(self, scorer, predictions):
        """Return the score of each fold alone; NaN where the metric is not defined on it."""
        scores = []
        for p, fold in zip(predictions, self.folds, strict=True):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # most subjects miss a class, and metrics warn of that
                try:
                    scores.append(_score(scorer, OutOfFold(self.classes, p.labels, p.probabilities), *fold))
                except ValueError:
                    scores.append(np.nan)
        return scores

    def criterion(self, name) -> np.ndarray:
        """Return the pooled score of each candidate, the mean over seeds."""
        return np.mean(self.pooled[name], axis=1)

    def columns(self) -> dict:
        """Return ``cv_results_``."""
        times = np.array(self.times)
        results = {key: np.asarray(values) for key, values in self.more.items()}
        for k, name in enumerate(("fit_time", "score_time")):
            results[f"mean_{name}"] = times[:, :, k].mean(axis=1)
            results[f"std_{name}"] = times[:, :, k].std(axis=1)
        results |= dict(parameter_columns(self.params))
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


def _score(scorer, estimator, X, y):
    try:
        score = scorer(estimator, X, y)
    except AttributeError as error:
        raise ValueError(f"scoring needs predictions that the estimator does not make: {error}") from error
    if not np.isscalar(score):
        raise ValueError(
            f"scoring must return a number, got {type(score).__name__}; pass a dict of scorers for several."
        )
    return float(score)


def _ranks(scores):
    """Return ranks: 1 for the best, NaN last."""
    lowest = np.nanmin(scores) - 1 if not np.isnan(scores).all() else 0.0
    return rankdata(-np.nan_to_num(scores, nan=lowest), method="min").astype(np.int32)


def find_scorers(scoring, estimator) -> tuple[dict, bool]:
    """Return scorers by name, and whether there are several; a single one is called "score"."""
    if scoring is None or isinstance(scoring, str) or callable(scoring):
        return {"score": _scorer(scoring, estimator)}, False
    if not isinstance(scoring, dict):
        names = list(scoring)
        if not names or len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"scoring must name distinct metrics, got {scoring!r}.")
        scoring = dict(zip(names, names, strict=True))
    if not scoring:
        raise ValueError("scoring must name a metric, got an empty dict.")
    return {name: _scorer(metric, estimator) for name, metric in scoring.items()}, True


def _scorer(metric, estimator):
    if metric is None:
        return check_scoring(estimator, "accuracy")
    if isinstance(metric, str):
        return _OURS[metric] if metric in _OURS else get_scorer(metric)
    if not callable(metric):
        raise ValueError(f"scoring must hold names of metrics or scorers, got {metric!r}.")
    return metric
