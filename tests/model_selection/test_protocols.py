from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skmer import DeReGRLClassifier
from skmer.metrics import majority_baseline, uar_score, uf1_score
from skmer.model_selection import LeaveOneDatasetOut, LOSOResult, evaluate_loso


@pytest.fixture
def make_sets(make_data):
    """Factory of (X, y, groups) of several data sets, as many clips each as given."""

    def make(**sizes):
        parts = [make_data(n, n_subjects=4, seed=seed) for seed, n in enumerate(sizes.values())]
        X, y, groups = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        prefixes = np.repeat(list(sizes), list(sizes.values()))
        return X, y, np.char.replace(groups, "lab", prefixes)

    return make


def of_set(groups, name):
    return np.char.startswith(groups, name + "/")


def test_megc2019_is_scored_as_a_whole_and_set_by_set(make_sets):
    X, y, groups = make_sets(casme2=50, samm=40, smic=30)
    y = np.select([y == "disgust", y == "happiness"], ["negative", "positive"], "surprise")
    result = evaluate_loso(LogisticRegression(), X, y, groups, protocol="megc2019")
    plain = evaluate_loso(LogisticRegression(), X, y, groups)
    pd.testing.assert_frame_equal(result.predictions, plain.predictions)
    assert result.run_card["protocol"].startswith("MEGC 2019")
    assert result.per_dataset["n_clips"].to_dict() == {"casme2": 50, "samm": 40, "smic": 30}
    for name, row in result.per_dataset.iterrows():
        own = of_set(groups, name)
        assert row["uf1"] == pytest.approx(uf1_score(y[own], result.runs[0, own]))
        assert row["uar"] == pytest.approx(uar_score(y[own], result.runs[0, own]))
        assert row["n_folds"] == len(set(groups[own]))
        assert f"{name} alone, {row.n_clips:.0f} clips" in repr(result)
    assert result.baseline == majority_baseline(y, groups)
    assert result.uf1 != pytest.approx(result.per_dataset["uf1"].mean(), abs=1e-4)


def test_megc2019_insists_on_its_classes(make_sets):
    with pytest.raises(ValueError, match=r"classes .*'negative', 'positive', 'surprise'.* got .*'disgust'"):
        evaluate_loso(DummyClassifier(), *make_sets(casme2=40, samm=40), protocol="megc2019")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"a": "bc", "b": "ac", "c": "ab"}),
        ({"test_on": "c"}, {"c": "ab"}),
        ({"test_on": ["b", "c"]}, {"b": "a", "c": "a"}),
        ({"train_on": "a"}, {"b": "a", "c": "a"}),
        ({"train_on": ["a", "b"], "test_on": ["c"]}, {"c": "ab"}),
        ({"train_on": ["b"], "test_on": ["c"]}, {"c": "b"}),
    ],
    ids=["each in turn", "one", "two", "trained", "both", "two of three"],
)
def test_cross_dataset_trains_on_some_sets_and_tests_on_others(make_sets, options, expected):
    X, y, groups = make_sets(a=40, b=50, c=30)
    result = evaluate_loso(LogisticRegression(), X, y, groups, protocol="cross-dataset", **options)
    tested = np.any([of_set(groups, name) for name in expected], axis=0)
    np.testing.assert_array_equal(result.groups, groups[tested])
    assert result.n_folds == len(expected)
    majority = np.empty_like(y)
    for name, others in expected.items():
        own = of_set(groups, name)
        train = np.any([of_set(groups, other) for other in others], axis=0)
        model = LogisticRegression().fit(X[train], y[train])
        np.testing.assert_array_equal(result.runs[0, own[tested]], model.predict(X[own]))
        names, counts = np.unique(y[train], return_counts=True)
        majority[own] = names[counts.argmax()]
        assert f"{'+'.join(others)} -> {name}" in result.folds
    assert result.baseline.accuracy == pytest.approx(np.mean(majority[tested] == y[tested]))
    assert result.baseline.uf1 == pytest.approx(uf1_score(y[tested], majority[tested]))
    assert "cross-dataset" in repr(result)


