import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from skmer.metrics import mcnemar_exact, paired_bootstrap
from skmer.model_selection import LOSOComparison, LOSOResult, evaluate_loso


@pytest.fixture
def results(make_data):
    data = make_data()
    return evaluate_loso(LogisticRegression(), *data), evaluate_loso(DummyClassifier(), *data)


def test_differences_with_paired_intervals(results):
    a, b = results
    comparison = a.compare(b, level=0.9, random_state=2)
    assert isinstance(comparison, LOSOComparison)
    expected = paired_bootstrap(a.truth, a.runs, b.runs, a.groups, level=0.9, random_state=2)
    for name in ("accuracy", "uf1", "uar"):
        row = comparison.differences.loc[name]
        assert row["difference"] == pytest.approx(getattr(a, name) - getattr(b, name))
        assert (row["low"], row["high"]) == expected[name]
    assert comparison.differences.loc["uf1", "low"] > 0


def test_mcnemar_of_every_pair_of_seeds(make_data):
    data = make_data()
    a = evaluate_loso(RandomForestClassifier(n_estimators=2), *data, seeds=[1, 2])
    b = evaluate_loso(RandomForestClassifier(n_estimators=2), *data, seeds=[3, 4, 5])
    tests = a.compare(b).mcnemar
    assert tests[["seed_a", "seed_b"]].to_numpy().tolist() == [[i, j] for i in (1, 2) for j in (3, 4, 5)]
    expected = mcnemar_exact(a.runs[1] == a.truth, b.runs[2] == a.truth)
    assert tuple(tests.iloc[5][["p_value", "only_a", "only_b"]]) == expected
    assert "6 pairs of seeds" in repr(a.compare(b))


def test_the_order_of_the_clips_does_not_matter(results):
    a, b = results
    shuffled = LOSOResult(b.predictions.sample(frac=1, random_state=0), b.class_names)
    assert repr(a.compare(shuffled)) == repr(a.compare(b))


def test_the_repr_states_the_test(results):
    a, b = results
    text = repr(a.compare(b))
    test = a.compare(b).mcnemar.iloc[0]
    assert f"p = {test.p_value:.2g}" in text
    assert f"{a.uf1 - b.uf1:+.3f}" in text


def test_other_clips_are_refused(results, make_data):
    a, _ = results
    X, y, groups = make_data(n_clips=40)
    with pytest.raises(ValueError, match="60 and 40 clips"):
        a.compare(evaluate_loso(DummyClassifier(), X, y, groups))


def test_other_truths_are_refused(results):
    a, b = results
    table = b.predictions.assign(truth=np.roll(b.predictions["truth"], 1))
    with pytest.raises(ValueError, match="same true classes"):
        a.compare(LOSOResult(table, b.class_names))


def test_repeated_clip_names_are_refused(results):
    a, b = results
    table = b.predictions.assign(clip="EP01")
    with pytest.raises(ValueError, match="once a seed, 'EP01' is repeated"):
        a.compare(LOSOResult(table, b.class_names))


def _rated(reliability, right, n_seeds=1):
    n_clips = len(right)
    clips = pd.DataFrame(
        {
            "clip": range(n_clips),
            "subject": ["lab/a", "lab/b"] * (n_clips // 2),
            "truth": "others",
            "prediction": np.where(right, "others", "fear"),
            "missing": False,
            "reliability": reliability,
        }
    )
    table = pd.concat([clips.assign(seed=seed) for seed in range(n_seeds)], ignore_index=True)
    return LOSOResult(table, ["fear", "others"])


def test_coverage_takes_the_most_reliable_first_and_clips_without_a_value_last():
    result = _rated([0.2, 0.9, np.nan, 0.5], [False, True, False, True])
    assert result.coverage["coverage"].tolist() == [0.25, 0.5, 0.75, 1.0]
    np.testing.assert_array_equal(result.coverage["reliability"], [0.9, 0.5, 0.2, np.nan])
    np.testing.assert_allclose(result.coverage["accuracy"], [1, 1, 2 / 3, 0.5])
    assert result.reliable_half_accuracy == 1.0
    assert "the more reliable movement: 1.000" in repr(result)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0]])
def test_equally_reliable_clips_have_no_order(order):
    right = np.array([True, False, True, False])[order]
    result = _rated([0.5] * 4, right, n_seeds=2)
    np.testing.assert_allclose(result.coverage["accuracy"], [0.5] * 4)


def test_reliability_comes_back_from_json(tmp_path):
    result = _rated([0.2, 0.9, np.nan, 0.5], [False, True, False, True], n_seeds=2)
    result.to_json(tmp_path / "result.json")
    again = LOSOResult.from_json(tmp_path / "result.json")
    pd.testing.assert_frame_equal(again.coverage, result.coverage)
    assert again.reliable_half_accuracy == result.reliable_half_accuracy


@pytest.mark.parametrize("unknown", [np.nan, None])
def test_where_no_clip_has_a_reliability_there_is_no_curve(unknown, tmp_path):
    result = _rated([unknown] * 4, [False, True, False, True])
    result.to_json(tmp_path / "result.json")
    for one in (result, LOSOResult.from_json(tmp_path / "result.json")):
        assert one.coverage is None and np.isnan(one.reliable_half_accuracy)
        assert "more reliable" not in repr(one)


def test_whole_numbers_are_reliabilities_too():
    assert _rated([0, 1], [False, True]).coverage["accuracy"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize("value", [1.5, -0.1, np.inf, "high", True])
def test_a_reliability_outside_of_its_range_is_refused(value):
    with pytest.raises(
        ValueError, match=r"^predictions must hold numbers from 0 to 1, or NaN, in the column"
    ):
        _rated(pd.Series([0.2, value], dtype=object), [True, True])


def test_without_reliability_there_is_no_curve(make_data):
    result = evaluate_loso(DummyClassifier(), *make_data())
    assert result.coverage is None and np.isnan(result.reliable_half_accuracy)
