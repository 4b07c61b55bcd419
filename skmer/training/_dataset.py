"""The rows of a fit as tensors, their batches, and the rows that an inner split holds out."""

import warnings

import numpy as np
import torch
from skorch.dataset import Dataset
from torch.utils.data import Subset

from skmer._utils._arguments import (
    FLAG,
    Items,
    Numbers,
    Takes,
    check_argument,
    checked,
    integer,
)
from skmer._utils._sklearn import HasMethods
from skmer._utils._text import check_subjects


class ClipDataset(Dataset):
    """Features with encoded labels, sample weights and groups.

    Parameters
    ----------
    X : array of shape (n, T, N, C) or (n, views, T, N, C)
        Node features, or maps in other shapes, float32.
    y : array of shape (n,), optional
        Class indices. None: zeros, for prediction.
    sample_weight : array of shape (n,), optional
        Weights of the rows. None: ones.
    groups : array of shape (n,), optional
        Subject of each row; read by an inner split, never by the network.
    row_axes : int, default=3
        Axes of one view of a row; X has views where it has two axes more.
    action_units : array of shape (n, n_units), optional
        0, 1 or NaN for each action unit, handed to the loss.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.training import ClipDataset
    >>> len(ClipDataset(np.zeros((5, 3, 31, 2), np.float32)).take([0, 2]))
    2
    """

    def __init__(self, X, y=None, sample_weight=None, groups=None, row_axes=3, *, action_units=None):
        check_argument("X", X, ["array-like"])
        n_rows = len(X)
        check_argument("X", X, [Numbers(*np.shape(X), finite=False)])
        check_argument("y", y, [Items(object, n=n_rows), None])
        check_argument("sample_weight", sample_weight, [Numbers(n_rows), None])
        check_argument("row_axes", row_axes, [integer(1, 16)])
        # torch warns of memory that cannot be written to, as that of a read-only memory map.
        X = np.asarray(X)
        X = np.asarray(X.tolist()) if X.dtype.kind == "O" else X  # numbers of a mixed table
        self.X = torch.as_tensor(np.require(X, requirements=["C", "W"]))
        self.y = torch.zeros(n_rows, dtype=torch.long) if y is None else torch.as_tensor(y)
        weight = np.ones(n_rows) if sample_weight is None else sample_weight
        self.sample_weight = torch.as_tensor(weight, dtype=torch.float32)
        check_argument("action_units", action_units, [Numbers(n_rows, None, finite=False), None])
        units = None if action_units is None else torch.as_tensor(action_units, dtype=torch.float32)
        self.action_units = units
        self.groups = check_subjects(groups, n_rows)
        self.row_axes = row_axes

    def __len__(self):
        return len(self.X)

    def __getitem__(self, index):
        rows = {"X": self.X[index], "sample_weight": self.sample_weight[index]}
        if self.action_units is not None:
            rows["action_units"] = self.action_units[index]
        return rows, self.y[index]

    def take(self, rows):
        """Return the given rows as a dataset of their own.

        Parameters
        ----------
        rows : array-like of int
            Positions.

        Returns
        -------
        data : ClipDataset
            Copies.
        """
        groups = None if self.groups is None else self.groups[rows]
        rows = torch.as_tensor(rows)
        weight = self.sample_weight[rows].numpy()
        units = None if self.action_units is None else self.action_units[rows].numpy()
        parts = (self.X[rows].numpy(), self.y[rows], weight, groups, self.row_axes)
        return ClipDataset(*parts, action_units=units)

    def unfold_views(self):
        """Return every view as a row of its own; the views of a clip share its weight.

        Returns
        -------
        data : ClipDataset
            With X of (rows, T, N, C).
        """
        if self.X.ndim == self.row_axes + 1:
            return self
        n_views, units = self.X.shape[1], self.action_units
        return ClipDataset(
            self.X.flatten(0, 1).numpy(),
            self.y.repeat_interleave(n_views),
            self.sample_weight.repeat_interleave(n_views).numpy() / n_views,
            None if self.groups is None else np.repeat(self.groups, n_views),
            self.row_axes,
            action_units=None if units is None else units.repeat_interleave(n_views, 0).numpy(),
        )


