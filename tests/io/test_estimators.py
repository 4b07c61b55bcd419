import sys

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler
from sklearn.svm import SVC, SVR

from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.io import load, save


def estimator(name, params=(), state=()):
    """Document of an estimator."""
    return {"$estimator": name, "params": {"$dict": list(params)}, "state": {"$dict": list(state)}}


def thing(name):
    """Document of a class or function."""
    return {"$object": name}


DUMMY = estimator("sklearn.dummy.DummyClassifier")
ONE_STEP = ["steps", {"$list": [{"$tuple": ["a", DUMMY]}]}]


@pytest.fixture
def craft(tmp_path, sign):
    """Write an estimator's document, correctly signed."""

    def write(document, tensors=None):
        sign({"format": 2, "skmer": "0.2.0", "estimator": document}, tensors or {}, tmp_path / "m")
        return tmp_path / "m"

    return write


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 4)), np.array(["a", "b", "c"])[rng.integers(0, 3, 40)]


def test_the_helper_writes_what_load_reads(craft):
    path = craft(estimator("sklearn.svm.SVC", [["C", 2.0]]))
    assert repr(load(path)) == repr(SVC(C=2.0))


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "builtins.exec",
        "skmer._cli.main",
        "skmer.io.save",
        "skmer.io.load",
        "skmer.classifiers.Gone",
        "skmer.classifiers._dere_grl.DeReGRLClassifier",
        "skmer.face.FaceGraph",
        "sklearn.base.BaseEstimator",
        "sklearn.svm._classes.SVC",
        "sklearn.svm.SVC.fit",
        "sklearn.utils.check_array",
        "sklearn.ensemble.RandomForestClassifier",
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
        "sklearn.datasets.fetch_openml",
        "sklearn.model_selection.GridSearchCV",
        "torch.load",
        "torch.hub.load",
        "torch.optim.AdamW",
        "torch.utils.data.datapipes.utils.decoder.basichandlers",
        "antigravity.fly",
        "this.s",
        "__main__.main",
        "not_installed_anywhere.Class",
    ],
)
@pytest.mark.parametrize("place", ["root", "step", "attribute", "parameter"])
def test_classes_that_are_not_in_the_table_are_refused(craft, refused, name, place):
    inner = estimator(name)
    document = {
        "root": inner,
        "step": estimator("sklearn.pipeline.Pipeline", [["steps", {"$list": [{"$tuple": ["a", inner]}]}]]),
        "attribute": estimator("sklearn.preprocessing.PowerTransformer", (), [["_scaler", inner]]),
        "parameter": estimator("sklearn.svm.SVC", [["kernel", inner]]),
    }[place]
    loaded = set(sys.modules)
    refused(craft(document), "which is not among|has another type|holds a class")
    assert not {"antigravity", "this"} & (set(sys.modules) - loaded)


@pytest.mark.parametrize(
    "name", ["os:system", "system", "", ".", "a.", ".a", "a b.c", "a.b\n", 3, None, ["a.b"], {}]
)
def test_what_is_no_name_is_refused(craft, refused, name):
    refused(craft(estimator(name)), "is no dotted name")


NAMES = ["os.system", "builtins.eval", "skmer.io.save", "skmer._cli.main", "numpy.load", "torch.load"]
NAMES += ["sklearn.feature_selection.f_classif", "torch.optim.AdamW", "skmer.nn.DeReGRL", "sklearn.svm.SVC"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "make",
    [
        lambda name: estimator("sklearn.preprocessing.FunctionTransformer", [["func", thing(name)]]),
        lambda name: estimator("sklearn.preprocessing.FunctionTransformer", [["inverse_func", thing(name)]]),
        lambda name: estimator("sklearn.svm.SVC", [["kernel", thing(name)]]),
        lambda name: estimator("sklearn.svm.SVC", [["kernel", {"$list": [thing(name)]}]]),
        lambda name: estimator("sklearn.svm.SVC", [["class_weight", {"$dict": [["a", thing(name)]]}]]),
        lambda name: estimator("sklearn.neighbors.KNeighborsClassifier", [["weights", thing(name)]]),
        lambda name: estimator("sklearn.neighbors.KNeighborsClassifier", [["metric", thing(name)]]),
        lambda name: estimator("sklearn.impute.SimpleImputer", [["strategy", thing(name)]]),
        lambda name: estimator("sklearn.kernel_approximation.Nystroem", [["kernel", thing(name)]]),
        lambda name: estimator("sklearn.decomposition.FastICA", [["fun", thing(name)]]),
        lambda name: estimator("sklearn.linear_model.RidgeCV", [["scoring", thing(name)]]),
        lambda name: estimator("sklearn.pipeline.Pipeline", [["steps", thing(name)]]),
        lambda name: estimator(
            "sklearn.pipeline.Pipeline", [["steps", {"$list": [{"$tuple": ["a", thing(name)]}]}]]
        ),
        lambda name: estimator("sklearn.preprocessing.StandardScaler", (), [["mean_", thing(name)]]),
        lambda name: estimator("sklearn.preprocessing.StandardScaler", (), [["extra_", thing(name)]]),
        lambda name: estimator("skmer.landmarks.FaceLandmarker", [["boxes", thing(name)]]),
        lambda name: estimator("skmer.feature_extraction.LandmarkGraphTransformer", [["graph", thing(name)]]),
    ],
)
def test_objects_in_place_of_callables_and_values_are_refused(craft, refused, name, make):
    refused(craft(make(name)), "it may not|is no estimator|is no list of names|another type or shape")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sklearn.feature_selection.f_classif"])
