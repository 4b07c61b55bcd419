"""Majority baseline: predictions and scores of always choosing the commonest class."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skmer.metrics._confusion import accuracy, pooled_confusion, uar, uf1


class BaselineScores(NamedTuple):
    """Scores of the majority baseline, which always predicts the commonest class of the training data.

    Attributes
    ----------
    accuracy, uf1, uar : float
        Its pooled scores, in [0, 1].
    """

    accuracy: float
    uf1: float
    uar: float


def majority_predictions(y, groups=None):
    """Predict for each sample the commonest class of the other subjects.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Classes.
    groups : array-like of shape (n_samples,), default=None
        Subjects. None gives every sample the commonest class of all.

    Returns
    -------
    ndarray of shape (n_samples,)
        Of equally common classes the first in sorted order.

    Raises
    ------
    ValueError
        If `y` and `groups` differ in length, or there is only one subject.

    Examples
    --------
    >>> from skmer.metrics import majority_predictions
    >>> majority_predictions(["a", "a", "a", "b", "b"], groups=[1, 1, 1, 2, 2]).tolist()
    ['b', 'b', 'b', 'a', 'a']
    """
    classes, codes = np.unique(column_or_1d(y), return_inverse=True)
    counts = np.bincount(codes, minlength=len(classes))
    if groups is None:
        return np.full(len(codes), classes[counts.argmax()])
    groups = column_or_1d(groups)
    check_consistent_length(codes, groups)
    subjects, members = np.unique(groups, return_inverse=True)
    if len(subjects) < 2:
        raise ValueError(f"groups must name at least two subjects, got only {subjects[0]}.")
    own = np.zeros((len(subjects), len(classes)), dtype=int)
    np.add.at(own, (members, codes), 1)
    return classes[(counts - own).argmax(axis=1)[members]]


def majority_baseline(y, groups=None):
    """Scores of always predicting the commonest class of the training fold, under leave-one-subject-out.

    The number that any result has to be read against: two clips in five of these sets belong to one class.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Classes.
    groups : array-like of shape (n_samples,), default=None
        Subjects; each is left out in turn. None takes the commonest class of all samples.

    Returns
    -------
    BaselineScores
        Pooled ``accuracy``, ``uf1`` and ``uar``.

    Raises
    ------
    ValueError
        If `y` and `groups` differ in length, or there is only one subject.

    Notes
    -----
    The 246 clips of CASME II in five classes have .402 and .115, the 136 of SAMM .419 and .118.

    Examples
    --------
    >>> from skmer.metrics import majority_baseline
    >>> counts = {"others": 99, "disgust": 63, "happiness": 32, "repression": 27, "surprise": 25}
    >>> baseline = majority_baseline([name for name, n in counts.items() for _ in range(n)])
    >>> f"{baseline.accuracy:.4f} {baseline.uf1:.3f}"
    '0.4024 0.115'
    """
    confusion, _ = pooled_confusion(y, majority_predictions(y, groups))
    return BaselineScores(float(accuracy(confusion)), float(uf1(confusion)), float(uar(confusion)))
