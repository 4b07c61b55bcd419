from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from skmer.datasets import (
    load_4dme,
    load_casme2,
    load_casme3,
    load_dfme,
    load_mmew,
    load_samm,
    load_smic,
)

ROWS = [
    ("01", "EP02_01f", 46, 50, 60, "4+7", "Disgust"),
    (1, "EP09f", 46.0, "52", " 60 ", "L14", "others"),
    ("02", "EP01_2", 41, 45, 55, 12, "happiness "),
    ("17", "EP08_1", 41, 45, 55, "?", "surprise"),
]
pytestmark = pytest.mark.filterwarnings("ignore:CASME II:UserWarning", "ignore:SAMM:UserWarning")


def test_casme2_is_read_by_name(casme2_tree):
    clips = load_casme2(casme2_tree(ROWS))
    assert clips.target.tolist() == ["disgust", "others", "happiness", "surprise"]
    assert clips.groups.tolist() == ["casme2/sub01", "casme2/sub01", "casme2/sub02", "casme2/sub17"]
    assert [Path(path).name for path in clips.frames[1]] == ["img46.jpg", "img52.jpg", "img60.jpg"]
    assert clips.table["onset"].tolist() == [46, 46, 41, 41]
    assert clips.table["units"].tolist() == [(4, 7), (14,), (12,), ()]
    assert clips.table["action_units"].tolist() == ["4+7", "L14", "12", "?"]
    assert clips.action_units().columns.tolist() == [4, 7, 12, 14]
    assert len(clips.dropped) == len(clips.corrected) == 0
    assert "CASME2-coding-20140508.xlsx, 4 rows" in repr(clips)


def test_columns_may_be_missing_or_in_another_order(casme2_tree, tmp_path):
    root = casme2_tree(ROWS)
    sheet = pd.read_excel(tmp_path / "CASME2-coding-20140508.xlsx", dtype=object)
    lean = sheet[["Estimated Emotion ", "OffsetFrame", "Filename", "OnsetFrame", "ApexFrame", "Subject"]]
    lean = lean.rename(columns={"OnsetFrame": "onset frame"})
    clips = load_casme2(root, lean)
    assert np.array_equal(clips.frames, load_casme2(root).frames)
    assert clips.table["action_units"].tolist() == [""] * 4


def test_further_columns_are_kept(casme2_tree):
    sheet = pd.DataFrame(
        {"Subject": [1], "Filename": ["EP02_01f"], "OnsetFrame": [46], "ApexFrame": [50], "OffsetFrame": [60]}
        | {"Estimated Emotion": ["disgust"], "Objective Class": ["IV"], "Remark": ["blink"]}
    )
    clips = load_casme2(casme2_tree(ROWS), sheet)
    assert clips.table["Remark"].tolist() == ["blink"]
    assert clips.table["objective"].tolist() == ["IV"]
    assert load_casme2(casme2_tree(ROWS), sheet, labels="objective").target.tolist() == ["objective 4"]


def test_a_column_of_codes_is_not_taken_for_the_emotion():
    sheet = pd.DataFrame(
        {"Subject": [1], "Filename": ["a"], "Onset": [1], "Label": [3], "Emotion": ["Happy"]}
    )
    clips = load_dfme(None, sheet.assign(clip="renamed", dataset="A"), verify_files=False)
    assert clips.target.tolist() == ["happiness"]
    assert clips.table[["clip", "Label", "clip_2", "dataset", "dataset (sheet)"]].iloc[0].tolist() == [
        *("a", "3", "renamed", "dfme", "A")
    ]


def test_a_missing_column_of_labels_is_named():
    sheet = pd.DataFrame({"Subject": [1], "Filename": ["a"], "Onset": [1]})
    for labels, word, other in [
        ("emotion", "Estimated Emotion", "Objective Class"),
        ("objective", "Objective Class", "Emotion"),
    ]:
        with pytest.raises(ValueError, match=f"labels='{labels}' needs a column such as '{word}'"):
            load_casme2(None, sheet.assign(**{other: "I"}), labels=labels, verify_files=False)


