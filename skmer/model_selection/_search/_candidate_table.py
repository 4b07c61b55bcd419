"""Candidates of a search: their models, their scores pooled over folds and fold by fold, their table."""

import warnings
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import numpy as np
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils.metaestimators import available_if

from skmer._utils._arguments import Takes, check_argument
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import (
    BaseSearchCV,
    check_method_params,
    parameter_columns,
    safe_indexing,
    validate_parameter_constraints,
)
from skmer.metrics import uar_scorer, uf1_scorer
from skmer.model_selection._run._identity import plain
from skmer.model_selection._samples import steps_of

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
    model : estimator, optional
        Unfitted; its own ``score`` is used, where it has one other than the accuracy.
    """

    def __init__(self, classes, labels, probabilities, model=None):
        self.classes, self.labels, self.probabilities, self.model = classes, labels, probabilities, model
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

    def score(self, X, y, sample_weight=None, **params):
        """Return the model's own ``score`` of the predictions."""
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        if self.model is None or type(self.model).score is ClassifierMixin.score:
            return super().score(X, y, **weight)
        model = clone(self.model)
        model.predict = self.predict
        for name in ("classes_", "classes_inferred_"):  # a net makes the first of the second
            with suppress(AttributeError):
                setattr(model, name, self.classes_)
        if self.probabilities is not None:
            model.predict_proba = self.predict_proba
        try:
            return model.score(X, y, **weight, **params)
        except AttributeError as error:
            name = type(model).__name__
            raise ValueError(
                f"scoring=None calls {name}.score on the predictions of all folds, and it asks for more than "
                f"predict and predict_proba give ({error}); pass a metric as scoring, or use GridSearchCV."
            ) from error


class CandidateTable:
    """Scores and times of candidates: those of `GridSearchCV`, with the pooled score in place of the mean.

    Parameters
    ----------
    scorers : dict of str to callable
        Metrics. A single one may return several by name.
    seeds : list
        Seeds of the search.
    samples : Samples
        All rows.
    classes : ndarray
        Classes of the rows of the search.
    error_score : float or "raise"
        Score of a fit that failed.
    score_params : dict
        Further arguments of each scorer, by its name.
    """

    def __init__(self, scorers, seeds, samples, classes, error_score, score_params):
        self.scorers, self.seeds, self.samples, self.classes = scorers, seeds, samples, classes
        self.error_score, self.score_params, self.model = error_score, score_params, None
        self.params, self.times, self.more = [], [], {}
        # By part ("test" or "train") and candidate: scores by name of each seed, and of each of its folds.
        self.pooled, self.by_fold = {}, {}

    @property
    def names(self) -> list:
        """Names of the metrics, as the scorers turned out to return them."""
        of_seeds = [scores for candidate in self.pooled.get("test", ()) for scores in candidate]
        return list(next((scores for scores in of_seeds if scores is not None), self.scorers))

    def add(self, params, model, predictions, more):
        """Add a candidate; `predictions` is a list a seed, of `Predictions` of each split."""
        self.params.append(params)
        self.model = model
        self.times.append(
            np.mean([[[p.fit_time, p.score_time] for p in of_seed] for of_seed in predictions], axis=0)
        )
        for key, value in more.items():
            self.more.setdefault(key, []).append(value)
        self._add_part("test", predictions)
        found = [p.train for of_seed in predictions for p in of_seed]
        if any(train is not None for train in found):
            trained = [[p if p.train is None else p.train for p in of_seed] for of_seed in predictions]
            self._add_part("train", trained)

    def _add_part(self, part, predictions):
        pooled = [self._pooled_scores(of_seed) for of_seed in predictions]
        by_fold = [[self._fold_scores(p) for p in of_seed] for of_seed in predictions]
        self.pooled.setdefault(part, []).append(pooled)
        self.by_fold.setdefault(part, []).append(by_fold)

    def _pooled_scores(self, predictions):
        """Return the scores of the predictions of all folds together; None where a fold's fit failed."""
        if any(p.failure is not None for p in predictions):
            return None
        rows = np.concatenate([p.rows for p in predictions])
        labels = np.concatenate([p.labels for p in predictions])
        probabilities = None
        # A metric of probabilities is pooled as they come: folds are not brought to a common scale.
        if all(p.probabilities is not None for p in predictions):
            probabilities = np.concatenate([p.probabilities for p in predictions])
        return self._scores(rows, labels, probabilities)

    def _fold_scores(self, p):
        """Return the scores of a fold alone; NaN where a metric is not defined on it."""
        if p.failure is not None:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # most subjects miss a class, and metrics warn of that
            try:
                return self._scores(p.rows, p.labels, p.probabilities)
            except (ValueError, ZeroDivisionError):
                return dict.fromkeys(self.names, np.nan)

    def _scores(self, rows, labels, probabilities):
        estimator = OutOfFold(self.classes, labels, probabilities, self.model)
        X, y = safe_indexing(self.samples.X, rows), self.samples.y[rows]
        params = {
            name: check_method_params(self.samples.y, given, indices=rows)
            for name, given in self.score_params.items()
        }
        found = {}
        for name, scorer in self.scorers.items():
            score = _score(scorer, estimator, X, y, params.get(name, {}))
            found |= score if isinstance(score, dict) else {name: score}
        return found

    def criterion(self, name) -> np.ndarray:
        """Return the pooled score of each candidate, the mean over seeds; NaN ranks last."""
        return self._pooled_table("test", name).mean(axis=1)

    def _pooled_table(self, part, name):
        return np.array([[self._value(s, name) for s in candidate] for candidate in self.pooled[part]])

    def _value(self, scores, name):
        return self.error_score if scores is None else scores[name]

    def columns(self) -> dict:
        """Return ``cv_results_``; scores that are not finite draw a warning."""
        times = np.array(self.times)
        results = {key: np.asarray(values) for key, values in self.more.items()}
        for k, name in enumerate(("fit_time", "score_time")):
            results[f"mean_{name}"] = times[:, :, k].mean(axis=1)
            results[f"std_{name}"] = times[:, :, k].std(axis=1)
        results |= dict(parameter_columns(self.params))
        results["params"] = self.params
        for name in self.names:
            for part in self.pooled:
                results |= self._score_columns(part, name)
        return results

    def _score_columns(self, part, name):
        pooled, key = self._pooled_table(part, name), f"{part}_{name}"
        by_fold = np.array(
            [[[self._value(s, name) for s in seed] for seed in c] for c in self.by_fold[part]]
        ).mean(axis=1)
        columns = {f"split{k}_{key}": by_fold[:, k] for k in range(by_fold.shape[1])}
        columns |= {f"seed{s}_{key}": pooled[:, k] for k, s in enumerate(self.seeds) if s is not None}
        columns[f"mean_{key}"] = means = pooled.mean(axis=1)
        with np.errstate(invalid="ignore"):  # of infinite scores
            columns[f"std_{key}"] = pooled.std(axis=1)
            columns[f"std_fold_{key}"] = by_fold.std(axis=1)
        if part == "test":
            columns[f"rank_{key}"] = _ranks(means)
        columns[f"mean_fold_{key}"] = by_fold.mean(axis=1)
        if not np.isfinite(means).all():
            warn_user(f"One or more of the {part} scores are non-finite ({name}): {means}")
        return columns


