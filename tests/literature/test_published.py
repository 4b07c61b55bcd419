import numpy as np
import pytest

from skmer.literature import published_results
from skmer.literature._published import VERDICTS

SCORES = ["accuracy", "f1", "uar"]


def test_every_row_has_a_figure_a_source_and_a_reasoned_verdict():
    table = published_results()
    scores = table[SCORES].to_numpy()
    assert np.isfinite(scores).any(axis=1).all()
    assert ((scores > 0) & (scores < 1) | np.isnan(scores)).all()
    assert set(table["verdict"]) == set(VERDICTS)
    for column in ("method", "dataset", "protocol", "source", "identifier", "evidence"):
        assert table[column].str.len().min() >= 3, column
    assert table["identifier"].str.match(r"(doi:10\.\d{4,}/|arXiv:\d{4}\.\d{5}|GitHub:[^/]+/[^/]+$)").all()
    assert not table.duplicated(["method", "dataset", "protocol", "n_classes", "verdict"]).any()


def test_table_3_of_the_paper():
    for name, dataset, accuracy, f1 in [
        ("lbp-sdg", "casme2", 71.32, 0.665),
        ("dssn", "casme2", 70.78, 0.729),
        ("dssn", "samm", 57.35, 0.464),
        ("lfm", "casme2", 73.98, 0.717),
        ("lgccon", "casme2", 65.02, 0.640),
        ("lgccon", "samm", 40.90, 0.340),
        ("g-tcn", "casme2", 73.98, 0.725),
        ("g-tcn", "samm", 75.00, 0.699),
        ("ktgsl", "casme2", 72.58, 0.682),
        ("ktgsl", "samm", 56.11, 0.493),
        ("dere-grl", "casme2", 80.16, 0.796),
        ("dere-grl", "samm", 72.06, 0.699),
    ]:
        row = published_results(dataset=dataset, name=name).iloc[0]
        assert row["accuracy"] == pytest.approx(accuracy / 100)
        assert row["f1"] == pytest.approx(f1, abs=6e-4)


def test_pooled_accuracies_are_whole_numbers_of_the_clips_that_stand_beside_them():
    rows = published_results()
    rows = rows[rows["accuracy"].notna() & rows["n_clips"].notna()]
    assert len(rows) >= 19
    for row in rows.itertuples():
        n_right = round(row.accuracy * row.n_clips)
        assert n_right / row.n_clips == pytest.approx(row.accuracy, abs=1e-4)
        assert row.verdict != "mean over folds"


def test_the_audit_and_what_the_epoch_chosen_on_the_test_subject_is_worth():
    for name, last, best in [("ststnet", 0.7127, 0.7740), ("off-apexnet", 0.7032, 0.8390)]:
        rows = published_results(dataset="megc2019", name=name)
        rows = rows[rows["method"].str.endswith("audited")].set_index("verdict")["f1"]
        assert rows["last epoch"] == last
        assert rows["best epoch on the test subject"] == best


def test_leaks_are_named_with_file_and_lines():
    row = published_results(dataset="megc2019", name="htnet").iloc[0]
    assert (row["verdict"], row["f1"], row["n_clips"]) == (VERDICTS[1], 0.8603, 442)
    assert "main_HTNet.py:250-317" in row["evidence"]
    assert "2PR/(P+R)" in published_results(dataset="casme2", name="dssn").iloc[0]["note"]
    rows = published_results().set_index("method").loc["SAMER, mimicking annotation"]
    assert len(rows) == 4 and set(rows["verdict"]) == {VERDICTS[1]}


def test_best_epochs_are_shown_by_lines_or_cells():
    rows = published_results()
    best = rows[(rows["verdict"] == VERDICTS[1]) & ~rows["method"].eq("DSSN")]
    assert best["evidence"].str.contains(r"\.py:\d+-\d+|lines \d+-\d+ of cell \d+").all()
    # The second column of the audit's MEGC 2018 is more training data, no choice of the epoch.
    of_2018 = rows[rows["dataset"] == "megc2018"]
    assert set(of_2018["verdict"]) == {"last epoch"} and of_2018["evidence"].str.contains("cell").all()


def test_a_caller_gets_a_table_of_its_own():
    first = published_results(dataset="samm")
    assert set(first["dataset"]) == {"samm"}
    first.loc[:, "f1"] = 0.0
    assert published_results(dataset="samm")["f1"].max() > 0.5


@pytest.mark.parametrize(("column", "value"), [("dataset", "CASME II"), ("name", "")])
def test_unknown_names_are_refused(column, value):
    with pytest.raises(ValueError, match=rf"{column} must be one of \['.*'\] or None, got '{value}'"):
        published_results(**{column: value})
