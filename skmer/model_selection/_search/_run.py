"""One search on some rows, round after round; several of them through one engine."""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from skmer.model_selection._search._cv_results import CandidateTable
from skmer.model_selection._search._scoring import find_scorers
from skmer.model_selection._stacks._plan import Fit, check_net, net_of


class Round(NamedTuple):
    """Candidates to try at once.

    ``more`` goes into the table beside each of them; with ``n_subjects`` each fit trains on so many
    subjects.
    """

    candidates: list
    more: dict
    n_subjects: int | None = None


class SearchRun:
    """A search on some of the rows.

    Parameters
    ----------
    search : BatchedSearch
        What to try and how to score it; attributes of its rounds are set on it.
    X, y, groups : array-like
        All rows.
    rows : ndarray of int
        Those that the search may see.
    classes : ndarray
        All classes of `y`, sorted.
    place : str
        Where the search stands, for errors.
    models : dict, optional
        Models of candidates, shared with other runs of the same search.
    """

    def __init__(self, search, X, y, groups, rows, classes, place="", models=None):
        self.search, self.rows, self.place = search, rows, place
        self._models = {} if models is None else models
        self.y, self.groups = y, groups
        check_net(search.estimator, search.instead)
        self.seeds = seeds_of(search)
        self.splits = self._draw_splits(X)
        scorers, self.multimetric = find_scorers(search.scoring, search.estimator)
        self.codes = np.searchsorted(classes, np.unique(y[rows]))
        self.table = CandidateTable(scorers, self.seeds, y, classes[self.codes])
        self.rounds = search._rounds(self)
        self.round = next(self.rounds)

    def _draw_splits(self, X):
        """Splits as rows of all data."""
        y = self.y[self.rows]
        groups = None if self.groups is None else self.groups[self.rows]
        cv = self.search._splitter(y, groups)
        inner = X if len(self.rows) == len(self.y) else _safe_indexing(X, self.rows)
        with warnings.catch_warnings():
            # A splitter that ignores groups is checked.
            warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
            splits = [(self.rows[train], self.rows[test]) for train, test in cv.split(inner, y, groups)]
        if not splits:
            raise ValueError(f"cv must make at least one split, got none of {cv}.")
        return splits

    @property
    def refit_metric(self):
        """Name of the metric that decides; None where there are several and no one does."""
        if not self.multimetric:
            return "score"
        return self.search.refit if isinstance(self.search.refit, str) else None

    def models(self, params):
        """Return a candidate's unfitted model under each seed."""
        key = tuple(sorted((name, id(value)) for name, value in params.items()))
        if key not in self._models:
            # The parameters are kept beside: an id is one as long as its object lives.
            self._models[key] = params, [candidate_model(self.search, params, seed) for seed in self.seeds]
        return self._models[key][1]

    def fits(self):
        """Fits of the round: candidate by candidate, seed by seed, split by split."""
        train_rows = [self._trained_on(train) for train, _ in self.splits]
        return [
            Fit(model, train, test, f"candidate {params}, split {k}{self.place},")
            for params in self.round.candidates
            for model in self.models(params)
            for k, (train, (_, test)) in enumerate(zip(train_rows, self.splits, strict=True))
        ]

    def _trained_on(self, train):
        if self.round.n_subjects is None:
            return train
        return first_subjects(train, self.groups, self.y, self.round.n_subjects)

    def take(self, outcomes):
        """Score what the fits of the round led to, and go on to the next."""
        outcomes = [outcome.among(self.codes) for outcome in outcomes]
        tests = [test for _, test in self.splits]
        n_seeds, n_splits = len(self.seeds), len(self.splits)
        for c, params in enumerate(self.round.candidates):
            starts = [(c * n_seeds + s) * n_splits for s in range(n_seeds)]
            of_seeds = [outcomes[start : start + n_splits] for start in starts]
            self.table.add(params, of_seeds, tests, self.round.more)
        try:
            deciding = self.refit_metric or next(iter(self.table.scorers))
            self.round = self.rounds.send(self.table.criterion(deciding)[-len(self.round.candidates) :])
        except StopIteration:
            self.round = None


def run_searches(runs, engine):
    """Run searches to their end, a round of all of them at a time."""
    while waiting := [run for run in runs if run.round is not None]:
        batches = [run.fits() for run in waiting]
        outcomes = iter(engine.run([fit for batch in batches for fit in batch]))
        for run, batch in zip(waiting, batches, strict=True):
            run.take([next(outcomes) for _ in batch])


def seeds_of(search):
    """Seeds of a search: a number of them counts from the net's own ``random_state``, or from 0."""
    seeds = search.seeds
    if seeds is None:
        return [None]
    if isinstance(seeds, int | np.integer):
        own = net_of(search.estimator).random_state
        first = int(own) if isinstance(own, int | np.integer) else 0
        seeds = range(first, first + seeds)
    seeds = list(seeds)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(
            f"seeds must be None, a positive number of seeds or distinct seeds, got {search.seeds!r}."
        )
    return seeds


def candidate_model(search, params, seed):
    """Return the unfitted model of a candidate, each ``random_state`` that it does not name set to a seed."""
    model = clone(search.estimator)
    try:
        model.set_params(**clone(params, safe=False))
        net = check_net(model, search.instead)
        if search.device != "auto":
            net.set_params(device=search.device)
        if seed is not None:
            names = [name for name in model.get_params() if name.split("__")[-1] == "random_state"]
            model.set_params(**dict.fromkeys([name for name in names if name not in params], seed))
        net._check_parameters()
    except (ValueError, TypeError) as error:
        raise ValueError(f"candidate {params} failed: {error}") from error
    return model


def first_subjects(train, groups, y, n_subjects):
    """Training rows of some subjects, whole ones; more subjects hold all rows of fewer.

    The order is drawn once and for all, except that the second subject brings a second class.
    """
    subjects = np.random.default_rng(0).permutation(np.unique(groups[train]))
    classes = [set(y[train][groups[train] == subject].tolist()) for subject in subjects]
    second = next((k for k in range(1, len(subjects)) if len(classes[0] | classes[k]) > 1), 0)
    if second > 1:
        subjects = np.concatenate([subjects[[0, second]], np.delete(subjects, [0, second])])
    return train[np.isin(groups[train], subjects[:n_subjects])]


def warn_of_shared_subjects(splits, groups, stacklevel):
    """Warn where a split has a subject on both sides."""
    both = [np.intersect1d(groups[train], groups[test]) for train, test in splits]
    crossed = [shared for shared in both if len(shared)]
    if crossed:
        warnings.warn(
            f"{len(crossed)} of {len(splits)} splits of cv have a subject on both sides, such as "
            f"{crossed[0][0]}; leave cv out, or pass one that respects groups, such as GroupKFold().",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
