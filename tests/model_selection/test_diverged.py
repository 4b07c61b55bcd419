"""A training that diverges has no score; it is no guess of the first class."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.model_selection import GroupKFold

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.model_selection import BatchedGridSearchCV, batched_cross_val_predict, evaluate_loso


class Diverged(ClassifierMixin, BaseEstimator):
    """Diverges where the first feature of any training row is above `limit`."""

    def __init__(self, limit=-np.inf):
        self.limit = limit

    def fit(self, X, y):
        self.classes_, self.lost_ = np.unique(y), X[:, 0].max() > self.limit
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), np.nan if self.lost_ else 1 / len(self.classes_))


def test_an_evaluation_flags_the_clips_of_a_diverged_fold(make_data):
    X, y, groups = make_data()
    highest = groups[X[:, 0].argmax()]
    limit = X[groups != highest, 0].max()
    with pytest.warns(UserWarning, match=f"The training diverged in {len(set(groups)) - 1} of "):
        result = evaluate_loso(Diverged(limit), X, y, groups, verbose=0)
    found = result.predictions
    lost = found["subject"] != highest
    assert np.array_equal(found["missing"], lost) and result.n_missing == lost.sum()
    for subject in set(groups) - {highest}:
        classes, counts = np.unique(y[groups != subject], return_counts=True)
        assert set(found.loc[found["subject"] == subject, "prediction"]) == {classes[counts.argmax()]}


def test_a_search_gives_the_error_score(make_data):
    X, y, groups = make_data()
    grid = {"limit": [np.inf, -np.inf]}
    with pytest.warns(FitFailedWarning, match="(?s)7 fits failed out of 14.* are -1.*probabilities are not"):
        search = BatchedGridSearchCV(Diverged(), grid, error_score=-1, verbose=0).fit(X, y, groups=groups)
    assert search.best_params_ == {"limit": np.inf} and search.cv_results_["mean_test_score"][1] == -1
    with (
        pytest.warns(FitFailedWarning),
        pytest.warns(UserWarning, match="One or more of the test scores are non-finite"),
    ):
        search = BatchedGridSearchCV(Diverged(), grid, verbose=0).fit(X, y, groups=groups)
    assert np.isnan(search.cv_results_["mean_test_score"][1])
    assert np.isnan(search.cv_results_["split0_test_score"][1]) and search.best_index_ == 0
    with pytest.raises(ValueError, match=r"candidate \{'limit': -inf\}, split 0, failed: its probabilities"):
        BatchedGridSearchCV(Diverged(), grid, error_score="raise", verbose=0).fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="All the 7 fits failed"):
        BatchedGridSearchCV(Diverged(), {}).fit(X, y, groups=groups)


def test_predictions_of_a_diverged_fold_are_an_error(make_data):
    X, y, groups = make_data()
    with pytest.raises(ValueError, match="split 0 failed: its probabilities are not finite"):
        batched_cross_val_predict(Diverged(), X, y, groups=groups, cv=GroupKFold(2))


@pytest.mark.parametrize("params", [{"lr": 1e4}, {"weight_decay": 1e5}, {"lr": 1e4, "dropout": 0.2}])
@pytest.mark.parametrize("ensemble", [False, True])
def test_a_net_says_that_it_diverged(make_data, params, ensemble):
    X, y, _ = make_data()
    net = DeReGRLClassifier(graph="generic", random_state=0, **params)
    net = SeedEnsemble(net, 2) if ensemble else net
    with pytest.warns(ConvergenceWarning, match=r"The training diverged in epoch \d+: .*lr=.*weight_decay="):
        net.fit(X, y)
    assert not np.isfinite(net.predict_proba(X)).all()
    classes, counts = np.unique(y, return_counts=True)
    assert set(net.predict(X)) == {classes[counts.argmax()]} != {classes[0]}


def test_candidates_that_diverge_lose(make_data):
    X, y, groups = make_data()
    net = DeReGRLClassifier(graph="generic", max_epochs=20, random_state=0)
    search = BatchedGridSearchCV(net, {"lr": [1e4, 0.003]}, cv=2, verbose=0)
    with (
        pytest.warns(UserWarning, match="non-finite"),
        pytest.warns(FitFailedWarning),
        pytest.warns(ConvergenceWarning),
    ):
        search.fit(X, y, groups=groups)
    assert search.best_params_ == {"lr": 0.003} and np.isfinite(search.best_score_)