def test_a_sheet_of_which_nothing_is_left_says_why():
    sheet = pd.DataFrame({"Subject": [1, 1], "Filename": ["a", "b"], "Onset": [1, 2], "Emotion": "fear"})
    with pytest.raises(ValueError, match="all 2 rows are dropped: 2 times class 'fear' is not among"):
        load_casme2(None, sheet, verify_files=False)


def test_merged_subjects_are_listed(tmp_path, write_sheet):
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "emotion"]
    path = write_sheet("a.xlsx", header, [["spNO.1", "a", 1, 2, 3, "sad"], [None, "b", 1, 2, 3, "sad"]])
    book = load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    clips = load_casme3(None, path, classes="all", verify_files=False)
    assert clips.groups.tolist() == ["casme3/spNO.1"] * 2
    assert clips.corrected[["clip", "reason"]].to_numpy().tolist() == [
        ["b", "subject of the merged cell above"]
    ]


def test_raw_and_cropped_frames(casme2_tree):
    root = casme2_tree(ROWS, cropped=True)
    assert "reg_img50" in load_casme2(root, frames="cropped").frames[0, 1]
    assert "reg" not in load_casme2(root).frames[0, 1]


def test_the_other_kind_is_named_if_only_that_is_there(casme2_tree):
    root = casme2_tree(ROWS, raw=False, cropped=True)
    with pytest.raises(
        FileNotFoundError, match=r"subject sub01 clip EP02_01f has no folder of raw .*frames='cropped'"
    ):
        load_casme2(root)


@pytest.mark.parametrize("apex", ["/", None, "", 90, 10, "none"])
def test_a_missing_apex_is_filled_and_listed_or_dropped(casme2_tree, apex):
    root = casme2_tree([("04", "EP12_01f", 41, apex, 55, "4", "others"), *ROWS])
    clips = load_casme2(root, missing_apex="middle")
    assert clips.frames[0, 1].endswith("img48.jpg")
    assert clips.table["apex_source"].tolist() == ["middle", "sheet", "sheet", "sheet", "sheet"]
    assert clips.corrected[["subject", "clip"]].to_numpy().tolist() == [["sub04", "EP12_01f"]]
    assert "middle frame 48" in clips.corrected["reason"][0]
    dropped = load_casme2(root, missing_apex="drop")
    assert len(dropped) == 4
    assert "no apex frame" in dropped.dropped["reason"][0]


def test_an_apex_at_the_onset_or_offset_stays(casme2_tree):
    root = casme2_tree(
        [("05", "EP09_05f", 41, 41, 55, "4", "others"), ("05", "EP16_04f", 41, 55, 55, "4", "others")]
    )
    assert load_casme2(root).table["apex"].tolist() == [41, 55]


def test_a_missing_offset_is_the_last_frame(casme2_tree):
    clips = load_casme2(casme2_tree([("05", "EP01", 41, 50, 0, "4", "others"), *ROWS]))
    assert clips.table["offset"][0] == 60
    assert "last frame 60" in clips.corrected["reason"][0]


def test_rows_without_onset_label_or_name_are_dropped_with_the_reason(casme2_tree):
    bad = [
        ("03", "EP1", "/", 45, 55, "4", "others"),
        ("03", "EP2", 41, 45, 55, "4", None),
        ("03", "EP3", 41, 45, 55, "4", "fear"),
    ]
    clips = load_casme2(casme2_tree([*bad, *ROWS]))
    assert len(clips) == 4
    reasons = dict(zip(clips.dropped["clip"], clips.dropped["reason"], strict=True))
    assert "no onset frame ('/')" in reasons["EP1"]
    assert reasons["EP2"] == "no label"
    assert "'fear' is not among" in reasons["EP3"]