def test_a_callable_parameter_takes_those_of_its_table(craft, refused, name):
    refused(
        craft(estimator("sklearn.feature_selection.SelectKBest", [["score_func", thing(name)]])), "may not"
    )
    path = craft(
        estimator(
            "sklearn.feature_selection.SelectKBest",
            [["score_func", thing("sklearn.feature_selection.f_classif")], ["k", 2]],
        )
    )
    assert repr(load(path)) == repr(SelectKBest(k=2))


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("sklearn.svm.SVC", [["C", "1"]], "The 'C' parameter of SVC must be"),
        ("sklearn.svm.SVC", [["C", -1.0]], "The 'C' parameter of SVC must be"),
        ("sklearn.svm.SVC", [["C", {"$float": "nan"}]], "The 'C' parameter of SVC must be"),
        ("sklearn.svm.SVC", [["kernel", "evil"]], "The 'kernel' parameter of SVC must be"),
        ("sklearn.svm.SVC", [["kernel", DUMMY]], "holds a class, a function or an estimator"),
        ("sklearn.svm.SVC", [["random_state", {"$list": ["tables"]}]], "random_state may only be None"),
        ("sklearn.svm.SVC", [["fit", 1]], "has no parameter 'fit'"),
        ("sklearn.svm.SVC", [["__class__", 1]], "has no parameter '__class__'"),
        ("sklearn.svm.SVC", [["self", 1]], "has no parameter 'self'"),
        ("sklearn.preprocessing.StandardScaler", [["copy", 3]], "The 'copy' parameter of StandardScaler"),
        ("sklearn.decomposition.PCA", [["n_components", -3]], "The 'n_components' parameter of PCA"),
        ("sklearn.pipeline.Pipeline", [], "steps is no list of names and estimators"),
        ("sklearn.pipeline.Pipeline", [["steps", 3]], "steps is no list of names and estimators"),
        ("sklearn.pipeline.Pipeline", [["steps", DUMMY]], "steps is no list of names and estimators"),
        (
            "sklearn.pipeline.Pipeline",
            [["steps", {"$list": [1]}]],
            "steps is no list of names and estimators",
        ),
        (
            "sklearn.pipeline.Pipeline",
            [["steps", {"$list": [{"$tuple": ["a", "drop_table"]}]}]],
            "the step 'a' of steps is no estimator",
        ),
        (
            "sklearn.pipeline.Pipeline",
            [["steps", {"$list": [{"$tuple": ["a", {"$list": [DUMMY]}]}]}]],
            "the step 'a' of steps is no estimator",
        ),
        (
            "sklearn.pipeline.Pipeline",
            [["steps", {"$list": [{"$tuple": ["a", DUMMY]}] * 2}]],
            "impossible or repeated name 'a'",
        ),
        (
            "sklearn.pipeline.Pipeline",
            [["steps", {"$list": [{"$tuple": ["a__b", DUMMY]}]}]],
            "impossible or repeated name 'a__b'",
        ),
        (
            "sklearn.pipeline.Pipeline",
            [ONE_STEP, ["memory", "pickles"]],
            "memory may only be None in a file",
        ),
        (
            "sklearn.pipeline.Pipeline",
            [ONE_STEP, ["memory", "auto"]],
            "memory may only be None in a file",
        ),
        (
            "sklearn.pipeline.Pipeline",
            [ONE_STEP, ["memory", DUMMY]],
            "memory may only be None in a file",
        ),
        ("skmer.landmarks.FaceLandmarker", [["memory", "/tmp/x"]], "memory may only be None in a file"),
        ("skmer.landmarks.FaceLandmarker", [["predictor", "own.dat"]], "predictor may only be None"),
        (
            "skmer.landmarks.FaceLandmarker",
            [["verify_predictor", False]],
            "verify_predictor may only be True",
        ),
        ("skmer.landmarks.FaceLandmarker", [["verify_predictor", 0]], "verify_predictor may only be True"),
        ("skmer.landmarks.FaceLandmarker", [["tracking", DUMMY]], "'tracking' holds a class"),
        ("skmer.landmarks.FaceLandmarker", [["n_views", 0]], "The 'n_views' parameter"),
        ("skmer.landmarks.FaceLandmarker", [["n_jobs", 10**6]], "n_jobs may only be None"),
        ("skmer.magnification.MotionMagnifier", [["weights", 3]], "The 'weights' parameter"),
        ("skmer.magnification.MotionMagnifier", [["weights", thing("os.system")]], "it may not"),
        ("skmer.feature_extraction.LandmarkGraphTransformer", [["graph", DUMMY]], "'graph' holds a class"),
    ],
    ids=str,
)
def test_parameters_are_checked_before_they_are_used(craft, refused, name, params, message):
    refused(craft(estimator(name, params)), message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("predict", 1),
        ("fit", "x"),
        ("set_params", None),
        ("get_params", 1),
        ("__class__", 1),
        ("__dict__", {"$dict": []}),
        ("__sklearn_tags__", 1),
        ("__init__", 1),
        ("_validate_params", 1),
        ("_parameter_constraints", {"$dict": []}),
        ("_repr_html_", 1),
        ("_impl", "one_class"),
        ("_estimator_type", "regressor"),
        ("C", 1.0),
        ("a b", 1),
        ("", 1),
        ("_", 1),
        ("__", 1),
        ("x__y_", 1),
        ("é_", 1),
        ("coef_", {"$list": []}),  # a property of the class
        ("n_support_", {"$list": []}),
        ("extra_", DUMMY),
        ("extra_", {"$list": [{"$dict": [["a", DUMMY]]}]}),
        ("extra_", thing("sklearn.feature_selection.f_classif")),
        ("_sparse", True),
        ("_gamma", "1"),
        ("classes_", DUMMY),
        ("classes_", 3),
        ("n_features_in_", True),
        ("n_features_in_", -1),
        ("n_features_in_", 2**63),
        ("n_features_in_", 2.0),
        ("_sklearn_output_config", {"$dict": [["transform", "os"]]}),
        ("_sklearn_output_config", {"$dict": [["fit", "pandas"]]}),
        ("feature_names_in_", {"$items": [1, 2, 3, 4], "dtype": "|O", "shape": [4]}),
        ("feature_names_in_", {"$items": ["a"], "dtype": "<U1", "shape": [1]}),
    ],
    ids=str,
)
def test_attributes_that_no_fit_sets_are_refused(data, tmp_path, rewrite, refused, get, put, name, value):
    save(make_pipeline(StandardScaler(), SVC()).fit(*data), tmp_path / "m")

    def change(document, _):
        steps = get(document["estimator"]["params"], "steps")["$list"]
        put(steps[1]["$tuple"][1]["state"], name, value)

    rewrite(tmp_path / "m", change)
    refused(
        tmp_path / "m",
        "SVC: .*(a file may set|no file may set|may not|another type or shape)|belongs to nothing",
    )


