import datetime
import io
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from skmer.datasets import load_casme3, load_dfme
from skmer.datasets._cells import cell_text
from skmer.datasets._readers import _sheets
from skmer.datasets._readers._sheets import read_sheet

COLUMNS = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "emotion"]
DATES = [datetime.datetime(2026, 4, 7), datetime.date(2026, 4, 7), datetime.time(4, 7)]
ROWS = [[1, "a", 1, 5, 9, "4", "fear"], [1, "b", 20, 25, 30, "4", "fear"]]
pytestmark = pytest.mark.filterwarnings("ignore:CAS:UserWarning")


@pytest.fixture
def write(tmp_path):
    """Write rows below the header, and merge areas."""

    def write(rows, merged=(), name="s.xlsx"):
        book = Workbook()
        for row in (COLUMNS, *rows):
            book.active.append(row)
        for area in merged:
            book.active.merge_cells(area)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def read(path):
    return load_casme3(None, path, classes="all", verify_files=False)


@pytest.fixture
def edit(write):
    """Change the XML of a worksheet by text."""

    def edit(old, new, part="xl/worksheets/sheet1.xml"):
        path = write(ROWS)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts[part] = parts[part].replace(old.encode(), new.encode())
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return path

    return edit


@pytest.mark.parametrize(
    ("column", "reason"), [(0, "no subject"), (1, "no file name"), (2, "no onset frame")]
)
def test_a_formula_without_a_value_is_named(write, column, reason):
    row = list(ROWS[0])
    row[column] = "=1"
    clips = read(write([row, ROWS[1]]))
    assert len(clips) == 1
    assert clips.dropped["reason"][0].startswith(f"{reason} (a formula without a value: open the sheet")
    assert clips.dropped["row"].tolist() == [2]


def test_a_formula_without_a_value_for_an_apex_or_a_label(write):
    apex, label = list(ROWS[0]), list(ROWS[1])
    apex[3], label[6] = "=2+3", '="fear"'
    clips = read(write([apex, label]))
    assert clips.corrected["reason"].str.contains("no apex frame (a formula without", regex=False).sum() == 1
    assert clips.dropped["reason"].str.contains("no label (a formula without", regex=False).sum() == 1


def test_merged_cells_of_any_known_column_count_for_each_row(write):
    name = read(write([ROWS[0], [None, None, 20, 25, 30, "4", "fear"]], ["A2:A3", "B2:B3"]))
    assert name.table["clip"].tolist() == ["a", "a_2"]
    emotion = read(write([ROWS[0], [1, "b", 20, 25, 30, "4", None]], ["G2:G3"]))
    assert emotion.target.tolist() == ["fear", "fear"]
    assert emotion.corrected[["row", "reason"]].to_numpy().tolist() == [
        [3, "emotion of the merged cell above"]
    ]


@pytest.mark.parametrize(
    "cell", [datetime.datetime(2026, 4, 7), datetime.date(2026, 4, 7), datetime.time(4, 7)]
)
def test_a_date_is_no_action_unit(write, cell):
    row = [*ROWS[0][:5], cell, "fear"]
    clips = read(write([row, ROWS[1]]))
    assert clips.table["units"].tolist() == [(), (4,)]
    assert clips.corrected["reason"].str.contains("are a date: none is read").sum() == 1
    table = pd.DataFrame([row, ROWS[1]], columns=COLUMNS)
    assert read(table).table["units"].tolist() == [(), (4,)]


def test_numbers_as_names_come_from_tables_without_a_point():
    table = pd.DataFrame(
        {"Subject": [1, np.nan], "Filename": [7, np.nan], "Onset": [1, np.nan], "Emotion": "fear"}
    )
    clips = load_dfme(None, table, verify_files=False)
    assert (clips.table["clip"].tolist(), clips.groups.tolist()) == (["7"], ["dfme/1"])
    assert clips.dropped["row"].tolist() == [1]


@pytest.mark.parametrize(
    "extra",
    [
        '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>',
        '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>',
        '</sheetData><mergeCells count="1"><mergeCell ref="A2:A1048576"/></mergeCells>',
        '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    ],
    ids=["far row", "far corner", "long merge", "merge of all"],
)
def test_stray_cells_and_giant_merges_cost_seconds(edit, extra):
    path, start = edit("</sheetData>", extra), time.process_time()
    assert len(read(path)) == 2
    assert time.process_time() - start < 5


def test_a_stated_range_that_is_too_small_hides_nothing(edit):
    assert len(read(edit('<dimension ref="A1:G3"', '<dimension ref="A1"'))) == 2


def test_damage_ends_in_a_sentence_with_the_file_s_name(edit, write):
    with pytest.raises(ValueError, match=r"s\.xlsx is damaged"):
        read(edit("<sheetData>", "<sheetData"))
    content = bytearray(write(ROWS).read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(60):
        spoilt = content.copy()
        spoilt[rng.integers(30, len(content))] ^= int(rng.integers(1, 256))
        file = io.BytesIO(spoilt)
        file.name = "spoilt.xlsx"
        try:
            read_sheet(file)
        except ValueError as error:
            assert "spoilt.xlsx" in str(error)


def test_bombs_are_refused_by_their_size(write, monkeypatch):
    path = write(ROWS)
    monkeypatch.setattr(_sheets, "_MAX_XML", 2**10)
    with pytest.raises(ValueError, match=r"s\.xlsx unpacks to"):
        read(path)
    monkeypatch.undo()
    monkeypatch.setattr(_sheets, "MAX_ROWS", 2)
    with pytest.raises(ValueError, match=r"at most 2 rows, s\.xlsx has 3"):
        read(path)


def test_too_many_merged_areas_are_refused(write, monkeypatch):
    monkeypatch.setattr(_sheets, "_MAX_MERGES", 1)
    path = write(ROWS, ["A2:A3", "B2:B3"])
    assert load_workbook(path).active.merged_cells.ranges
    with pytest.raises(ValueError, match=r"at most 1 merged areas, s\.xlsx has more"):
        read(path)


def test_the_word_of_another_program_for_a_file_name():
    table = pd.DataFrame(
        {"subject": ["1"], "material": ["EP01"], "onset": [1], "AU": ["4"], "emotion": ["fear"]}
    )
    assert load_dfme(None, table, verify_files=False).table["clip"].tolist() == ["EP01"]


def test_a_csv_file_of_a_million_columns_is_read_in_seconds(tmp_path):
    words = ["Subject", "Filename", "Onset", "Emotion", *map(str, range(10**6))]
    row = ["1", "a", "3", "fear", *["0"] * 10**6]
    (tmp_path / "wide.csv").write_text("\n".join(map(",".join, (words, row))))
    start = time.process_time()
    assert len(load_dfme(None, tmp_path / "wide.csv", verify_files=False)) == 1
    assert time.process_time() - start < 10


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
