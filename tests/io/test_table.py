import warnings
from contextlib import suppress

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, is_regressor
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, QuantileTransformer, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, NuSVC

from skmer.io import load, save
from skmer.io._table import CLASSES, FORMS, OBJECTS, check_trusted, name_of, resolve

NEEDED = {
    "sklearn.neighbors.KNeighborsClassifier": {"algorithm": "brute"},
    "sklearn.pipeline.Pipeline": {
        "steps": [("scale", StandardScaler()), ("clf", LinearDiscriminantAnalysis())]
    },
    "sklearn.pipeline.FeatureUnion": {"transformer_list": [("a", StandardScaler()), ("b", "passthrough")]},
    "sklearn.ensemble.VotingClassifier": {
        "estimators": [("lda", LinearDiscriminantAnalysis()), ("linear", LogisticRegression())],
        "voting": "soft",
    },
    "sklearn.preprocessing.QuantileTransformer": {"n_quantiles": 20},
}
PLAIN = sorted(name for name in FORMS if name.startswith("sklearn."))


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6))
    y = np.array(["anger", "fear", "joy"])[rng.integers(0, 3, 60)]
    X[:, 0] += y == "fear"
    return X, y


def outputs(estimator, X):
    """What the methods of a fitted estimator return for X."""
    methods = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")
    rows = X + 0.01  # a kernel of the training rows themselves is computed in another way
    found = {}
    with warnings.catch_warnings(), suppress(NotImplementedError):
        warnings.simplefilter("ignore")
        for name in methods:
            if hasattr(estimator, name):
                found[name] = getattr(estimator, name)(rows)
    return found


def assert_comes_back(estimator, X, path):
    save(estimator, path)
    again = load(path)
    want, got = outputs(estimator, X), outputs(again, X)
    assert want.keys() == got.keys() and repr(again) == repr(estimator)
    for name, values in want.items():
        np.testing.assert_array_equal(got[name], values)
    return again


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", PLAIN)
def test_every_class_comes_back_bit_for_bit(data, tmp_path, name, n_classes):
    X, y = data
    X, y = (np.abs(X), y) if "NB" in name or "NMF" in name else (X, y)
    if n_classes == 2:
        X, y = X[y != "joy"], y[y != "joy"]
    estimator = resolve(name)(**NEEDED.get(name, {}))
    if name.endswith("KernelCenterer"):
        X = X @ X.T
    if name.endswith(("LabelEncoder", "LabelBinarizer")):
        save(estimator.fit(y), tmp_path / "m")
        np.testing.assert_array_equal(load(tmp_path / "m").transform(y), estimator.transform(y))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence, and of parameters that will go
        estimator.fit(X, X[:, 1] if is_regressor(estimator) else y)
        assert_comes_back(estimator, X, tmp_path / "m")


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(kernel="linear", class_weight="balanced"),
        SVC(kernel="poly", degree=2, gamma=0.1, decision_function_shape="ovo"),
        NuSVC(nu=0.2),
        SVR(C=10),
        LinearSVC(fit_intercept=False),
        LogisticRegression(C=0.1, fit_intercept=False, class_weight={"anger": 2.0}),
        RidgeClassifier(fit_intercept=False),
        Ridge(alpha=np.float32(0.5)),
        LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto"),
        LinearDiscriminantAnalysis(solver="lsqr"),
        SelectKBest(mutual_info_classif, k=2),
        SelectKBest(k="all"),
        SimpleImputer(strategy="median"),
        SimpleImputer(missing_values=np.nan, strategy="constant", fill_value=-1.0),
        DummyClassifier(strategy="constant", constant="fear"),
        KNeighborsClassifier(3, algorithm="brute", metric="cosine", weights="distance"),
        QuantileTransformer(n_quantiles=10, output_distribution="normal"),
        StandardScaler(with_mean=False),
        FeatureUnion([("k", SelectKBest(k=1)), ("s", StandardScaler())], transformer_weights={"k": 2.0}),
        Pipeline([("scale", None), ("clf", Pipeline([("s", StandardScaler()), ("c", SVC())]))]),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_parameters_that_change_what_is_learned(data, tmp_path, estimator):
    X, y = data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, X[:, 1] if is_regressor(estimator) else y)
    assert_comes_back(estimator, X, tmp_path / "m")


@pytest.mark.filterwarnings("ignore:.*probability.*:FutureWarning")
def test_a_support_vector_machine_with_probabilities(data, tmp_path):
    X, y = data
    assert_comes_back(SVC(probability=True, random_state=0).fit(X, y), X, tmp_path / "m")


def test_kernels_that_are_computed_before(data, tmp_path):
    X, y = data
    assert_comes_back(SVC(kernel="precomputed").fit(X @ X.T, y), X @ X.T, tmp_path / "m")


