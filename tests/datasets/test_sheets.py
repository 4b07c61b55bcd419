import io

import numpy as np
import pandas as pd
import pytest

from skmer.datasets._sheets import cell_text, column_meaning, frame_number, read_sheet

HEADER = ["Subject", "File name ", "", "ONSET FRAME", "Mood"]


def test_header_is_found_by_its_words_in_any_sheet_and_row(write_sheet):
    path = write_sheet(
        "a.xlsx", HEADER, [["01", "EP01", None, 5, "x"]], title="codes", above=13, other_sheets=["readme"]
    )
    sheet = read_sheet(path)
    assert sheet.rows["subject"].tolist() == ["01"]
    assert sheet.rows["onset"].tolist() == [5]
    assert sheet.rows["Mood"].tolist() == ["x"]
    assert "" not in sheet.rows.columns
    assert sheet.rows["emotion"].isna().all()


def test_the_named_worksheet_is_preferred(write_sheet):
    path = write_sheet("a.xlsx", HEADER, [["01", "EP01", None, 5, "x"]], title="MICRO_ONLY")
    book = pd.ExcelWriter(path, mode="a", engine="openpyxl")
    with book:
        pd.DataFrame([["02", "EP02", 6]], columns=["Subject", "Filename", "Onset"]).to_excel(
            book, sheet_name="AAA", index=False
        )
    assert read_sheet(path, "micro_only").rows["subject"].tolist() == ["01"]
    assert read_sheet(path, "AAA").rows["subject"].tolist() == ["02"]


def test_open_files_csv_and_tables_are_read(write_sheet):
    path = write_sheet(
        "a.xlsx", HEADER, [["01", "EP01", None, 5, "x"], [None] * 5, ["02", "EP02", None, "/", "y"]]
    )
    with open(path, "rb") as file:
        from_file = read_sheet(file)
    assert from_file.fingerprint == read_sheet(path).fingerprint
    assert "a.xlsx, 2 rows, sha256" in from_file.fingerprint
    table = pd.DataFrame({"Subject": ["01"], "Filename": ["EP01"], "Onset": [5.0]})
    text = io.StringIO(table.to_csv(index=False))
    text.name = "a.csv"
    for source in (table, text):
        assert read_sheet(source).rows[["subject", "clip", "onset"]].iloc[0].tolist() == ["01", "EP01", "5.0"]


def test_fingerprint_follows_the_content(write_sheet):
    one = read_sheet(write_sheet("a.xlsx", HEADER, [["01", "EP01", None, 5, "x"]])).fingerprint
    assert one != read_sheet(write_sheet("a.xlsx", HEADER, [["01", "EP01", None, 6, "x"]])).fingerprint


def test_what_is_no_sheet_is_refused(tmp_path, write_sheet):
    (tmp_path / "bad.xlsx").write_bytes(b"no workbook")
    with pytest.raises(ValueError, match=r"must be an \.xlsx workbook"):
        read_sheet(tmp_path / "bad.xlsx")
    with pytest.raises(ValueError, match="must have a header row"):
        read_sheet(write_sheet("b.xlsx", ["Name", "Age"], [["a", 1]]))


def test_frame_cells():
    cells = {46: [46, 46.0, "46", " 46 ", "46.0", np.int64(46)], 0: [0, "0"]}
    cells[None] = ["/", "", None, float("nan"), "apex", -3, 4.5]
    for number, variants in cells.items():
        assert [frame_number(cell) for cell in variants] == [number] * len(variants)


def test_cells_and_columns():
    assert cell_text(3.0) == "3"
    assert cell_text("  a ") == "a"
    assert cell_text(None) == ""
    assert column_meaning("Estimated Emotion ") == "emotion"
    assert column_meaning("sub_ID") == "subject"
    assert column_meaning("fold_name") == "clip"
    assert column_meaning("Inducement Code") is None
