"""A class whose clips are all held out together cannot be predicted: whoever holds them out says so."""

import re
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, StratifiedKFold

from skmer.model_selection import (
    BatchedGridSearchCV,
    BatchedHalvingGridSearchCV,
    audit_loso,
    batched_cross_val_predict,
    evaluate_loso,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(43, 4))
y = np.r_[np.tile(["a", "b"], 20), ["rare"] * 3]
GROUPS = np.char.add("lab/", np.r_[np.repeat(list("pqrstuvw"), 5), ["z"] * 3])


def search(**params):
    return BatchedGridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, verbose=0, **params)


def halving():
    return BatchedHalvingGridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, resource="max_iter", verbose=0)


CALLS = {
    "evaluation": lambda: evaluate_loso(LogisticRegression(), X, y, GROUPS, verbose=0),
    "batched": lambda: evaluate_loso(LogisticRegression(), X, y, GROUPS, verbose=0, engine="batched"),
    "nested": lambda: evaluate_loso(search(cv=2), X, y, GROUPS, protocol="nested-loso", verbose=0),
    "search": lambda: search().fit(X, y, groups=GROUPS),
    "group k-fold": lambda: search(cv=3).fit(X, y, groups=GROUPS),
    "halving": lambda: halving().fit(X, y, groups=GROUPS),
    "audit": lambda: audit_loso(LogisticRegression(), X, y, GROUPS),
    "predictions": lambda: batched_cross_val_predict(
        LogisticRegression(), X, y, groups=GROUPS, cv=LeaveOneGroupOut()
    ),
}


def said(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return {str(w.message) for w in caught if "no training data" in str(w.message)}


@pytest.mark.parametrize("name", CALLS)
def test_it_is_told_once_with_class_clips_and_subject(name):
    (message,) = said(CALLS[name])
    assert message.startswith("The class 'rare' (3 clips of lab/z) is in no training data")


def test_a_score_is_given():
    with pytest.warns(UserWarning, match="no training data"):
        result = evaluate_loso(LogisticRegression(), X, y, GROUPS, verbose=0)
    assert result.class_names == ["a", "b", "rare"] and result.n_clips == 43
    assert result.confusion.to_numpy()[2, 2] == 0


def test_two_people_in_one_fold_are_one():
    groups = np.array(["p", "q"] * 20 + ["y", "y", "z"])
    cv = [(np.arange(40), np.arange(40, 43)), (np.r_[10:43], np.arange(10))]
    (message,) = said(lambda: search(cv=cv).fit(X, y, groups=groups))
    assert "(3 clips of y, z)" in message
    assert not said(lambda: search(cv=StratifiedKFold(3)).fit(X, y))


def test_a_data_set_that_alone_has_a_class():
    groups = np.char.add(np.where(np.arange(43) < 20, "one/", "two/"), np.arange(43).astype(str))
    (message,) = said(lambda: evaluate_loso(LogisticRegression(), X, y, groups, protocol="cross-dataset"))
    assert re.search(r"'rare' \(3 clips of two/40, two/41, two/42\)", message)


def test_clips_without_features_teach_nothing():
    rows, groups = X.copy(), GROUPS.copy()
    groups[41] = "lab/x"
    assert not said(lambda: evaluate_loso(LogisticRegression(), rows, y, groups, verbose=0))
    rows[41] = np.nan
    assert said(lambda: evaluate_loso(LogisticRegression(), rows, y, groups, verbose=0))


def test_nothing_is_said_where_all_is_well():
    calls = {"cv": GroupKFold(3), "groups": GROUPS[:40]}
    assert not said(lambda: batched_cross_val_predict(LogisticRegression(), X[:40], y[:40], **calls))
    assert not said(lambda: evaluate_loso(LogisticRegression(), X[:40], y[:40], GROUPS[:40], verbose=0))
