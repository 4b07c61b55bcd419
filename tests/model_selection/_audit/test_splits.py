import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier

from skmer.model_selection import audit_loso


@pytest.fixture
def data(make_data):
    return make_data(n_clips=90, n_features=12)


def kinds(estimator, *data, **options):
    return {finding.kind for finding in audit_loso(estimator, *data, **options).findings}


class Net(torch.nn.Module):
    def __init__(self, n_features=12):
        super().__init__()
        self.linear = torch.nn.Linear(n_features, 3)

    def forward(self, x):
        return self.linear(x.float()).softmax(-1)


@pytest.mark.parametrize("place", ["search", "step", "encoded labels"])
def test_an_inner_stratified_k_fold(data, place):
    X, y, groups = data
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=StratifiedKFold(3))
    if place == "step":
        search = make_pipeline(StandardScaler(), PCA(3), search)
    if place == "encoded labels":
        y = np.unique(y, return_inverse=True)[1]
    with pytest.warns(UserWarning, match="StratifiedKFold"):
        audit = audit_loso(search, X, y, groups)
    assert {finding.kind for finding in audit.findings} == {"inner-split"}
    assert "StratifiedKFold puts" in audit.findings[0].message
    assert audit.n_splits == 2 * 3


@pytest.mark.parametrize(
    "estimator",
    [
        GradientBoostingClassifier(n_estimators=3, n_iter_no_change=2),
        SGDClassifier(early_stopping=True),
        make_pipeline(StandardScaler(), SGDClassifier(early_stopping=True, loss="log_loss")),
    ],
    ids=["boosting", "sgd", "pipeline"],
)
def test_early_stopping_on_people_who_are_trained_on(data, estimator):
    assert kinds(estimator, *data) == {"inner-split"}


def test_a_split_inside_a_search_is_traced_too(data):
    inner = SGDClassifier(early_stopping=True, loss="log_loss")
    search = GridSearchCV(
        make_pipeline(StandardScaler(), inner), {"sgdclassifier__alpha": [1e-3]}, cv=GroupKFold(3)
    )
    audit = audit_loso(search, *data)
    assert {finding.kind for finding in audit.findings} == {"inner-split"}
    assert audit.n_splits == 2 * (3 + 3 + 1)


def test_groups_that_are_no_subjects_do_not_deceive(data):
    X, y, groups = data

    class Fooled(LogisticRegression):
        def fit(self, X, y):
            list(GroupKFold(3).split(X, y, np.arange(len(y))))
            return super().fit(X, y)

    assert kinds(Fooled(), X, y, groups) == {"inner-split"}


def test_a_splitter_of_one_s_own_is_seen(data):
    class Halves:
        def split(self, X, y=None, groups=None):
            rows = np.arange(len(X))
            yield rows[::2], rows[1::2]

        def get_n_splits(self, X=None, y=None, groups=None):
            return 1

    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=Halves())
    assert kinds(search, *data) == {"inner-split"}


def skorch_net(**options):
    return NeuralNetClassifier(Net, max_epochs=2, verbose=0, **options)


def test_skorch_s_own_train_split(data):
    X, y, groups = data
    y = np.unique(y, return_inverse=True)[1]
    audit = audit_loso(make_pipeline(StandardScaler(), skorch_net()), X, y, groups)
    assert {finding.kind for finding in audit.findings} == {"inner-split"}
    assert kinds(make_pipeline(StandardScaler(), skorch_net(train_split=None)), X, y, groups) == set()
