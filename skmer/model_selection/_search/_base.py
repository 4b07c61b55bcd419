"""The base of the searches, and one search on some rows."""

import time
import warnings
from contextlib import ExitStack, nullcontext
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.utils import assert_all_finite, indexable
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import check_classification_targets

from skmer._utils._arguments import (
    JOBS,
    PATH,
    SUBJECTS,
    Items,
    Named,
    Takes,
    check_argument,
    frames_of,
    integer,
)
from skmer._utils._files import digest
from skmer._utils._label_checks import check_names
from skmer._utils._sklearn import (
    BaseSearchCV,
    DocumentedMixin,
    HasMethods,
    MultimetricScorer,
    StrOptions,
    for_estimators,
    safe_indexing,
)
from skmer._utils._torch import DEVICE
from skmer.model_selection._fits import (
    FitTask,
    check_stack_size,
    last_step,
    run_fits,
    share_features,
    warn_of_loops,
)
from skmer.model_selection._protocols import splitter_of
from skmer.model_selection._run._checkpoint import Checkpoint
from skmer.model_selection._run._identity import data_digest, parameters_digest, versions
from skmer.model_selection._samples import (
    Samples,
    check_seeds,
    splits_of,
    warn_of_shared_subjects,
    warn_of_unlearnable,
)
from skmer.model_selection._search._candidate_table import (
    CandidateTable,
    candidate_model,
    check_failures,
    find_scorers,
    key_of,
)
from skmer.model_selection._search._search_callbacks import hearing

CANDIDATES = [Named(), Items(Named(), least=1)]


class BatchedSearch(DocumentedMixin, BaseSearchCV):
    """Base of the searches.

    A subclass defines ``_rounds(run)``, a generator of pairs: the candidates to try at once, and the columns
    that ``cv_results_`` has beside them. It is sent the criterion of each candidate of the round before. It
    may define ``_train_rows(run, train)``, the rows of a split that a round trains on. `SearchRun`, below,
    calls both, and nobody else does.
    """

    _parameter_constraints: dict = for_estimators(
        {
            "estimator": [HasMethods(["fit", "predict"])],
            "cv": ["cv_object"],
            "scoring": [str, callable, list, tuple, dict, None],
            "seeds": [integer(1), "array-like", None],
            "refit": ["boolean", str, Takes(1)],
            "device": [DEVICE],
            "n_jobs": JOBS,
            "checkpoint": [*PATH, None],
            "verbose": ["verbose"],
            "pre_dispatch": [Integral, str],
            "error_score": [StrOptions({"raise"}), Real],
            "return_train_score": ["boolean"],
        }
    )
    best_index_: Any
    best_params_: Any

    def splitter(self, y=None, grouped=True):
        """Return the splitter that ``cv`` stands for.

        Parameters
        ----------
        y : array-like of shape (n_clips,), default=None
            Class labels, for which scikit-learn stratifies where there are no groups.
        grouped : bool, default=True
            Whether there are groups: None then is ``LeaveOneGroupOut()``, a number ``GroupKFold``.

        Returns
        -------
        splitter : cross-validator
            As `sklearn.model_selection.check_cv` returns it.
        """
        if self.cv is None:
            return LeaveOneGroupOut()
        return splitter_of(self.cv, y, grouped)

    def _train_rows(self, run, train):
        return train

    def _get_scorers(self):
        scorers, several = find_scorers(self.scoring, self.estimator)
        if not several:
            return scorers["score"], "score"
        self._check_refit_for_multimetric(scorers)
        return MultimetricScorer(scorers=scorers), self.refit

    def get_metadata_routing(self):
        """Return the routing of parameters, for scikit-learn's metadata routing: the splitter takes groups.

        Returns
        -------
        routing : MetadataRouter
            As of `GridSearchCV`.
        """
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        to_split = MethodMapping().add(caller="fit", callee="split")
        to_score = MethodMapping().add(caller="score", callee="score").add(caller="fit", callee="score")
        router = MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=to_fit)
        router.add(scorer=self._get_scorers()[0], method_mapping=to_score)
        return router.add(splitter=self.splitter(), method_mapping=to_split)

    def fit(self, X, y=None, *, groups=None, **params):
        """Try all candidates, then fit the best on all rows.

        Parameters
        ----------
        X : array-like of n_clips samples
            What the estimator takes.
        y : array-like of shape (n_clips,)
            Class labels.
        groups : array-like of shape (n_clips,), default=None
            Subject of each clip: for ``cv``, and for every step whose ``fit`` takes groups.
        **params : object
            Further parameters of the estimator's ``fit``, such as ``sample_weight``; one that has an entry a
            clip is split with the clips. With metadata routing, who asks for one gets it; metrics count clips
            alike unless they do (``set_score_request``).

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError
            If a candidate has parameters that cannot be, all fits fail, one fails while ``error_score`` is
            "raise" (the message names the candidate), or the checkpoint is another search's.
        """
        self._validate_params()
        check_stack_size(self.stack_size)
        samples = self._check_data(X, y, groups, params)
        self._get_scorers()
        run = SearchRun(self, samples, np.arange(len(samples.y)))
        warn_of_unlearnable(samples.y, run.splits, samples.groups)
        if groups is not None:
            warn_of_shared_subjects(run.splits, samples.groups)
        run.warn_of_loops()
        checkpoint = None
        if self.checkpoint is not None:
            checkpoint = Checkpoint(self.checkpoint, self._identity(run))
        options = {name: getattr(self, name) for name in ("stack_size", "n_jobs", "pre_dispatch", "verbose")}
        with ExitStack() as stack:
            heard = None
            if getattr(self, "_skl_callbacks", ()):
                heard = stack.enter_context(hearing(self, samples))
            run_searches([run], samples, checkpoint=checkpoint, heard=heard, **options)
            run.finish()
            if self.refit:
                model = run.best_model()
                with nullcontext() if heard is None else heard.refit(model):
                    self._refit(model, samples)
        return self

    def _routed(self, groups, params):
        """Return the parameters of each part under metadata routing; undecided ones are errors."""
        asked = self.get_metadata_routing().consumes("fit", {"groups"})
        given = {"groups": groups} if asked and groups is not None else {}
        return process_routing(self, "fit", **given, **params)

    def _score_params(self, samples, scorers):
        """Return the arguments of each scorer; without metadata routing there are none."""
        if not get_config()["enable_metadata_routing"]:
            return {}
        routed = self._routed(samples.groups, samples.params).scorer.score
        if scorers.keys() == {"score"}:
            return {"score": dict(routed)}
        found = process_routing(MultimetricScorer(scorers=scorers), "score", **routed)
        return {name: dict(found.get(name).score) for name in scorers}

    def _check_data(self, X, y, groups, params):
        if y is None:
            raise ValueError(
                f"{type(self.estimator).__name__} requires y to be passed, but the target y is None."
            )
        check_argument("groups", groups, SUBJECTS)
        X, y, groups = indexable(frames_of(X), y, groups)
        y = check_names("y", y, warn=True)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        groups = None if groups is None else check_names("groups", groups)
        return Samples(X, y, groups, np.arange(len(y)), np.unique(y), params=params)

    def _identity(self, run):
        """Return the parts of the search as digests: no metric and no refit, which may change later."""
        candidates = [parameters_digest(run.models(params)[0][0]) for params in run.candidates]
        return {
            "data": data_digest(run.samples),
            "parameters": parameters_digest(self.estimator),
            "candidates": digest([type(self).__name__, candidates]),
            "splits": digest([list(split) for split in run.splits]),
            "seeds": digest(run.seeds),
            "versions": digest(sorted(versions().items())),
        }

    def _refit(self, model, samples):
        started = time.perf_counter()
        params = samples.fit_params(model, np.arange(len(samples.y)))
        self.best_estimator_ = model.fit(samples.X, samples.y, **params)
        self.refit_time_ = time.perf_counter() - started
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_


