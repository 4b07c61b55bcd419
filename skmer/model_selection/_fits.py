"""Fits of an evaluation or a search: each an ordinary fit, as jobs over threads, processes or machines.

A job is one fit. Of nets on a GPU, which are quicker in stacks, it is as many as fill a few stacks.
"""

import time
import traceback
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from skmer._utils._jobs import raising_interrupts, run_jobs
from skmer._utils._messages import warn_user
from skmer._utils._progress import Progress
from skmer._utils._sklearn import safe_indexing, ungated
from skmer.model_selection._every_epoch import fit_every_epoch
from skmer.model_selection._routing import split_params
from skmer.model_selection._run._identity import fit_names
from skmer.model_selection._search._candidate_table import search_records
from skmer.training import fit_stacked, runs_in_threads, stack_size_of, stacking_reason

# A job of nets that train in stacks: so many that those of one shape meet, and not all are lost with one.
_STACKS_A_JOB = 8


class FitTask(NamedTuple):
    """One model to fit on some rows, and to predict others.

    Parameters
    ----------
    model : estimator
        Unfitted; it is cloned, and tasks may share it.
    train, test : ndarray of int
        Rows.
    label : str
        What an error calls the fit.
    table : int
        Number of the table of `Samples` that the model takes.
    name : str or None
        Of its part in a checkpoint; None is a digest of model and rows.
    with_train : bool
        Whether the training rows are predicted as well.
    every_epoch : bool
        Whether the labels after each epoch are wanted too, of a model that ends in a net.
    """

    model: Any
    train: np.ndarray
    test: np.ndarray
    label: str
    table: int = 0
    name: str | None = None
    with_train: bool = False
    every_epoch: bool = False


class DivergedError(ValueError):
    """Raised where the probabilities of a fit are not finite."""


class Predictions(NamedTuple):
    """Predictions of one fit for its held-out rows.

    Parameters
    ----------
    rows : ndarray of int
        The held-out rows.
    labels : ndarray of int
        Positions among all classes.
    probabilities : ndarray of shape (n_rows, n_classes) or None
        Zero for a class that the fit did not see; None where the model has none.
    fit_time, score_time : float
        Seconds; those of a stack are shared by its nets.
    searches : list of dict
        Records of the searches inside the model.
    train : Predictions or None
        Of the training rows, where they were asked for.
    failure : str or None
        Why the fit has no predictions.
    epochs : list of list of int
        Labels of all rows after each epoch, where the task asks for them.
    """

    rows: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray | None
    fit_time: float = 0.0
    score_time: float = 0.0
    searches: list = []
    train: Any = None
    failure: str | None = None
    epochs: list = []

    def among(self, codes) -> "Predictions":
        """Return the predictions in terms of fewer classes, which hold all that the fit saw."""
        probabilities = None if self.probabilities is None else self.probabilities[:, codes]
        train = None if self.train is None else self.train.among(codes)
        labels = np.searchsorted(codes, self.labels)
        return self._replace(labels=labels, probabilities=probabilities, train=train)

    def to_json(self) -> dict:
        """Return the predictions as JSON holds them; floats keep every digit."""
        content = self._asdict() | {"rows": self.rows.tolist(), "labels": self.labels.tolist()}
        if self.probabilities is not None:
            content["probabilities"] = self.probabilities.tolist()
        if self.train is not None:
            content["train"] = self.train.to_json()
        return content

    @classmethod
    def from_json(cls, content, rows, n_classes, train=None) -> "Predictions":
        """Read what `to_json` returned for some rows, and training rows; ValueError where it is none."""
        labels = np.array(content["labels"], dtype=int)
        probabilities = content["probabilities"]
        if probabilities is not None:
            probabilities = np.array(probabilities, dtype=float).reshape(len(rows), n_classes)
        if (
            content["rows"] != rows.tolist()
            or labels.shape != rows.shape
            or not set(labels) <= set(range(n_classes))
        ):
            raise ValueError("predictions of other rows or classes")
        times = float(content["fit_time"]), float(content["score_time"])
        of_train = None if train is None else cls.from_json(content["train"], train, n_classes)
        epochs = [[int(label) for label in epoch] for epoch in content.get("epochs", [])]
        if any(len(epoch) != len(rows) or not set(epoch) <= set(range(n_classes)) for epoch in epochs):
            raise ValueError("labels of epochs of other rows or classes")
        found = cls(rows, labels, probabilities, *times, list(content["searches"]), of_train)
        return found._replace(epochs=epochs)


