import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from skmer.classifiers import BalancedLDA


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("shrinkage", ["auto", 0.5])
def test_it_is_scikit_learns_with_equal_priors(n_classes, shrinkage):
    rng = np.random.default_rng(0)
    y = np.sort(rng.choice(n_classes, 60, p=[0.8, 0.2] if n_classes == 2 else [0.7, 0.2, 0.1]))
    X = rng.normal(size=(60, 5)) + 0.5 * y[:, None]
    priors = np.full(n_classes, 1 / n_classes)
    other = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=priors).fit(X, y)
    ours = BalancedLDA(shrinkage).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), other.predict_proba(X), atol=1e-12)
    np.testing.assert_allclose(ours.decision_function(X), other.decision_function(X), atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), other.predict(X))
    shares = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(X, y)
    assert (ours.predict(X) == n_classes - 1).sum() > (shares.predict(X) == n_classes - 1).sum()


def test_a_class_with_one_clip_draws_no_warning():
    X = np.random.default_rng(0).normal(size=(9, 3))
    assert BalancedLDA().fit(X, [0] * 4 + [1] * 4 + [2]).predict(X).shape == (9,)


def test_one_class_alone_is_refused():
    with pytest.raises(ValueError, match="y must hold at least two classes, got one class"):
        BalancedLDA().fit(np.eye(3), [0, 0, 0])