def _score(scorer, estimator, X, y, params):
    try:
        score = scorer(estimator, X, y, **params)
    except AttributeError as error:
        raise ValueError(f"scoring needs predictions that the estimator does not make: {error}") from error
    if isinstance(score, Mapping):
        return {str(name): _number(value) for name, value in score.items()}
    return _number(score)


def _number(score):
    if not np.isscalar(score) or isinstance(score, str | bytes):
        raise ValueError(
            f"scoring must return a number, or a dict of numbers by name, got {type(score).__name__}."
        )
    return float(score)


def check_failures(failures, error_score=None) -> None:
    """Raise where all fits failed; warn where some did, and their candidates have the score given."""
    reasons = Counter(failure for failure in failures if failure is not None)
    lines = [f"{n} x {reason}" if n > 1 else reason for reason, n in list(reasons.items())[:5]]
    listed = "\n".join([*lines, f"and {len(reasons) - 5} more"] if len(reasons) > 5 else lines)
    if reasons.total() == len(failures):
        raise ValueError(f"All the {len(failures)} fits failed, such as: {listed}")
    if reasons and error_score is not None:
        warn_user(
            f"{reasons.total()} fits failed out of {len(failures)}; the scores of their folds and candidates "
            f"are {error_score}. error_score='raise' ends a search at the first.\n{listed}",
            FitFailedWarning,
        )


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
        return check_scoring(estimator)
    if isinstance(metric, str):
        return _OURS[metric] if metric in _OURS else get_scorer(metric)
    if not callable(metric):
        raise ValueError(f"scoring must hold names of metrics or scorers, got {metric!r}.")
    check_argument("scoring", metric, [Takes(3, whole=True)])
    return metric


def candidate_model(search, params, seed) -> BaseEstimator:
    """Return the unfitted model of a candidate, each ``random_state`` that it does not name set to a seed."""
    model = clone(search.estimator)
    try:
        model.set_params(**clone(params, safe=False))
        names = model.get_params()
        if search.device != "auto":
            _set(model, "device", search.device, [name for name in names if _is_called(name, "device")])
        if seed is not None:
            states = [name for name in names if _is_called(name, "random_state") and name not in params]
            model.set_params(**dict.fromkeys(states, seed))
        # Before the first fit: an impossible value at the end of a grid is named at once, not after an hour.
        for part in (model, *model.get_params().values()):
            if isinstance(part, BaseEstimator) and hasattr(part, "_parameter_constraints"):
                own = part.get_params(deep=False)
                validate_parameter_constraints(part._parameter_constraints, own, type(part).__name__)
    except (ValueError, TypeError) as error:
        raise ValueError(f"candidate {params} failed: {error}") from error
    return model


def _is_called(name, last):
    return name.split("__")[-1] == last


def _set(model, name, value, names):
    if not names:
        raise ValueError(f"{name}={value!r} is for estimators with a {name}, got {type(model).__name__}.")
    model.set_params(**dict.fromkeys(names, value))


def search_records(model) -> list[dict]:
    """Return the choice of each search of a fitted model, as JSON holds it."""
    return [
        search_record(step, prefix.removesuffix("__"))
        for prefix, step in steps_of(model)
        if isinstance(step, BaseSearchCV) and hasattr(step, "best_params_")
    ]


def search_record(search, step="") -> dict:
    """Return the choice of a search; its best score was chosen on the very clips that it is a score of."""
    return {
        "step": step,
        "best_params": plain(search.best_params_),
        "n_candidates": len(search.cv_results_["params"]),
        "best_score_optimistic": float(getattr(search, "best_score_", np.nan)),
    }


def key_of(params):
    """Return a key of parameters whose values are one object, or equal numbers or texts."""
    return tuple(sorted((name, _value_key(value)) for name, value in params.items()))


def _value_key(value):
    if value is None or isinstance(value, bool | int | float | str | np.number):
        # With the type: 1, 1.0 and True are equal, and may be different settings.
        return type(value).__name__, repr(value)
    return "id", str(id(value))
