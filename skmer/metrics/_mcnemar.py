"""McNemar's exact test of two classifiers."""

import numpy as np
from scipy.stats import binomtest
from sklearn.utils.validation import check_consistent_length


def mcnemar_exact(correct_a, correct_b):
    """Exact McNemar test of two classifiers on the same samples.

    Under the null hypothesis a sample that only one of the two gets right is as likely to be the one's as the
    other's.

    Parameters
    ----------
    correct_a, correct_b : array-like of bool of shape (n_samples,)
        Correctness of each classifier on each sample.

    Returns
    -------
    p_value : float
        Two-sided; 1 where no sample tells the two apart.
    only_a, only_b : int
        Numbers of samples that only the first and that only the second got right.

    Raises
    ------
    ValueError
        If the arrays differ in length.

    Notes
    -----
    It takes the clips as independent, which several clips of one subject are not: read it beside the paired
    subject bootstrap.

    References
    ----------
    Dietterich, "Approximate statistical tests for comparing supervised classification learning algorithms",
    Neural Computation 10(7), 1998, doi:10.1162/089976698300017197.

    Examples
    --------
    >>> from skmer.metrics import mcnemar_exact
    >>> mcnemar_exact([True] * 6 + [False], [False] * 6 + [True])
    (0.125, 6, 1)
    """
    check_consistent_length(correct_a, correct_b)
    correct_a, correct_b = np.asarray(correct_a, dtype=bool), np.asarray(correct_b, dtype=bool)
    only_a, only_b = int((correct_a & ~correct_b).sum()), int((correct_b & ~correct_a).sum())
    p_value = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return float(p_value), only_a, only_b