def share_features(samples, model, key=()) -> tuple[Any, int]:
    """Return the steps after the stateless transformers of a Pipeline, and the table of their features.

    Models with an equal `key` have transformers of equal settings, and share the table.
    """
    model = ungated(model)
    steps = model.steps if isinstance(model, Pipeline) else []
    n_stateless = 0
    while n_stateless < len(steps) - 1 and _is_stateless(steps[n_stateless][1]):
        n_stateless += 1
    if n_stateless == 0:
        return model, 0
    front = model[:n_stateless]
    # A stateless step may draw, such as jittered views: then each seed has features of its own.
    seeded = any(name.split("__")[-1] == "random_state" for name in front.get_params())
    own = {name for name, _ in steps[n_stateless:]}
    key = [(name, value) for name, value in key if name.partition("__")[0] not in own]
    key = tuple(item for item in key if seeded or item[0] != "random_state")
    return model[n_stateless:], samples.features(front, key)


def _is_stateless(step):
    """Return whether a step makes the same features of a row whatever rows come with it."""
    if step in (None, "passthrough"):
        return True
    # A function may take all rows together, such as their mean.
    return not get_tags(step).requires_fit and not isinstance(step, FunctionTransformer)


def last_step(model):
    """Return the last step of a Pipeline, or the model itself."""
    return model[-1] if isinstance(model, Pipeline) else model


def check_stack_size(stack_size) -> None:
    """Refuse values other than "auto" and positive numbers."""
    is_number = isinstance(stack_size, int | np.integer) and not isinstance(stack_size, bool)
    is_auto = isinstance(stack_size, str) and stack_size == "auto"
    if not (is_number and stack_size > 0) and not is_auto:
        raise ValueError(f"stack_size must be 'auto' or a positive number of nets, got {stack_size!r}.")


def warn_of_loops(models) -> None:
    """Warn once where models on a GPU do not train in stacks, with the reason of the first."""
    reasons = [stacking_reason(last_step(model)) if _is_on_gpu(model) else None for model in models]
    found = [reason for reason in reasons if reason is not None]
    if found:
        who = "the nets" if len(found) == len(reasons) else f"{len(found)} of {len(reasons)} candidates"
        warn_user(f"{who} are trained one after the other, since {found[0]}.")


def _is_on_gpu(model):
    devices = [str(v) for name, v in model.get_params().items() if name.split("__")[-1] == "device"]
    return any(
        device.startswith("cuda") or (device == "auto" and torch.cuda.is_available()) for device in devices
    )


