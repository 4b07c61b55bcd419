import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from skmer.classifiers import histogram_intersection


@pytest.fixture(scope="module")
def histograms():
    """Clips of 25 blocks on 3 planes, each a histogram of 9 bins that sums to 1."""
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(9), (30, 75)).reshape(30, -1)


def test_equals_a_double_loop(histograms):
    X, Y = histograms[:7], histograms[7:20]
    expected = [[sum(min(a, b) for a, b in zip(x, y, strict=True)) for y in Y] for x in X]
    np.testing.assert_allclose(histogram_intersection(X, Y), expected, rtol=1e-12)


def test_the_diagonal_is_the_number_of_histograms(histograms):
    kernel = histogram_intersection(histograms)
    np.testing.assert_allclose(np.diag(kernel), 75)
    assert np.array_equal(kernel, kernel.T)
    assert kernel[~np.eye(30, dtype=bool)].max() < 75


@pytest.mark.parametrize("seed", range(5))
def test_is_positive_semi_definite(seed):
    X = np.random.default_rng(seed).exponential(size=(60, 5))
    assert np.linalg.eigvalsh(histogram_intersection(X)).min() > -1e-10


def test_is_a_kernel_of_support_vector_machines(histograms):
    y = np.arange(30) % 3
    X = histograms.copy()
    X[np.arange(30), 9 * y] += 3
    svm = SVC(kernel=histogram_intersection, C=10)
    assert cross_val_score(clone(svm), X, y, cv=5).mean() > 0.9
    precomputed = SVC(kernel="precomputed", C=10).fit(histogram_intersection(X), y)
    found = svm.fit(X, y).decision_function(X)
    np.testing.assert_allclose(found, precomputed.decision_function(histogram_intersection(X)))


@pytest.mark.parametrize(
    ("X", "Y", "message"),
    [
        ([[0.5, -0.5]], None, "X must hold histograms without negative values, got -0.5; do not centre"),
        ([[0.5, 0.5]], [[1, -1]], "Y must hold histograms without negative values"),
        ([[0.5, 0.5]], [[1, 0, 0]], "X and Y must have as many features, got 2 and 3"),
        ([[0.5, np.nan]], None, "X must be an array of finite numbers"),
    ],
)
def test_what_is_no_histogram(X, Y, message):
    with pytest.raises(ValueError, match=message):
        histogram_intersection(X, Y)
