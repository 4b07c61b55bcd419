import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC
from skorch import NeuralNetClassifier
from skorch.dataset import Dataset
from skorch.helper import predefined_split

from skmer import DeReGRLClassifier, LandmarkGraphTransformer
from skmer.datasets import make_landmark_clips
from skmer.model_selection import LeakAudit, LeakError, LeakFinding, audit_loso, evaluate_loso


@pytest.fixture
def data(make_data):
    return make_data(n_clips=90, n_features=12)


def kinds(estimator, *data, **options):
    return {finding.kind for finding in audit_loso(estimator, *data, **options).findings}


def skorch_net(**options):
    return NeuralNetClassifier(Net, max_epochs=2, verbose=0, **options)


class Net(torch.nn.Module):
    def __init__(self, n_features=12):
        super().__init__()
        self.linear = torch.nn.Linear(n_features, 3)

    def forward(self, x):
        return self.linear(x.float()).softmax(-1)


class BestEpoch(ClassifierMixin, BaseEstimator):
    """Keeps the number of epochs that serves the rows best that are in `X` and not in the fit."""

    def __init__(self, X=None, y=None):
        self.X = X
        self.y = y

    def fit(self, X, y):
        known = {row.tobytes() for row in X}
        test = np.array([row.tobytes() not in known for row in self.X])
        models = [SGDClassifier(max_iter=n, tol=None, random_state=0).fit(X, y) for n in (1, 5, 20)]
        self.model_ = max(models, key=lambda model: model.score(self.X[test], self.y[test]))
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)


