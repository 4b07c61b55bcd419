import io

import pandas as pd
import pytest
from openpyxl import load_workbook

from skmer.datasets._cells import cell_text
from skmer.datasets._readers._sheets import read_sheet

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
    for source, onset in ((table, "5"), (text, "5.0")):
        assert read_sheet(source).rows[["subject", "clip", "onset"]].iloc[0].tolist() == ["01", "EP01", onset]


def test_fingerprint_follows_the_content(write_sheet):
    one = read_sheet(write_sheet("a.xlsx", HEADER, [["01", "EP01", None, 5, "x"]])).fingerprint
    assert one != read_sheet(write_sheet("a.xlsx", HEADER, [["01", "EP01", None, 6, "x"]])).fingerprint


def test_what_is_no_sheet_is_refused(tmp_path, write_sheet):
    (tmp_path / "bad.xlsx").write_bytes(b"no workbook")
    with pytest.raises(ValueError, match=r"must be an \.xlsx workbook"):
        read_sheet(tmp_path / "bad.xlsx")
    with pytest.raises(ValueError, match="must have a header row"):
        read_sheet(write_sheet("b.xlsx", ["Name", "Age"], [["a", 1]]))


def test_the_column_that_is_meant_goes_by_its_word_and_the_others_stay():
    words = ["sub_ID", "fold_name", "Onset", "Label", "label", "Emotion ", "Inducement Code"]
    rows = read_sheet(pd.DataFrame([["1", "a", 5, 3, 4, "Happy", "x"]], columns=words)).rows
    assert rows.iloc[0, :7].tolist() == ["1", "a", "5", "3", "4", "Happy", "x"]
    names = ["subject", "clip", "onset", "Label", "label", "emotion", "Inducement Code"]
    assert rows.columns.tolist()[:7] == names


def test_no_column_is_lost_to_a_name_that_is_taken():
    words = ["Subject", "Filename", "Onset", "emotion", "Estimated Emotion", "Note", "Note"]
    rows = read_sheet(pd.DataFrame([["1", "a", 5, "3", "Happy", "x", "y"]], columns=words)).rows
    assert rows[["emotion", "emotion_2", "Note", "Note_2"]].iloc[0].tolist() == ["Happy", "3", "x", "y"]


CSV = "Subject,Filename,Onset,Remark\n01,EP01,5,\u8bd5\u9a8c a;b;c;d;e\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_csv_of_any_encoding_is_read_from_open_files(encoding, named):
    file = io.BytesIO(CSV.encode(encoding))
    if named:
        file.name = "codes.csv"
    rows = read_sheet(file).rows
    assert rows[["subject", "onset", "Remark"]].iloc[0].tolist() == ["01", "5", "\u8bd5\u9a8c a;b;c;d;e"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_of_any_separator_is_read(tmp_path, separator):
    (tmp_path / "a.csv").write_text(
        f"Subject{separator}Filename{separator}Onset\n01{separator}EP1{separator}5"
    )
    assert read_sheet(tmp_path / "a.csv").rows[["subject", "clip", "onset"]].iloc[0].tolist() == [
        "01",
        "EP1",
        "5",
    ]


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(ValueError, match="open file is none that can be decoded: save it as UTF-8"):
        read_sheet(io.BytesIO(b"\xff\xff\x00\x01"))


def test_merged_subjects_are_told_to_each_row(write_sheet):
    rows = [
        ["01", "EP01", None, 5, "x"],
        [None, "EP02", None, 6, "x"],
        [None] * 5,
        [None, "EP03", None, 7, "x"],
    ]
    path = write_sheet("a.xlsx", HEADER, rows)
    assert [cell_text(cell) for cell in read_sheet(path).rows["subject"]] == ["01", "", ""]
    book = load_workbook(path)
    book.active.merge_cells("A2:A4")
    book.save(path)
    sheet = read_sheet(path)
    assert [cell_text(cell) for cell in sheet.rows["subject"]] == ["01", "01", ""]
    assert sheet.merged == {1: ["subject"]}
    assert sheet.lines == (2, 3, 5)
