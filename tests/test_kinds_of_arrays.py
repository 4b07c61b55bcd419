"""Numbers, labels and subjects in other kinds of arrays give the same result, or are refused by name."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.dummy import DummyClassifier

from skmer.classifiers import KTGSL, BalancedLDA, DeReGRLClassifier, FlipAugmentedClassifier
from skmer.datasets import MicroExpressionClips
from skmer.frames import point_flow
from skmer.metrics import uf1_score
from skmer.model_selection import BatchedGridSearchCV, batched_cross_val_predict, evaluate_loso

# Half-precision numbers, which every kind holds alike.
X = np.random.default_rng(0).normal(size=(24, 186)).astype(np.float16).astype(np.float32)
Y = np.array(["a", "b", "c"] * 8)
GROUPS = np.repeat(list("stuvwx"), 4)
ONE = np.arange(24) == 3
TURNED = range(24, 0, -1)
CLASSIFIERS = [
    BalancedLDA(),
    KTGSL(),
    DeReGRLClassifier(max_epochs=1, random_state=0),
    FlipAugmentedClassifier(BalancedLDA()),
]


def _locked(array):
    array = array.copy()
    array.flags.writeable = False
    return array


NUMBERS = {
    "objects": X.astype(object),
    "big-endian": X.astype(">f4"),
    "half precision": X.astype(np.float16),
    "long double": X.astype(np.longdouble),
    "locked": _locked(X),
    "by columns": np.asfortranarray(X),
    "no mask": np.ma.masked_array(X),
    "table": pd.DataFrame(X, index=TURNED),
    "nullable": pd.DataFrame(X).astype("Float32"),
    "lists": X.tolist(),
}
COLUMNS = {
    "objects": lambda names: names.astype(object),
    "series": lambda names: pd.Series(names, index=TURNED),
    "categories": lambda names: pd.Series(names, index=TURNED, dtype="category"),
    "pandas texts": lambda names: pd.Series(names, index=TURNED, dtype="string"),
    "numpy texts": lambda names: names.astype(np.dtypes.StringDType()),
    "big-endian": lambda names: names.astype(names.dtype.newbyteorder(">")),
    "no mask": np.ma.masked_array,
    "index": pd.Index,
    "list": list,
    "tuple": tuple,
}
LACKING = {
    "NA": lambda names: pd.Series(names, dtype="string").mask(ONE),
    "no category": lambda names: pd.Series(names, dtype="category").mask(ONE),
    "masked": lambda names: np.ma.masked_array(names, mask=ONE),
    "NaN in a list": lambda names: [float("nan"), *names[1:].tolist()],
    "None in a list": lambda names: [None, *names[1:].tolist()],
    "NA of numbers": lambda names: pd.Series([ord(name) for name in names], dtype="Int64").mask(ONE),
}


def _evaluated(X, y, groups):
    return evaluate_loso(BalancedLDA(), X, y, groups, verbose=0).predictions["prediction"].tolist()


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("clf", CLASSIFIERS, ids=lambda clf: type(clf).__name__)
def test_numbers_of_every_kind_are_the_same(clf, kind):
    usual = clone(clf).fit(X, Y)
    np.testing.assert_array_equal(clone(clf).fit(NUMBERS[kind], Y).predict(X), usual.predict(X))
    np.testing.assert_array_equal(usual.predict(NUMBERS[kind]), usual.predict(X))


@pytest.mark.parametrize("kind", COLUMNS)
def test_labels_and_subjects_of_every_kind_are_the_same(kind):
    make = COLUMNS[kind]
    for clf in CLASSIFIERS:
        found = clone(clf).fit(X, make(Y)).predict(X)
        assert found.tolist() == clone(clf).fit(X, Y).predict(X).tolist()
    assert _evaluated(X, make(Y), make(GROUPS)) == _evaluated(X, Y, GROUPS)
    assert uf1_score(make(Y), make(Y[::-1].copy())) == uf1_score(Y, Y[::-1])
    clips = MicroExpressionClips(np.zeros((24, 3, 68, 2)), make(Y), make(GROUPS))
    assert clips.target.tolist() == Y.tolist()


@pytest.mark.parametrize("kind", [">i8", np.uint8, float, np.float16, "Int64", "category"])
def test_subjects_may_be_numbers_of_every_kind(kind):
    codes = np.unique(GROUPS, return_inverse=True)[1]
    numbers = pd.Series(codes, dtype=kind) if kind in ("Int64", "category") else codes.astype(kind)
    assert _evaluated(X, Y, numbers) == _evaluated(X, Y, GROUPS)
    assert _evaluated(X, Y, codes > 2) == _evaluated(X, Y, np.where(codes > 2, "b", "a"))


@pytest.mark.parametrize("kind", LACKING)
def test_rows_without_label_or_subject_are_refused_by_name(kind):
    make = LACKING[kind]
    for clf in CLASSIFIERS:
        with pytest.raises(ValueError, match=r"^y must hold values of one type|Input.* contains NaN"):
            clone(clf).fit(X, make(Y))
    search = BatchedGridSearchCV(DummyClassifier(), {})
    for fit in (_evaluated, lambda X, y, groups: search.fit(X, y, groups=groups)):
        with pytest.raises(ValueError, match="y must have a value for every clip"):
            fit(X, make(Y), GROUPS)
        with pytest.raises(ValueError, match="groups must have a value for every clip"):
            fit(X, Y, make(GROUPS))
    with pytest.raises(ValueError, match="y_true must have no missing entry"):
        uf1_score(make(Y), Y)
    with pytest.raises(ValueError, match="target must not be empty"):
        MicroExpressionClips(np.zeros((24, 3, 68, 2)), make(Y), GROUPS)


def test_masked_numbers_are_not_read():
    masked = np.ma.masked_array(X, mask=X > 2)
    for clf in CLASSIFIERS:
        with pytest.raises(ValueError, match="X must have no masked entries"):
            clone(clf).fit(masked, Y)
    for call in (
        lambda: _evaluated(masked, Y, GROUPS),
        lambda: BatchedGridSearchCV(DummyClassifier(), {}).fit(masked, Y, groups=GROUPS),
        lambda: batched_cross_val_predict(DummyClassifier(), masked, Y, cv=2),
    ):
        with pytest.raises(ValueError, match="X must have no masked entries"):
            call()


def test_sparse_pictures_are_refused_by_name():
    picture = np.zeros((32, 32), np.uint8)
    with pytest.raises(ValueError, match="first must be"):
        point_flow(scipy.sparse.csr_array(picture), picture, [[4.0, 4.0]])


@pytest.mark.parametrize("odd", [None, 1, float("nan"), 1j], ids=str)
@pytest.mark.parametrize("clf", CLASSIFIERS, ids=lambda clf: type(clf).__name__)
def test_labels_of_several_kinds_are_refused_by_name(clf, odd):
    y = Y.astype(object)
    y[3] = odd
    with pytest.raises(ValueError, match=r"(?i)\by\b|label|Input contains NaN"):
        clone(clf).fit(X, y)


@pytest.mark.parametrize("mirror", [type("Alien", (), {}), "rows", lambda: 0])
def test_a_mirror_that_takes_no_rows_is_refused_by_name(mirror):
    with pytest.raises(ValueError, match="'mirror' parameter"):
        FlipAugmentedClassifier(DummyClassifier(), mirror).fit(X, Y)
