"""Calibration of predicted probabilities."""

from numbers import Integral

import numpy as np

from skmer._utils._arguments import Numbers, check_argument, check_same_length
from skmer._utils._sklearn import Interval, StrOptions, validate_params
from skmer.metrics._scores import check_labels

_MOST_BINS = 10_000  # bounds the memory; far more bins than samples estimate nothing


@validate_params(
    {
        "y_true": ["array-like"],
        "probabilities": ["array-like"],
        "labels": ["array-like", None],
        "n_bins": [Interval(Integral, 1, _MOST_BINS, closed="both")],
        "strategy": [StrOptions({"uniform", "quantile"})],
    },
    prefer_skip_nested_validation=True,
)
def expected_calibration_error(y_true, probabilities, *, labels=None, n_bins=10, strategy="uniform"):
    """Expected calibration error: mean gap between the predicted class's probability and its accuracy.

    The predicted class of a sample is its most probable one. Samples are sorted into bins by that
    probability; the error is the mean over samples of their bin's difference between its mean probability
    and its accuracy.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.
    probabilities : array-like of shape (n_samples, n_classes)
        Predicted probabilities, rows that sum to one, best out of fold and of all folds together.
    labels : array-like of shape (n_classes,), default=None
        The classes of the columns. None takes those of `y_true`, sorted, which must then be all.
    n_bins : int, default=10
        Number of bins, at most 10,000.
    strategy : {"uniform", "quantile"}, default="uniform"
        Bins of equal width from 0 to 1, or of equally many samples as near as can be.

    Returns
    -------
    float
        In [0, 1], smaller is better.

    Raises
    ------
    ValueError
        If lengths differ, columns and labels do not match, rows are no probabilities, or a parameter is out
        of its range.

    Notes
    -----
    Naeini et al. have it for two classes; for more, Guo et al. take the most probable class and bins of equal
    width, the default here. Bins of equal mass leave none nearly empty. The error is biased upward where bins
    hold few samples: compare methods on the same samples with the same bins. A low value is no merit alone:
    the class shares, predicted for every clip, reach almost zero.

    References
    ----------
    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
    2015, doi:10.1609/aaai.v29i1.9602.

    Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017, PMLR 70:1321-1330.

    Examples
    --------
    >>> from skmer.metrics import expected_calibration_error
    >>> probabilities = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]
    >>> round(expected_calibration_error(["a", "b", "b", "b"], probabilities), 2)
    0.3
    """
    check_argument("probabilities", probabilities, [Numbers(None, None)])
    probabilities = np.asarray(probabilities, dtype=float)
    y_true = check_labels("y_true", y_true)
    check_same_length(y_true=y_true, probabilities=probabilities)
    labels = _check_columns(y_true, probabilities, labels)
    confidence = probabilities.max(axis=1)
    right = labels[probabilities.argmax(axis=1)] == y_true
    members = _BINS[strategy](confidence, n_bins)
    # The sum over a bin is its gap times its samples, so that bins count by what they hold.
    gaps = np.bincount(members, confidence - right)
    return float(np.abs(gaps).sum() / len(right))


def _check_columns(y_true, probabilities, labels):
    labels = np.unique(y_true) if labels is None else check_labels("labels", labels)
    if len(labels) != probabilities.shape[1]:
        raise ValueError(
            f"labels must name each column of probabilities, which has {probabilities.shape[1]}, got "
            f"{len(labels)} classes; pass labels= with the classifier's classes_."
        )
    if probabilities.min() < 0 or not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        raise ValueError(
            "probabilities must be at least 0 and sum to 1 in each row, got rows that sum from "
            f"{probabilities.sum(axis=1).min():.3g} to {probabilities.sum(axis=1).max():.3g} with a smallest "
            f"entry of {probabilities.min():.3g}; pass what predict_proba returns."
        )
    return labels


def _equal_width(confidence, n_bins):
    """Bin of each sample; a probability on an edge belongs below it."""
    return np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)


def _equal_mass(confidence, n_bins):
    """Bin of each sample by its rank; equal probabilities share a bin."""
    _, place, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    first = np.cumsum(counts) - counts
    return first[place] * n_bins // len(confidence)


_BINS = {"uniform": _equal_width, "quantile": _equal_mass}