def run_fits(
    samples,
    tasks,
    *,
    checkpoint=None,
    verbose=0,
    title="fits",
    finished=None,
    stack_size="auto",
    kept_errors=(),
    **options,
) -> list[Predictions]:
    """Fit the model of each task and predict its held-out rows.

    Parameters
    ----------
    samples : Samples
        All rows.
    tasks : list of FitTask
        Fits.
    checkpoint : Checkpoint or None
        Where the predictions of each fit are kept, and those of an earlier run are found.
    verbose : int
        0 shows no progress.
    title : str
        Of the progress bar.
    finished : callable or None
        Called with the number of each task once its predictions are there.
    stack_size : int or "auto"
        Nets in a stack at most, on a GPU.
    kept_errors : tuple of type
        Errors of a fit that become its ``failure``; others end the run. Failures are in no checkpoint.
    **options : object
        ``n_jobs`` and ``pre_dispatch``, as of `run_jobs`.

    Returns
    -------
    list of Predictions
        In the order of the tasks.
    """
    names = [] if checkpoint is None else fit_names(samples, tasks)
    found: list = [None] * len(tasks) if checkpoint is None else _read(checkpoint, names, tasks, samples)
    waiting = [k for k, predictions in enumerate(found) if predictions is None]
    jobs = _jobs(tasks, waiting, stack_size)
    done = len(tasks) - len(waiting)
    finished = finished or (lambda k: None)
    for k in set(range(len(tasks))) - set(waiting):
        finished(k)
    with Progress(len(tasks), done, title=title, unit="fit", verbose=verbose) as progress:
        for number, results in _run(samples, tasks, jobs, (stack_size, kept_errors), options):
            for k, predictions in zip(jobs[number], results, strict=True):
                found[k] = predictions
                if checkpoint is not None and predictions.failure is None:
                    checkpoint.write(names[k], predictions.to_json())
                finished(k)
            progress.add(len(results))
    return found


def _read(checkpoint, names, tasks, samples):
    def parse(task):
        train = task.train if task.with_train else None
        return lambda part: Predictions.from_json(part, task.test, len(samples.classes), train)

    return [checkpoint.read(name, parse(task)) for name, task in zip(names, tasks, strict=True)]


def _jobs(tasks, waiting, stack_size):
    """Return lists of positions in `tasks`: one fit each, or enough for a few stacks."""
    models = {id(task.model): task.model for task in tasks}
    sizes = {key: stack_size_of(last_step(model)) for key, model in models.items()}
    # A callback hears each epoch of a net that is fitted alone.
    sizes |= {id(task.model): 1 for task in tasks if task.every_epoch}
    # How fits are put together must not depend on n_jobs, or results would.
    together = [k for k in waiting if sizes[id(tasks[k].model)] > 1]
    largest = max(sizes.values()) if stack_size == "auto" else stack_size
    size = _STACKS_A_JOB * largest
    jobs = [together[start : start + size] for start in range(0, len(together), size)]
    return jobs + [[k] for k in waiting if sizes[id(tasks[k].model)] == 1]


def _run(samples, tasks, jobs, how, options):
    """Yield the number of each job with its predictions, as they are finished."""
    chosen = [tasks[k] for job in jobs for k in job]
    models = {id(task.model): task.model for task in chosen}.values()
    # Threads start at once and share the rows, where a fit lets go of Python's lock; the others would wait.
    threads = bool(models) and all(runs_in_threads(last_step(model)) for model in models)
    shared = samples.for_workers({task.table for task in chosen}), how
    work = [[tasks[k] for k in job] for job in jobs]
    options = {"n_jobs": None, "prefer": "threads" if threads else None, **options}
    yield from run_jobs(run_job, work, shared=shared, label=_label, **options)


def _label(tasks):
    others = f" (or one of {len(tasks) - 1} in the same job)" if len(tasks) > 1 else ""
    return tasks[0].label + others


def run_job(tasks, shared) -> list[Predictions]:
    """Fit the models of a job and predict their held-out rows.

    ``shared`` is the samples with a pair: the stack size, and the errors that are kept.
    """
    samples, (stack_size, kept_errors) = shared
    with raising_interrupts():
        if len(tasks) > 1:
            with suppress(*kept_errors):
                return _fit_together(tasks, samples, kept_errors, stack_size)
        return [_fit_alone(task, samples, kept_errors) for task in tasks]


