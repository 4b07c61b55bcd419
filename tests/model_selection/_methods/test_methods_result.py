from html import escape

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.metrics import critical_difference, holm_correction
from skmer.model_selection import LOSOResult, MethodsResult, evaluate_loso, evaluate_methods
from skmer.model_selection._methods import _named_methods
from skmer.pipelines import baseline

NET = Pipeline(
    [("graph", LandmarkGraphTransformer()), ("clf", DeReGRLClassifier(max_epochs=3, random_state=0))]
)


@pytest.fixture(scope="module")
def found():
    clips = make_landmark_clips(6, 48, random_state=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_named_methods, "_own_pipeline", lambda *_: NET)
        return evaluate_methods("dere-grl", clips, select="test-epoch", verbose=0)


def test_differences_are_those_of_two_results_and_are_corrected_for_their_number(found):
    table = found.differences(n_resamples=2000)
    assert len(table) == 10
    one, other = found.results["dere-grl"], found.results["majority"]
    alone = one.compare(other).differences.loc["uf1"]
    np.testing.assert_allclose(
        table.loc[("dere-grl", "majority"), ["difference", "low", "high"]].astype(float),
        alone[["difference", "low", "high"]].astype(float),
    )
    np.testing.assert_allclose(table["p_holm"], holm_correction(table["p_value"]))
    assert (table["p_holm"] >= table["p_value"]).all()
    accuracy = found.differences("accuracy").loc[("dere-grl", "majority"), "difference"]
    assert accuracy == pytest.approx(one.accuracy - other.accuracy)
    with pytest.raises(ValueError, match="score must be one of"):
        found.differences("f1")


def test_ranks_are_means_over_subjects(found):
    scores = found.subject_accuracy
    assert scores.shape == (6, 5)
    expected = scores.round(12).rank(axis=1, ascending=False).mean().sort_values(kind="stable")
    pd.testing.assert_series_equal(found.mean_ranks.sort_index(), expected.sort_index())
    assert found.mean_ranks.is_monotonic_increasing
    assert found.mean_ranks.sum() == pytest.approx(5 * 6 / 2)
    assert found.critical_difference() == critical_difference(5, 6)


def test_every_form_holds_every_method_its_n_and_the_published_figure(found, tmp_path):
    found.to_html(tmp_path / "page.html", title="Of <mine>")
    page = (tmp_path / "page.html").read_text()
    forms = [repr(found), found.to_markdown(), found.to_latex(), page]
    for text in forms:
        plain = text.replace("\\", "")
        for name, result in found.results.items():
            assert name in plain and f"{result.uf1:.3f}" in plain
        assert "48 clips, 6 folds, 5 classes" in plain
        assert "80.16% / 0.796 (N 247; other data: not comparable; unknown)" in plain
        assert "critical difference" in plain and "Holm" in plain
    shown = found._repr_html_()
    assert shown.startswith("<table><caption>MethodsResult: 5 methods") and shown.count("<tr>") == 6
    assert all(escape(note) in shown for note in found.notes)
    assert "Of &lt;mine&gt;" in page and page.count("<details><summary>dere-grl") == 2
    assert "http-equiv" in page and "<script" not in page
    found.to_csv(tmp_path / "table.csv")
    table = pd.read_csv(tmp_path / "table.csv", index_col="method")
    np.testing.assert_allclose(table["UF1"], found.table["UF1"])
    assert found.to_latex(tmp_path / "t.tex") is found.to_markdown(tmp_path / "t.md") is None
    assert (found.to_latex(), found.to_markdown()) == (
        (tmp_path / "t.tex").read_text(),
        (tmp_path / "t.md").read_text(),
    )


def test_the_test_epoch_is_stamped_in_every_form(found, tmp_path):
    found.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    for text in (repr(found), found.to_markdown(), found.to_latex(), found.to_csv(), page):
        assert "not comparable" in text.lower()
    assert found.heading.endswith("NOT COMPARABLE")
    plain = MethodsResult(found.results)
    assert not [line for line in repr(plain).splitlines() if "comparable" in line.lower()]
    assert "comparable" not in plain.to_latex() + plain.to_csv()


def test_methods_that_differ_are_named_and_those_that_do_not_are_counted(found):
    result = found.first
    right = result.predictions.assign(prediction=result.predictions["truth"])
    wrong = result.predictions.assign(prediction=result.predictions["truth"].iloc[0])
    pair = MethodsResult(
        {"a": LOSOResult(right, result.class_names), "b": LOSOResult(wrong, result.class_names)}
    )
    p_value = pair.uf1_differences["p_holm"].iloc[0]
    assert p_value == pytest.approx(2 / 2**6, abs=0.01)
    assert ("UF1 differs at .05" in pair.notes[1]) == (p_value < 0.05)
    same = MethodsResult(
        {"a": LOSOResult(right, result.class_names), "b": LOSOResult(right, result.class_names)}
    )
    assert "none of 1 pairs" in same.notes[1]


def test_one_method_alone_has_a_table_and_no_comparison(found, tmp_path):
    alone = MethodsResult({"lda": found.results["lda"]})
    assert len(alone.differences()) == 0
    assert "Holm" not in repr(alone)
    with pytest.raises(ValueError, match=r"at least two methods to compare, got \['lda'\]"):
        alone.critical_difference()
    alone.to_html(tmp_path / "page.html")
    assert "Holm" not in (tmp_path / "page.html").read_text()


def test_results_on_other_clips_are_refused(found):
    others = make_landmark_clips(6, 48, random_state=1)
    other = evaluate_loso(baseline("lda", input="frames"), others, verbose=0)
    with pytest.raises(
        ValueError, match="results must be on the same clips in one order, 'other' is on others"
    ):
        MethodsResult({"lda": found.results["lda"], "other": other})
    with pytest.raises(ValueError, match=r"results must be a mapping of names to .*, got \{\}"):
        MethodsResult({})
