import pickle

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import f1_score, recall_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    ParameterGrid,
    ParameterSampler,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochTimer

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, BatchedRandomizedSearchCV, _fits

# scikit-learn's loop says so of every fold that misses a class, as most folds of this field do.
pytestmark = pytest.mark.filterwarnings("ignore:Number of classes in training fold")


@pytest.fixture(scope="module")
def corpus():
    clips = make_landmark_clips(n_subjects=5, n_clips=50, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips.target, clips.groups


def net(**params):
    usual = {
        "max_epochs": 2,
        "n_channels": 4,
        "random_state": 0,
        "batch_size": 16,
        "dtype": "float64",
    }
    return DeReGRLClassifier(**{**usual, **params})


def out_of_fold(model, X, y, groups, cv=None, method="predict"):
    return cross_val_predict(model, X, y, groups=groups, cv=cv or LeaveOneGroupOut(), method=method)


def macro_f1(y, y_pred):
    return f1_score(y, y_pred, average="macro")


GRID = {"n_actions": [2, 3], "lambda_center": [0.1, 1.0], "lr": [3e-3, 3e-2]}


def test_the_criterion_is_the_score_of_all_folds_together(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(net(), GRID).fit(X, y, groups=groups)
    candidates = list(ParameterGrid(GRID))
    assert search.cv_results_["params"] == candidates
    predictions = [out_of_fold(net(**params), X, y, groups) for params in candidates]
    pooled = [macro_f1(y, y_pred) for y_pred in predictions]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], pooled)
    assert (search.cv_results_["std_test_score"] == 0).all()
    folds = [test for _, test in LeaveOneGroupOut().split(X, y, groups)]
    by_fold = np.array([[macro_f1(y[test], y_pred[test]) for test in folds] for y_pred in predictions])
    for k in range(5):
        np.testing.assert_allclose(search.cv_results_[f"split{k}_test_score"], by_fold[:, k])
    np.testing.assert_allclose(search.cv_results_["mean_fold_test_score"], by_fold.mean(axis=1))
    np.testing.assert_allclose(search.cv_results_["std_fold_test_score"], by_fold.std(axis=1))
    assert not np.allclose(by_fold.mean(axis=1), pooled)
    assert search.best_index_ == np.argmax(pooled)
    assert search.cv_results_["rank_test_score"][search.best_index_] == 1
    assert search.best_params_ == candidates[search.best_index_]
    assert search.best_score_ == max(pooled)


def test_each_seed_is_scored_alone(corpus):
    X, y, groups = corpus
    grid = {"n_actions": [2, 3]}
    cv = GroupKFold(2)
    search = BatchedGridSearchCV(net(random_state=4), grid, seeds=2, cv=cv).fit(X, y, groups=groups)
    scores = np.array(
        [
            [macro_f1(y, out_of_fold(net(n_actions=k, random_state=s), X, y, groups, cv)) for s in (0, 1)]
            for k in (2, 3)
        ]
    )
    assert search.seeds_ == [0, 1]
    np.testing.assert_allclose(search.cv_results_["seed0_test_score"], scores[:, 0])
    np.testing.assert_allclose(search.cv_results_["seed1_test_score"], scores[:, 1])
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], scores.mean(axis=1))
    np.testing.assert_allclose(search.cv_results_["std_test_score"], scores.std(axis=1))
    named = BatchedGridSearchCV(net(), grid, seeds=[1, 0], cv=cv).fit(X, y, groups=groups)
    assert named.seeds_ == [1, 0]
    np.testing.assert_allclose(named.cv_results_["mean_test_score"], scores.mean(axis=1))


