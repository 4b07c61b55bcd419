"""The inner split that a net may hold out while it trains: grouped by subject or refused."""

import warnings

import numpy as np
from torch.utils.data import Subset


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
