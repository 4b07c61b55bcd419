"""The contract of scikit-learn's searches: scores of several kinds, training scores, callbacks, routing."""

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import FitFailedWarning, UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, get_scorer, log_loss, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.model_selection import (
    BatchedGridSearchCV,
    BatchedHalvingGridSearchCV,
    BatchedRandomizedSearchCV,
    batched_cross_val_predict,
    evaluate_loso,
)

GRID = {"C": [0.1, 1.0, 10.0]}


def search(estimator=None, grid=None, **params):
    estimator = LogisticRegression() if estimator is None else estimator
    return BatchedGridSearchCV(estimator, GRID if grid is None else grid, **{"verbose": 0, "cv": 3, **params})


@pytest.mark.parametrize("seeds", [None, 2])
def test_training_scores_are_those_of_the_training_rows(make_data, seeds):
    X, y, groups = make_data()
    found = search(scoring="accuracy", return_train_score=True, seeds=seeds).fit(X, y, groups=groups)
    options = {"scoring": "accuracy", "return_train_score": True, "cv": GroupKFold(3)}
    usual = GridSearchCV(LogisticRegression(), GRID, **options)
    usual.fit(X, y, groups=groups)
    for k in range(3):
        name = f"split{k}_train_score"
        np.testing.assert_allclose(found.cv_results_[name], usual.cv_results_[name])
    for name in ("mean", "std"):
        mine = found.cv_results_[f"{name}_fold_train_score"]
        np.testing.assert_allclose(mine, usual.cv_results_[f"{name}_train_score"])
    folds = [train for train, _ in GroupKFold(3).split(X, y, groups)]
    right = [LogisticRegression(C=0.1).fit(X[t], y[t]).predict(X[t]) == y[t] for t in folds]
    assert found.cv_results_["mean_train_score"][0] == pytest.approx(np.concatenate(right).mean())
    assert not any("train" in name for name in search().fit(X, y, groups=groups).cv_results_)


def test_training_scores_survive_a_checkpoint(make_data, tmp_path):
    X, y, groups = make_data()
    first = search(checkpoint=tmp_path).fit(X, y, groups=groups)
    more = search(checkpoint=tmp_path, return_train_score=True).fit(X, y, groups=groups)
    again = search(checkpoint=tmp_path, return_train_score=True).fit(X, y, groups=groups)
    np.testing.assert_array_equal(more.cv_results_["mean_test_score"], first.cv_results_["mean_test_score"])
    for name in more.cv_results_:
        np.testing.assert_array_equal(more.cv_results_[name], again.cv_results_[name])


class OwnScore(LogisticRegression):
    def score(self, X, y, sample_weight=None):
        return self.C + super().score(X, y, sample_weight)


def test_no_scoring_is_the_estimators_own_score(make_data):
    X, y, groups = make_data()
    own = search(OwnScore(), scoring=None).fit(X, y, groups=groups)
    plain = search(scoring="accuracy").fit(X, y, groups=groups)
    expected = plain.cv_results_["mean_test_score"] + GRID["C"]
    np.testing.assert_allclose(own.cv_results_["mean_test_score"], expected)
    assert own.score(X, y) == own.best_estimator_.score(X, y) > 10
    piped = search(make_pipeline(StandardScaler(), OwnScore()), {"ownscore__C": [5.0]}, scoring=None)
    assert piped.fit(X, y, groups=groups).best_score_ > 5

    class NoScore(BaseEstimator):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return np.zeros(len(X))

    with pytest.raises(TypeError, match="'score' method"):
        search(NoScore(), {}, scoring=None).fit(X, y, groups=groups)


class LogLoss(LogisticRegression):
    def score(self, X, y, sample_weight=None):
        return -log_loss(y, self.predict_proba(X), labels=self.classes_)


class Sparsity(LogisticRegression):
    def score(self, X, y, sample_weight=None):
        return -np.abs(self.coef_).sum()


class NetLogLoss(DeReGRLClassifier):
    score = LogLoss.score


def test_the_own_score_sees_probabilities_and_classes(make_data):
    X, y, groups = make_data()
    net = NetLogLoss(graph="generic", max_epochs=2, random_state=0)
    for model, grid in ((LogLoss(), GRID), (net, {"n_actions": [2, 3]})):
        own = search(model, grid, scoring=None).fit(X, y, groups=groups)
        named = search(model, grid, scoring="neg_log_loss").fit(X, y, groups=groups)
        np.testing.assert_allclose(own.cv_results_["mean_test_score"], named.cv_results_["mean_test_score"])


