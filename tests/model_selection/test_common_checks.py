"""scikit-learn's own checks, on a search; the others differ from it in the candidates alone."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmer.classifiers import DeReGRLClassifier
from skmer.model_selection import BatchedGridSearchCV

CLASSIFIER = DeReGRLClassifier(graph="generic", random_state=0, max_epochs=15)


@pytest.fixture(autouse=True)
def array_api(monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")


@parametrize_with_checks([BatchedGridSearchCV(CLASSIFIER, {"n_actions": [2]}, cv=2, error_score="raise")])
def test_scikit_learn_check(estimator, check):
    check(estimator)
