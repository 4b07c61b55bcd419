"""Leave-one-subject-out evaluation."""

import copy
import time
from numbers import Integral

import numpy as np

from skmer._utils._arguments import JOBS, PATH, SUBJECTS, TEXT, Items, checked, option
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import HasMethods, ungated
from skmer.model_selection._audit._audit import audit_samples
from skmer.model_selection._audit._finding import LeakError
from skmer.model_selection._every_epoch import SELECTION, at_best_epochs
from skmer.model_selection._fits import (
    DivergedError,
    FitTask,
    check_stack_size,
    run_fits,
    share_features,
    warn_of_loops,
)
from skmer.model_selection._out_of_fold import no_predictions, out_of_fold_table
from skmer.model_selection._protocols import (
    check_protocol,
    check_searches,
    group_searches,
    make_folds,
    title_of,
)
from skmer.model_selection._results._result import LOSOResult
from skmer.model_selection._routing import check_routing
from skmer.model_selection._run._checkpoint import Checkpoint
from skmer.model_selection._run._identity import run_card, run_identity
from skmer.model_selection._samples import (
    check_samples,
    check_seeds,
    seeded,
    warn_of_unlearnable,
)
from skmer.model_selection._search._base import BatchedSearch, SearchRun, run_searches
from skmer.model_selection._search._candidate_table import search_record

ENGINES = ("loop", "batched")


