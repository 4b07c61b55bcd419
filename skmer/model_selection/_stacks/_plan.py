"""Fits to come: what each trains on and holds out, and which of them are worth stacking."""

import math
import warnings
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from skmer.classifiers._base import ClipNetClassifier
from skmer.model_selection._run._identity import parameters_digest
from skmer.model_selection._samples import group_names
from skmer.training._compiled_steps import LAMBDAS
from skmer.training._stack import STACK_SIZE, reason_for_loop

# Nets in a stack: a larger one is no quicker on a CPU, a GPU is idle with a smaller.
STACK_SIZES = {"cpu": STACK_SIZE, "cuda": 128}
# Parameters in which nets of one stack may differ.
OWN_VALUES = (*LAMBDAS, "random_state", "verbose")


class Fit(NamedTuple):
    """One model to fit on some rows and to ask about others.

    Parameters
    ----------
    model : estimator
        Unfitted net, or Pipeline that ends in one, with its parameters and its ``random_state`` set. It is
        cloned before it is fitted; fits may share it.
    train, test : ndarray of int
        Rows.
    label : str
        What an error calls it.
    """

    model: Any
    train: np.ndarray
    test: np.ndarray
    label: str


class Work(NamedTuple):
    """A fit as a worker gets it: the steps that learn nothing are done, in a table of features.

    ``front`` is the same number for fits whose steps before the net, and whose rows, are the same.
    """

    table: int
    model: Any
    train: np.ndarray
    test: np.ndarray
    label: str
    group_names: list
    front: int


def net_of(estimator):
    """Return the net that an estimator is or ends in, None where it is neither."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return last if isinstance(last, ClipNetClassifier) else None


def check_net(estimator, instead):
    """Return the net of an estimator; ValueError that names scikit-learn's own tool where there is none."""
    net = net_of(estimator)
    if net is None:
        last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        raise ValueError(
            "estimator must be a net of skmer.classifiers or a Pipeline that ends in one, got "
            f"{type(last).__name__}; use sklearn.model_selection.{instead}."
        )
    return net


def check_chunk_size(chunk_size):
    """Refuse what is neither "auto" nor a positive number."""
    is_number = isinstance(chunk_size, int | np.integer) and not isinstance(chunk_size, bool)
    if not (is_number and chunk_size > 0) and chunk_size != "auto":
        raise ValueError(f"chunk_size must be 'auto' or a positive number of nets, got {chunk_size!r}.")


def warn_of_loops(models, stacklevel):
    """Warn once where nets have to be trained one after the other, with the reason of the first."""
    reasons = [reason_for_loop(net_of(model)) for model in models]
    found = [reason for reason in reasons if reason is not None]
    if found:
        who = "the nets" if len(found) == len(reasons) else f"{len(found)} of {len(reasons)} candidates"
        warnings.warn(f"{who} are trained one after the other, since {found[0]}.", stacklevel=stacklevel + 1)


class Planner:
    """Turns fits into work, and runs each chain of steps that learn nothing once for all of them.

    Parameters
    ----------
    X : array-like
        All rows.
    y : ndarray
        Their labels.
    """

    def __init__(self, X, y):
        self.X, self.y = X, y
        self.tables = []
        self._table_numbers = {}
        self._front_numbers = {}
        self._models = {}
        self._shapes = {}

    def work(self, fit):
        """Return a fit as Work."""
        if id(fit.model) not in self._models:
            self._models[id(fit.model)] = fit.model, self._take_apart(fit.model)
        table, model, front_key, names = self._models[id(fit.model)][1]
        key = (table, front_key, fit.train.tobytes(), fit.test.tobytes())
        front = self._front_numbers.setdefault(key, len(self._front_numbers))
        return Work(table, model, fit.train, fit.test, fit.label, names, front)

    def chunks(self, works, chunk_size, n_jobs=1):
        """Return lists of positions in `works`, the like-shaped together, and all jobs kept busy."""
        keys = [self._order(work) for work in works]
        order = sorted(range(len(works)), key=lambda k: (keys[k], k))
        chunks = []
        for _, group in groupby(order, key=lambda k: keys[k][0]):
            alike = list(group)
            size = chunk_size if chunk_size != "auto" else _stack_size(works[alike[0]], len(alike), n_jobs)
            chunks += [alike[start : start + size] for start in range(0, len(alike), size)]
        return chunks

    def _order(self, work):
        """What fits of one stack share as far as it shows before they are prepared, then what they take."""
        net = net_of(work.model)
        if id(net) not in self._shapes:
            params = net.get_params(deep=False).items()
            self._shapes[id(net)] = repr(
                sorted((name, repr(v)) for name, v in params if name not in OWN_VALUES)
            )
        n_batches = len(work.train) // net.batch_size if net.batch_size > 0 else 1
        return (self._shapes[id(net)], n_batches, len(np.unique(self.y[work.train]))), work.front

    def _take_apart(self, model):
        """Number of the table, the model that is left, and a key and the groups' names of its front."""
        if not isinstance(model, Pipeline):
            return self._table(None), model, "", []
        n_free = 0
        while n_free < len(model.steps) - 1 and _learns_nothing(model.steps[n_free][1]):
            n_free += 1
        table = self._table(model[:n_free] if n_free else None)
        if n_free == len(model.steps) - 1:
            return table, model[-1], "", []
        rest = model[n_free:]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of searches among the steps: the caller has said it
            names = group_names(rest[:-1], self.y)
        return table, rest, parameters_digest(rest[:-1]), names

    def _table(self, steps):
        key = "" if steps is None else parameters_digest(steps)
        if key not in self._table_numbers:
            self._table_numbers[key] = len(self.tables)
            self.tables.append(self.X if steps is None else clone(steps).transform(self.X))
        return self._table_numbers[key]


def _learns_nothing(step):
    """Whether a step gives a row the same features whatever rows are beside it; a function may not."""
    if step in (None, "passthrough"):
        return True
    return not get_tags(step).requires_fit and not isinstance(step, FunctionTransformer)


def _stack_size(work, n_alike, n_jobs):
    """Nets in a stack, so that stacks of about one size go to every job."""
    device = str(net_of(work.model).device).partition(":")[0]
    largest = STACK_SIZES.get(device, STACK_SIZES["cpu"])
    rounds = math.ceil(n_alike / (largest * n_jobs))
    return math.ceil(n_alike / (rounds * n_jobs))