def test_a_cross_dataset_result_survives_json(make_sets, tmp_path):
    data = make_sets(a=40, b=50)
    result = evaluate_loso(LogisticRegression(), *data, protocol="cross-dataset", seeds=[0, 1])
    result.to_json(tmp_path / "result.json")
    back = LOSOResult.from_json(tmp_path / "result.json")
    pd.testing.assert_frame_equal(back.predictions, result.predictions)
    assert repr(back) == repr(result)
    assert (back.n_folds, back.baseline) == (2, result.baseline)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "loso5"}, "protocol must be one of .* got 'loso5'"),
        ({"train_on": "a"}, "train_on and test_on are for protocol='cross-dataset', got 'loso'"),
        ({"protocol": "cross-dataset", "test_on": "samm"}, "test_on must name some of .*'a', 'b'.* got"),
        ({"protocol": "cross-dataset", "train_on": "a", "test_on": "a"}, "leave out the tested set 'a'"),
        (
            {"protocol": "cross-dataset", "test_on": ["a", "b"]},
            "leave out the tested set 'a' and hold another",
        ),
        ({"protocol": "cross-dataset", "train_on": ["a", "b"]}, "leave a set to test on"),
        ({"protocol": "nested-loso"}, "needs a search, such as GridSearchCV"),
    ],
    ids=["name", "sets", "unknown", "same", "no training", "no test", "no search"],
)
def test_what_fits_no_protocol_is_refused(make_sets, options, message):
    with pytest.raises(ValueError, match=message):
        evaluate_loso(DummyClassifier(), *make_sets(a=40, b=40), **options)


def test_cross_dataset_needs_two_sets(make_data):
    with pytest.raises(ValueError, match=r"groups must hold clips of two data sets, .* got lab alone"):
        evaluate_loso(DummyClassifier(), *make_data(), protocol="cross-dataset")


def test_data_sets_as_a_splitter(make_sets):
    X, y, groups = make_sets(a=40, b=50, c=30)
    cv = LeaveOneDatasetOut()
    assert cv.get_n_splits(X, y, groups) == 3
    assert [name for name, *_ in cv.folds(groups)] == ["b+c -> a", "a+c -> b", "a+b -> c"]
    for name, (train, test) in zip("abc", cv.split(X, y, groups), strict=True):
        np.testing.assert_array_equal(test, np.flatnonzero(of_set(groups, name)))
        np.testing.assert_array_equal(train, np.flatnonzero(~of_set(groups, name)))
    result = evaluate_loso(LogisticRegression(), X, y, groups, protocol="cross-dataset")
    y_pred = cross_val_predict(LogisticRegression(), X, y, groups=groups, cv=cv)
    np.testing.assert_array_equal(result.runs[0], y_pred)


def test_the_splitter_of_data_sets_is_scikit_learns_kind(make_sets):
    X, y, groups = make_sets(a=40, b=50, c=30)
    cv = LeaveOneDatasetOut(test_on="c")
    assert repr(cv) == "LeaveOneDatasetOut(test_on='c', train_on=None)"
    found = cross_validate(LogisticRegression(), X, y, groups=groups, cv=cv)
    assert found["test_score"].shape == (1,)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=cv).fit(X, y, groups=groups)
    assert search.n_splits_ == 1
    with config_context(enable_metadata_routing=True):
        routed = cross_validate(LogisticRegression(), X, y, params={"groups": groups}, cv=cv)
    np.testing.assert_array_equal(routed["test_score"], found["test_score"])
    with pytest.raises(ValueError, match="groups must be given"):
        next(cv.split(X, y))


GRID = {"tree__max_depth": [1, 2, 4]}
PIPELINE = Pipeline([("scale", StandardScaler()), ("tree", DecisionTreeClassifier(random_state=0))])