def test_classes_may_be_all_named_or_mapped(casme2_tree):
    root = casme2_tree([("03", "EP3", 41, 45, 55, "4", "Fear"), *ROWS])
    assert "fear" in load_casme2(root, classes="all").class_names
    assert load_casme2(root, classes=["fear", "Disgust"]).class_names == ["disgust", "fear"]
    assert load_casme2(root, classes="3").target.tolist() == ["negative", "negative", "positive", "surprise"]
    mapped = load_casme2(root, classes={"disgust": "negative", "Happiness": "positive"})
    assert mapped.target.tolist() == ["negative", "positive"]
    assert len(mapped.dropped) == 3
    with pytest.raises(ValueError, match=r"classes must be one of \['5', '3', 'all'\]"):
        load_casme2(root, classes="6")


def test_repeated_clips_get_a_counter(casme2_tree):
    clips = load_casme2(casme2_tree([ROWS[0], ROWS[0]]))
    assert clips.table["clip"].tolist() == ["EP02_01f", "EP02_01f_2"]


def test_corrections_are_opt_in(tmp_path):
    sheet = pd.DataFrame(
        [
            ["07", "EP06_01", 15, 49, 68, "others"],
            ["16", "EP01_08", 60, 70, 110, "others"],
            ["12", "EP09_02", 161, 176, 206, "others"],
        ],
        columns=["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Estimated Emotion"],
    )
    plain = load_casme2(None, sheet, verify_files=False)
    assert len(plain.corrected) == 0
    assert plain.table["onset"].tolist() == [15, 60, 161]
    clips = load_casme2(None, sheet, verify_files=False, corrections=True)
    assert clips.table[["onset", "apex", "offset"]].to_numpy().tolist() == [
        [56, 89, 116],
        [60, 70, 96],
        [161, 176, 206],
    ]
    assert clips.corrected["clip"].tolist() == ["EP06_01", "EP01_08"]


def test_a_sheet_alone_keeps_rows_without_apex(casme2_tree, tmp_path):
    casme2_tree([("04", "EP12_01f", 41, "/", 55, "4", "others"), *ROWS])
    with open(tmp_path / "CASME2-coding-20140508.xlsx", "rb") as sheet:
        clips = load_casme2(None, sheet, verify_files=False)
    assert len(clips) == 5
    assert clips.table["apex"].isna().tolist() == [True, False, False, False, False]
    assert set(clips.frames.ravel()) == {""}
    assert clips.corrected["reason"].tolist() == ["no apex frame ('/'): left empty"]
    alone = load_casme2(tmp_path / "CASME2-coding-20140508.xlsx", verify_files=False)
    assert alone.target.tolist() == clips.target.tolist()
    with pytest.raises(ValueError, match="root must be the folder"):
        load_casme2(None, tmp_path / "CASME2-coding-20140508.xlsx")
    with pytest.raises(ValueError, match="root must be the folder"):
        load_casme2(tmp_path / "CASME2-coding-20140508.xlsx")


def test_missing_files_name_subject_clip_and_path(casme2_tree, tmp_path):
    root = casme2_tree(ROWS)
    gone = tmp_path / "CASME2-RAW/sub02/EP01_2/img45.jpg"
    gone.unlink()
    with pytest.raises(
        FileNotFoundError, match=r"subject sub02 clip EP01_2 has no frame apex 45 in .*40 to 60"
    ):
        load_casme2(root, on_missing="raise")
    assert load_casme2(root, verify_files=False).frames[2].tolist()[1] == ""
    for file in gone.parent.iterdir():
        file.unlink()
    with pytest.raises(FileNotFoundError, match="subject sub02 clip EP01_2 has no folder of raw frames"):
        load_casme2(root, on_missing="raise")
    with pytest.raises(FileNotFoundError, match="is none"):
        load_casme2(tmp_path / "absent")


def test_clips_without_their_frames_are_left_out_and_counted(casme2_tree, tmp_path):
    root = casme2_tree(ROWS)
    whole = load_casme2(root)
    (tmp_path / "CASME2-RAW/sub02/EP01_2/img45.jpg").unlink()
    with pytest.warns(UserWarning, match=rf"1 of {len(whole)} clips lack .*EP01_2 has no frame apex 45"):
        clips = load_casme2(root)
    assert clips.table["clip"].tolist() == [name for name in whole.table["clip"] if name != "EP01_2"]
    assert "no frame apex 45" in clips.dropped["reason"].iloc[-1]
    for path in (tmp_path / "CASME2-RAW").rglob("*.jpg"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match="has no folder of raw frames"):
        load_casme2(root)
    with pytest.raises(ValueError, match=r"on_missing must be one of \['warn', 'raise'\], got 'nan'"):
        load_casme2(root, on_missing="nan")