class SearchRun:
    """A search on some of the rows, round after round.

    Parameters
    ----------
    search : BatchedSearch
        Its parameters say what to try and how to score it; the results are set on it.
    samples : Samples
        All rows.
    rows : ndarray of int
        Those that the search may see.
    place : str
        Where the search stands, for errors.
    models : dict, optional
        Models of candidates, shared with other runs of the same search.
    key : tuple, optional
        What else tells features apart, as for `share_features`.
    """

    def __init__(self, search, samples, rows, place="", models=None, key=()):
        self.search, self.samples, self.rows, self.place = search, samples, rows, place
        self._models, self._key = {} if models is None else models, tuple(key)
        search._validate_params()
        self.seeds = check_seeds(search.seeds)
        self.splits = self._draw_splits()
        scorers, self.multimetric = find_scorers(search.scoring, search.estimator)
        self.codes = np.searchsorted(samples.classes, np.unique(samples.y[rows]))
        score_params = search._score_params(samples, scorers)
        known = samples.classes[self.codes]
        self.table = CandidateTable(scorers, self.seeds, samples, known, search.error_score, score_params)
        self.failures: list = []
        self._rounds = search._rounds(self)
        self.candidates, self.columns = next(self._rounds)

    def _draw_splits(self):
        """Return splits as rows of all data."""
        samples, rows = self.samples, self.rows
        if self.search.cv is None and samples.groups is None:
            raise ValueError(
                "groups must be given, since cv=None leaves one subject out; pass groups=subjects to fit, or "
                "another cv."
            )
        y = samples.y[rows]
        groups = None if samples.groups is None else samples.groups[rows]
        splitter = self.search.splitter(y, groups is not None)
        X = samples.X if len(rows) == len(samples.y) else safe_indexing(samples.X, rows)
        with warnings.catch_warnings():
            # It is checked here whether a splitter ignores the groups.
            warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
            splits = [(rows[train], rows[test]) for train, test in splits_of(splitter, X, y, groups)]
        if not splits:
            raise ValueError(f"cv must make at least one split, got none of {splitter}.")
        return splits

    @property
    def refit_metric(self):
        """Name of the metric that decides; None where there are several and none does."""
        if not self.multimetric:
            return "score"
        return self.search.refit if isinstance(self.search.refit, str) else None

    def models(self, params) -> list[tuple]:
        """Return a candidate's unfitted model under each seed, and what the fits make of it.

        Each is a tuple: the model, what follows its stateless transformers, the table of their features.
        """
        key = key_of(params)
        if key not in self._models:
            found = []
            for seed in self.seeds:
                model = candidate_model(self.search, params, seed)
                found.append((model, *self._share(model, params, seed)))
            # The parameters are kept beside: an id is unique as long as its object lives.
            self._models[key] = params, found
        return self._models[key][1]

    def _share(self, model, params, seed):
        key = (*key_of(params), *self._key, ("random_state", ("search", seed)))
        return share_features(self.samples, model, key)

    def tasks(self) -> list[FitTask]:
        """Return the fits of the round: candidate by candidate, seed by seed, split by split."""
        train_rows = [self.search._train_rows(self, train) for train, _ in self.splits]
        return [
            FitTask(
                *(model, train, test, f"candidate {params}, split {k}{self.place},", table),
                with_train=self.search.return_train_score,
            )
            for params in self.candidates
            for _, model, table in self.models(params)
            for k, (train, (_, test)) in enumerate(zip(train_rows, self.splits, strict=True))
        ]

    def take(self, predictions) -> None:
        """Score the predictions of the round, and go on to the next."""
        self.failures += [p.failure for p in predictions]
        check_failures([p.failure for p in predictions])
        of_fits = iter(p.among(self.codes) for p in predictions)
        for params in self.candidates:
            of_seeds = [[next(of_fits) for _ in self.splits] for _ in self.seeds]
            self.table.add(params, last_step(self.models(params)[0][1]), of_seeds, self.columns)
        if not self.multimetric and self.table.names != ["score"]:
            self.multimetric = True
            self.search._check_refit_for_multimetric(dict.fromkeys(self.table.names))
        deciding = self.refit_metric or self.table.names[0]
        try:
            scores = self.table.criterion(deciding)[-len(self.candidates) :]
            self.candidates, self.columns = self._rounds.send(scores)
        except StopIteration:
            self.candidates = []

    def finish(self) -> None:
        """Set the results on the search: the table, and the best candidate with its score."""
        search, metric = self.search, self.refit_metric
        check_failures(self.failures, search.error_score)
        search.n_splits_, search.multimetric_ = len(self.splits), self.multimetric
        search.seeds_ = self.seeds
        search.cv_results_ = self.table.columns()
        scorers = self.table.scorers
        search.scorer_ = scorers["score"] if scorers.keys() == {"score"} else scorers
        if not search.refit and self.multimetric:
            return
        search.best_index_ = search._select_best_index(search.refit, metric, search.cv_results_)
        search.best_params_ = search.cv_results_["params"][search.best_index_]
        if not callable(search.refit):
            search.best_score_ = search.cv_results_[f"mean_test_{metric}"][search.best_index_]

    def best_model(self) -> Any:
        """Return the unfitted model of the best candidate, under the estimator's own ``random_state``."""
        # A value of the grid may be an estimator, which is copied, or anything else, which is not:
        # safe=False.
        return clone(self.search.estimator).set_params(**clone(self.search.best_params_, safe=False))

    def best_task(self, test, label) -> FitTask:
        """Return the fit of the best candidate on all rows of the search, to predict others."""
        model, table = self._share(self.best_model(), self.search.best_params_, None)
        return FitTask(model, self.rows, test, label, table)

    def warn_of_loops(self) -> None:
        """Warn where candidates of the round on a GPU do not train in stacks."""
        warn_of_loops([self.models(params)[0][0] for params in self.candidates])


def run_searches(runs, samples, heard=None, **options) -> None:
    """Run searches to their end, a round of all of them at a time; `options` are those of `run_fits`."""
    kept = () if runs[0].search.error_score == "raise" else (Exception,)
    # The searches of all folds advance together: one list of jobs leaves no core idle at the end of each.
    while waiting := [run for run in runs if run.candidates]:
        batches = [run.tasks() for run in waiting]
        tasks = [task for batch in batches for task in batch]
        finished = None if heard is None else heard.round(tasks)
        found = run_fits(samples, tasks, kept_errors=kept, finished=finished, **options)
        predictions = iter(found)
        for run, batch in zip(waiting, batches, strict=True):
            run.take([next(predictions) for _ in batch])
