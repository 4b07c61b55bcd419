"""What all searches share whose fits are trained in stacks."""

import time
import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics._scorer import _MultimetricScorer
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import assert_all_finite, indexable
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from skmer._utils._digest import digest
from skmer.model_selection._run._card import versions
from skmer.model_selection._run._checkpoint import Checkpoint
from skmer.model_selection._run._identity import data_digest, parameters_digest
from skmer.model_selection._samples import Samples, group_names
from skmer.model_selection._search._run import SearchRun, run_searches, seeds_of, warn_of_shared_subjects
from skmer.model_selection._search._scoring import find_scorers
from skmer.model_selection._stacks._engine import Engine
from skmer.model_selection._stacks._plan import check_chunk_size, check_net, warn_of_loops


class BatchedSearch(BaseSearchCV):
    """Base of the searches: a subclass says in ``_rounds`` which candidates to try.

    ``_rounds`` is a generator of `Round`; it is sent the criterion of each candidate of the round before.
    """

    instead = "GridSearchCV"
    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"])],
        "cv": ["cv_object"],
        "scoring": [str, callable, list, tuple, dict, None],
        "seeds": [Interval(Integral, 1, None, closed="left"), "array-like", None],
        "refit": ["boolean", str, callable],
        "device": [str, HasMethods(["type"])],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    best_index_: Any
    best_params_: Any

    def _splitter(self, y, groups):
        """Return the splitter of some rows, which leaves out subjects unless told otherwise."""
        if self.cv is None and groups is None:
            raise ValueError(
                "groups must be given, since cv=None leaves one subject out; pass groups=subjects to fit, or "
                "another cv."
            )
        return check_cv(self._cv(groups is not None), y, classifier=True)

    def _cv(self, grouped=True):
        if self.cv is None:
            return LeaveOneGroupOut()
        is_number = isinstance(self.cv, int | np.integer)
        return GroupKFold(self.cv) if is_number and grouped else self.cv

    def _get_scorers(self):
        scorers, several = find_scorers(self.scoring, self.estimator)
        if not several:
            return scorers["score"], "score"
        self._check_refit_for_multimetric(scorers)
        return _MultimetricScorer(scorers=scorers), self.refit

    def get_metadata_routing(self):
        """Return who takes what, for scikit-learn's metadata routing: the splitter takes groups.

        Returns
        -------
        routing : MetadataRouter
            As of `GridSearchCV`.
        """
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        to_split = MethodMapping().add(caller="fit", callee="split")
        to_score = MethodMapping().add(caller="score", callee="score")
        router = MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=to_fit)
        router.add(scorer=self._get_scorers()[0], method_mapping=to_score)
        return router.add(splitter=self._cv(), method_mapping=to_split)

    def fit(self, X, y=None, groups=None):
        """Try all candidates, then fit the best on all rows.

        Parameters
        ----------
        X : array-like of n_clips samples
            What the estimator takes.
        y : array-like of shape (n_clips,)
            Class labels.
        groups : array-like of shape (n_clips,), default=None
            Subject of each clip: for ``cv``, and for every step whose ``fit`` takes groups.

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError
            If the estimator is no net of this package, a candidate fails (the message names it), or the
            checkpoint is another search's.
        """
        self._validate_params()
        check_chunk_size(self.chunk_size)
        net = check_net(self.estimator, self.instead)
        if y is None:
            raise ValueError(f"{type(net).__name__} requires y to be passed, but the target y is None.")
        X, y, groups = indexable(X, y, groups)
        y = column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        groups = None if groups is None else column_or_1d(groups)
        run = self._search(X, y, groups)
        self._store(run)
        if self.refit:
            self._refit(X, y, groups)
        return self

    def _search(self, X, y, groups):
        self._get_scorers()
        classes = np.unique(y)
        run = SearchRun(self, X, y, groups, np.arange(len(y)), classes)
        if groups is not None:
            warn_of_shared_subjects(run.splits, groups, stacklevel=3)
        warn_of_loops([run.models(params)[0] for params in run.round.candidates], stacklevel=3)
        keep = None
        if self.checkpoint is not None:
            keep = Checkpoint(self.checkpoint, self._identity(run, X, y, groups))
        options = {"chunk_size": self.chunk_size, "n_jobs": self.n_jobs, "verbose": self.verbose}
        run_searches([run], Engine(X, y, groups, classes, keep=keep, **options))
        return run

    def _identity(self, run, X, y, groups):
        """What the search is made of, as digests: no metric and no refit, which can be changed afterwards."""
        names = np.arange(len(y))
        data = Samples(X, y, names if groups is None else groups, names, run.table.classes, None)
        candidates = [parameters_digest(run.models(params)[0]) for params in run.round.candidates]
        return {
            "data": data_digest(data),
            "parameters": parameters_digest(self.estimator),
            "candidates": digest([type(self).__name__, candidates]),
            "splits": digest([list(split) for split in run.splits]),
            "seeds": digest(seeds_of(self)),
            "versions": digest(sorted(versions().items())),
        }

    def _store(self, run):
        self.n_splits_, self.multimetric_ = len(run.splits), run.multimetric
        self.cv_results_ = run.table.columns()
        self.scorer_ = run.table.scorers if run.multimetric else run.table.scorers["score"]
        if self.refit or not self.multimetric_:
            self._choose(run)

    def _choose(self, run):
        """Set the best candidate, and its score where a metric decided."""
        self.best_index_ = self._select_best_index(self.refit, run.refit_metric, self.cv_results_)
        self.best_params_ = self.cv_results_["params"][self.best_index_]
        if not callable(self.refit):
            self.best_score_ = self.cv_results_[f"mean_test_{run.refit_metric}"][self.best_index_]

    def _refit(self, X, y, groups):
        self.best_estimator_ = self._best_model()
        names = []
        if groups is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of searches among the steps, which have their own say
                names = group_names(self.best_estimator_, y)
        started = time.perf_counter()
        self.best_estimator_.fit(X, y, **dict.fromkeys(names, groups))
        self.refit_time_ = time.perf_counter() - started
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    def _best_model(self):
        return clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