def test_the_sheet_must_be_one(casme2_tree, tmp_path):
    root = casme2_tree(ROWS)
    (root / "more").mkdir()
    (root / "~$CASME2-coding-20140508.xlsx").write_text("lock")
    assert len(load_casme2(root)) == 4
    (root / "more" / "casme2-CODING-2019.XLSX").write_bytes(
        (root / "CASME2-coding-20140508.xlsx").read_bytes()
    )
    with pytest.raises(ValueError, match="must name one sheet"):
        load_casme2(root)
    with pytest.raises(FileNotFoundError, match="no SAMM sheet"):
        load_samm(root)


def test_samm_is_read_below_its_preamble(samm_tree):
    rows = [
        ("006", "006_1_2", 5562, 5570, 5580, "4B+L7A", "Anger", 3),
        (13, "013_1_8", 100, 105.0, 110, "12A or 6", "Happiness", 1),
        ("007", "007_1_1", 20, 30, 40, "14", "Other", "VII"),
        ("007", "007_1_2", 20, 30, 40, "14", "Fear", "VII"),
    ]
    clips = load_samm(samm_tree(rows, bare=["013_1_8"]))
    assert clips.target.tolist() == ["anger", "happiness", "others"]
    assert clips.groups.tolist() == ["samm/006", "samm/013", "samm/007"]
    assert [Path(path).name for path in clips.frames[:, 0]] == [
        "006_05562.jpg",
        "013_100.jpg",
        "007_00020.jpg",
    ]
    assert clips.table["units"].tolist() == [(4, 7), (6, 12), (14,)]
    assert clips.dropped["clip"].tolist() == ["007_1_2"]
    objective = load_samm(clips_root(clips), labels="objective")
    assert objective.target.tolist() == ["objective 3", "objective 1", "objective 7", "objective 7"]


def clips_root(clips):
    return Path(clips.frames[0, 0]).parents[2]


def test_samm_slips_are_kept_as_missing_or_corrected(samm_tree):
    rows = [
        ("028", "028_4_1", 1071, 1143, 1134, "4", "Anger", 3),
        ("032", "032_3_1", 4896, 1930, 4970, "4", "Other", 3),
    ]
    root = samm_tree(rows)
    middle = load_samm(root, missing_apex="middle")
    assert middle.table["apex_source"].tolist() == ["middle", "middle"]
    corrected = load_samm(root, corrections=True)
    assert corrected.table["apex"].tolist() == [1113, 4930]
    assert corrected.table["apex_source"].tolist() == ["sheet", "sheet"]
    assert corrected.corrected["clip"].tolist() == ["028_4_1", "032_3_1"]


@pytest.mark.filterwarnings("ignore:SMIC")
def test_smic_has_middle_frames_and_unpadded_folders(tmp_path, write_sheet, write_frames):
    header = ["Subject", "Filename", None, "OnsetF", "OffsetF", "TotalL", "Emotion"]
    rows = [
        [3, "s03_ne_03", None, 10, 20, "=E2-D2", "negative"],
        [20, "s20_sur_01", None, 5, 8, "=E3-D3", "surprise"],
    ]
    write_sheet("SMIC-HS-E_annotation_2019.xlsx", header, rows, "HS", other_sheets=["VIS"])
    write_frames("HS/s3/micro/negative/s3_ne_03", [f"image{number}.bmp" for number in range(10, 21)])
    write_frames("HS/s20/micro/surprise/s20_sur_01", [f"image{number}.jpg" for number in range(5, 9)])
    clips = load_smic(tmp_path, missing_apex="middle")
    assert clips.groups.tolist() == ["smic/s03", "smic/s20"]
    assert clips.table["apex"].tolist() == [15, 6]
    assert clips.frames[0, 1].endswith("image15.bmp")
    assert len(clips.corrected) == 0
    assert len(load_smic(tmp_path, missing_apex="drop")) == 2