def _fit_alone(task, samples, kept_errors):
    started = time.perf_counter()
    try:
        with _errors_named(task.label, samples.params):
            model = clone(task.model)  # tasks share a model, and threads fit it at the same time
            rows = safe_indexing(samples.tables[task.table], task.train)
            params, epochs = samples.fit_params(task.model, task.train), []
            if task.every_epoch:
                held_out = safe_indexing(samples.tables[task.table], task.test)
                labels = fit_every_epoch(model, rows, samples.y[task.train], held_out, params)
                epochs = np.searchsorted(samples.classes, labels).tolist()
            else:
                model.fit(rows, samples.y[task.train], **params)
    except kept_errors as error:
        return _failed(task, error, time.perf_counter() - started)
    seconds = time.perf_counter() - started
    return _predict(model, task, samples, kept_errors, seconds)._replace(epochs=epochs)


def _fit_together(tasks, samples, kept_errors, stack_size):
    """Fit the steps before each net, then all nets in stacks."""
    models, data = [clone(task.model) for task in tasks], []
    started = time.perf_counter()
    for model, task in zip(models, tasks, strict=True):
        with _errors_named(task.label):
            data.append(_net_data(model, task, samples))
    with _errors_named(_label(tasks)):
        fit_stacked([last_step(model) for model in models], data, stack_size=stack_size)
    seconds = (time.perf_counter() - started) / len(tasks)
    pairs = zip(models, tasks, strict=True)
    return [_predict(model, task, samples, kept_errors, seconds) for model, task in pairs]


def _net_data(model, task, samples):
    """Return rows, labels and fit parameters of the net that a model ends in."""
    rows, y = safe_indexing(samples.tables[task.table], task.train), samples.y[task.train]
    params = samples.fit_params(model, task.train)
    if not isinstance(model, Pipeline):
        return rows, y, params
    front, own = split_params(model, params)
    return model[:-1].fit_transform(rows, y, **front) if len(model.steps) > 1 else rows, y, own


def _failed(task, error, seconds):
    why = "".join(traceback.format_exception_only(error)).strip()
    return Predictions(task.test, np.zeros(len(task.test), int), None, seconds, failure=why)


def _predict(model, task, samples, kept_errors, fit_time):
    """Return the predictions of a fitted model."""
    started = time.perf_counter()
    try:
        with _errors_named(task.label):
            labels, probabilities = _outputs(model, task, task.test, samples)
            train = _outputs(model, task, task.train, samples) if task.with_train else None
    except kept_errors as error:
        return _failed(task, error, fit_time)
    train = None if train is None else Predictions(task.train, *train)
    seconds = time.perf_counter() - started
    return Predictions(task.test, labels, probabilities, fit_time, seconds, search_records(model), train)


def _outputs(model, task, rows, samples):
    """Return labels as positions among all classes, and probabilities in their order or None."""
    X, probabilities = safe_indexing(samples.tables[task.table], rows), None
    if hasattr(model, "predict_proba"):
        probabilities = np.zeros((len(rows), len(samples.classes)))
        # A fit whose rows lack a class has no column for it: its probability stays zero.
        probabilities[:, np.searchsorted(samples.classes, model.classes_)] = model.predict_proba(X)
        if not np.isfinite(probabilities).all():
            raise DivergedError(
                "its probabilities are not finite, since the training diverged; lower the learning rate."
            )
        if type(last_step(model)).predict.__module__.startswith("skmer.classifiers."):
            # Of our classifiers' labels it is known that they are the most probable: no second pass.
            return probabilities.argmax(axis=1), probabilities
    return np.searchsorted(samples.classes, model.predict(X)), probabilities


@contextmanager
def _errors_named(label, params=()):
    """Name the fit in its error; an error of type stays one, and others keep their kind."""
    try:
        yield
    except (ValueError, TypeError) as error:
        kind = next(k for k in (DivergedError, TypeError, ValueError) if isinstance(error, k))
        added = f" (fitted with {', '.join(params)})" if params else ""
        raise kind(f"{label} failed: {error}{added}") from error
    except Exception as error:
        error.add_note(f"{label} failed.")
        raise
