import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (it makes the next import possible)
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, HalvingGridSearchCV, LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedHalvingGridSearchCV, evaluate_loso

# scikit-learn's loop says so of every fold that misses a class, as most folds of this field do.
pytestmark = pytest.mark.filterwarnings("ignore:Number of classes in training fold")


@pytest.fixture(scope="module")
def data():
    clips = make_landmark_clips(n_subjects=5, n_clips=50, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips.target, clips.groups


def net(**params):
    usual = {
        "max_epochs": 6,
        "n_channels": 4,
        "random_state": 0,
        "batch_size": 16,
        "dtype": "float64",
    }
    return DeReGRLClassifier(**{**usual, **params})


GRID = {"n_actions": [2, 3], "lr": [1e-3, 3e-2]}
COUNTS = ["n_resources_", "n_candidates_", "n_remaining_candidates_", "min_resources_", "max_resources_"]
COUNTS += ["n_iterations_", "n_required_iterations_", "n_possible_iterations_"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"factor": 2},
        {"factor": 2, "min_resources": "smallest"},
        {"min_resources": 2, "max_resources": 5},
        {"factor": 2, "min_resources": 4, "aggressive_elimination": True},
    ],
    ids=str,
)
def test_the_rounds_are_those_of_scikit_learn(data, options):
    X, y, groups = data
    cv = GroupKFold(2)
    ours = BatchedHalvingGridSearchCV(net(), GRID, cv=cv, refit=False, **options).fit(X, y, groups=groups)
    theirs = HalvingGridSearchCV(
        net(), GRID, cv=cv, refit=False, resource="max_epochs", **{"max_resources": 6, **options}
    ).fit(X, y, groups=groups)
    assert {name: getattr(ours, name) for name in COUNTS} == {name: getattr(theirs, name) for name in COUNTS}
    for name in ("iter", "n_resources", "param_max_epochs"):
        np.testing.assert_array_equal(ours.cv_results_[name], theirs.cv_results_[name])


def test_the_best_of_a_round_go_on_with_more(data):
    X, y, groups = data
    search = BatchedHalvingGridSearchCV(net(), GRID, factor=2, seeds=[3]).fit(X, y, groups=groups)
    results = search.cv_results_
    for params, score in zip(results["params"], results["mean_test_score"], strict=True):
        model = net(**params, random_state=3)
        y_pred = cross_val_predict(model, X, y, groups=groups, cv=LeaveOneGroupOut())
        assert score == pytest.approx(f1_score(y, y_pred, average="macro"))
    for k in range(search.n_iterations_ - 1):
        now, then = np.flatnonzero(results["iter"] == k), np.flatnonzero(results["iter"] == k + 1)
        order = now[np.argsort(-results["mean_test_score"][now], kind="stable")]
        best = [results["params"][i] for i in sorted(order[: len(then)])]
        expected = [{**params, "max_epochs": search.n_resources_[k + 1]} for params in best]
        assert [results["params"][i] for i in then] == expected
    last = np.flatnonzero(results["iter"] == search.n_iterations_ - 1)
    assert search.best_index_ == last[np.argmax(results["mean_test_score"][last])]
    assert search.best_params_["max_epochs"] == search.n_resources_[-1]
    np.testing.assert_array_equal(
        search.predict_proba(X), net(**search.best_params_).fit(X, y).predict_proba(X)
    )


def test_subjects_as_the_resource(data, monkeypatch):
    X, y, groups = data
    subjects_of = {row.tobytes(): group for row, group in zip(X, groups, strict=True)}
    trained = []
    fit = DeReGRLClassifier.fit

    def recorded(self, rows, *args, **params):
        trained.append({subjects_of[row.tobytes()] for row in rows})
        return fit(self, rows, *args, **params)

    monkeypatch.setattr(DeReGRLClassifier, "fit", recorded)
    search = BatchedHalvingGridSearchCV(net(max_epochs=2), GRID, factor=2, resource="n_subjects", refit=False)
    search.fit(X, y, groups=groups)
    assert search.n_resources_ == [2, 4]
    assert sorted({len(subjects) for subjects in trained}) == [2, 4]
    few = [subjects for subjects in trained if len(subjects) == 2]
    many = [subjects for subjects in trained if len(subjects) == 4]
    assert all(any(subjects < more for more in many) for subjects in few)
    assert "max_epochs" not in search.best_params_
    assert len(search.cv_results_["split4_test_score"]) == sum(search.n_candidates_)


def test_the_resource_is_found_in_a_pipeline(data):
    X, y, groups = data
    pipe = make_pipeline(StandardScaler(), net(graph="generic"))
    grid = {"deregrlclassifier__n_actions": [2, 3, 4]}
    search = BatchedHalvingGridSearchCV(pipe, grid, cv=2).fit(X.reshape(50, -1)[:, 62:], y, groups=groups)
    assert search.best_params_["deregrlclassifier__max_epochs"] == 6
    assert search.n_resources_ == [2, 6]


def test_it_is_nested_and_resumed(data, tmp_path):
    X, y, groups = data
    search = BatchedHalvingGridSearchCV(net(), GRID, factor=2, cv=2)
    options = {"protocol": "nested-loso", "engine": "batched", "checkpoint": tmp_path}
    whole, again = (evaluate_loso(search, X, y, groups, **options) for _ in range(2))
    assert whole.run_card["searches"] == again.run_card["searches"]
    subject = groups[0]
    alone = clone(search).fit(X[groups != subject], y[groups != subject], groups=groups[groups != subject])
    assert whole.run_card["searches"][0]["best_params"] == alone.best_params_
    np.testing.assert_array_equal(whole.runs[0, groups == subject], alone.predict(X[groups == subject]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resource": "epochs"}, "resource must be 'n_subjects' or a parameter of the estimator"),
        ({"resource": "lr"}, "resource='lr' is in param_grid too"),
        ({"resource": "noise"}, "max_resources='auto' needs resource='noise' to be a positive whole number"),
        ({"min_resources": 7}, "min_resources must not exceed max_resources, got 7 and 6 of max_epochs"),
        ({"factor": 1}, "'factor' parameter"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(data, options, message):
    X, y, groups = data
    with pytest.raises(ValueError, match=message):
        BatchedHalvingGridSearchCV(net(), GRID, **options).fit(X, y, groups=groups)


def test_subjects_need_groups(data):
    X, y, _ = data
    with pytest.raises(ValueError, match="resource='n_subjects' needs groups"):
        BatchedHalvingGridSearchCV(net(), GRID, resource="n_subjects", cv=2).fit(X, y)