def test_tables_and_configured_outputs(data, tmp_path):
    pd = pytest.importorskip("pandas")
    X, y = data
    table = pd.DataFrame(X, columns=list("abcdef"))
    pipe = make_pipeline(StandardScaler(), SelectKBest(k=2)).set_output(transform="pandas").fit(table, y)
    save(pipe, tmp_path / "m")
    pd.testing.assert_frame_equal(load(tmp_path / "m").transform(table), pipe.transform(table))
    assert list(load(tmp_path / "m")[0].feature_names_in_) == list("abcdef")


@pytest.mark.parametrize("name", sorted(CLASSES - {"skmer.classifiers.SeedEnsemble"}))
def test_every_class_exists_under_its_name(name):
    cls = resolve(name)
    assert issubclass(cls, BaseEstimator) and name_of(cls, CLASSES) == name


@pytest.mark.parametrize("name", sorted(set().union(*OBJECTS.values())))
def test_every_object_exists_under_its_name(name):
    assert name_of(resolve(name), {name}) == name


def test_only_the_very_object_has_the_name():
    class SVC:
        __module__ = "sklearn.svm._classes"

    SVC.__qualname__ = "SVC"
    with pytest.raises(ValueError, match=r"sklearn.svm._classes.SVC is not among"):
        name_of(SVC, CLASSES)
    assert name_of(torch.optim.AdamW, {"torch.optim.AdamW"}) == "torch.optim.AdamW"


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (RandomForestClassifier(), "sklearn.ensemble._forest.RandomForestClassifier is not among"),
        (KMeans(), "sklearn.cluster._kmeans.KMeans is not among"),
        (FunctionTransformer(np.log), "(numpy.log|ufunc) is not among"),
        (GridSearchCV(SVC(), {}), "GridSearchCV is not among"),
        (SelectKBest(print), r"builtins.print is not among"),
        (SelectKBest(lambda X, y: y), "define it at the top of a module"),
        (SVC(kernel=np.dot), "kernel holds a class|numpy.dot is not among"),
        (KNeighborsClassifier(), "KDTree cannot be saved without pickle"),
        (SVC(C="much"), "SVC: The 'C' parameter of SVC must be a float"),
        (make_pipeline(StandardScaler(), SelectKBest(k=-1)), "SelectKBest: The 'k' parameter"),
        (3, "its document is no estimator"),
        (SVC, "sklearn.svm._classes.SVC is not among"),
    ],
)
def test_what_load_could_not_read_is_not_written(data, tmp_path, estimator, message):
    if isinstance(estimator, KNeighborsClassifier):
        estimator.fit(*data)
    with pytest.raises(ValueError, match=message):
        save(estimator, tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_what_is_learned_from_sparse_rows_is_refused(data, tmp_path):
    scipy = pytest.importorskip("scipy.sparse")
    with pytest.raises(ValueError, match="cannot be saved"):
        save(SVC().fit(scipy.csr_matrix(data[0]), data[1]), tmp_path / "m")


@pytest.mark.parametrize("trusted", ["package.Class", ["Class"], [1], [None]])
def test_trusted_is_a_list_of_dotted_names(trusted, tmp_path):
    with pytest.raises(ValueError, match="trusted must be"):
        check_trusted(trusted)
    with pytest.raises(ValueError, match="trusted must be"):
        load(tmp_path / "m", trusted=trusted)


@pytest.mark.parametrize("fitted", [SVC(), SVR(), KNeighborsClassifier(algorithm="brute")], ids=str)
@pytest.mark.parametrize(
    "name", ["n_features_in_", "classes_", "_n_support", "support_", "_probA", "_fit_X", "_y"]
)
def test_what_compiled_code_relies_on_has_to_be_there(data, tmp_path, rewrite, refused, fitted, name):
    X, y = data
    fitted = fitted.fit(X, X[:, 0] if isinstance(fitted, SVR) else y)
    if name not in vars(fitted):
        return
    save(fitted, tmp_path / "m")

    def remove(document, _):
        pairs = document["estimator"]["state"]["$dict"]
        pairs.remove(next(pair for pair in pairs if pair[0] == name))

    rewrite(tmp_path / "m", remove)
    refused(tmp_path / "m", f"needs.*{name}|has another type or shape")


def test_vectors_go_with_the_kernel(data, tmp_path, rewrite, refused, put):
    X, y = data
    save(SVC().fit(X, y), tmp_path / "m")
    rewrite(tmp_path / "m", lambda document, _: put(document["estimator"]["params"], "kernel", "precomputed"))
    refused(tmp_path / "m", "support_vectors_ does not go with the kernel")
    save(SVC(kernel="precomputed").fit(X @ X.T, y), tmp_path / "m")
    rewrite(tmp_path / "m", lambda document, _: put(document["estimator"]["params"], "kernel", "rbf"))
    refused(tmp_path / "m", "support_vectors_ does not go with the kernel")