def test_an_own_score_of_what_a_fit_learned_is_refused(make_data):
    X, y, groups = make_data()
    with pytest.raises(
        ValueError, match=r"^scoring=None calls Sparsity\.score .*coef_.* or use GridSearchCV"
    ):
        search(Sparsity(), scoring=None).fit(X, y, groups=groups)


def test_no_scoring_of_a_net_is_accuracy(make_data):
    X, y, groups = make_data()
    net = DeReGRLClassifier(graph="generic", max_epochs=2, random_state=0)
    none, named = (
        search(net, {"n_actions": [2, 3]}, scoring=s).fit(X, y, groups=groups) for s in (None, "accuracy")
    )
    np.testing.assert_array_equal(none.cv_results_["mean_test_score"], named.cv_results_["mean_test_score"])


def _several(estimator, X, y):
    found = estimator.predict(X)
    return {"accuracy": accuracy_score(y, found), "f1": f1_score(y, found, average="macro")}


@pytest.mark.parametrize("refit", ["f1", "accuracy", False, lambda results: 2])
def test_one_callable_returns_several_metrics(make_data, refit):
    X, y, groups = make_data()
    one = search(scoring=_several, refit=refit).fit(X, y, groups=groups)
    two = search(scoring=["accuracy", "f1_macro"], refit="f1_macro" if refit == "f1" else refit)
    two.fit(X, y, groups=groups)
    for mine, theirs in (("accuracy", "accuracy"), ("f1", "f1_macro")):
        np.testing.assert_allclose(
            one.cv_results_[f"mean_test_{mine}"], two.cv_results_[f"mean_test_{theirs}"]
        )
    assert one.multimetric_ and one.scorer_ is _several
    if refit:
        assert one.best_index_ == two.best_index_


def test_a_fit_that_fails_has_all_metrics_of_a_callable(make_data):
    X, y, groups = make_data()
    grid = {"solver": ["lbfgs", "liblinear"]}  # liblinear knows no three classes
    with pytest.warns(FitFailedWarning, match="3 fits failed out of 6"):
        found = search(grid=grid, scoring=_several, refit="f1", error_score=-3).fit(X, y, groups=groups)
    assert found.cv_results_["mean_test_f1"][1] == found.cv_results_["mean_test_accuracy"][1] == -3


def test_scores_that_are_not_finite_warn(make_data):
    X, y, groups = make_data()
    for value in (np.nan, np.inf):
        with pytest.warns(UserWarning, match="One or more of the test scores are non-finite"):
            search(scoring=lambda model, X, y, value=value: value, refit=False).fit(X, y, groups=groups)


@pytest.mark.parametrize("pre_dispatch", [1, "all", "2*n_jobs", "3 * n_jobs"])
def test_pre_dispatch_changes_nothing(make_data, pre_dispatch):
    X, y, groups = make_data()
    plain = search().fit(X, y, groups=groups)
    with joblib.parallel_config("threading", n_jobs=2):
        found = search(pre_dispatch=pre_dispatch).fit(X, y, groups=groups)
        result = evaluate_loso(LogisticRegression(), X, y, groups, pre_dispatch=pre_dispatch, verbose=0)
    np.testing.assert_array_equal(plain.cv_results_["mean_test_score"], found.cv_results_["mean_test_score"])
    assert result.n_clips == len(y)


class Recorder:
    """A callback of scikit-learn that remembers."""

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        self.seen.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.seen.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.seen.append(
            ("begin", context.task_name, None if y is None else len(y), type(estimator).__name__)
        )

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None):
        self.seen.append(("end", context.task_name, None if X is None else len(X), metadata))

    def count(self, kind):
        return sum(entry[0] == kind for entry in self.seen)