@checked(
    estimator=[HasMethods(["fit", "get_params"])],
    groups=SUBJECTS,
    audit=["boolean", option("warn")],
    protocol=TEXT,
    train_on=[str, Items(str), None],
    test_on=[str, Items(str), None],
    n_jobs=JOBS,
    checkpoint=[*PATH, None],
    verbose=["verbose"],
    engine=TEXT,
    params=[dict, None],
    pre_dispatch=[Integral, str],
)
def evaluate_loso(
    estimator,
    X,
    y=None,
    groups=None,
    *,
    protocol="loso",
    train_on=None,
    test_on=None,
    n_folds=None,
    seeds=None,
    n_jobs=None,
    checkpoint=None,
    audit=False,
    verbose=1,
    engine="loop",
    params=None,
    pre_dispatch="2*n_jobs",
) -> LOSOResult:
    """Leave one subject out: fit on the others, predict the subject's clips, pool the predictions.

    Each clip is predicted exactly once per seed, by a model that never saw its subject, and the scores are
    computed once from all clips. Every step whose ``fit`` takes ``groups`` gets the training subjects: a
    search (``GridSearchCV`` with ``cv=LeaveOneGroupOut()``), a classifier with ``train_split``, at the top or
    as a step of a Pipeline. A search whose `cv` ignores them draws a warning.

    Parameters
    ----------
    estimator : estimator
        Classifier or pipeline; it is cloned for each fold and never fitted itself.
    X : MicroExpressionClips, or array-like of n_clips samples
        Clips, with their ``frames``, ``target``, ``groups`` and ``class_names``; or what the estimator
        takes. A tuple ``(X, y, groups)`` does as well.
    y : array-like of shape (n_clips,), default=None
        Classes; None where `X` is clips.
    groups : array-like of shape (n_clips,), default=None
        Subjects, such as "casme2/sub01"; None where `X` is clips.
    protocol : {"loso", "megc2019", "cross-dataset", "nested-loso", "group-k-fold"}, default="loso"
        ``"megc2019"`` is ``"loso"`` on the composite, whose three classes it requires.
        ``"nested-loso"`` searches inside each fold and requires that the searches in the estimator split by
        subject: a `cv` that is left out becomes ``LeaveOneGroupOut()``, a number ``GroupKFold``, and any
        other that ignores subjects is refused. ``"cross-dataset"`` trains on some data sets and tests on
        others, as :class:`LeaveOneDatasetOut` splits them. ``"group-k-fold"`` holds out `n_folds` groups of
        whole subjects, as `GroupKFold` splits them.
    train_on, test_on : str or sequence of str, default=None
        Names of data sets, as they stand before the slash of the groups, for ``"cross-dataset"``. Each set of
        `test_on` is a fold; left out, it is every set that `train_on` does not hold, and `train_on` all that
        are not tested. Both left out: each set is tested in turn, by a model of all others.
    n_folds : int, default=None
        Folds of ``"group-k-fold"``; None is ten.
    seeds : int or sequence of int, default=None
        Repeat the evaluation with every ``random_state`` of the estimator set to each seed in turn; an int
        n means ``range(n)``. None runs once and leaves the estimator's own as they are. Each seed is scored
        alone: nothing is averaged before it is scored.
    n_jobs : int, default=None
        Fits at a time, through joblib. None is 1, or what ``joblib.parallel_config`` says.
    checkpoint : path-like, default=None
        Folder where the predictions of each fit are written as soon as it is finished, in one file that is
        there in full or not at all. The same call after an interruption of any kind computes what is missing
        and no more. A folder of other data, parameters, protocol or package versions is refused.
    audit : bool or "warn", default=False
        Run :func:`audit_loso` first. What it finds raises :class:`LeakError`, or draws a warning where this
        is ``"warn"``. The run card says what came of it.
    verbose : int, default=1
        1 shows a progress bar over folds or fits on a terminal, and a line a minute elsewhere; 0 nothing.
    engine : {"loop", "batched"}, default="loop"
        ``"loop"`` fits the whole estimator in each fold. ``"batched"`` runs the stateless transformers of a
        Pipeline once and shares their features among all folds and seeds, and with them the inner fits of a
        :class:`BatchedGridSearchCV`. The table is the same; on a GPU, where nets are then trained in stacks,
        it is so to rounding.
    params : dict, default=None
        Further parameters of ``fit``, such as ``sample_weight``, those with an entry a clip split with the
        clips. With metadata routing, who asks for one gets it.
    pre_dispatch : int or str, default="2*n_jobs"
        Fits that are handed to workers ahead of time, as of `joblib.Parallel`.

    Returns
    -------
    LOSOResult
        The out-of-fold table, with scores, intervals, majority baseline and exports; where the clips
        come from several data sets, the scores of each as well (``per_dataset``).

    Raises
    ------
    ValueError
        If lengths differ, labels or subjects are lacking, there are fewer than two subjects, the protocol
        does not fit data or estimator, the checkpoint is another run's, or a search has one of its own.
    TypeError
        If `X` is given alone and is not clips.
    LeakError
        If ``audit=True`` and the audit finds a leak.

    Warns
    -----
    UserWarning
        If all clips of a class are held out together, so that none can be predicted; if the training of a
        fold diverged, whose clips are then treated as missing.

    Notes
    -----
    A clip is missing if its row of `X` is NaN (in every value where `X` is 2-D, in any value else), or if a
    transformer with ``on_missing="warn"`` or ``"nan"`` returns NaN for it; or if the training of the model
    that was to predict it diverged. Only stateless transformers (their
    tag ``requires_fit`` is False) may precede that step. A missing clip keeps its place in N: it never
    trains, is predicted as the commonest class of the other training clips, and is counted in ``n_missing``.

    The inner fits of a search have the search's own ``seeds``, or where those are None each of `seeds` here;
    the fit that predicts the held-out clips always has the latter.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmer.model_selection import evaluate_loso
    >>> rng = np.random.default_rng(0)
    >>> y = np.tile(["happiness", "others", "others"], 20)
    >>> X = rng.normal(size=(60, 4)) + (y == "others")[:, None]
    >>> subjects = [f"lab/s{i // 6}" for i in range(60)]
    >>> result = evaluate_loso(LogisticRegression(), X, y, subjects)
    >>> result.n_clips, result.n_folds
    (60, 10)
    >>> result.uf1 > result.baseline.uf1
    True
    """
    how = {"protocol": protocol, "train_on": train_on, "test_on": test_on, "n_folds": n_folds}
    options = {"seeds": seeds, "n_jobs": n_jobs, "checkpoint": checkpoint, "audit": audit}
    options |= {"verbose": verbose, "engine": engine, "params": params, "pre_dispatch": pre_dispatch}
    return run_evaluation(estimator, (X, y, groups), how, **options)[0]


