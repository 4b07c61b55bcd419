"""Arguments that a search refuses, in a sentence that says which."""

import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, BatchedHalvingGridSearchCV, BatchedRandomizedSearchCV


@pytest.fixture(scope="module")
def corpus():
    clips = make_landmark_clips(n_subjects=5, n_clips=50, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips.target, clips.groups


def net():
    return DeReGRLClassifier(max_epochs=2, n_channels=4, random_state=0, batch_size=16)


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (
            lambda: BatchedGridSearchCV(LogisticRegression(), {"C": [1, -1]}),
            r"candidate \{'C': -1\} failed: The 'C' parameter of LogisticRegression",
        ),
        (
            lambda: BatchedGridSearchCV(LogisticRegression(), {"C": [1]}, device="cuda"),
            "device='cuda' is for estimators with a device, got LogisticRegression",
        ),
        (
            lambda: BatchedGridSearchCV(net(), {"n_actions": [2, 0]}),
            r"candidate \{'n_actions': 0\} failed: .*",
        ),
        (
            lambda: BatchedGridSearchCV(net(), {"n_action": [2]}),
            r"candidate \{'n_action': 2\} failed: Invalid",
        ),
        (
            lambda: BatchedGridSearchCV(
                net(), {"graph": ["brow-nose-lip31", "generic"]}, error_score="raise"
            ),
            "'generic'.*split 0.* f",
        ),
        (
            lambda: BatchedGridSearchCV(net(), {"graph": ["generic"]}),
            "All the 2 fits failed, such as: ValueError: candidate .*'generic'.*split 0",
        ),
        (lambda: BatchedGridSearchCV(net(), {}, error_score="zero"), "'error_score' parameter"),
        (lambda: BatchedGridSearchCV(net(), {}, pre_dispatch=None), "'pre_dispatch' parameter"),
        (lambda: BatchedGridSearchCV(net(), {}, return_train_score=2), "'return_train_score' parameter"),
        (lambda: BatchedGridSearchCV(net(), {}, stack_size=0), "stack_size must be 'auto' or a positive"),
        (lambda: BatchedGridSearchCV(net(), {}, seeds=[1, 1]), "seeds must be None, a positive number"),
        (lambda: BatchedGridSearchCV(net(), {}, seeds=0), "'seeds' parameter"),
        (lambda: BatchedGridSearchCV(net(), {}, scoring="uf2"), "uf2"),
        (lambda: BatchedGridSearchCV(net(), {}, scoring=["uf1", "uf1"]), "scoring must name distinct"),
        (lambda: BatchedGridSearchCV(net(), {}, scoring=lambda model, X, y: {"a": 1.0}), "refit must be set"),
        (lambda: BatchedGridSearchCV(net(), {}, scoring=lambda model, X, y: "high"), "return a number"),
        (lambda: BatchedGridSearchCV(net(), {}, scoring=len), "^scoring must be a callable that takes 3 arg"),
        (
            lambda: BatchedGridSearchCV(net(), {}, scoring={"a": lambda: 1}),
            "^scoring must be a callable that",
        ),
        (lambda: BatchedGridSearchCV(net(), []), "'param_grid' parameter .* at least 1 items"),
        (lambda: BatchedRandomizedSearchCV(net(), []), "'param_distributions' parameter .* at least 1 items"),
        (lambda: BatchedHalvingGridSearchCV(net(), []), "'param_grid' parameter .* at least 1 items"),
        (
            lambda: BatchedRandomizedSearchCV(net(), {"n_actions": [2]}, n_iter=1, checkpoint="nowhere"),
            "checkpoint needs random_state to be an int",
        ),
    ],
)
def test_wrong_arguments_are_refused(corpus, search, message):
    X, y, groups = corpus
    with pytest.raises(ValueError, match=message):
        search().set_params(cv=2).fit(X, y, groups=groups)


def test_a_metric_of_probabilities_needs_some(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(RidgeClassifier(), {"alpha": [1.0]}, scoring="roc_auc_ovr")
    with pytest.raises(
        ValueError, match=r"scoring needs predictions that the estimator does not make: .*proba"
    ):
        search.fit(X.reshape(len(X), -1), y, groups=groups)


def test_subjects_are_asked_for(corpus):
    X, y, _ = corpus
    with pytest.raises(ValueError, match="groups must be given, since cv=None leaves one subject out"):
        BatchedGridSearchCV(net(), {"n_actions": [2]}).fit(X, y)


@pytest.mark.parametrize("name", ["y", "groups"])
def test_a_row_without_a_label_is_named(corpus, name):
    X, y, groups = corpus
    given = {"y": y, "groups": groups}
    given[name] = [None, *given[name][1:]]
    search = BatchedHalvingGridSearchCV(net(), {"n_actions": [2, 3]}, cv=2)
    with pytest.raises(ValueError, match=f"^{name} must have a value for every clip, got none in 1 of"):
        search.fit(X, given["y"], groups=given["groups"])


def test_tables_of_one_column(corpus):
    X, y, groups = corpus
    usual = BatchedGridSearchCV(net(), {"n_actions": [2]}, cv=2, verbose=0).fit(X, y, groups=groups)
    search = BatchedGridSearchCV(net(), {"n_actions": [2]}, cv=2, verbose=0)
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        search.fit(X, pd.DataFrame({"y": y}), groups=pd.DataFrame({"subject": groups}))
    assert search.best_score_ == usual.best_score_
    with pytest.raises(ValueError, match=r"^groups must be a sequence of items"):
        search.fit(X, y, groups=pd.DataFrame({"subject": groups, "clip": groups}))