def numbers(value):
    return lambda array: np.asarray(value, array.dtype)


@pytest.mark.parametrize(
    ("fitted", "name", "change", "message"),
    [
        (StandardScaler(), "mean_", lambda a: a[:-1], "mean_ has another type or shape"),
        (StandardScaler(), "mean_", lambda a: a[None], "mean_ has another type or shape"),
        (StandardScaler(), "mean_", lambda a: a.astype(np.int64), "mean_ has another type or shape"),
        (StandardScaler(), "mean_", lambda a: a.astype(bool), "mean_ has another type or shape"),
        (StandardScaler(), "mean_", lambda a: np.zeros((4, 1000)), "mean_ has another type or shape"),
        (LinearDiscriminantAnalysis(), "coef_", lambda a: a.T, "coef_ has another type or shape"),
        (LinearDiscriminantAnalysis(), "coef_", lambda a: a * np.nan, "coef_ has another type or shape"),
        (LinearDiscriminantAnalysis(), "intercept_", lambda a: a[:1], "intercept_ has another type or shape"),
        (SVC(), "support_vectors_", lambda a: a[:-1], "another type or shape"),
        (SVC(), "support_vectors_", lambda a: a[:, :-1], "another type or shape"),
        (SVC(), "support_vectors_", lambda a: a + np.inf, "another type or shape"),
        (SVC(), "_dual_coef_", lambda a: a[:1], "another type or shape"),
        (SVC(), "_intercept_", lambda a: a[:1], "another type or shape"),
        (SVC(), "_probA", lambda a: np.zeros(1), "another type or shape"),
        (SVC(), "support_", lambda a: a + 1000, "rows that are none of the training data"),
        (SVC(), "support_", lambda a: a - 1000, "rows that are none of the training data"),
        (SVC(), "_n_support", numbers([2**30, 0, 0]), "does not count the vectors"),
        (SVC(), "_n_support", lambda a: -a, "does not count the vectors"),
        (SVC(), "_n_support", lambda a: a[:2], "another type or shape"),
        (SVR(), "_n_support", lambda a: a + 1, "does not count the vectors"),
        (
            KNeighborsClassifier(algorithm="brute"),
            "_y",
            lambda a: a + 1000,
            "numbers that are none of a class",
        ),
        (KNeighborsClassifier(algorithm="brute"), "_y", lambda a: a.astype(float), "none of a class"),
        (KNeighborsClassifier(algorithm="brute"), "_fit_X", lambda a: a[:5], "another type or shape"),
        (PowerTransformer(), "lambdas_", lambda a: a[:1], "another type or shape"),
    ],
)
def test_arrays_of_other_types_shapes_and_values_are_refused(
    data, tmp_path, rewrite, refused, get, fitted, name, change, message
):
    X, y = data
    save(fitted.fit(X, X[:, 0] if isinstance(fitted, SVR) else y), tmp_path / "m")

    def replace(document, tensors):
        entry = get(document["estimator"]["state"], name)
        tensors[entry["$array"]] = np.ascontiguousarray(change(tensors[entry["$array"]]))

    rewrite(tmp_path / "m", replace)
    refused(tmp_path / "m", message)