def test_without_seeds_score_and_model_have_the_estimators_own(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(net(random_state=5), {"n_actions": [2]}, cv=GroupKFold(2))
    search.fit(X, y, groups=groups)
    assert search.seeds_ == [None]
    assert not [name for name in search.cv_results_ if name.startswith("seed")]
    model = net(random_state=5, n_actions=2)
    assert search.best_score_ == macro_f1(y, out_of_fold(model, X, y, groups, GroupKFold(2)))
    np.testing.assert_array_equal(search.predict_proba(X), model.fit(X, y).predict_proba(X))


def test_with_seeds_the_best_model_keeps_the_estimators_own(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(net(random_state=5), {"n_actions": [2]}, seeds=[7], cv=GroupKFold(2))
    search.fit(X, y, groups=groups)
    assert search.best_estimator_.random_state == 5
    assert search.seeds_ == [7]


def test_it_has_what_grid_search_has(corpus):
    X, y, groups = corpus
    grid = [{"n_actions": [2, 3]}, {"lambda_center": [0.5]}]
    ours = BatchedGridSearchCV(net(), grid, scoring="accuracy", cv=GroupKFold(2))
    theirs = GridSearchCV(net(), grid, cv=GroupKFold(2))
    assert isinstance(ours, BaseSearchCV)
    ours.fit(X, y, groups=groups)
    theirs.fit(X, y, groups=groups)
    assert theirs.cv_results_.keys() <= ours.cv_results_.keys()
    for k in range(2):
        name = f"split{k}_test_score"
        np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name])
    np.testing.assert_allclose(
        ours.cv_results_["mean_fold_test_score"], theirs.cv_results_["mean_test_score"]
    )
    assert ours.cv_results_["param_n_actions"].tolist() == [2, 3, None]
    assert {name for name in vars(theirs) if name.endswith("_")} <= set(vars(ours))
    assert (ours.cv_results_["mean_fit_time"] > 0).all()
    assert ours.n_features_in_ == theirs.n_features_in_ == 186
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)


def test_the_best_is_an_ordinary_fit(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, cv=GroupKFold(2)).fit(X, y, groups=groups)
    plain = net(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(search.predict(X), plain.predict(X))
    assert search.score(X, y) == pytest.approx(macro_f1(y, plain.predict(X)))
    assert search.refit_time_ > 0
    restored = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(restored.predict(X), plain.predict(X))


def test_without_refit_there_are_scores_alone(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(net(), {"n_actions": [2]}, cv=GroupKFold(2), refit=False)
    search.fit(X, y, groups=groups)
    assert search.best_params_ == {"n_actions": 2}
    assert not hasattr(search, "best_estimator_")
    with pytest.raises(AttributeError, match="has no attribute 'predict'"):
        search.predict(X)


def test_several_metrics_of_which_one_decides(corpus):
    X, y, groups = corpus
    cv = GroupKFold(2)
    options = {"scoring": ["uf1", "uar", "accuracy", "roc_auc_ovr"], "cv": cv}
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, refit="uar", **options)
    search.fit(X, y, groups=groups)
    for i, n_actions in enumerate((2, 3)):
        model = net(n_actions=n_actions)
        y_pred = out_of_fold(model, X, y, groups, cv)
        expected = {
            "uf1": macro_f1(y, y_pred),
            "uar": recall_score(y, y_pred, average="macro"),
            "accuracy": np.mean(y == y_pred),
            "roc_auc_ovr": roc_auc_score(
                y, out_of_fold(model, X, y, groups, cv, "predict_proba"), multi_class="ovr"
            ),
        }
        found = {name: search.cv_results_[f"mean_test_{name}"][i] for name in expected}
        assert found == pytest.approx(expected)
    assert search.multimetric_
    assert search.best_index_ == np.argmax(search.cv_results_["mean_test_uar"])
    assert search.score(X, y) == pytest.approx(recall_score(y, search.predict(X), average="macro"))
    with pytest.raises(ValueError, match="refit must be set to a scorer key"):
        BatchedGridSearchCV(net(), {"n_actions": [2]}, **options).fit(X, y, groups=groups)


def test_a_function_may_choose(corpus):
    X, y, groups = corpus
    options = {"cv": GroupKFold(2), "refit": lambda results: int(np.argmin(results["mean_test_score"]))}
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, **options).fit(X, y, groups=groups)
    assert search.best_index_ == np.argmin(search.cv_results_["mean_test_score"])


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"stack_size": 3}, {"n_jobs": 2, "refit": True}], ids=str)
def test_how_the_work_is_cut_does_not_matter(corpus, options):
    X, y, groups = corpus
    grid = {"n_actions": [2, 3], "n_channels": [4, 6], "max_epochs": [1, 2]}
    fixed = {"cv": GroupKFold(2), "refit": False}
    whole = BatchedGridSearchCV(net(), grid, **fixed).fit(X, y, groups=groups)
    other = BatchedGridSearchCV(net(), grid, **fixed | options).fit(X, y, groups=groups)
    for name in whole.cv_results_:
        if not name.endswith("_time"):
            np.testing.assert_array_equal(other.cv_results_[name], whole.cv_results_[name], err_msg=name)


