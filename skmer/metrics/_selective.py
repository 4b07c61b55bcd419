"""Selective classification: what the predictions that one would keep are worth."""

import numpy as np

from skmer._utils._arguments import Numbers, check_same_length, checked, share


@checked(coverage=[Numbers(None)], accuracy=[Numbers(None)], at=[share()])
def accuracy_at_coverage(coverage, accuracy, *, at=0.5):
    """Accuracy of the first samples of a curve that make up at least a share of all (selective accuracy).

    Samples are in the order of their reliability, or of a model's confidence. The curve says, for each share
    of them that is kept, how many of the kept ones are right.

    Parameters
    ----------
    coverage : array-like of shape (n_points,)
        Shares of the samples that are kept, which rise to 1.
    accuracy : array-like of shape (n_points,)
        Accuracy of the samples kept at each point.
    at : float, default=0.5
        Share of the samples to keep, above 0 and at most 1.

    Returns
    -------
    float
        Accuracy at the first point that keeps at least that share.

    Raises
    ------
    ValueError
        If lengths differ, the coverage does not rise to 1, or a share is outside its range.

    References
    ----------
    El-Yaniv and Wiener, "On the foundations of noise-free selective classification", Journal of Machine
    Learning Research 11:1605-1641, 2010.

    Examples
    --------
    >>> from skmer.metrics import accuracy_at_coverage
    >>> accuracy_at_coverage([0.25, 0.5, 0.75, 1.0], [1.0, 0.9, 0.8, 0.7])
    0.9
    """
    coverage, accuracy = np.asarray(coverage, dtype=float), np.asarray(accuracy, dtype=float)
    check_same_length(coverage=coverage, accuracy=accuracy)
    if coverage[0] <= 0 or not np.isclose(coverage[-1], 1) or (np.diff(coverage) < 0).any():
        raise ValueError(
            f"coverage must rise from above 0 to 1, got {len(coverage)} points from {coverage[0]:.3g} to "
            f"{coverage[-1]:.3g}."
        )
    # Rounding may leave a point a little below the share of the samples that it keeps, the last below 1.
    reached = np.searchsorted(coverage[:-1], at - 1e-9)
    return float(accuracy[reached])
