"""Every split that is drawn while a pipeline is fitted, traced back to clips and subjects."""

import functools
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit
from skorch import NeuralNet
from torch.utils.data import Subset

from skmer._utils._files import row_digests
from skmer._utils._sklearn import GroupsConsumerMixin, RepeatedSplits
from skmer.model_selection._audit._finding import LeakFinding


@dataclass
class SplitRecorder:
    """Collects the splits of one fit.

    Parameters
    ----------
    samples : Samples
        All clips.
    train : ndarray of int
        Clips of the fit, in its order.
    """

    samples: object
    train: np.ndarray
    n_splits: int = 0
    findings: list = field(default_factory=list)

    def __post_init__(self):
        unique, first, counts = np.unique(self.samples.digests, return_index=True, return_counts=True)
        # Content that occurs twice does not say which clip it is.
        self._by_content = {d: row for d, row, n in zip(unique, first, counts, strict=True) if n == 1}
        self._parts, self._depth = [], 0

    @contextmanager
    def recording(self, estimator):
        """Record what is drawn inside the context."""
        with ExitStack() as stack:
            for owner in _splitters(estimator):
                stack.enter_context(patch.object(owner, "split", self._recorded(vars(owner)["split"])))
            for owner in _with_subclasses(NeuralNet):
                if "get_split_datasets" in vars(owner):
                    method = self._recorded_net(vars(owner)["get_split_datasets"])
                    stack.enter_context(patch.object(owner, "get_split_datasets", method))
            yield

    def _recorded(self, split):
        @functools.wraps(split)
        def wrapper(splitter, X, y=None, groups=None, **options):
            drawn = split(splitter, X, y, groups, **options)
            while True:
                # A split calls that of its base class, or of a splitter inside: the outermost counts.
                self._depth += 1
                try:
                    train, test = next(drawn)
                except StopIteration:
                    return
                finally:
                    self._depth -= 1
                if not self._depth:
                    self._add(splitter, X, y, groups, train, test)
                yield train, test

        return wrapper

    def _recorded_net(self, method):
        @functools.wraps(method)
        def wrapper(net, X, y=None, **params):
            train, valid = method(net, X, y, **params)
            if isinstance(train, Subset) and isinstance(valid, Subset):
                self._add(
                    net.train_split, getattr(train.dataset, "X", None), y, None, train.indices, valid.indices
                )
            return train, valid

        return wrapper

    def _add(self, splitter, X, y, groups, train, test):
        self.n_splits += 1
        name = type(splitter).__name__
        n = len(train) + len(test) if X is None else _length(X)
        rows = self._rows(X, y, n)
        if rows is not None:
            self._parts += [(rows[train], None), (rows[test], None)]
            if not np.isin(rows, self.train).all():
                self._report(
                    f"{name} drew an inner split over held-out clips: they are not the fold's to split."
                )
            subjects = self.samples.groups[rows]
        elif groups is not None and len(groups) == n:
            subjects = np.asarray(groups)
        elif not isinstance(splitter, GroupsConsumerMixin):
            self._report(
                f"{name} drew an inner split of {n} rows without their subjects, which then stand on both "
                "sides; split by subject (GroupKFold, LeaveOneGroupOut, GroupShuffleSplit)."
            )
            return
        else:
            return
        both = np.intersect1d(subjects[train], subjects[test])
        if len(both):
            self._report(
                f"{name} puts {len(both)} of {len(np.unique(subjects))} training subjects on both sides of "
                f"an inner split, such as {both[0]}: what is chosen there is chosen on people it has seen; "
                "split by subject (GroupKFold, LeaveOneGroupOut, GroupShuffleSplit)."
            )

    def _report(self, message):
        if message not in [finding.message for finding in self.findings]:
            self.findings.append(LeakFinding("inner-split", message))

    def _rows(self, X, y, n):
        """Return the clips behind the rows of a split: by content, place, or the split that they are of."""
        found = self._by_rows(X)
        if found is not None:
            return found
        if n == len(self.train):
            return self.train
        # A split within a split sees transformed rows: they are told by their number and their classes, the
        # latest first.
        for rows, _ in reversed(self._parts):
            if len(rows) == n and (y is None or _same_classes(self.samples.y[rows], y)):
                return rows
        return None

    def _by_rows(self, X):
        if X is None or (np.ndim(X) < 2 and not isinstance(X, list) and not _holds_clips(X)):
            return None
        try:
            rows = [self._by_content.get(found) for found in row_digests(X, self.samples.files)]
        except (TypeError, ValueError):
            return None
        return None if None in rows or not rows else np.array(rows)


def _holds_clips(X):
    """Return whether the entries of an array are sequences of frames rather than labels or numbers."""
    is_object = isinstance(X, np.ndarray) and X.dtype == object
    return is_object and X.ndim == 1 and not any(map(np.isscalar, X))


def _length(X):
    return X.shape[0] if hasattr(X, "shape") else len(X)


def _same_classes(a, b):
    """Return whether two lists of labels are equal up to the names."""
    b = np.asarray(b)
    if b.shape != a.shape:
        return False
    return np.array_equal(*(np.unique(values, return_inverse=True)[1] for values in (a, b)))


def _splitters(estimator):
    """Return the classes that define `split`: scikit-learn's, their subclasses, those of the parameters."""
    owners = [
        owner
        for base in (BaseCrossValidator, BaseShuffleSplit, RepeatedSplits)
        for owner in _with_subclasses(base)
    ]
    values = getattr(estimator, "get_params", dict)().values()
    owners += [base for value in values if _is_splitter(value) for base in type(value).__mro__]
    return {owner for owner in owners if "split" in vars(owner)}


def _is_splitter(value):
    return (
        hasattr(value, "get_n_splits")
        and not isinstance(value, type)
        and callable(getattr(value, "split", None))
    )


def _with_subclasses(owner):
    yield owner
    for below in owner.__subclasses__():
        yield from _with_subclasses(below)
