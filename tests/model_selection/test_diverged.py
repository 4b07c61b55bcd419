"""A training that diverges has no score; it is no guess of the first class."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skmer.model_selection import BatchedGridSearchCV, evaluate_loso


class Diverged(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), np.nan)


def test_a_diverged_training_is_no_guess_of_the_first_class(make_data):
    X, y, groups = make_data()
    with pytest.raises(
        ValueError, match=r"the fit with lab/s0 held out failed: its probabilities are not finite"
    ):
        evaluate_loso(Diverged(), X, y, groups)
    with pytest.raises(
        ValueError, match=r"candidate \{\}, split 0, failed: its probabilities are not finite"
    ):
        BatchedGridSearchCV(Diverged(), {}).fit(X, y, groups=groups)