def test_a_fit_does_not_depend_on_its_company(corpus):
    X, y, groups = corpus
    cv, tested = GroupKFold(2), {}

    def remember(estimator, rows, labels):
        tested.setdefault(len(labels), []).append(estimator.predict_proba(rows))
        return 0.0

    grid = {"lambda_center": [0.1, 1.0], "n_actions": [2, 3]}
    BatchedGridSearchCV(net(), grid, cv=cv, scoring=remember, refit=False, n_jobs=2).fit(X, y, groups=groups)
    order = np.concatenate([test for _, test in cv.split(X, y, groups)])
    for params, found in zip(ParameterGrid(grid), tested[len(y)], strict=True):
        alone = out_of_fold(net(**params), X, y, groups, cv, "predict_proba")
        np.testing.assert_array_equal(found, alone[order])


def test_any_classifier_is_searched(corpus):
    X, y, groups = corpus
    flat = X.reshape(len(X), -1)
    pipe = make_pipeline(StandardScaler(), LogisticRegression())
    grid = {"logisticregression__C": [0.1, 1.0]}
    search = BatchedGridSearchCV(pipe, grid, n_jobs=2).fit(flat, y, groups=groups)
    expected = [
        macro_f1(y, out_of_fold(clone(pipe).set_params(**p), flat, y, groups)) for p in ParameterGrid(grid)
    ]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)
    ridge = BatchedGridSearchCV(RidgeClassifier(), {"alpha": [1.0, 10.0]}).fit(flat, y, groups=groups)
    expected = [macro_f1(y, out_of_fold(RidgeClassifier(alpha=a), flat, y, groups)) for a in (1.0, 10.0)]
    np.testing.assert_allclose(ridge.cv_results_["mean_test_score"], expected)


def test_fit_parameters_are_split_with_the_clips(corpus):
    X, y, groups = corpus
    flat, weight = X.reshape(len(X), -1), np.random.default_rng(0).uniform(size=len(X))
    search = BatchedGridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]})
    search.fit(flat, y, groups=groups, sample_weight=weight)
    options = {"groups": groups, "cv": LeaveOneGroupOut(), "params": {"sample_weight": weight}}
    expected = [
        macro_f1(y, cross_val_predict(LogisticRegression(C=c), flat, y, **options)) for c in (0.1, 1.0)
    ]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)
    whole = LogisticRegression(**search.best_params_).fit(flat, y, sample_weight=weight)
    np.testing.assert_array_equal(search.predict_proba(flat), whole.predict_proba(flat))


def test_scorers_get_the_true_rows(corpus):
    X, y, groups = corpus
    seen = []
    scoring = lambda estimator, rows, labels: seen.append((rows, labels)) or 0.0  # noqa: E731
    BatchedGridSearchCV(net(), {"n_actions": [2]}, cv=GroupKFold(2), scoring=scoring, refit=False).fit(
        X, y, groups=groups
    )
    whole, *folds = seen
    tests = [test for _, test in GroupKFold(2).split(X, y, groups)]
    for (rows, labels), test in zip([whole, *folds], [np.concatenate(tests), *tests], strict=True):
        np.testing.assert_array_equal(rows, X[test])
        np.testing.assert_array_equal(labels, y[test])