@pytest.mark.skipif(not hasattr(GridSearchCV, "set_callbacks"), reason="scikit-learn 1.8 has no callbacks")
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("kind", ["grid", "randomized", "halving"])
def test_callbacks_are_heard_as_by_grid_search(make_data, kind, refit):
    X, y, groups = make_data()
    recorder, usual = Recorder(), Recorder()
    options = {"cv": 3, "refit": refit, "verbose": 0}
    made = {
        "grid": lambda: BatchedGridSearchCV(LogisticRegression(), GRID, **options),
        "randomized": lambda: BatchedRandomizedSearchCV(
            LogisticRegression(), GRID, n_iter=3, random_state=0, **options
        ),
        "halving": lambda: BatchedHalvingGridSearchCV(
            LogisticRegression(max_iter=900), GRID, resource="max_iter", **options
        ),
    }[kind]()
    weight = np.ones(len(y))
    made.set_callbacks(recorder).fit(X, y, groups=groups, sample_weight=weight)
    n_fits = 3 * (sum(made.n_candidates_) if kind == "halving" else 3)
    n_rounds = made.n_iterations_ if kind == "halving" else 0
    assert recorder.count("begin") == recorder.count("end") == 2 + refit + n_fits + n_rounds
    assert recorder.seen[0] == ("setup", "fit") and recorder.seen[-1] == ("teardown", "fit")
    if kind == "grid":
        grid = GridSearchCV(LogisticRegression(), GRID, cv=GroupKFold(3), refit=refit).set_callbacks(usual)
        grid.fit(X, y, groups=groups)
        assert sorted(e[:2] for e in recorder.seen) == sorted(e[:2] for e in usual.seen)
    folds = [entry for entry in recorder.seen if entry[:2] == ("end", "candidate-split-evaluation")]
    assert {entry[2] for entry in folds} == {len(t) for t, _ in GroupKFold(3).split(X, y, groups)}
    assert all(len(entry[3]["sample_weight"]) == entry[2] for entry in folds)
    assert {entry[3] for entry in recorder.seen if entry[0] == "begin"} == {type(made).__name__}


@pytest.mark.skipif(not hasattr(GridSearchCV, "set_callbacks"), reason="scikit-learn 1.8 has no callbacks")
def test_callbacks_are_let_go_where_a_fit_fails(make_data):
    X, y, groups = make_data()
    recorder = Recorder()
    with pytest.raises(ValueError, match="All the 3 fits failed"):
        search(grid={"solver": ["liblinear"]}).set_callbacks(recorder).fit(X, y, groups=groups)
    assert recorder.seen[-1] == ("teardown", "fit")


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def test_metrics_count_alike_unless_they_ask_for_weights(make_data, routing):
    X, y, groups = make_data()
    weight = np.random.default_rng(0).uniform(size=len(y))
    model = LogisticRegression().set_fit_request(sample_weight=True)
    asking = make_scorer(accuracy_score).set_score_request(sample_weight=True)
    scoring = {"weighted": asking, "alike": get_scorer("accuracy").set_score_request(sample_weight=False)}
    mine = search(model, scoring=scoring, refit="weighted", cv=GroupKFold(3))
    mine.fit(X, y, groups=groups, sample_weight=weight)
    usual = GridSearchCV(model, GRID, scoring=scoring, refit="weighted", cv=GroupKFold(3))
    usual.fit(X, y, groups=groups, sample_weight=weight)
    for name in ("weighted", "alike"):
        for k in range(3):
            np.testing.assert_allclose(
                mine.cv_results_[f"split{k}_test_{name}"], usual.cv_results_[f"split{k}_test_{name}"]
            )
    one = search(model, scoring=asking, cv=GroupKFold(3)).fit(X, y, groups=groups, sample_weight=weight)
    np.testing.assert_allclose(one.cv_results_["mean_test_score"], mine.cv_results_["mean_test_weighted"])


def test_what_nobody_decided_on_is_an_error(make_data, routing):
    X, y, groups = make_data()
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        search(cv=GroupKFold(3)).fit(X, y, groups=groups, sample_weight=np.ones(len(y)))
    with pytest.raises(TypeError, match="sample_weights"):
        search(cv=GroupKFold(3)).fit(X, y, groups=groups, sample_weights=np.ones(len(y)))
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        evaluate_loso(LogisticRegression(), X, y, groups, params={"sample_weight": np.ones(len(y))})


class Splitter(ClassifierMixin, BaseEstimator):
    """Remembers the groups of its inner splits."""

    seen: list = []

    def fit(self, X, y, sample_weight=None):
        self.classes_, self.weights_ = np.unique(y), sample_weight
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


class CountingGroups(GroupKFold):
    seen: list = []

    def split(self, X, y=None, groups=None):
        type(self).seen.append(None if groups is None else len(groups))
        return super().split(X, y, groups)


