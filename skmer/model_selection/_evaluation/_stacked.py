"""The folds of an evaluation trained in stacks: nets as they are, searches with all of their inner fits."""

import numpy as np
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing

from skmer.model_selection._folds import FoldPart, fold_part
from skmer.model_selection._run._card import plain
from skmer.model_selection._samples import seeded
from skmer.model_selection._search._base import BatchedSearch
from skmer.model_selection._search._run import SearchRun, run_searches
from skmer.model_selection._stacks._engine import Engine
from skmer.model_selection._stacks._plan import Fit, check_chunk_size, net_of, warn_of_loops
from skmer.model_selection._subjects import steps_of
from skmer.training._stack import reason_for_loop


def reason_for_folds_apart(estimator):
    """Say why the folds of an estimator have to be fitted one by one; None where they can be stacked."""
    inner = estimator.estimator if isinstance(estimator, BatchedSearch) else estimator
    if any(isinstance(step, BaseSearchCV) for _, step in steps_of(inner)):
        return "a search of scikit-learn, or one inside of a Pipeline, fits by itself"
    net = net_of(inner)
    if net is None:
        return f"{type(inner).__name__} is no net of skmer.classifiers and does not end in one"
    return reason_for_loop(net)


def stacked_parts(estimator, samples, missing, tasks, keep, *, n_jobs, verbose):
    """Parts of all tasks, (seed, fold), in their order; list of FoldPart."""
    present = np.flatnonzero(~missing)
    X = _safe_indexing(samples.X, present) if missing.any() else samples.X
    rows = [(np.flatnonzero(fold.train[present]), np.flatnonzero(fold.test[present])) for _, fold in tasks]
    open_tasks = [k for k, (_, test) in enumerate(rows) if len(test)]
    chunk_size = getattr(estimator, "chunk_size", "auto")
    check_chunk_size(chunk_size)
    engine = Engine(
        X,
        samples.y[present],
        samples.groups[present],
        samples.classes,
        chunk_size=chunk_size,
        n_jobs=n_jobs,
        keep=keep,
        verbose=verbose,
    )
    models = {seed: seeded(estimator, seed) for seed, _ in tasks}
    found = {k: (models[tasks[k][0]], []) for k in open_tasks}
    if isinstance(estimator, BatchedSearch):
        found = _searched(engine, X, [(k, tasks[k], found[k][0], rows[k][0]) for k in open_tasks])
    fits = [Fit(found[k][0], *rows[k], f"the fit with {tasks[k][1].name} held out") for k in open_tasks]
    outcomes = dict(zip(open_tasks, engine.run(fits, "folds"), strict=True))
    return [
        fold_part(_part(outcomes[k], present[test], samples, found[k][1]), samples, fold, missing)
        if k in outcomes
        else fold_part(FoldPart.empty(samples.classes, probabilities=True), samples, fold, missing)
        for k, ((_, fold), (_, test)) in enumerate(zip(tasks, rows, strict=True))
    ]


def _part(outcome, rows, samples, searches):
    return FoldPart(rows, samples.classes[outcome.labels], outcome.probabilities, None, searches)


def _searched(engine, X, open_tasks):
    """The best model of each task with the record of its search; dict by the task's number."""
    runs, caches = {}, {}
    for k, (seed, fold), search, train in open_tasks:
        search._validate_params()
        if not search.refit:
            raise ValueError(
                "refit=False leaves nothing to predict the held-out clips with; pass refit=True."
            )
        place = f", {fold.name} held out"
        args = (X, engine.y, engine.groups, train, engine.classes)
        runs[k] = SearchRun(seeded(search, None), *args, place=place, models=caches.setdefault(seed, {}))
    if runs:
        first = next(iter(runs.values()))
        warn_of_loops([first.models(params)[0] for params in first.round.candidates], stacklevel=5)
    run_searches(list(runs.values()), engine)
    return {k: _chosen(run) for k, run in runs.items()}


def _chosen(run):
    search = run.search
    search._store(run)
    record = {
        "step": "",
        "best_params": plain(search.best_params_),
        "n_candidates": len(search.cv_results_["params"]),
        "best_score_optimistic": float(getattr(search, "best_score_", np.nan)),
    }
    return search._best_model(), [record]
