"""Scores of out-of-fold predictions: counted once over all folds, and fold by fold."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring, get_scorer

from skmer.metrics import uar_scorer, uf1_scorer

OURS = {"uf1": uf1_scorer, "uar": uar_scorer}


class OutOfFold(ClassifierMixin, BaseEstimator):
    """Predictions as an estimator that has made them, so that any scorer takes them.

    Parameters
    ----------
    classes : ndarray
        All classes, sorted.
    labels : ndarray of int
        Positions among them.
    probabilities : ndarray of shape (n, n_classes)
        In their order.
    """

    def __init__(self, classes, labels, probabilities):
        self.classes, self.labels, self.probabilities = classes, labels, probabilities
        self.classes_ = classes

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        """Return the labels, whatever is asked."""
        return self.classes_[self.labels]

    def predict_proba(self, X):
        """Return the probabilities, whatever is asked."""
        return self.probabilities


def find_scorers(scoring, estimator):
    """Scorers by name, and whether there are several; a lone one is called "score"."""
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
        return OURS[metric] if metric in OURS else get_scorer(metric)
    if not callable(metric):
        raise ValueError(f"scoring must hold names of metrics or scorers, got {metric!r}.")
    return metric


def pooled_score(scorer, outcomes, tests, y, classes):
    """Score of the predictions of all folds together."""
    rows = np.concatenate(tests)
    labels = np.concatenate([outcome.labels for outcome in outcomes])
    probabilities = np.concatenate([outcome.probabilities for outcome in outcomes])
    return _score(scorer, OutOfFold(classes, labels, probabilities), rows, y)


def fold_scores(scorer, outcomes, tests, y, classes):
    """Score of each fold alone; NaN where the metric is not defined on it."""
    scores = []
    for outcome, rows in zip(outcomes, tests, strict=True):
        held_out = OutOfFold(classes, outcome.labels, outcome.probabilities)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a subject who misses a class is the rule here
            try:
                scores.append(_score(scorer, held_out, rows, y))
            except ValueError:
                scores.append(np.nan)
    return scores


def _score(scorer, estimator, rows, y):
    score = scorer(estimator, rows.reshape(-1, 1), y[rows])
    if not np.isscalar(score):
        raise ValueError(
            f"scoring must return a number, got {type(score).__name__}; pass a dict of scorers for several."
        )
    return float(score)
