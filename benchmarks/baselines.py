"""Plain classifiers on the displacements, each with a subject-grouped search inside every fold.

Features are the displacements of apex and offset (of the apex alone where there is no offset frame), divided
by their root mean square in the training clips. Candidates are compared by UF1 pooled over the inner folds.
What has no probabilities gets them from a logistic regression on its inner out-of-fold decision values.
"""

import warnings
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skmer.metrics import uf1_score

N_OUTER_FOLDS, N_INNER_FOLDS = 10, 3


def displacements(X):
    """Rows of displacements (n, 62 or 124) from node features (n, 3, 31, 2)."""
    frames = X[:, 1:] if X[:, 2].any() else X[:, 1:2]
    return frames.reshape(len(X), -1).astype(float)


def with_magnitudes(X):
    """Displacements and, for each, its norm."""
    rows = displacements(X)
    return np.hstack([rows, np.linalg.norm(rows.reshape(len(X), -1, 2), axis=2)])


def scaled_with_magnitudes(X):
    """The same of clips that are each divided by their root mean square, as the network divides them."""
    rms = np.sqrt(np.mean(displacements(X) ** 2, axis=1))
    return with_magnitudes(X / np.where(rms > 0, rms, 1)[:, None, None, None])


class Baseline(NamedTuple):
    """An estimator, its grid as a function of the number of features, and the features it sees."""

    estimator: object
    grid: Callable[[int], dict]
    features: Callable[[np.ndarray], np.ndarray] = displacements


def _rbf_grid(n_features):
    return {"C": [1, 4, 16], "gamma": [0.3 / n_features, 1 / n_features, 3 / n_features]}


BASELINES = {
    "linear SVM": Baseline(
        SVC(kernel="linear", class_weight="balanced"), lambda n: {"C": [c / n for c in (0.1, 0.3, 1, 3, 10)]}
    ),
    "RBF-SVM": Baseline(SVC(class_weight="balanced"), _rbf_grid),
    "RBF-SVM + magnitudes": Baseline(SVC(class_weight="balanced"), _rbf_grid, with_magnitudes),
    "RBF-SVM + magnitudes, own rms": Baseline(
        SVC(class_weight="balanced"), _rbf_grid, scaled_with_magnitudes
    ),
    "shrinkage LDA": Baseline(
        LinearDiscriminantAnalysis(solver="lsqr"), lambda n: {"shrinkage": ["auto", 0.1, 0.3, 0.6, 0.9]}
    ),
    "k-NN": Baseline(KNeighborsClassifier(weights="distance"), lambda n: {"n_neighbors": [1, 3, 5, 9, 15]}),
    "random forest": Baseline(RandomForestClassifier(100, random_state=0), lambda n: {}),
    "gradient boosting": Baseline(
        HistGradientBoostingClassifier(
            max_iter=30,
            learning_rate=0.2,
            max_leaf_nodes=8,
            max_bins=16,
            min_samples_leaf=5,
            early_stopping=False,
            random_state=0,
        ),
        lambda n: {},
    ),
}


def outer_folds(groups):
    """Ten folds of whole subjects, or a subject each where there are fewer."""
    return GroupKFold(min(N_OUTER_FOLDS, len(set(groups))))


def predict_subjects(baseline, X, y, groups):
    """Out-of-fold predictions (n,) and probabilities (n, n_classes) of the sorted classes."""
    classes, codes = np.unique(y, return_inverse=True)
    rows = baseline.features(X)
    predicted, probabilities = np.empty(len(y), int), np.zeros((len(y), len(classes)))
    for train, test in outer_folds(groups).split(rows, codes, groups):
        scale = np.sqrt(np.mean(rows[train] ** 2))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Only one sample")  # of a class in a fold, says LDA
            fitted = _search(baseline, rows[train] / scale, codes[train], groups[train])
        predicted[test], probabilities[test] = fitted.predict(rows[test] / scale, len(classes))
    return classes[predicted], probabilities


class _Fitted(NamedTuple):
    """A fitted estimator and, where it has no probabilities of its own, what makes them."""

    estimator: object
    calibrator: LogisticRegression | None

    def predict(self, rows, n_classes):
        probabilities = np.zeros((len(rows), n_classes))
        source = self.estimator if self.calibrator is None else self.calibrator
        seen = rows if self.calibrator is None else _decision(self.estimator, rows)
        probabilities[:, source.classes_] = source.predict_proba(seen)
        return self.estimator.predict(rows), probabilities


def _search(baseline, rows, codes, groups):
    """The best candidate by inner pooled UF1, fitted to all of the training clips.

    Whether classes weigh the same is settled last, with all else chosen, to save half of the fits.
    """
    splits = list(GroupKFold(min(N_INNER_FOLDS, len(set(groups)))).split(rows, codes, groups))

    def best_of(candidates):
        if len(candidates) == 1:
            return candidates[0]
        estimators = [clone(baseline.estimator).set_params(**one) for one in candidates]
        scores = [_pooled_uf1(estimator, rows, codes, splits) for estimator in estimators]
        return candidates[int(np.argmax(scores))]

    grid = baseline.grid(rows.shape[1])
    chosen = best_of([dict(zip(grid, values, strict=True)) for values in product(*grid.values())])
    if "class_weight" in baseline.estimator.get_params():
        chosen = best_of([chosen | {"class_weight": weight} for weight in ("balanced", None)])
    best = clone(baseline.estimator).set_params(**chosen)
    calibrator = None if hasattr(best, "predict_proba") else _calibrate(best, rows, codes, splits)
    return _Fitted(best.fit(rows, codes), calibrator)


def _pooled_uf1(estimator, rows, codes, splits):
    predicted = np.empty_like(codes)
    for train, test in splits:
        predicted[test] = estimator.fit(rows[train], codes[train]).predict(rows[test])
    return uf1_score(codes, predicted, labels=np.unique(codes), zero_division=0.0)


def _decision(estimator, rows):
    values = estimator.decision_function(rows)
    return values[:, None] if values.ndim == 1 else values


def _calibrate(estimator, rows, codes, splits):
    """Logistic regression on the decision values of inner folds that saw every class."""
    n_classes, every = len(np.unique(codes)), np.arange(len(codes))
    whole = [split for split in splits if len(np.unique(codes[split[0]])) == n_classes] or [(every, every)]
    values = [_decision(clone(estimator).fit(rows[train], codes[train]), rows[test]) for train, test in whole]
    held_out = np.concatenate([codes[test] for _, test in whole])
    return LogisticRegression(max_iter=1000).fit(np.concatenate(values), held_out)