def nested(place, cv):
    """A search over the pipeline, or inside of one."""
    if place == "top":
        return GridSearchCV(PIPELINE, GRID, cv=cv)
    search = GridSearchCV(PIPELINE[-1], {"max_depth": [1, 2, 4]}, cv=cv)
    inner = Pipeline([("deep", search)]) if place == "deeper" else search
    return Pipeline([("scale", StandardScaler()), ("search", inner)])


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("place", ["top", "step", "deeper"])
def test_nested_loso_searches_by_subject_wherever_the_search_stands(make_data, place, routing):
    X, y, groups = make_data()
    with config_context(enable_metadata_routing=routing):
        result = evaluate_loso(nested(place, None), X, y, groups, protocol="nested-loso")
    prefix = {"top": "", "step": "search__", "deeper": "search__deep__"}[place]
    for subject, chosen in zip(np.unique(groups), result.run_card["searches"], strict=True):
        train = groups != subject
        model = nested(place, LeaveOneGroupOut()).fit(
            X[train], y[train], **{prefix + "groups": groups[train]}
        )
        np.testing.assert_array_equal(result.runs[0, ~train], model.predict(X[~train]))
        search = model
        while not isinstance(search, GridSearchCV):
            search = search[-1]
        assert chosen["best_params"] == search.best_params_
        assert chosen["best_score_optimistic"] == search.best_score_
        assert (chosen["fold"], chosen["n_candidates"]) == (subject, 3)


def test_a_number_of_inner_folds_is_a_number_of_groups_of_subjects(make_data):
    X, y, groups = make_data()
    result = evaluate_loso(nested("top", 3), X, y, groups, protocol="nested-loso")
    expected = evaluate_loso(nested("top", GroupKFold(3)), X, y, groups)
    pd.testing.assert_frame_equal(result.predictions, expected.predictions)


def test_an_inner_split_that_divides_subjects_is_refused(make_data):
    with pytest.raises(ValueError, match="got cv=StratifiedKFold in GridSearchCV"):
        evaluate_loso(nested("step", StratifiedKFold(3)), *make_data(), protocol="nested-loso")


def test_best_scores_are_called_optimistic_wherever_they_are_shown(make_data):
    result = evaluate_loso(nested("top", LeaveOneGroupOut()), *make_data())
    scores = [search["best_score_optimistic"] for search in result.run_card["searches"]]
    for text in (repr(result), result.to_markdown(), result.to_latex()):
        line = next(line for line in text.splitlines() if f"{max(scores):.3f}" in line and "inner" in line)
        assert "optimistic" in line
        assert f"{len(scores)} inner searches" in line
    assert "best_score_optimistic" in result.to_json()


def test_steps_get_their_groups(make_data):
    X, y, groups = make_data(n_clips=80)
    split = GroupShuffleSplit(n_splits=1, random_state=0)
    net = DeReGRLClassifier(graph="generic", max_epochs=1, train_split=split, random_state=0, batch_size=16)
    pipeline = Pipeline([("scale", StandardScaler()), ("net", net)])
    assert evaluate_loso(pipeline, X.astype(np.float32), y, groups).n_clips == 80


def test_subjects_without_a_data_set_are_no_data_sets(make_data):
    X, y, groups = make_data()
    numbers = np.unique(groups, return_inverse=True)[1]
    result = evaluate_loso(DummyClassifier(), X, y, numbers)
    assert len(result.per_dataset) == 1
    assert "alone" not in repr(result)
    clips = SimpleNamespace(frames=X, target=y, groups=groups)
    assert evaluate_loso(DummyClassifier(), clips, protocol="loso").per_dataset.index.tolist() == ["lab"]


def test_folds_of_whole_subjects_are_those_of_group_k_fold(make_data):
    X, y, groups = make_data(n_clips=60, n_subjects=9)
    result = evaluate_loso(LogisticRegression(), X, y, groups, protocol="group-k-fold", n_folds=3)
    expected = cross_val_predict(LogisticRegression(), X, y, groups=groups, cv=GroupKFold(3))
    np.testing.assert_array_equal(result.runs[0], expected)
    assert (result.n_folds, result.heading.endswith("; subject-independent 3-fold")) == (3, True)
    for name in np.unique(result.folds):
        inside = set(groups[result.folds == name])
        assert not inside & set(groups[result.folds != name])
    default = evaluate_loso(DummyClassifier(), *make_data(120, 24), protocol="group-k-fold")
    assert default.n_folds == 10
    with pytest.raises(ValueError, match="n_folds must be at most the number of subjects"):
        evaluate_loso(DummyClassifier(), X, y, groups, protocol="group-k-fold", n_folds=50)
    with pytest.raises(ValueError, match="n_folds must be an integer of at least 2, below"):
        evaluate_loso(DummyClassifier(), X, y, groups, protocol="group-k-fold", n_folds=1)
