import time
import warnings

from sklearn.utils.parallel import Parallel, delayed
from tqdm import tqdm

from skmer.model_selection._audit._audit import LeakError, audit_loso
from skmer.model_selection._evaluation._stacked import reason_for_folds_apart, stacked_parts
from skmer.model_selection._folds import as_json, from_json, out_of_fold_table, predict_fold
from skmer.model_selection._protocols import TITLES, check_protocol, make_folds
from skmer.model_selection._results._result import LOSOResult
from skmer.model_selection._run._card import run_card
from skmer.model_selection._run._checkpoint import Checkpoint
from skmer.model_selection._run._identity import run_identity
from skmer.model_selection._samples import check_samples, check_seeds, group_names, missing_clips, seeded
from skmer.model_selection._subjects import check_searches, group_searches

ENGINES = ("loop", "batched")


def evaluate_loso(
    estimator,
    X,
    y=None,
    groups=None,
    *,
    protocol="loso",
    train_on=None,
    test_on=None,
    seeds=None,
    n_jobs=None,
    checkpoint=None,
    audit=False,
    verbose=1,
    engine="loop",
):
    """Leave one subject out: fit on the others, predict the subject's clips, pool the predictions.

    Each clip is predicted exactly once per seed, by a model that never saw its subject, and the scores are
    counted once over all clips. Whatever has a use for the training subjects gets them as ``groups``: a
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
    protocol : {"loso", "megc2019", "cross-dataset", "nested-loso"}, default="loso"
        ``"megc2019"`` is ``"loso"`` on the composite in three classes, which it insists on.
        ``"nested-loso"`` searches inside each fold and insists that the searches in the estimator split by
        subject: a `cv` that is left out becomes ``LeaveOneGroupOut()``, a number ``GroupKFold``, and any
        other that ignores subjects is refused. ``"cross-dataset"`` trains on some data sets and tests on
        others; nothing of a tested set is ever trained on.
    train_on, test_on : str or sequence of str, default=None
        Names of data sets, as they stand before the slash of the groups, for ``"cross-dataset"``. Each set of
        `test_on` is a fold; left out, it is every set that `train_on` does not hold, and `train_on` all that
        are not tested. Both left out: each set is tested in turn, by a model of all others.
    seeds : int or sequence of int, default=None
        Repeat the evaluation with every ``random_state`` of the estimator set to each seed in turn; an int
        n means ``range(n)``. None runs once and leaves the estimator's own as they are. Each seed is scored
        alone: nothing is averaged before it is scored.
    n_jobs : int, default=None
        Folds (with ``engine="batched"`` stacks) fitted at a time, through joblib. None is 1, or what
        ``joblib.parallel_config`` says.
    checkpoint : path-like, default=None
        Folder where each fold (with ``engine="batched"`` each stack) is written as soon as it is finished,
        in one file that is there in full or not at all. The same call after an interruption of any kind
        computes what is missing and no more. A folder of other data, parameters, protocol or package versions
        is refused.
    audit : bool or "warn", default=False
        Run :func:`audit_loso` first. What it finds raises :class:`LeakError`, or draws a warning where this
        is ``"warn"``. The run card says what came of it.
    verbose : int, default=1
        1 shows a progress bar over folds or fits on a terminal and nothing elsewhere, 0 nothing at all.
    engine : {"loop", "batched"}, default="loop"
        ``"batched"`` trains the nets of all folds and seeds in stacks, and the inner fits of a
        :class:`BatchedGridSearchCV` with them: the same table to rounding, sooner. What cannot be stacked is
        fitted in a loop, with a warning that says why. The run card says which it was.

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

    Notes
    -----
    A clip without features keeps its place in N. It is a row of a floating-point `X` or of a table that is
    NaN (in every value where `X` is 2-D, in any value else), or one for which a step of a pipeline yields
    NaN, which it may where it has a parameter ``on_missing`` other than "raise", if the steps before it learn
    nothing (their tag ``requires_fit`` is False). Such clips never train, are
    predicted as the commonest class of the other training clips, and are counted in ``n_missing``.

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
    check_protocol(protocol, train_on, test_on)
    check_searches(estimator)
    samples, seeds = check_samples(X, y, groups), check_seeds(seeds)
    if protocol == "nested-loso":
        estimator = group_searches(estimator, samples.y)
    engine = _check_engine(engine, estimator)
    extra = _audit(estimator, samples, audit) if audit else {}
    names = group_names(estimator, samples.y)
    missing = missing_clips(estimator, samples.X)
    folds = make_folds(protocol, samples, train_on, test_on)
    started = time.perf_counter()
    keep = None
    if checkpoint is not None:
        how = [protocol, [fold.name for fold in folds]] + [engine] * (engine != "loop")
        keep = Checkpoint(checkpoint, run_identity(estimator, samples, how))
    tasks = [(seed, fold) for seed in seeds for fold in folds]
    options = {"n_jobs": n_jobs, "verbose": verbose}
    if engine == "batched":
        parts = stacked_parts(estimator, samples, missing, tasks, keep, **options)
    else:
        parts = _run(estimator, names, samples, missing, tasks, keep, **options)
    table = out_of_fold_table(parts, folds, samples, seeds, missing, protocol != "cross-dataset")
    seconds = time.perf_counter() - started
    card = run_card(estimator, seeds, table, samples.fingerprint, seconds, TITLES[protocol])
    extra |= {"engine": engine, "searches": _searches(tasks, parts)}
    card |= {name: value for name, value in extra.items() if value}
    return LOSOResult(table, samples.classes.tolist(), card)


def _check_engine(engine, estimator):
    """Return the engine that is used, with a warning where it is another than asked for."""
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {list(ENGINES)}, got {engine!r}.")
    reason = reason_for_folds_apart(estimator) if engine == "batched" else None
    if reason is None:
        return engine
    warnings.warn(f"the folds are fitted in a loop, since {reason}.", UserWarning, stacklevel=3)
    return "loop"


def _searches(tasks, parts):
    """What the searches of each fold chose, for the run card."""
    return [
        {"seed": seed, "fold": fold.name, **search}
        for (seed, fold), part in zip(tasks, parts, strict=True)
        for search in part.searches
    ]


def _audit(estimator, samples, audit):
    """What the run card says of the audit; raises or warns of what it finds."""
    found = audit_loso(estimator, samples.X, samples.y, samples.groups)
    if not found.passed and audit != "warn":
        raise LeakError(found)
    if not found.passed:
        warnings.warn(repr(found), UserWarning, stacklevel=3)
    return {"audit": {"passed": found.passed, "findings": [finding.message for finding in found.findings]}}


def _run(estimator, names, samples, missing, tasks, keep, *, n_jobs, verbose):
    """Parts of all tasks in order: those kept by an earlier run, and the others computed now."""
    kept = [None if keep is None else keep.read(_task_name(*task)) for task in tasks]
    parts = [None if part is None else from_json(part, samples.classes) for part in kept]
    open_tasks = [k for k, part in enumerate(parts) if part is None]
    computed = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_run_task)(seeded(estimator, tasks[k][0]), names, samples, missing, tasks[k], keep)
        for k in open_tasks
    )
    done = len(tasks) - len(open_tasks)
    bar = tqdm(computed, total=len(tasks), initial=done, desc="folds", disable=None if verbose else True)
    for k, part in zip(open_tasks, bar, strict=True):
        parts[k] = part
    return parts


def _run_task(model, names, samples, missing, task, keep):
    part = predict_fold(model, names, samples, task[1], missing)
    if keep is not None:
        keep.write(_task_name(*task), as_json(part, samples.classes))
    return part


def _task_name(seed, fold):
    return f"{fold.name} {'no seed' if seed is None else f'seed {seed}'}"