def run_evaluation(
    estimator,
    data,
    how,
    *,
    seeds,
    n_jobs,
    checkpoint,
    audit,
    verbose,
    engine,
    params=None,
    pre_dispatch="2*n_jobs",
    every_epoch=False,
):
    """Evaluate as `evaluate_loso`, and where every epoch is looked at, also at each subject's best one.

    Parameters
    ----------
    estimator : estimator
        As of `evaluate_loso`, as are the other parameters.
    data : tuple
        ``X``, ``y`` and ``groups``.
    how : dict
        ``protocol``, ``train_on``, ``test_on``, ``n_folds``.
    seeds, n_jobs, checkpoint, audit, verbose, engine, params, pre_dispatch : object
        As of `evaluate_loso`.
    every_epoch : bool
        Whether the second result is wanted, of an estimator that ends in a net.

    Returns
    -------
    results : tuple of LOSOResult
        The result; and with `every_epoch` the one that is not comparable.
    """
    check_protocol(**how)
    estimator = ungated(estimator)
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {list(ENGINES)}, got {engine!r}.")
    check_searches(estimator)
    check_routing(estimator, params)
    samples, seeds = check_samples(*data, estimator, params), check_seeds(seeds)
    if how["protocol"] == "nested-loso":
        estimator = samples.estimator = group_searches(estimator, samples.y)
    extra = _audit(samples, audit) if audit else {}
    folds = make_folds(how["protocol"], samples, how["train_on"], how["test_on"], how["n_folds"])
    started, keep = time.perf_counter(), None
    if checkpoint is not None:
        words = [how["protocol"], [fold.name for fold in folds], engine, *(["epochs"] if every_epoch else [])]
        keep = Checkpoint(checkpoint, run_identity(estimator, samples, words))
    warn_of_unlearnable(
        samples.y,
        [(fold.train & samples.present, fold.test & samples.present) for fold in folds],
        samples.groups,
    )
    options = {"n_jobs": n_jobs, "checkpoint": keep, "verbose": verbose, "pre_dispatch": pre_dispatch}
    tasks = [(seed, fold) for seed in seeds for fold in folds]
    parts = _predictions(samples, tasks, engine, every_epoch=every_epoch, **options)
    _warn_of_divergence(tasks, parts)
    seconds = time.perf_counter() - started
    extra |= {"engine": engine, "searches": _searches(tasks, parts)}
    fit_seconds = round(sum(part.fit_time + part.score_time for part in parts), 1)
    by_subject = how["protocol"] not in ("cross-dataset", "group-k-fold")
    found = []
    for chosen in [parts, at_best_epochs(parts, samples)] if every_epoch else [parts]:
        table = out_of_fold_table(chosen, folds, samples, seeds, by_subject)
        title = title_of(how["protocol"], folds)
        card = run_card(estimator, seeds, table, samples.fingerprint, seconds, title)
        card |= {name: value for name, value in extra.items() if value} | {"fit_seconds": fit_seconds}
        if chosen is not parts:
            # The stamp stands in every row too, wherever the table goes.
            card, table = card | {"selection": SELECTION}, table.assign(selection=SELECTION)
        found.append(LOSOResult(table, samples.classes.tolist(), card))
    return tuple(found)


def _audit(samples, audit):
    """Return the audit's entry in the run card; raise or warn of its findings."""
    found = audit_samples(samples)
    if not found.passed and audit != "warn":
        raise LeakError(found)
    if not found.passed:
        warn_user(repr(found))
    return {"audit": {"passed": found.passed, "findings": [finding.message for finding in found.findings]}}


def _searches(tasks, parts):
    """Return the choices of the searches in each fold, for the run card."""
    return [
        {"seed": seed, "fold": fold.name, **search}
        for (seed, fold), part in zip(tasks, parts, strict=True)
        for search in part.searches
    ]