@pytest.mark.filterwarnings("ignore:CAS")
def test_casme3_repeats_file_names(tmp_path, write_sheet, write_frames):
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
    rows = [
        ["spNO.1", "a", 5, 8, 12, "4", "III", "Disgust"],
        ["spNO.1", "a", 20, 20, 0, "12", "I", "Happy"],
        ["spNO.2", "a", 5, 8, 12, "4+R12", "III", "Others"],
        ["spNO.2", "b", 5, 8, 12, "4", "III", "other"],
    ]
    write_sheet("cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", header, rows, "label")
    for folder in ("spNO.1/a", "spNO.2/a", "spNO.2/b"):
        write_frames(f"part_A/{folder}/color", [f"{number}.jpg" for number in range(30)])
    clips = load_casme3(tmp_path)
    assert clips.table["clip"].tolist() == ["a", "a_2", "a", "b"]
    assert clips.groups.tolist() == ["casme3/spNO.1"] * 2 + ["casme3/spNO.2"] * 2
    assert clips.target.tolist() == ["disgust", "happiness", "others", "others"]
    assert clips.table["offset"].tolist() == [12, 29, 12, 12]
    assert load_casme3(tmp_path, classes="4").class_names == ["negative", "others", "positive"]
    assert load_casme3(tmp_path, classes="3").class_names == ["negative", "positive"]


def test_mmew_folders_lie_under_the_emotion(tmp_path, write_sheet, write_frames):
    header = [
        "Subject",
        "Filename",
        "OnsetFrame",
        "ApexFrame",
        "OffsetFrame",
        "Action Units",
        "Estimated Emotion",
    ]
    write_sheet("MMEW_Micro_Exp.xlsx", [*header, "remarks"], [[1, "S01-01-001", 1, 4, 9, "4", "Anger", "x"]])
    write_frames("Micro_Expression/anger/S01-01-001", [f"{number}.jpg" for number in range(1, 10)])
    clips = load_mmew(tmp_path)
    assert clips.frames[0, 2].endswith("anger/S01-01-001/9.jpg")
    assert (clips.groups[0], clips.target[0], clips.table["remarks"][0]) == ("mmew/S01", "anger", "x")


@pytest.mark.parametrize(
    ("load", "name", "header"),
    [
        (load_4dme, "4DME_Labelling_Micro_release v1.xlsx", "sub_ID fold_name Onset Apex Offset AUs Emotion"),
        (load_dfme, "DFME_train.xlsx", "Subject Filename OnsetFrame ApexFrame OffsetFrame AU Emotion"),
    ],
)
def test_sets_whose_folders_bear_the_clips_names(tmp_path, write_sheet, write_frames, load, name, header):
    write_sheet(name, header.split(), [[7, "clip_7", 1, 4, 9, "4", "Positive"]])
    write_frames("some/where/clip_7", [f"f{number:04d}.jpg" for number in range(1, 10)])
    clips = load(tmp_path)
    assert clips.frames[0, 1].endswith("f0004.jpg")
    assert clips.target.tolist() == ["positive"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": "mood"}, "labels must be one of"),
        ({"frames": "aligned"}, "frames must be one of"),
        ({"missing_apex": "guess"}, "missing_apex must be one of"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        load_casme2(tmp_path, **changes)


def test_a_warning_points_at_the_line_that_reads(tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Subject,Filename,OnsetFrame,Estimated Emotion\n1,EP01,3,disgust\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="this copy has 1 clips") as caught:
        load_casme2(None, sheet, verify_files=False)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"root": 5}, "root must be a path or an open file, got 5"),
        ({"root": None, "annotations": 5}, "annotations must be a path or an open file or .*, got 5"),
        (
            {"root": None, "annotations": "x.csv", "classes": 5},
            "classes must be an instance of 'str' or an instance of .*Mapping",
        ),
    ],
)
def test_arguments_of_another_type_are_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        load_casme2(**arguments, verify_files=False)
