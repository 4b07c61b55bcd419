import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_recall_fscore_support
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict, cross_validate

from skmer.metrics import (
    BaselineScores,
    class_scores,
    majority_baseline,
    majority_predictions,
    uar_score,
    uar_scorer,
    uf1_score,
    uf1_scorer,
)


def guesses(n_samples=200, n_classes=5, seed=0):
    rng = np.random.default_rng(seed)
    names = np.array(["disgust", "happiness", "others", "repression", "surprise"])[:n_classes]
    return rng.choice(names, n_samples), rng.choice(names, n_samples)


def by_hand(y_true, y_pred, labels):
    f1, recall = [], []
    for label in labels:
        hits = sum(t == label and p == label for t, p in zip(y_true, y_pred, strict=True))
        predicted, present = sum(p == label for p in y_pred), sum(t == label for t in y_true)
        f1.append(2 * hits / (predicted + present))
        recall.append(hits / present)
    return sum(f1) / len(f1), sum(recall) / len(recall)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scores_are_the_class_means_counted_by_hand(seed):
    truth, guess = guesses(seed=seed)
    uf1, uar = by_hand(truth, guess, np.unique(truth))
    assert uf1_score(truth, guess) == pytest.approx(uf1, abs=1e-12)
    assert uar_score(truth, guess) == pytest.approx(uar, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_agree_with_scikit_learn(weighted):
    truth, guess = guesses()
    weight = np.random.default_rng(1).uniform(size=len(truth)) if weighted else None
    assert uf1_score(truth, guess, sample_weight=weight) == pytest.approx(
        f1_score(truth, guess, average="macro", sample_weight=weight)
    )
    assert uar_score(truth, guess, sample_weight=weight) == pytest.approx(
        balanced_accuracy_score(truth, guess, sample_weight=weight)
    )


@pytest.mark.parametrize("labels", [["others", "disgust"], ["surprise"]])
def test_chosen_labels_still_count_confusions_with_the_other_classes(labels):
    truth, guess = guesses()
    assert uf1_score(truth, guess, labels=labels) == pytest.approx(
        f1_score(truth, guess, labels=labels, average="macro")
    )


@pytest.mark.parametrize("score", [uf1_score, uar_score])
def test_a_class_that_never_occurs_is_stated_and_chosen(score):
    truth, guess = ["a", "a", "b"], ["a", "b", "b"]
    full = score(truth, guess)
    with pytest.warns(UserWarning, match=r"\(c\) and counts as 0"):
        assert score(truth, guess, labels=["a", "b", "c"]) == pytest.approx(full * 2 / 3)
    assert score(truth, guess, labels=["a", "b", "c"], zero_division=0) == pytest.approx(full * 2 / 3)
    assert score(truth, guess, labels=["a", "b", "c"], zero_division=1) == pytest.approx((full * 2 + 1) / 3)
    assert score(truth, guess, labels=["a", "b", "c"], zero_division=np.nan) == pytest.approx(full)
    assert np.isnan(score(truth, guess, labels=["c"], zero_division=np.nan))


def test_the_warning_points_at_the_caller():
    with pytest.warns(UserWarning) as caught:
        uf1_score(["a"], ["a"], labels=["a", "b"])
    assert caught[0].filename == __file__


def test_a_predicted_class_without_a_sample_costs_uf1_but_not_uar():
    assert uf1_score(["a", "a"], ["a", "b"]) == pytest.approx((2 / 3 + 0) / 2)
    assert uar_score(["a", "a"], ["a", "b"]) == 0.5


@pytest.mark.parametrize("values", [[0, 1, 2], [True, False], ["a", "b"]], ids=["int", "bool", "str"])
def test_any_kind_of_label(values):
    assert uf1_score(values, values) == uar_score(values, values) == 1.0


@pytest.mark.parametrize("score", [uf1_score, uar_score])
def test_unequal_lengths_are_refused(score):
    with pytest.raises(ValueError, match="must have the same length"):
        score(["a", "b"], ["a"])


def test_an_unknown_zero_division_is_refused():
    with pytest.raises(ValueError, match="zero_division"):
        uf1_score(["a"], ["a"], zero_division=0.5)


def test_class_scores_agree_with_scikit_learn():
    truth, guess = guesses()
    table = class_scores(truth, guess)
    precision, recall, f1, n = precision_recall_fscore_support(truth, guess)
    assert table.index.tolist() == sorted(set(truth))
    for column, expected in {"precision": precision, "recall": recall, "f1": f1, "n": n}.items():
        np.testing.assert_allclose(table[column], expected)


def test_class_scores_keep_the_rows_asked_for():
    table = class_scores(["a", "b"], ["a", "a"], labels=["c", "b"])
    assert table.index.tolist() == ["c", "b"]
    assert table.loc["c", ["precision", "recall", "f1"]].isna().all()


def test_scorers_give_scikit_learn_a_mean_over_folds_that_is_not_the_pooled_score():
    y = np.array(["a"] * 6 + ["b"] * 2 + ["a", "c"])
    groups = np.repeat([0, 1, 2, 3, 4], 2)
    scores = cross_validate(
        DummyClassifier(),
        np.zeros((10, 1)),
        y,
        groups=groups,
        cv=LeaveOneGroupOut(),
        scoring={"uf1": uf1_scorer, "uar": uar_scorer},
    )
    assert scores["test_uf1"].mean() == pytest.approx((1 + 1 + 1 + 0 + 1 / 3) / 5)
    assert scores["test_uar"].mean() == pytest.approx((1 + 1 + 1 + 0 + 1 / 2) / 5)
    assert scores["test_uf1"].mean() > uf1_score(y, ["a"] * 10)


@pytest.mark.parametrize("score", [uf1_score, uar_score, class_scores])
@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([], [], "y_true must have one entry for each sample, at least one"),
        (["a", None], ["a", "b"], "y_true must have no missing entry, number 1 is None"),
        (["a", "b"], ["a", np.nan], "y_pred must"),
        (np.array(["a", 1], object), ["a", "b"], "y_true must hold strings or numbers, got both"),
        ([["a", "b"]], [["a", "b"]], r"y_true must have one entry .* got shape \(1, 2\)"),
    ],
    ids=["empty", "none", "nan", "mixed", "matrix"],
)
def test_labels_that_are_none_are_refused(score, y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        score(y_true, np.array(y_pred, object))


@pytest.mark.parametrize("score", [uf1_score, uar_score, class_scores])
def test_negative_weights_are_refused(score):
    with pytest.raises(ValueError, match="sample_weight must be at least 0, got -5"):
        score(list("mnmn"), list("mnnn"), sample_weight=[1, 2, 3, -5])


PUBLISHED = {
    "casme2-246": (dict(others=99, disgust=63, happiness=32, repression=27, surprise=25), 0.4024, 0.115),
    "samm-136": (dict(anger=57, others=26, happiness=26, surprise=15, contempt=12), 0.4191, 0.118),
    "megc-442": (dict(negative=250, positive=109, surprise=83), 0.5656, 0.241),
}


def labels(counts):
    return np.repeat(list(counts), list(counts.values()))


@pytest.mark.parametrize(("counts", "accuracy", "uf1"), PUBLISHED.values(), ids=PUBLISHED)
@pytest.mark.parametrize("n_subjects", [None, 26])
def test_published_baselines(counts, accuracy, uf1, n_subjects):
    y = labels(counts)
    groups = None if n_subjects is None else np.random.default_rng(0).integers(n_subjects, size=len(y))
    baseline = majority_baseline(y, groups)
    assert baseline.accuracy == pytest.approx(accuracy, abs=5e-5)
    assert baseline.uf1 == pytest.approx(uf1, abs=5e-4)
    assert baseline.uar == pytest.approx(1 / len(counts))


def test_predictions_are_those_of_a_majority_classifier_under_leave_one_subject_out():
    rng = np.random.default_rng(3)
    y, groups = rng.permutation(np.repeat(["a", "b", "c"], 20)), rng.integers(9, size=60)
    expected = cross_val_predict(
        DummyClassifier(strategy="most_frequent"), np.zeros((60, 1)), y, groups=groups, cv=LeaveOneGroupOut()
    )
    np.testing.assert_array_equal(majority_predictions(y, groups), expected)
    assert len(set(expected)) > 1
    baseline = majority_baseline(y, groups)
    assert baseline.uf1 == pytest.approx(uf1_score(y, expected))
    assert baseline.uar == pytest.approx(uar_score(y, expected))
    assert baseline.accuracy == pytest.approx(np.mean(y == expected))


def test_one_class_alone_has_a_perfect_baseline():
    assert majority_baseline(["a", "a"], [1, 2]) == BaselineScores(accuracy=1.0, uf1=1.0, uar=1.0)


def test_a_single_subject_is_refused():
    with pytest.raises(ValueError, match="at least two subjects, got only sub01"):
        majority_baseline(["a", "b"], ["sub01", "sub01"])


def test_baseline_of_unequal_lengths_is_refused():
    with pytest.raises(ValueError, match="must have the same length"):
        majority_predictions(["a", "b"], [1])
