import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC
from skorch.callbacks import EarlyStopping

from skmer import DeReGRLClassifier
from skmer.model_selection import LOSOResult, evaluate_loso, read_megc_log


@pytest.fixture
def result(make_data):
    return evaluate_loso(RandomForestClassifier(n_estimators=3), *make_data(), seeds=[4, 9])


def test_json_holds_the_scores_and_comes_back_whole(result, tmp_path):
    assert result.to_json(tmp_path / "result.json") is None
    content = json.loads(result.to_json())
    assert json.loads((tmp_path / "result.json").read_text()) == content
    assert content["uf1"] == result.uf1
    assert content["baseline"]["uf1"] == result.baseline.uf1
    assert content["intervals"]["uar"] == list(result.intervals()["uar"])
    assert content["per_class"]["others"]["n"] == result.class_counts["others"]
    back = LOSOResult.from_json(tmp_path / "result.json")
    pd.testing.assert_frame_equal(back.predictions, result.predictions)
    assert (back.class_names, back.run_card) == (result.class_names, result.run_card)
    assert repr(back) == repr(result)


def test_json_of_one_run_without_a_seed(make_data, tmp_path):
    result = evaluate_loso(DummyClassifier(), *make_data())
    result.to_json(tmp_path / "result.json")
    content = json.loads((tmp_path / "result.json").read_text())
    assert content["per_seed"][0]["seed"] is None
    assert content["spread"]["uf1"] is None
    assert LOSOResult.from_json(tmp_path / "result.json").seeds == [None]


def test_the_run_card_says_how_to_run_it_again(make_data):
    X, y, groups = make_data()
    card = evaluate_loso(SVC(C=3.0, class_weight={"others": 0.5}), X, y, groups, seeds=2).run_card
    assert card["estimator"] == "SVC"
    assert card["parameters"]["C"] == 3.0
    assert card["parameters"]["class_weight"] == {"others": 0.5}
    assert card["seeds"] == [0, 1]
    assert (card["n_clips"], card["n_folds"]) == (60, len(set(groups)))
    assert {"python", "skmer", "numpy", "scikit-learn", "torch"} <= set(card["versions"])
    assert card["hardware"]["n_cores"] >= 1
    assert card["seconds"] >= 0
    assert card["fingerprint"] is None


def test_the_run_card_holds_no_address_and_nothing_of_skorch_s_own(make_data):
    X, y, groups = make_data()
    net = DeReGRLClassifier(graph="generic", max_epochs=1, callbacks=[EarlyStopping(monitor="train_loss")])
    pipeline = Pipeline([("scale", FunctionTransformer(np.tanh)), ("clf", net)])
    parameters = evaluate_loso(pipeline, X.astype(np.float32), y, groups).run_card["parameters"]
    assert "0x" not in json.dumps(parameters)
    assert parameters["clf"] == "DeReGRLClassifier"
    assert parameters["clf__module"] == "skmer.nn._dere_grl_network.DeReGRL"
    assert parameters["clf__callbacks"] == ["EarlyStopping"]
    assert parameters["clf__lr"] == net.lr
    assert not [name for name in parameters if "callbacks__" in name]


def test_csv_is_the_out_of_fold_table(result, tmp_path):
    assert (tmp_path / "oof.csv").exists() is False
    text = result.to_csv()
    assert result.to_csv(tmp_path / "oof.csv") is None
    assert (tmp_path / "oof.csv").read_text() == text
    back = pd.read_csv(io.StringIO(text))
    assert back.columns.tolist() == result.predictions.columns.tolist()
    assert len(back) == 120
    assert back["prediction"].tolist() == result.predictions["prediction"].tolist()


def test_markdown_is_a_table_of_four_columns(result):
    lines = result.to_markdown().splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert all(line.count("|") == 5 for line in rows)
    assert any(f"{result.uf1:.3f}" in row and "pooled" in row for row in rows)
    assert any(f"{result.baseline.uf1:.3f}" in row and "baseline" in row for row in rows)
    assert lines[0] == f"60 clips, {result.n_folds} folds, 3 classes, 2 seeds"


def test_latex_is_a_tabular_with_its_signs_escaped(result):
    text = result.to_latex()
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 5
    assert all(row.count("&") == 3 for row in rows)
    assert not re.search(r"(?<!\\)%", body)