def test_numbers_of_folds_are_numbers_of_groups_of_subjects(corpus):
    X, y, groups = corpus
    grid = {"n_actions": [2, 3]}
    number = BatchedGridSearchCV(net(), grid, cv=2, refit=False).fit(X, y, groups=groups)
    grouped = BatchedGridSearchCV(net(), grid, cv=GroupKFold(2), refit=False).fit(X, y, groups=groups)
    np.testing.assert_array_equal(
        number.cv_results_["split1_test_score"], grouped.cv_results_["split1_test_score"]
    )
    alone = BatchedGridSearchCV(net(), grid, cv=2, refit=False).fit(X, y)
    y_pred = out_of_fold(net(n_actions=3), X, y, None, StratifiedKFold(2))
    assert alone.cv_results_["mean_test_score"][1] == pytest.approx(macro_f1(y, y_pred))


def test_a_split_through_subjects_draws_a_warning(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(net(), {"n_actions": [2]}, cv=StratifiedKFold(2), refit=False)
    with pytest.warns(UserWarning, match="2 of 2 splits of cv have a subject on both sides") as caught:
        search.fit(X, y, groups=groups)
    assert caught[0].filename == __file__


def test_callbacks_change_nothing(corpus):
    X, y, groups = corpus
    grid = {"callbacks": [None, [EpochTimer()]], "n_actions": [2, 3]}
    search = BatchedGridSearchCV(net(), grid, cv=GroupKFold(2), refit=False)
    search.fit(X, y, groups=groups)
    scores = search.cv_results_["mean_test_score"]
    np.testing.assert_allclose(scores[:2], scores[2:])


def test_a_gpu_warns_once_of_candidates_that_are_not_stacked(corpus, monkeypatch):
    monkeypatch.setattr(_fits, "_is_on_gpu", lambda model: True)
    monkeypatch.setattr(_fits, "stacking_reason", lambda net: "callbacks is set" if net.callbacks else None)
    X, y, groups = corpus
    grid = {"callbacks": [None, [EpochTimer()]], "n_actions": [2, 3]}
    search = BatchedGridSearchCV(net(), grid, cv=GroupKFold(2), refit=False)
    with pytest.warns(UserWarning) as caught:
        search.fit(X, y, groups=groups)
    (told,) = [w for w in caught if "one after the other" in str(w.message)]
    assert str(told.message) == "2 of 4 candidates are trained one after the other, since callbacks is set."
    assert told.filename == __file__


def test_drawn_candidates(corpus):
    X, y, groups = corpus
    space = {"lambda_center": loguniform(1e-4, 1), "n_actions": [2, 3]}
    search = BatchedRandomizedSearchCV(net(), space, n_iter=3, cv=GroupKFold(2), random_state=1)
    search.fit(X, y, groups=groups)
    expected = list(ParameterSampler(space, 3, random_state=1))
    assert search.cv_results_["params"] == expected
    scores = [macro_f1(y, out_of_fold(net(**params), X, y, groups, GroupKFold(2))) for params in expected]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], scores)


def test_clones_and_parameters():
    search = BatchedGridSearchCV(net(), {"n_actions": [2]}, seeds=2, stack_size=4)
    copy = clone(search).set_params(estimator__n_layers=1, seeds=3)
    assert copy.get_params()["estimator__n_layers"] == 1
    assert (copy.seeds, copy.stack_size, search.seeds) == (3, 4, 2)
    assert search.estimator.n_layers == 2


def test_scikit_learns_tools_take_it(corpus):
    X, y, groups = corpus
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, cv=2)
    found = cross_validate(search, X, y, groups=groups, cv=GroupKFold(2))
    assert found["test_score"].shape == (2,)


def test_its_device_is_that_of_the_nets(corpus, monkeypatch):
    devices = []
    fit = DeReGRLClassifier.fit
    monkeypatch.setattr(
        DeReGRLClassifier,
        "fit",
        lambda self, *args, **params: (
            devices.append(self.get_params()["device"]) or fit(self, *args, **params)
        ),
    )
    X, y, groups = corpus
    options = {"cv": GroupKFold(2), "refit": False}
    BatchedGridSearchCV(net(), {"n_actions": [2]}, device="cpu", **options).fit(X, y, groups=groups)
    assert devices == ["cpu", "cpu"]
    BatchedGridSearchCV(net(), {"n_actions": [2]}, **options).fit(X, y, groups=groups)
    assert devices[2:] == ["auto", "auto"]