class BatchIterator:
    """Yield slices of a dataset, each in one indexing operation.

    It takes the place of `torch.utils.data.DataLoader`, which fetches row by row and costs nearly as much as
    training a network of this size.

    Parameters
    ----------
    dataset : ClipDataset or torch.utils.data.Subset of one
        Anything indexed by a tensor of row numbers.
    batch_size : int
        Rows in a batch.
    shuffle : bool
        Whether each pass draws a new order.
    drop_last : bool
        Whether a last batch that is not full is left out, unless it is the only one.
    generator : torch.Generator, optional
        Where the order is drawn from.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.training import BatchIterator, ClipDataset
    >>> data = ClipDataset(np.zeros((5, 3, 31, 2), np.float32))
    >>> [len(target) for rows, target in BatchIterator(data, batch_size=2)]
    [2, 2, 1]
    """

    @checked(batch_size=[integer(-1)], shuffle=FLAG, drop_last=FLAG, generator=[torch.Generator, None])
    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False, generator=None):
        self.dataset = dataset
        self.batch_size = int(batch_size)  # slices by numpy's integers are not torch's
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + bool(rest and not (self.drop_last and full))

    def __iter__(self):
        dataset, rows = self._order()
        for batch in rows.split(self.batch_size)[: len(self)]:
            yield dataset[batch]

    def stacked(self):
        """Return the batches of a pass, those of one size stacked along a first axis.

        Returns
        -------
        runs : list of (rows, target)
            The full batches as one, then what is left.
        """
        dataset, rows = self._order()
        n_full = len(rows) // self.batch_size
        full, rest = rows.split([n_full * self.batch_size, len(rows) % self.batch_size])
        runs = [full.reshape(n_full, self.batch_size)] * int(n_full > 0) + [rest[None]] * int(
            len(self) > n_full
        )
        return [dataset[run] for run in runs]

    def _order(self):
        """Return the dataset that is indexed and its rows in the order of a pass."""
        dataset, rows = self.dataset, torch.arange(len(self.dataset))
        # Past the subset, which would fetch row by row.
        if isinstance(dataset, Subset):
            dataset, rows = dataset.dataset, torch.as_tensor(np.asarray(dataset.indices))
        if self.shuffle:
            rows = rows[torch.randperm(len(rows), generator=self.generator)]
        return dataset, rows

    def batches(self):
        """Return the rows of each batch as they come without shuffling.

        Returns
        -------
        batches : tuple of Tensor
            Positions.
        """
        return torch.arange(len(self.dataset)).split(self.batch_size)[: len(self)]


@checked(data=[ClipDataset], train_split=[Takes(2), HasMethods(["split", "get_n_splits"])])
def split_clips(train_split, data):
    """Split the rows of a fit into those trained on and those held out.

    Parameters
    ----------
    train_split : callable or splitter
        A scikit-learn splitter, of which the first split is taken, or skorch's form: a callable that takes a
        dataset and y (and groups) and returns two datasets.
    data : ClipDataset
        The rows, with their groups.

    Returns
    -------
    train, valid : ClipDataset, dataset or None
        Views are rows of their own only after the split.

    Raises
    ------
    ValueError
        If the split is drawn from the rows and there are no groups, or a subject stands on both sides.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GroupKFold
    >>> from skmer.training import ClipDataset, split_clips
    >>> data = ClipDataset(np.zeros((4, 3, 31, 2), np.float32), groups=np.array(["a", "a", "b", "c"]))
    >>> train, valid = split_clips(GroupKFold(2), data)
    >>> len(train), len(valid)
    (2, 2)
    """
    train, valid = _draw(train_split, data)
    if _is_drawn_from(valid, data):
        _check_subjects(np.asarray(train.indices), np.asarray(valid.indices), data.groups)
    return tuple(_take(part, data) for part in (train, valid))


def _draw(train_split, data):
    y = data.y.numpy()
    if hasattr(train_split, "split") and not callable(train_split):
        if data.groups is None:
            raise _no_groups()
        train, valid = next(iter(train_split.split(np.zeros(len(y)), y, data.groups)))
        return Subset(data, train), Subset(data, valid)
    groups = {} if data.groups is None else {"groups": data.groups}
    try:
        with warnings.catch_warnings():
            # A splitter that ignores groups is not warned of but checked.
            warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
            return train_split(data, y, **groups)
    except ValueError as error:
        if data.groups is None and "groups" in str(error):
            raise _no_groups() from error
        raise


def _check_subjects(train, valid, groups):
    if groups is None:
        raise _no_groups()
    both = np.intersect1d(groups[train], groups[valid])
    if both.size:
        raise ValueError(
            f"train_split put {both.size} subjects on both sides of the inner split ({both[0]!r}); use a "
            "splitter that respects groups: GroupShuffleSplit(n_splits=1, test_size=0.2, random_state=0)."
        )


def _no_groups():
    return ValueError(
        "train_split is set but fit got no groups, so that a subject could stand on both sides of the inner "
        "split; pass groups=subjects to fit (in a Pipeline <step>__groups=subjects), or set train_split=None."
    )


def _is_drawn_from(part, data):
    return isinstance(part, Subset) and part.dataset is data


def _take(part, data):
    if _is_drawn_from(part, data):
        part = data.take(np.asarray(part.indices))
    return part.unfold_views() if hasattr(part, "unfold_views") else part