def _predictions(samples, tasks, engine, every_epoch=False, **options):
    """Return the predictions of each task, (seed, fold), for its present clips."""
    kept = np.flatnonzero(samples.present)
    # Where no clip is missing it stays the same object, with the digests and tables that it has.
    present = samples if samples.present.all() else samples.take(kept)
    rows = [(np.flatnonzero(fold.train[kept]), np.flatnonzero(fold.test[kept])) for _, fold in tasks]
    # A fold whose held-out clips are all missing needs no fit.
    found = [no_predictions(samples)] * len(tasks)
    waiting = [k for k, (_, test) in enumerate(rows) if len(test)]
    chosen = [(*tasks[k], *rows[k]) for k in waiting]
    # One object a seed: tasks that share a model share its digest and its features.
    models = {seed: seeded(samples.estimator, seed) for seed, _ in tasks}
    records = None
    if engine == "batched":
        check_stack_size(options.setdefault("stack_size", getattr(samples.estimator, "stack_size", "auto")))
        fits, records = _batched_fits(present, chosen, models, **options)
    else:
        samples.warn_of_searches()
        fits = [_whole_fit(models, *task) for task in chosen]
    fits = [fit._replace(every_epoch=every_epoch) for fit in fits]
    parts = run_fits(present, fits, title="folds", kept_errors=(DivergedError,), **options)
    for number, (k, part) in enumerate(zip(waiting, parts, strict=True)):
        searches = part.searches if records is None else records[number]
        found[k] = part._replace(rows=kept[part.rows], searches=searches)
    return found


def _warn_of_divergence(tasks, parts):
    """Warn of folds whose training diverged."""
    failed = [(task, part) for task, part in zip(tasks, parts, strict=True) if part.failure is not None]
    if failed:
        (_, fold), part = failed[0]
        warn_user(
            f"The training diverged in {len(failed)} of {len(parts)} fits, such as that with {fold.name} "
            "held out: their clips are predicted as the commonest class of the training clips and count as "
            f"missing. {part.failure}"
        )


def _label(fold):
    return f"the fit with {fold.name} held out"


def _whole_fit(models, seed, fold, train, test):
    name = f"{fold.name} {'no seed' if seed is None else f'seed {seed}'}"
    return FitTask(models[seed], train, test, _label(fold), name=name)


def _batched_fits(samples, tasks, models, **options):
    """Return a fit a task on shared features, and the records of the search that chose each model."""
    if isinstance(samples.estimator, BatchedSearch):
        return _searched_fits(samples, tasks, models, **options)
    samples.warn_of_searches()
    shared = {seed: share_features(samples, model, _key(seed)) for seed, model in models.items()}
    warn_of_loops([model for model, _ in shared.values()])
    return [
        FitTask(shared[seed][0], train, test, _label(fold), shared[seed][1])
        for seed, fold, train, test in tasks
    ], None


def _key(seed):
    return (("random_state", ("evaluation", seed)),)


def _searched_fits(samples, tasks, models, **options):
    """As `_batched_fits`, after the searches of all folds, whose inner fits are run together."""
    runs, cached = [], {seed: {} for seed in models}
    for seed, fold, train, _ in tasks:
        # Each run sets its results on a search of its own; the values of the grid stay the same objects.
        search = copy.copy(models[seed])
        if not search.refit:
            raise ValueError(
                "refit=False leaves nothing to predict the held-out clips with; pass refit=True."
            )
        place = f", {fold.name} held out"
        runs.append(SearchRun(search, samples, train, place, cached[seed], _key(seed)))
    if runs:
        runs[0].warn_of_loops()
        run_searches(runs, samples, **options)
    for run in runs:
        run.finish()
    fits = [run.best_task(test, _label(fold)) for run, (_, fold, _, test) in zip(runs, tasks, strict=True)]
    return fits, [[search_record(run.search)] for run in runs]
