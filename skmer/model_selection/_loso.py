import time

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed
from tqdm import tqdm

from skmer.model_selection._data import check_samples, check_seeds, missing_clips, seeded, takes_groups
from skmer.model_selection._result import LOSOResult
from skmer.model_selection._run_card import run_card


def evaluate_loso(estimator, X, y=None, groups=None, *, seeds=None, n_jobs=None, verbose=1):
    """Leave one subject out: fit on the others, predict the subject's clips, pool the predictions.

    Each clip is predicted exactly once per seed, by a model that never saw its subject, and the scores are
    counted once over all clips. A search (``GridSearchCV`` with ``cv=LeaveOneGroupOut()``) gets the training
    subjects as ``groups``; one whose `cv` ignores them draws a warning.

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
    seeds : int or sequence of int, default=None
        Repeat the evaluation with every ``random_state`` of the estimator set to each seed in turn; an int
        n means ``range(n)``. None runs once and leaves the estimator's own as they are. Each seed is scored
        alone: nothing is averaged before it is scored.
    n_jobs : int, default=None
        Folds fitted at a time, through joblib. None is 1, or what ``joblib.parallel_config`` says.
    verbose : int, default=1
        1 shows a progress bar over folds on a terminal and nothing elsewhere, 0 nothing at all.

    Returns
    -------
    LOSOResult
        The out-of-fold table, with scores, intervals, floor and exports.

    Raises
    ------
    ValueError
        If lengths differ, labels or subjects are lacking, or there are fewer than two subjects.
    TypeError
        If `X` is given alone and is not clips.

    Notes
    -----
    A clip without features keeps its place in N. It is a row of a floating-point `X` that is NaN (in every
    value where `X` is 2-D, in any value else), or one for which the first step of a pipeline yields NaN,
    which it may where it has a parameter ``on_missing`` other than "raise". Such clips never train, are
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
    >>> result.uf1 > result.floor.uf1
    True
    """
    samples, seeds = check_samples(X, y, groups), check_seeds(seeds)
    grouped = takes_groups(estimator, samples.y)
    missing = missing_clips(estimator, samples.X)
    folds = [(samples.groups != subject, samples.groups == subject) for subject in np.unique(samples.groups)]
    started = time.perf_counter()
    tasks = [(seeded(estimator, seed), *fold) for seed in seeds for fold in folds]
    parts = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_predict_fold)(model, grouped, samples, train & ~missing, test & ~missing, test & missing)
        for model, train, test in tasks
    )
    bar = tqdm(parts, total=len(tasks), desc="folds", disable=None if verbose else True)
    table = _table(list(bar), samples, seeds, len(folds), missing)
    seconds = time.perf_counter() - started
    card = run_card(estimator, seeds, table, samples.fingerprint, seconds)
    return LOSOResult(table, samples.classes.tolist(), card)


def _predict_fold(model, grouped, samples, train, test, unseen):
    """Rows of one held-out subject: their positions, predictions and probabilities (None without)."""
    subject = samples.groups[test | unseen][0]
    try:
        predicted = _predict_present(model, grouped, samples, train, test)
    except Exception as error:
        error.add_note(f"evaluate_loso was holding out {subject}.")
        raise
    if not unseen.any():
        return predicted
    rows, labels, probabilities = predicted
    shares = (samples.y[train][:, None] == samples.classes).mean(axis=0)
    guess = np.full(unseen.sum(), samples.classes[shares.argmax()])
    if probabilities is not None:
        probabilities = np.concatenate([probabilities, np.tile(shares, (len(guess), 1))])
    return np.append(rows, np.flatnonzero(unseen)), np.append(labels, guess), probabilities


def _predict_present(model, grouped, samples, train, test):
    X, y, groups, classes = samples.X, samples.y, samples.groups, samples.classes
    train, test = np.flatnonzero(train), np.flatnonzero(test)
    if not len(test):
        return test, y[:0], np.empty((0, len(classes))) if hasattr(model, "predict_proba") else None
    fit_params = {"groups": groups[train]} if grouped else {}
    model.fit(_safe_indexing(X, train), y[train], **fit_params)
    held_out = _safe_indexing(X, test)
    probabilities = None
    if hasattr(model, "predict_proba"):
        probabilities = np.zeros((len(test), len(classes)))
        probabilities[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(held_out)
    return test, model.predict(held_out), probabilities


def _table(parts, samples, seeds, n_folds, missing):
    """One row a clip and seed, in the order of the clips."""
    runs = [
        _run_table(parts[k * n_folds : (k + 1) * n_folds], samples, seed, missing)
        for k, seed in enumerate(seeds)
    ]
    return pd.concat(runs, ignore_index=True)


def _run_table(parts, samples, seed, missing):
    order = np.argsort(np.concatenate([rows for rows, _, _ in parts]))
    columns = {
        "clip": samples.clip_ids,
        "subject": samples.groups,
        "seed": pd.array([seed] * len(order), dtype="Int64"),
        "truth": samples.y,
        "prediction": np.concatenate([labels for _, labels, _ in parts])[order],
        "missing": missing,
    }
    if all(probabilities is not None for _, _, probabilities in parts):
        pooled = np.concatenate([probabilities for _, _, probabilities in parts])[order]
        columns |= {f"probability_{name}": pooled[:, i] for i, name in enumerate(samples.classes)}
    return pd.DataFrame(columns)
