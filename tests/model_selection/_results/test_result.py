import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score
from sklearn.tree import DecisionTreeClassifier

from skmer.metrics import majority_baseline, subject_bootstrap
from skmer.model_selection import LOSOResult, evaluate_loso


@pytest.fixture
def result(make_data):
    return evaluate_loso(DecisionTreeClassifier(max_features=1), *make_data(), seeds=3)


def test_scores_are_pooled_and_averaged_over_seeds(result):
    for name, score in {
        "accuracy": lambda truth, run: np.mean(truth == run),
        "uf1": lambda truth, run: f1_score(truth, run, average="macro"),
        "uar": balanced_accuracy_score,
    }.items():
        by_seed = [score(result.truth, run) for run in result.runs]
        np.testing.assert_allclose(result.per_seed[name], by_seed)
        assert getattr(result, name) == pytest.approx(np.mean(by_seed))
        assert result.spread[name] == pytest.approx(np.std(by_seed, ddof=1))
    assert result.per_seed.index.tolist() == [0, 1, 2]


def test_spread_of_one_run_does_not_exist(make_data):
    result = evaluate_loso(DummyClassifier(), *make_data())
    assert result.seeds == [None]
    assert result.spread.isna().all()


def test_counts(result, make_data):
    _, y, groups = make_data()
    assert (result.n_clips, result.n_folds, result.n_missing) == (60, len(set(groups)), 0)
    assert result.class_counts.to_dict() == {name: (y == name).sum() for name in result.class_names}
    assert result.baseline == majority_baseline(y, groups)


def test_confusion_is_the_mean_over_seeds(result):
    tables = [confusion_matrix(result.truth, run) for run in result.runs]
    np.testing.assert_allclose(result.confusion, np.mean(tables, axis=0))
    assert result.confusion.index.tolist() == result.confusion.columns.tolist() == result.class_names
    np.testing.assert_array_equal(result.confusion.sum(axis=1), result.class_counts)


def test_per_class(result):
    expected = [f1_score(result.truth, run, average=None) for run in result.runs]
    np.testing.assert_allclose(result.per_class["f1"], np.mean(expected, axis=0))
    np.testing.assert_array_equal(result.per_class["n"], result.class_counts)


def test_per_subject(result):
    table = result.per_subject
    assert table["n_clips"].sum() == 60
    for subject, row in table.iterrows():
        own = result.groups == subject
        assert row["n_clips"] == own.sum()
        assert row["n_classes"] == len(set(result.truth[own]))
        assert row["accuracy"] == pytest.approx(np.mean(result.runs[:, own] == result.truth[own]))


def test_mean_of_folds_is_kept_apart(result):
    folds = [result.groups == subject for subject in np.unique(result.groups)]
    accuracy = [np.mean(result.truth[fold] == run[fold]) for run in result.runs for fold in folds]
    uf1 = [f1_score(result.truth[fold], run[fold], average="macro") for run in result.runs for fold in folds]
    assert result.fold_mean["accuracy"] == pytest.approx(np.mean(accuracy))
    assert result.fold_mean["uf1"] == pytest.approx(np.mean(uf1))
    assert result.fold_mean["uf1"] != pytest.approx(result.uf1, abs=1e-3)


def test_intervals_are_the_subject_bootstrap(result):
    expected = subject_bootstrap(result.truth, result.runs, result.groups, level=0.8, random_state=3)
    assert result.intervals(0.8, random_state=3) == expected
    assert result.intervals()["uf1"].low < result.uf1 < result.intervals()["uf1"].high


def test_the_repr_holds_what_a_reader_needs(result):
    text = repr(result)
    assert text.startswith(f"LOSOResult: 60 clips, {result.n_folds} folds, 3 classes, 3 seeds\n")
    scores = (result.accuracy, result.uf1, result.uar)
    for value in (*scores, *result.baseline, *result.fold_mean, *result.spread):
        assert f"{value:.3f}" in text
    assert "mean of folds (not comparable)" in text
    assert "clips (F1): disgust" in text
    assert "no landmarks" not in text and "no features" not in text


def test_the_repr_counts_clips_without_features(make_data):
    X, y, groups = make_data()
    X[[3, 8]] = np.nan
    assert "no features in 2 clips" in repr(evaluate_loso(DummyClassifier(), X, y, groups))


def test_a_class_without_a_clip_is_left_out_of_the_means():
    table = pd.DataFrame(
        {
            "clip": [0, 1, 2],
            "subject": ["a", "a", "b"],
            "seed": pd.array([None] * 3, dtype="Int64"),
            "truth": ["happiness", "others", "others"],
            "prediction": ["happiness", "others", "happiness"],
            "missing": False,
        }
    )
    result = LOSOResult(table, ["disgust", "happiness", "others"])
    assert result.uf1 == pytest.approx(2 / 3)
    assert result.uar == pytest.approx(0.75)
    assert result.class_counts["disgust"] == 0
    assert "disgust 0 (nan)" in repr(result)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.drop(columns="truth"), "got none named 'truth'"),
        (lambda table: table.iloc[:-1], "same clips in the same order"),
        (lambda table: table.sort_values("clip"), "same clips in the same order"),
        (
            lambda table: pd.concat([table[:60], table[60:119][::-1], table[119:]]),
            "same clips in the same order",
        ),
    ],
    ids=["column", "row", "interleaved", "order"],
)
def test_a_table_that_is_none_is_refused(result, spoil, message):
    with pytest.raises(ValueError, match=message):
        LOSOResult(spoil(result.predictions), result.class_names)
