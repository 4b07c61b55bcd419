"""Many fits in stacks, over processes or machines, each finished stack on disk."""

import time
from typing import NamedTuple

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from tqdm import tqdm

from skmer._utils._digest import digest
from skmer._utils._jobs import run_jobs
from skmer.model_selection._run._identity import parameters_digest
from skmer.model_selection._stacks._plan import Planner, net_of
from skmer.training._compiled_steps import is_compiled
from skmer.training._stack import reason_for_loop, train_nets


class Outcome(NamedTuple):
    """What a fit says of the rows that it held out.

    ``labels`` are positions among all classes, ``probabilities`` (n_test, n_classes) zero for a class that
    the fit did not see; times in seconds, that of a stack shared by its nets.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    fit_time: float
    score_time: float

    def among(self, codes):
        """Return the outcome in terms of fewer classes, which hold all that the fit saw."""
        labels = np.searchsorted(codes, self.labels)
        return self._replace(labels=labels, probabilities=self.probabilities[:, codes])


class Shared(NamedTuple):
    """What every stack needs, sent to each worker once."""

    tables: list
    y: np.ndarray
    groups: np.ndarray | None
    classes: np.ndarray


class Engine:
    """Runs fits over one set of rows.

    Parameters
    ----------
    X : array-like
        All rows, as the models take them.
    y : ndarray
        Labels.
    groups : ndarray or None
        Subjects.
    classes : ndarray
        All classes, sorted.
    chunk_size : int or "auto"
        Nets in a stack at most.
    n_jobs : int or None
        Stacks at a time.
    keep : Checkpoint or None
        Where finished stacks are kept.
    verbose : int
        0 shows no progress.
    """

    def __init__(self, X, y, groups, classes, *, chunk_size="auto", n_jobs=None, keep=None, verbose=1):
        self.planner = Planner(X, y)
        self.y, self.groups, self.classes = y, groups, classes
        self.chunk_size, self.n_jobs, self.keep, self.verbose = chunk_size, n_jobs, keep, verbose

    def run(self, fits, title="fits"):
        """Return the outcome of each fit, in their order."""
        works = [self.planner.work(fit) for fit in fits]
        # What lies on disk is found again by another number of jobs: there it has no say.
        n_jobs = effective_n_jobs(self.n_jobs) if self.keep is None else 1
        chunks = self.planner.chunks(works, self.chunk_size, n_jobs)
        names = [None] * len(chunks) if self.keep is None else _names(chunks, fits)
        outcomes = [None] * len(fits)
        waiting = []
        for chunk, name in zip(chunks, names, strict=True):
            part = None if name is None else self.keep.read(name)
            if part is None:
                waiting.append((chunk, name))
            else:
                _deal(outcomes, chunk, [_from_json(item, len(self.classes)) for item in part])
        total, n_left = len(fits), sum(len(chunk) for chunk, _ in waiting)
        hidden = None if self.verbose else True
        with tqdm(total=total, initial=total - n_left, desc=title, unit="fit", disable=hidden) as bar:
            for k, found in self._compute([[works[i] for i in chunk] for chunk, _ in waiting]):
                chunk, name = waiting[k]
                if name is not None:
                    self.keep.write(name, [_as_json(outcome) for outcome in found])
                _deal(outcomes, chunk, found)
                bar.update(len(chunk))
        return outcomes

    def _compute(self, tasks):
        shared = Shared(self.planner.tables, self.y, self.groups, self.classes)
        # Compiled loops let go of Python's lock; threads start at once and share the rows.
        threads = all(_in_threads(net_of(work.model)) for works in tasks for work in works)
        options = {"n_jobs": self.n_jobs, "shared": shared, "label": _label}
        return run_jobs(train_chunk, tasks, prefer="threads" if threads else None, **options)


def _in_threads(net):
    return reason_for_loop(net) is None and is_compiled(net)


def train_chunk(works, shared):
    """Train the nets of a chunk together, and predict what each holds out; list of Outcome."""
    fronts = {}
    prepared, seconds = zip(*[_timed(_prepare, work, shared, fronts) for work in works], strict=True)
    nets, data, held_out = zip(*prepared, strict=True)
    _, training = _timed(_train, works, nets, data)
    outcomes = []
    for net, rows, own in zip(nets, held_out, seconds, strict=True):
        (labels, probabilities), score_time = _timed(_predict, net, rows, shared.classes)
        outcomes.append(Outcome(labels, probabilities, own + training / len(works), score_time))
    return outcomes


def _timed(function, *args):
    started = time.perf_counter()
    result = function(*args)
    return result, time.perf_counter() - started


def _prepare(work, shared, fronts):
    """All of a fit but the training: the net, its rows, and the features of those held out."""
    try:
        train = work.train
        model, target = clone(work.model), shared.y[train]
        groups = None if shared.groups is None else shared.groups[train]
        net = net_of(model)
        if work.front not in fronts:
            fronts[work.front] = _features(model, work, shared, target, groups)
        rows, held_out = fronts[work.front]
        inner = None if net.train_split is None else groups
        return net, net._prepare(rows, target, inner), held_out
    except Exception as error:
        raise _named(error, work.label) from error


def _features(model, work, shared, target, groups):
    """Features of the training rows and of those held out, from the steps before the net."""
    table = shared.tables[work.table]
    rows, held_out = _safe_indexing(table, work.train), _safe_indexing(table, work.test)
    if not isinstance(model, Pipeline):
        return rows, held_out
    front = model[:-1]
    params = {} if groups is None else dict.fromkeys(work.group_names, groups)
    return front.fit_transform(rows, target, **params), front.transform(held_out)


def _train(works, nets, data):
    try:
        train_nets(nets, data, chunk_size=len(nets))
    except Exception as error:
        raise _named(error, _label(works)) from error


def _label(works):
    beside = f" (or one of {len(works) - 1} trained beside it)" if len(works) > 1 else ""
    return works[0].label + beside


def _named(error, label):
    """Return the error that says whose it is; what was wrong with a type stays a TypeError."""
    kind = TypeError if isinstance(error, TypeError) else ValueError
    return kind(f"{label} failed: {error}")


def _predict(net, rows, classes):
    """Codes of the labels and probabilities in the order of all classes."""
    own = np.searchsorted(classes, net.classes_)
    found = net.predict_proba(rows)
    probabilities = np.zeros((len(found), len(classes)))
    probabilities[:, own] = found
    return own[found.argmax(axis=1)], probabilities


def _deal(outcomes, chunk, found):
    for k, outcome in zip(chunk, found, strict=True):
        outcomes[k] = outcome


def _names(chunks, fits):
    """A name for each chunk that says what is fitted in it, and on what."""
    models, rows = {}, {}
    for fit in fits:
        if id(fit.model) not in models:
            models[id(fit.model)] = parameters_digest(fit.model)
    keys = [
        [models[id(fit.model)], *(rows.setdefault(r.tobytes(), digest(r)) for r in (fit.train, fit.test))]
        for fit in fits
    ]
    return [f"fits {digest([keys[k] for k in chunk])[:16]}" for chunk in chunks]


def _as_json(outcome):
    return [outcome.labels.tolist(), outcome.probabilities.tolist(), outcome.fit_time, outcome.score_time]


def _from_json(content, n_classes):
    labels, probabilities, fit_time, score_time = content
    probabilities = np.array(probabilities, dtype=float).reshape(-1, n_classes)
    return Outcome(np.array(labels, dtype=int), probabilities, fit_time, score_time)