def test_an_estimator_of_another_kind_as_an_attribute_is_refused(data, tmp_path, rewrite, refused, put):
    save(PowerTransformer().fit(data[0]), tmp_path / "m")
    rewrite(tmp_path / "m", lambda document, _: put(document["estimator"]["state"], "_scaler", DUMMY))
    refused(tmp_path / "m", "_scaler has another type|belongs to nothing")


def test_arrays_without_a_place_are_refused(tmp_path, craft, refused):
    refused(craft(estimator("sklearn.svm.SVC"), {"0": np.zeros(3)}), "the array '0' belongs to nothing")


def test_no_constructor_runs_before_all_is_checked(craft, refused, monkeypatch):
    monkeypatch.setattr(SVC, "__init__", lambda self, **params: pytest.fail("a constructor ran"))
    steps = [{"$tuple": ["a", estimator("sklearn.svm.SVC")]}, {"$tuple": ["b", estimator("os.system")]}]
    refused(craft(estimator("sklearn.pipeline.Pipeline", [["steps", {"$list": steps}]])), "os.system")


@pytest.mark.parametrize(
    "document",
    [
        None,
        3,
        "text",
        {"$list": [DUMMY]},
        thing("sklearn.svm.SVC"),
        {"$graph": {}},
        [DUMMY],
        {**DUMMY, "extra": 1},
        {"$estimator": "sklearn.svm.SVC"},
        {**DUMMY, "params": [["C", 1.0]]},
        {**DUMMY, "state": {"$list": []}},
    ],
    ids=str,
)
def test_documents_that_are_no_estimator_are_refused(craft, refused, document):
    refused(craft(document), "no estimator|unknown kind|must have the|must have parameters")


def test_estimators_inside_one_another_without_end_are_refused(craft, refused):
    document = DUMMY
    for _ in range(60):
        document = estimator(
            "sklearn.pipeline.Pipeline", [["steps", {"$list": [{"$tuple": ["a", document]}]}]]
        )
    refused(craft(document), "more than 40 containers")


def test_a_landmarker_inside_a_transformer_is_of_its_class(craft, refused):
    if "landmarker" not in LandmarkGraphTransformer._get_param_names():
        pytest.skip("this version's transformer has no landmarker of its own")
    name = "skmer.feature_extraction.LandmarkGraphTransformer"
    refused(craft(estimator(name, [["landmarker", DUMMY]])), "'landmarker' holds a class")
    inner = estimator("skmer.landmarks.FaceLandmarker", [["tracking", "detect"]])
    assert load(craft(estimator(name, [["landmarker", inner]]))).landmarker.tracking == "detect"
