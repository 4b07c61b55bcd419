import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Lasso
from sklearn.metrics.pairwise import linear_kernel
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import KernelCenterer

from skmer.classifiers import KTGSL


def blocks(n_blocks, size, start=0):
    return [slice(start + k * size, start + (k + 1) * size) for k in range(n_blocks)]


def corpus(n=60, n_blocks=6, size=4, informative=2, n_classes=3, seed=0):
    """Blocks of noise, one of which tells the classes apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    X = rng.normal(size=(n, n_blocks * size))
    X[:, informative * size : (informative + 1) * size] += rng.normal(size=(n_classes, size))[y] * 1.5
    return X, y


@pytest.mark.parametrize("strategy", [1, 2])
@pytest.mark.parametrize("kernel", ["linear", "rbf", "intersection"])
@pytest.mark.parametrize("seed", range(4))
def test_the_objective_never_rises(strategy, kernel, seed):
    rng = np.random.default_rng(seed)
    X, y = corpus(seed=seed, n_classes=2 + seed % 3)
    penalty, mu_1, mu_2 = 10 ** rng.uniform(-3, 0.5, 3)
    clf = KTGSL(blocks(3, 4), blocks(3, 4, 12), strategy=strategy, kernel=kernel, penalty=penalty)
    objective = clf.set_params(mu_1=mu_1, mu_2=mu_2).fit(np.abs(X), y).objective_
    assert len(objective) == 2 * clf.n_iter_ + 1
    assert np.diff(objective).max() <= 1e-9 * objective[0]
    assert objective[-1] < objective[0]


@pytest.mark.parametrize("strategy", [1, 2])
def test_the_objective_is_that_of_the_notes(strategy):
    X, y = corpus()
    clf = KTGSL(blocks(3, 4), blocks(3, 4, 12), strategy=strategy, mu_1=0.3, mu_2=0.2).fit(X, y)
    predicted = clf.decision_function(X) - clf.intercept_
    labels = (y[:, None] == clf.classes_) - clf.intercept_
    weights = clf.block_weights_
    expected = ((labels - predicted) ** 2).sum() + 0.01 * np.abs(clf.coef_).sum()
    expected += 0.3 * weights[:3].sum() + 0.2 * weights[3:].sum()
    assert clf.objective_[-1] == pytest.approx(expected)
    assert (weights >= 0).all()


def test_large_penalties_of_the_weights_leave_the_most_frequent_class():
    X, y = corpus()
    y[:25] = 2
    clf = KTGSL(blocks(3, 4), blocks(3, 4, 12), mu_1=1e6, mu_2=1e6).fit(X, y)
    assert not clf.block_weights_.any()
    assert set(clf.predict(X)) == {2}
    np.testing.assert_allclose(
        clf.decision_function(X), np.tile([np.mean(y == k) for k in range(3)], (60, 1))
    )


def test_strategy_1_without_a_second_group_is_a_lasso_on_the_kernel_of_the_first():
    X, y = corpus()
    clf = KTGSL(blocks(3, 4), blocks(3, 4, 12), strategy=1, mu_2=1e6, penalty=2.0).fit(X, y)
    assert clf.block_weights_.tolist() == [1, 1, 1, 0, 0, 0]
    kernel = np.zeros((60, 60))
    for block in blocks(3, 4):
        own = KernelCenterer().fit_transform(linear_kernel(X[:, block]))
        kernel += own * 60 / np.trace(own)
    labels = (y[:, None] == [0, 1, 2]).astype(float)
    lasso = Lasso(2.0 / 120, fit_intercept=False, max_iter=100_000, tol=1e-10)
    lasso.fit(kernel, labels - labels.mean(axis=0))
    np.testing.assert_allclose(
        clf.decision_function(X), labels.mean(axis=0) + lasso.predict(kernel), atol=5e-3
    )


def test_strategy_1_keeps_the_weights_of_the_first_group():
    X, y = corpus(informative=4)
    clf = KTGSL(blocks(3, 4), blocks(3, 4, 12), strategy=1, penalty=1, mu_2=10).fit(X, y)
    assert clf.block_weights_[:3].tolist() == [1, 1, 1]
    assert clf.block_weights_[3:].argmax() == 1


def test_blocks_in_another_order_have_their_weights_in_that_order():
    X, y = corpus()
    order = np.array([2, 0, 1])
    parts = blocks(3, 4)
    first = KTGSL(parts, blocks(3, 4, 12), mu_1=0.5).fit(X, y)
    other = KTGSL([parts[k] for k in order], blocks(3, 4, 12), mu_1=0.5).fit(X, y)
    np.testing.assert_allclose(other.block_weights_[:3], first.block_weights_[order], atol=0.02)
    np.testing.assert_allclose(other.block_weights_[3:], first.block_weights_[3:], atol=0.02)


@pytest.mark.parametrize("informative", [1, 5])
def test_a_planted_block_has_the_largest_weight_at_the_penalties_that_a_search_chooses(informative):
    X, y = corpus(n_blocks=8, informative=informative, seed=3)
    clf = KTGSL(blocks(4, 4), blocks(4, 4, 16))
    grid = {"penalty": [0.01, 1.0], "mu_1": [0.1, 10.0], "mu_2": [0.1, 10.0]}
    search = GridSearchCV(clf, grid, cv=StratifiedKFold(3)).fit(X, y)
    assert search.best_estimator_.block_weights_.argmax() == informative
    assert search.best_score_ > 0.8


def test_a_group_may_be_left_out_and_blocks_may_be_lists_of_columns():
    X, y = corpus()
    whole = KTGSL().fit(X, y)
    assert whole.n_blocks_.tolist() == [1, 0]
    rest = KTGSL(groups_2=blocks(3, 4, 12)).fit(X, y)
    assert rest.n_blocks_.tolist() == [1, 3]
    named = KTGSL([list(range(12))], [[12, 13, 14, 15], range(16, 20), np.arange(20, 24)]).fit(X, y)
    np.testing.assert_allclose(named.block_weights_, rest.block_weights_)


def test_a_constant_block_has_no_say():
    X, y = corpus()
    X[:, :4] = 0.1 + 0.2
    clf = KTGSL(blocks(6, 4)).fit(X, y)
    assert np.isfinite(clf.decision_function(X)).all()
    X_new = X.copy()
    X_new[:, :4] = 17.0
    np.testing.assert_allclose(clf.decision_function(X_new), clf.decision_function(X))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"groups_1": [[0, 24]]},
            r"groups_1 must hold slices or lists of columns from 0 to 23, .* \[0, 24\]",
        ),
        ({"groups_1": [[]]}, "none empty, got .* as block 0"),
        ({"groups_2": [[0], ["a"]]}, "groups_2 must hold .* as block 1"),
        ({"groups_1": [], "groups_2": []}, "must hold at least one block of columns, got none"),
        ({"strategy": 3}, "The 'strategy' parameter of KTGSL must be"),
        ({"mu_1": 0}, "The 'mu_1' parameter of KTGSL must be"),
    ],
)
def test_parameters_that_no_fit_has(params, message):
    with pytest.raises(ValueError, match=message):
        KTGSL(**params).fit(*corpus())


def test_an_unfitted_one_predicts_nothing():
    with pytest.raises(NotFittedError):
        KTGSL().predict(corpus()[0])