def test_latex_may_float_and_leave_out_what_compares_with_nothing(result, tmp_path):
    bare = result.to_latex()
    options = {"caption": "60% of clips", "label": "tab:loso", "fold_means": False}
    result.to_latex(tmp_path / "t.tex", **options)
    lines = (tmp_path / "t.tex").read_text().splitlines()
    assert lines == result.to_latex(**options).splitlines()
    assert lines[:4] == [r"\begin{table}", r"\centering", r"\caption{60\% of clips}", r"\label{tab:loso}"]
    assert lines[-1] == r"\end{table}"
    left_out = [line for line in bare.splitlines() if line not in lines]
    assert len(left_out) == 1 and left_out[0].startswith("mean of folds")
    compared = result.compare(result)
    assert r"\caption" not in compared.to_latex(label="tab:both")
    assert r"\label{tab:both}" in compared.to_latex(label="tab:both")
    page = compared._repr_html_()
    assert page.count("<tr>") == 4 and "McNemar" in page and "+0.000" in page


def test_megc_log_and_back(make_data, tmp_path):
    X, y, groups = make_data()
    result = evaluate_loso(LogisticRegression(), X, y, groups)
    assert result.to_megc_log(tmp_path / "log.txt") is None
    text = result.to_megc_log()
    assert text.splitlines()[0] == "lab s0"
    back = read_megc_log(tmp_path / "log.txt")
    assert (back.n_clips, back.n_folds) == (60, result.n_folds)
    for name in ("accuracy", "uf1", "uar", "baseline"):
        assert getattr(back, name) == pytest.approx(getattr(result, name))
    by_clip = back.clips.set_index("clip")["truth"]
    assert [by_clip[str(clip)] for clip in result.clips["clip"]] == y.tolist()


def test_megc_log_with_numbers(make_data, tmp_path):
    result = evaluate_loso(LogisticRegression(), *make_data())
    codes = {"disgust": 0, "happiness": 1, "others": 2}
    result.to_megc_log(tmp_path / "log.txt", codes=codes)
    text = (tmp_path / "log.txt").read_text()
    assert set(re.findall(r"(\d) \d$", text, re.MULTILINE)) == {"0", "1", "2"}
    back = read_megc_log(tmp_path / "log.txt", codes=codes)
    assert back.class_names == result.class_names
    assert back.uf1 == pytest.approx(result.uf1)


def test_others_logs_may_have_tabs_commas_comments_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(
        "\ufeff# team\ncasme2\tsub01\nEP02_01f, 1, 0\n\nsmic s3\ns3_ne_01\t0\t0\n", encoding="utf-8"
    )
    back = read_megc_log(path, codes={"negative": 0, "positive": 1})
    assert back.groups.tolist() == ["casme2/sub01", "smic/s3"]
    assert back.truth.tolist() == ["positive", "negative"]
    assert back.accuracy == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EP02_01f 1 1\n", "Line 1 must be"),
        ("casme2 sub01\nEP02_01f 1 1 1\n", "Line 2 must be"),
        ("casme2 sub01\nEP02_01f 1 7\n", "Line 2 holds the label '7'"),
    ],
    ids=["no fold", "four words", "unknown label"],
)
def test_a_log_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "log.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_megc_log(tmp_path / "log.txt", codes={"negative": 0, "positive": 1})


def test_what_a_log_cannot_hold_is_refused(result, make_data):
    with pytest.raises(ValueError, match="one seed, got 2"):
        result.to_megc_log()
    single = evaluate_loso(DummyClassifier(), *make_data())
    with pytest.raises(ValueError, match="got none for 'happiness'"):
        single.to_megc_log(codes={"disgust": 0, "others": 1})
    single.predictions["clip"] = "two words"
    with pytest.raises(ValueError, match="blanks of its own"):
        single.to_megc_log()
    single.predictions["subject"] = 3
    with pytest.raises(ValueError, match="such as 'casme2/sub01', got '3'"):
        single.to_megc_log()


def test_a_search_with_nan_among_its_parameters_is_valid_json(make_data):
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=GroupKFold(2), error_score=np.nan)
    content = json.loads(evaluate_loso(search, *make_data()).to_json())
    assert content["run_card"]["parameters"]["error_score"] == "nan"


def test_exports_without_a_path_write_nothing(result, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in (result.to_csv(), result.to_json(), result.to_markdown(), result.to_latex()):
        assert text
    assert not list(tmp_path.iterdir())
    assert np.isfinite(result.uf1)
