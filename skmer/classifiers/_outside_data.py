"""Rows in skorch's forms: datasets, dicts of arrays, batches that a callback scores."""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import issparse
from skorch.dataset import Dataset as SkorchDataset
from skorch.dataset import unpack_data
from skorch.helper import SliceDataset, SliceDict
from skorch.utils import data_from_dataset, is_dataset
from torch.utils.data import Subset

from skmer.training import ClipDataset


def unpack_rows(X, y=None):
    """Return the array, and the labels, behind a torch dataset or skorch's slices; others as they are.

    Parameters
    ----------
    X : array-like, torch.utils.data.Dataset, skorch.helper.SliceDict or SliceDataset
        Rows; a dataset yields pairs of a row and its label.
    y : array-like, optional
        Labels, which win over those of a dataset.

    Returns
    -------
    X, y : object
        Rows, and labels or None.
    """
    if issparse(X):
        return X, y  # scikit-learn's validation has the sentence
    if isinstance(X, Mapping):
        if not isinstance(X, SliceDict) or len(X.keys()) != 1:
            raise TypeError(
                f"X must be an array, a dataset or a SliceDict of one array, got {type(X).__name__} with the "
                f"keys {sorted(map(str, X))[:5]}."
            )
        (X,) = X.values()
    if isinstance(X, SliceDataset):  # one part of each entry: rows, or labels
        return np.stack([np.asarray(X[k]) for k in range(len(X))]), y
    if not is_dataset(X) or isinstance(X, ClipDataset):
        return X, y
    base = X.dataset if isinstance(X, Subset) else X
    if isinstance(base, SkorchDataset):
        rows, labels = data_from_dataset(X)
        rows, _ = unpack_rows(rows)
    else:
        pairs = [unpack_data(X[k]) for k in range(len(X))]
        rows, labels = (np.stack([np.asarray(pair[part]) for pair in pairs]) for part in (0, 1))
    return rows, labels if y is None else y


def inner_rows(net, X):
    """Return rows that training has made of clips, as a dataset; None where X comes from outside.

    They are validated, and labels among them are class indices, as skorch's callbacks expect.

    Parameters
    ----------
    net : estimator
        In training, or not.
    X : object
        What a callback hands to ``predict``.
    """
    if isinstance(X, ClipDataset) or (isinstance(X, Subset) and isinstance(X.dataset, ClipDataset)):
        return X
    if isinstance(X, Mapping) and set(X) == {"X", "sample_weight"}:
        return ClipDataset(X["X"].cpu().numpy())
    if id(X) in getattr(net, "rows_in_training_", ()):
        return ClipDataset(X.numpy())
    return None