class BatchScaler(TransformerMixin, BaseEstimator):
    """Scales by what it is asked to transform."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return (X - X.mean(axis=0)) / X.std(axis=0)


SHELF = {}


class Shelved(TransformerMixin, BaseEstimator):
    """Takes mean and deviation from rows that lie in a global place."""

    def fit(self, X, y=None):
        self.mean_ = SHELF["rows"].mean(axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


class Stubborn(ClassifierMixin, BaseEstimator):
    """Remembers every row that any copy of it was ever fitted on."""

    seen: list = []

    def fit(self, X, y):
        self.seen.append((X, y))
        rows, labels = (np.concatenate(parts) for parts in zip(*self.seen, strict=True))
        self.model_ = KNeighborsClassifier(1).fit(rows, labels)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.kneighbors(X, 2)[0]


def scaler_in_a_closure(X, y, groups):
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    return FunctionTransformer(lambda rows: (rows - mean) / deviation)


def scaler_over_the_rows(X, y, groups):
    return FunctionTransformer(lambda rows: (rows - X.mean(axis=0)) / X.std(axis=0))


def fitted_scaler_in_a_closure(X, y, groups):
    scaler = StandardScaler().fit(X)
    return FunctionTransformer(lambda rows: scaler.transform(rows))


def fitted_method(X, y, groups):
    return FunctionTransformer(StandardScaler().fit(X).transform)


def frozen_scaler(X, y, groups):
    return FrozenEstimator(StandardScaler().fit(X))


def scaler_from_a_shelf(X, y, groups):
    SHELF["rows"] = X
    return Shelved()


SCALERS = [
    scaler_in_a_closure,
    scaler_over_the_rows,
    fitted_scaler_in_a_closure,
    fitted_method,
    frozen_scaler,
    scaler_from_a_shelf,
]


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: scaler.__name__)
def test_a_scaler_fitted_on_all_rows(data, scaler):
    found = kinds(make_pipeline(scaler(*data), LogisticRegression()), *data)
    assert found & {"holds-data", "fitted-before"}


def picked_columns(X, y, groups):
    best = SelectKBest(f_classif, k=4).fit(X, y).get_support()
    return FunctionTransformer(lambda rows: rows[:, best])


def picked_indices(X, y, groups):
    best = SelectKBest(f_classif, k=4).fit(X, y).get_support(indices=True)
    return FunctionTransformer(np.take, kw_args={"indices": best, "axis": 1})


def frozen_selection(X, y, groups):
    return FrozenEstimator(SelectKBest(f_classif, k=4).fit(X, y))


def selection_by_all_labels(X, y, groups):
    return FunctionTransformer(lambda rows: rows[:, SelectKBest(f_classif, k=4).fit(X, y).get_support()])


@pytest.mark.parametrize(
    "selection",
    [picked_columns, picked_indices, frozen_selection, selection_by_all_labels],
    ids=lambda selection: selection.__name__,
)
def test_feature_selection_on_all_labels(make_data, selection):
    X, y, groups = make_data(n_clips=90, n_features=40)
    X[:, [7, 19, 33]] += 0.8 * (y == "happiness")[:, None]
    found = kinds(make_pipeline(selection(X, y, groups), LogisticRegression()), X, y, groups)
    assert found & {"holds-data", "fitted-before"}


def test_the_best_epoch_on_the_test_subject(data):
    X, y, groups = data
    found = kinds(BestEpoch(X, y), X, y, groups)
    assert "holds-data" in found


def test_the_best_epoch_on_a_predefined_split(data):
    X, y, groups = data
    X, y = X.astype(np.float32), np.unique(y, return_inverse=True)[1]
    largest = groups == max(set(groups.tolist()), key=groups.tolist().count)
    split = predefined_split(Dataset(X[largest].copy(), y[largest].copy()))
    assert "holds-data" in kinds(skorch_net(train_split=split), X, y, groups)
    scaled = StandardScaler().fit(X[~largest]).transform(X[largest])
    pipeline = make_pipeline(
        StandardScaler(), skorch_net(train_split=predefined_split(Dataset(scaled, y[largest])))
    )
    assert "holds-data" in kinds(pipeline, X, y, groups)


@pytest.mark.parametrize("form", ["dict", "fitted", "labels"])
def test_a_target_encoder_inside_the_pipeline(data, form):
    X, y, groups = data
    city = np.random.default_rng(1).integers(6, size=len(y))
    X = np.column_stack([city, X])
    share = {value: (y[city == value] == "others").mean() for value in range(6)}
    encoder = TargetEncoder().fit(city[:, None], y)
    encode = {
        "dict": lambda rows: np.column_stack([rows[:, 1:], [share[value] for value in rows[:, 0]]]),
        "fitted": lambda rows: np.column_stack([rows[:, 1:], encoder.transform(rows[:, :1].astype(int))]),
        "labels": lambda rows: np.column_stack(
            [rows, [np.mean(y[city == v] == "others") for v in rows[:, 0]]]
        ),
    }[form]
    found = kinds(make_pipeline(FunctionTransformer(encode), LogisticRegression()), X, y, groups)
    assert found & {"holds-data", "fitted-before"}


def test_statistics_taken_at_prediction(data):
    assert kinds(make_pipeline(BatchScaler(), LogisticRegression()), *data) == {"batch"}


def test_what_no_look_at_the_pipeline_shows_is_seen_in_its_fits(data):
    """A method of a library class, here a property, hides the rows from the walk."""
    X, y, groups = data

    class Hidden(LogisticRegression):
        def fit(self, rows, labels):
            random.seed(int(np.abs(hidden().sum())))
            self.offset_ = random.random()
            return super().fit(rows + self.offset_, labels)

    registry = SimpleNamespace(address=X.__array_interface__["data"][0], shape=X.shape)

    def hidden():
        import ctypes

        kind = ctypes.c_double * int(np.prod(registry.shape))
        return np.ctypeslib.as_array(kind.from_address(registry.address))

    assert "predictions" in kinds(Hidden(), X, y, groups)
    assert "state" in kinds(Hidden(), X, y, groups)


def test_state_that_survives_from_fold_to_fold(data, monkeypatch):
    monkeypatch.setattr(Stubborn, "seen", [])
    assert "unrepeatable" in kinds(Stubborn(), *data)


def test_a_module_instance_that_keeps_its_weights(data):
    X, y, groups = data
    y = np.unique(y, return_inverse=True)[1]
    net = NeuralNetClassifier(Net(), max_epochs=2, verbose=0, train_split=None)
    assert kinds(net, X, y, groups) == set()
    assert kinds(net.fit(X, y), X, y, groups) == {"fitted-before"}
    trained = skorch_net(train_split=None).fit(X, y)
    assert kinds(trained, X, y, groups) == set()


HONEST = {
    "scaled svc": make_pipeline(StandardScaler(), SVC()),
    "forest": RandomForestClassifier(n_estimators=5),
    "selection": make_pipeline(SelectKBest(f_classif, k=3), LogisticRegression()),
    "pca lda": make_pipeline(StandardScaler(), PCA(4), LinearDiscriminantAnalysis()),
    "neighbours": make_pipeline(MinMaxScaler(), KNeighborsClassifier(3)),
    "grouped search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=LeaveOneGroupOut(), n_jobs=2),
    "search in a pipeline": make_pipeline(
        StandardScaler(), GridSearchCV(SVC(), {"C": [0.1, 1.0]}, cv=GroupKFold(3))
    ),
    "function": make_pipeline(FunctionTransformer(np.tanh), LogisticRegression()),
    "columns by name": make_pipeline(
        FunctionTransformer(lambda rows: rows[:, [0, 3, 5]]), LogisticRegression()
    ),
    "boosting": GradientBoostingClassifier(n_estimators=3, subsample=0.5),
    "sgd": SGDClassifier(),
    "net": make_pipeline(
        FunctionTransformer(np.float32), DeReGRLClassifier(graph="generic", max_epochs=2, batch_size=32)
    ),
    "net with an inner split by subject": DeReGRLClassifier(
        graph="generic", max_epochs=2, batch_size=32, train_split=GroupShuffleSplit(1, random_state=0)
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_pipelines_pass(data, name):
    audit = audit_loso(HONEST[name], *data)
    assert audit.passed, audit
    assert repr(audit).startswith("LeakAudit: passed; 90 clips, 7 subjects, 2 folds fitted anew")
    if "grouped search" in name:
        assert audit.n_splits == 2 * 6


@pytest.mark.parametrize(
    "classifier",
    [make_pipeline(StandardScaler(), SVC()), DeReGRLClassifier(max_epochs=3)],
    ids=["svm", "net"],
)
def test_honest_landmarks_pass(classifier):
    clips = make_landmark_clips(6, 60, random_state=1)
    flatten = not isinstance(classifier, DeReGRLClassifier)
    pipeline = Pipeline([("graph", LandmarkGraphTransformer(flatten=flatten)), ("clf", classifier)])
    assert audit_loso(pipeline, clips, n_folds=1).passed
    features = LandmarkGraphTransformer().fit_transform(clips.frames).reshape(60, -1)
    assert audit_loso(SVC(), features, clips.target, clips.groups, n_folds=1).passed


def test_the_data_come_back_as_they_were_even_when_a_fit_fails(data):
    X, y, groups = data
    before = X.copy(), y.copy()

    class Fails(LogisticRegression):
        fits: list = []

        def fit(self, X, y):
            self.fits.append(1)
            if len(self.fits) > 3:
                raise RuntimeError("no")
            return super().fit(X, y)

    with pytest.raises(RuntimeError):
        audit_loso(Fails(), X, y, groups)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_evaluate_loso_raises_on_findings_or_warns(data):
    X, y, groups = data
    leaky = make_pipeline(frozen_scaler(*data), LogisticRegression())
    with pytest.raises(LeakError, match=r"StandardScaler at .* was fitted before the folds") as caught:
        evaluate_loso(leaky, X, y, groups, audit=True)
    assert isinstance(caught.value.audit, LeakAudit)
    with pytest.warns(UserWarning, match="was fitted before"):
        result = evaluate_loso(leaky, X, y, groups, audit="warn")
    assert result.run_card["audit"]["passed"] is False
    honest = evaluate_loso(HONEST["scaled svc"], X, y, groups, audit=True)
    assert honest.run_card["audit"] == {"passed": True, "findings": []}
    assert "audit" not in evaluate_loso(HONEST["scaled svc"], X, y, groups).run_card


def test_the_repr_is_a_verdict_with_a_sentence_each():
    audit = LeakAudit((LeakFinding("scaled", "It was."), LeakFinding("state", "It moved.")), 9, 3, ("s1",), 4)
    assert repr(audit) == (
        "LeakAudit: 2 findings; 9 clips, 3 subjects, 1 fold fitted anew, 4 inner splits seen\n"
        "  scaled: It was.\n  state: It moved."
    )


class Shifted(TransformerMixin, BaseEstimator):
    """Subtracts what it is given, or picks the columns that it is given."""

    def __init__(self, mean=0.0, columns=slice(None)):
        self.mean = mean
        self.columns = columns

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return (X - self.mean)[:, self.columns]


@pytest.mark.parametrize("leak", ["mean", "columns"])
def test_statistics_of_a_step_in_the_middle_are_known_too(leak):
    clips = make_landmark_clips(6, 60, random_state=0)
    graph = LandmarkGraphTransformer(flatten=True)
    features = graph.fit_transform(clips.frames)
    best = SelectKBest(f_classif, k=9).fit(features[:, 62:], clips.target).get_support(indices=True) + 62
    value = {"mean": features.mean(axis=0), "columns": best.tolist()}[leak]
    pipeline = make_pipeline(graph, Shifted(**{leak: value}), StandardScaler(), SVC())
    assert kinds(pipeline, clips, n_folds=1) == {"holds-data"}
    assert kinds(make_pipeline(graph, Shifted(), StandardScaler(), SVC()), clips, n_folds=1) == set()
