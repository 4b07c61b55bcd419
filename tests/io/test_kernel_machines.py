"""Kernel machines whose kernel is a function of ours, in files that run no code."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import laplacian_kernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from skmer.classifiers import KTGSL, histogram_intersection
from skmer.io import load, save


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(6), 40), np.array(["a", "b", "c"])[rng.integers(0, 3, 40)]


def test_a_machine_with_the_intersection_kernel_comes_back(data, tmp_path):
    X, y = data
    machine = make_pipeline(MinMaxScaler(), SVC(kernel=histogram_intersection, C=3.0)).fit(X, y)
    save(machine, tmp_path / "m")
    again = load(tmp_path / "m")
    assert again[-1].kernel is histogram_intersection
    np.testing.assert_array_equal(again.decision_function(X[:9]), machine.decision_function(X[:9]))


@pytest.mark.parametrize("kernel", ["linear", "rbf", "intersection"])
def test_ktgsl_comes_back(data, tmp_path, kernel):
    X, y = data
    clf = KTGSL([[0, 1], [2, 3]], [[4, 5]], kernel=kernel).fit(X, y)
    save(clf, tmp_path / "m")
    again = load(tmp_path / "m")
    np.testing.assert_array_equal(again.decision_function(X[:9]), clf.decision_function(X[:9]))
    np.testing.assert_array_equal(again.block_weights_, clf.block_weights_)


def test_another_function_is_no_kernel_of_a_file(data, tmp_path):
    machine = SVC(kernel=laplacian_kernel).fit(*data)
    with pytest.raises(ValueError, match="laplacian_kernel is not among the classes and functions"):
        save(machine, tmp_path / "m")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("_BaseLibSVM__Xfit", lambda a: a[:-1]),
        ("_BaseLibSVM__Xfit", lambda a: a[:, :-1]),
        ("_BaseLibSVM__Xfit", lambda a: a * np.nan),
        ("_BaseLibSVM__Xfit", lambda a: a[None]),
        ("support_vectors_", lambda a: np.zeros((40, 6))),
        ("support_", lambda a: a + 40),
    ],
)
def test_rows_that_do_not_go_with_the_fit_are_refused(data, tmp_path, rewrite, refused, get, name, change):
    save(SVC(kernel=histogram_intersection).fit(*data), tmp_path / "m")

    def replace(document, tensors):
        entry = get(document["estimator"]["state"], name)
        tensors[entry["$array"]] = np.ascontiguousarray(change(tensors[entry["$array"]]))

    rewrite(tmp_path / "m", replace)
    refused(
        tmp_path / "m", "SVC: .*(another type or shape|do(es)? not go with|not those of the fit|none of the)"
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("coef_", lambda a: a[:, :-1]),
        ("coef_", lambda a: a[:-1]),
        ("block_weights_", lambda a: a[:-1]),
        ("traces_", lambda a: a[:-1]),
        ("X_fit_", lambda a: a[:, :-1]),
        ("intercept_", lambda a: a * np.inf),
    ],
)
def test_attributes_of_ktgsl_that_no_fit_sets_are_refused(
    data, tmp_path, rewrite, refused, get, name, change
):
    save(KTGSL([[0, 1], [2, 3]], [[4, 5]]).fit(*data), tmp_path / "m")

    def replace(document, tensors):
        entry = get(document["estimator"]["state"], name)
        tensors[entry["$array"]] = np.ascontiguousarray(change(tensors[entry["$array"]]))

    rewrite(tmp_path / "m", replace)
    refused(tmp_path / "m", "KTGSL: .* has another type or shape")


def test_rows_without_a_function_as_kernel_are_refused(data, tmp_path, rewrite, refused, put):
    save(SVC(kernel="rbf").fit(*data), tmp_path / "m")

    def add(document, tensors):
        tensors["99"] = np.zeros((40, 6))
        put(document["estimator"]["state"], "_BaseLibSVM__Xfit", {"$array": "99", "order": "C"})

    rewrite(tmp_path / "m", add)
    refused(tmp_path / "m", "not those of the fit")
