"""The intersection kernel of histograms."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.utils.validation import check_array

from skmer._utils._arguments import check_argument


def histogram_intersection(X, Y=None):
    """Return what each two histograms have in common: sums of the smaller of two values, bin by bin.

    It is positive semi-definite, and serves as ``SVC(kernel=histogram_intersection)``.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, n_features)
        Histograms, or several histograms side by side; no value is negative.
    Y : array-like of shape (n_samples_Y, n_features), default=None
        Other ones; None takes `X`.

    Returns
    -------
    kernel : ndarray of shape (n_samples_X, n_samples_Y)
        ``sum(min(x, y))`` of each pair. For histograms that each sum to 1 the diagonal is their number.

    Raises
    ------
    ValueError
        If a value is negative, NaN or infinite, or the numbers of features differ.

    Notes
    -----
    ``min(x, y) = (x + y - |x - y|) / 2``, so that one distance matrix does all the work.

    References
    ----------
    Barla, Odone and Verri, "Histogram intersection kernel for image classification", ICIP 2003. Wei et
    al. take it in LBP-FIP, Multimedia Tools and Applications, 2022.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skmer.classifiers import histogram_intersection
    >>> histograms = [[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]]
    >>> histogram_intersection(histograms)
    array([[1.  , 0.25],
           [0.25, 1.  ]])
    >>> SVC(kernel=histogram_intersection).fit(histograms, ["others", "surprise"]).predict([[0.9, 0.1, 0.0]])
    array(['others'], dtype='<U8')
    """
    X = _histograms(X, "X")
    Y = X if Y is None else _histograms(Y, "Y")
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X and Y must have as many features, got {X.shape[1]} and {Y.shape[1]}.")
    return (X.sum(axis=1)[:, None] + Y.sum(axis=1) - cdist(X, Y, "cityblock")) / 2


def _histograms(X, name):
    check_argument(name, X, ["array-like", "sparse matrix"])
    X = check_array(X, dtype=np.float64, input_name=name)
    if X.min() < 0:
        raise ValueError(
            f"{name} must hold histograms without negative values, got {X.min():g}; do not centre or "
            "standardize them before this kernel."
        )
    return X