@pytest.mark.parametrize("how", ["search", "evaluation", "batched", "predictions", "pipeline"])
def test_groups_reach_the_inner_splits_of_an_estimator(make_data, routing, how):
    X, y, groups = make_data()
    CountingGroups.seen = []
    inner = CalibratedClassifierCV(LogisticRegression(), cv=CountingGroups(2))
    piped = make_pipeline(StandardScaler(), inner)
    outer = GroupKFold(3)
    {
        "search": lambda: search(inner, {"method": ["sigmoid"]}, cv=outer).fit(X, y, groups=groups),
        "pipeline": lambda: search(piped, {}, cv=outer).fit(X, y, groups=groups),
        "evaluation": lambda: evaluate_loso(inner, X, y, groups, verbose=0),
        "batched": lambda: evaluate_loso(piped, X, y, groups, verbose=0, engine="batched"),
        "predictions": lambda: batched_cross_val_predict(inner, X, y, groups=groups, cv=outer),
    }[how]()
    splitter = outer if how in ("search", "predictions", "pipeline") else LeaveOneGroupOut()
    expected = [len(train) for train, _ in splitter.split(X, y, groups)]
    assert CountingGroups.seen[: len(expected)] == expected


@pytest.mark.parametrize("routed", [False, True])
@pytest.mark.parametrize("how", ["loop", "batched", "predictions", "nested"])
def test_weights_reach_every_fit(make_data, how, routed):
    X, y, groups = make_data()
    heavy = y != "others"
    weight = np.where(heavy, 1.0, 0.0)
    params = {"sample_weight": weight}
    with config_context(enable_metadata_routing=routed):
        model = LogisticRegression()
        if routed:
            model.set_fit_request(sample_weight=True)
        if how == "predictions":
            options = {"groups": groups, "cv": LeaveOneGroupOut(), "params": params}
            found = batched_cross_val_predict(model, X, y, **options)
        elif how == "nested":
            nested = search(model, scoring="accuracy" if not routed else "uf1")
            if routed:
                nested.set_params(scoring=get_scorer("accuracy").set_score_request(sample_weight=False))
            found = evaluate_loso(
                *(nested, X, y, groups), protocol="nested-loso", engine="batched", params=params, verbose=0
            ).predictions["prediction"]
        else:
            result = evaluate_loso(model, X, y, groups, engine=how, params=params, verbose=0)
            found = result.predictions["prediction"]
    assert "others" not in set(found)


def test_a_pipelines_weights_by_the_name_of_their_step(make_data):
    X, y, groups = make_data()
    weight = np.where(y != "others", 1.0, 0.0)
    piped = make_pipeline(StandardScaler(), LogisticRegression())
    params = {"logisticregression__sample_weight": weight}
    for engine in ("loop", "batched"):
        found = evaluate_loso(piped, X, y, groups, params=params, engine=engine, verbose=0)
        assert "others" not in set(found.predictions["prediction"])


@pytest.mark.parametrize("ensemble", [False, True])
def test_a_net_asks_for_groups_where_its_inner_split_needs_them(make_data, routing, ensemble):
    X, y, groups = make_data()
    net = DeReGRLClassifier(graph="generic", max_epochs=1, random_state=0, batch_size=8)
    wrap = (lambda net: SeedEnsemble(net, 1)) if ensemble else (lambda net: net)
    split = wrap(net.set_params(train_split=GroupKFold(2)))
    GridSearchCV(split, {}, cv=GroupKFold(2), error_score="raise").fit(X, y, groups=groups)
    search(split, {}, cv=GroupKFold(2), error_score="raise").fit(X, y, groups=groups)
    plain = wrap(DeReGRLClassifier(graph="generic", max_epochs=1, random_state=0, batch_size=8))
    GridSearchCV(plain, {}, cv=GroupKFold(2), error_score="raise").fit(X, y, groups=groups)
    decided = wrap(net).set_fit_request(groups=False)
    with pytest.raises(ValueError, match="fit got no groups"):
        GridSearchCV(decided, {}, cv=GroupKFold(2), error_score="raise").fit(X, y, groups=groups)


def test_groups_of_a_splitter_without_use_for_them(make_data, routing):
    X, y, groups = make_data()
    with pytest.warns(UserWarning, match="have a subject on both sides"):
        found = search(SVC(), {"C": [1.0]}, cv=[*KFold(2, shuffle=True, random_state=0).split(X)])
        found.fit(X, y, groups=groups)
    assert found.n_splits_ == 2
