import numpy as np
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
