"""Sheets of long videos with the quirks of the real ones."""

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

from skmer.datasets import LongVideos, load_casme3, load_casme_sq, load_samm_lv


@pytest.fixture
def write_book(tmp_path):
    """Write sheets without a header to a workbook."""

    def write(name, **sheets):
        book = Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            page = book.create_sheet(title.replace("_1", "1").replace("naming", "naming "))
            for row in rows:
                page.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


CASME_SQ = [
    [1, "anger1_1", 3, 5, 9, "4+7", "negative", "macro-expression", "anger"],
    [1, "anger1_2", 12, 14, 0, 12, "positive", "micro-expression", "happiness"],
    [1, "anger1_3", 15, 0, 18, "4", "others", "macro-expression", "anger"],
    [2, "disgust1_1", 5, 0, 0, "4", "negative", "macro-expression", "disgust"],
    [2, "disgust1_2", 40, 42, 45, "4", "negative", "macro-expression", "disgust"],
    [2, "happy9_1", 4, 5, 6, "12", "positive", "macro-expression", "happiness"],
    [2, "disgust1_3", 4, 5, 6, "12", "positive", "gaze", "happiness"],
    [None, "disgust1_4", 4, 5, 6, "12", "positive", "macro-expression", "happiness"],
]


@pytest.fixture
def casme_sq(write_book, write_frames, tmp_path):
    write_book(
        "CAS(ME)^2code_final.xlsx",
        CASFEcode_final=CASME_SQ,
        naming_1=[],
        namingrule1=[[1, "s15"], [2, "s16"]],
        namingrule2=[["0502", "anger1"], ["0101", "disgust1"], ["0602", "happy9"]],
    )
    for folder in ("s15/15_0502funnyinterview", "s16/16_0101disgustingteeth", "s16/16_0505empty"):
        write_frames(f"rawpic/{folder}", [f"img{k}.jpg" for k in range(1, 21)])
    return tmp_path


def test_casme_sq(casme_sq):
    videos = load_casme_sq(casme_sq)
    assert videos.names.tolist() == ["s15/0502", "s16/0101", "s16/0505"]
    table = videos.intervals
    assert table[["onset", "offset"]].to_numpy().tolist() == [[2, 8], [11, 13], [14, 17]]
    assert table["type"].tolist() == ["macro", "micro", "macro"]
    assert table["apex"].isna().tolist() == [False, False, True]
    assert table["emotion"].tolist() == ["negative", "positive", "others"]
    np.testing.assert_allclose(table["offset_s"], np.array([8, 13, 17]) / 30)
    reasons = dict(zip(videos.dropped["row"], videos.dropped["reason"], strict=True))
    assert "no offset (0) and no apex (0)" in reasons[4]
    assert "are not on disk (1 to 20)" in reasons[5]
    assert "no folder of frames of video 's16/0602'" in reasons[6]
    assert "neither a macro" in reasons[7]
    assert reasons[8] == "no subject or file name"
    assert len(reasons) + len(table) == len(CASME_SQ)
    assert set(videos.corrected["row"]) == {2, 3}
    assert videos.groups.tolist() == ["casme_sq/s15", "casme_sq/s16", "casme_sq/s16"]
    assert videos.table["fps"].tolist() == [30] * 3
    assert videos.frames[0][2].endswith("img3.jpg")


def test_casme_sq_sheet_alone(casme_sq):
    videos = load_casme_sq(None, casme_sq / "CAS(ME)^2code_final.xlsx")
    assert isinstance(videos, LongVideos)
    assert videos.frames.tolist() == [None] * 3
    assert len(videos.intervals) == 5
    with pytest.raises(ValueError, match="annotations must name the sheet"):
        load_casme_sq(None)
    with pytest.raises(FileNotFoundError, match=r"no CAS\(ME\)\^2 sheet"):
        load_casme_sq(casme_sq / "rawpic")


SAMM_HEADER = ["Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration", "Type"]
SAMM_HEADER += ["Action Units", "Notes"]


@pytest.fixture
def samm_lv(write_sheet, write_frames, tmp_path):
    rows = [
        ["006", "006_1_1", 3, 4.0, 6, 8.0, 5, "Macro", "4", None],
        ["006", "006_1_2", 3, 0, -1, 7, 8, "Micro - 1/2", "L12", "half"],
        [6, "006_2_3", 3, 5, 30, 12, 8, "Micro", "1+2", None],
        ["007", "007_3_1", 1, None, 6, 9, 3, "Macro", "4", None],
    ]
    write_sheet("SAMM_LongVideos_V2_Release.xlsx", SAMM_HEADER, rows, "FACS_Movement_Only", above=9)
    write_sheet("SAMM_LongVideos_V1_Release.xlsx", SAMM_HEADER, rows[:1], "FACS_Movement_Only", above=9)
    for folder in ("006_1", "006_2", "007_3", "007_4"):
        write_frames(f"SAMM_longvideos/{folder}", [f"{folder}_{k:04d}.jpg" for k in range(1, 21)])
    return tmp_path


def test_samm_lv(samm_lv):
    videos = load_samm_lv(samm_lv)
    assert videos.names.tolist() == ["006/006_1", "006/006_2", "007/007_3", "007/007_4"]
    table = videos.intervals
    assert table[["video", "onset", "offset", "type"]].to_numpy().tolist() == [
        ["006/006_1", 0, 6, "micro"],
        ["006/006_1", 3, 7, "macro"],
        ["006/006_2", 4, 11, "micro"],
    ]
    assert table["apex"].isna().tolist() == [True, False, True]
    assert videos.dropped["reason"].tolist() == ["no onset frame"]
    reasons = " | ".join(videos.corrected["reason"])
    assert "onset 0: the movement has begun before" in reasons
    assert "apex 30 lies outside of 5 to 12" in reasons
    assert "V2" in videos.fingerprint
    assert (table["emotion"] == "").all()


def test_samm_lv_takes_emotions_of_the_clips(samm_lv):
    emotions = pd.DataFrame(
        {"Subject": ["006"], "Filename": ["006_1_2"], "Onset Frame": [1], "Estimated Emotion": ["Anger"]}
    )
    assert load_samm_lv(samm_lv, emotions=emotions).intervals["emotion"].tolist() == ["anger", "", ""]


def test_casme3_videos(tmp_path, write_sheet, write_frames):
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
    write_sheet(
        "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx",
        header,
        [["spNO.1", "a", 5, 5, 8, "4", "I", "Disgust"], ["spNO.1", "b", 5, 6, 0, "4", "I", "sad"]],
        "label",
    )
    write_sheet(
        "cas(me)3_part_A_MaE_label_JpgIndex_v2.xlsx",
        header,
        [["spNO.1", "a", 10, 14, 19, "12", "I", "happy"]],
        "label",
    )
    for folder in ("spNO.1/a/color", "spNO.1/a/depth", "spNO.1/b/color", "spNO.2/c/color"):
        numbers = [k for k in range(25) if k not in (6, 14)]
        write_frames(f"part_A/{folder}", [f"{k}.jpg" for k in numbers])
    videos = load_casme3(tmp_path, part="A", videos=True)
    assert videos.names.tolist() == ["spNO.1/a", "spNO.1/b", "spNO.2/c"]
    table = videos.intervals
    # Frames 6 and 14 are not on disk: positions count the frames that are, seconds the numbers.
    assert table[["onset", "offset", "type", "emotion"]].to_numpy().tolist() == [
        [5, 7, "micro", "disgust"],
        [9, 17, "macro", "happiness"],
        [5, 5, "micro", "sadness"],
    ]
    np.testing.assert_allclose(table["onset_s"], np.array([5, 10, 5]) / 30)
    assert any("no frame 14 on disk: the nearest is taken" in reason for reason in videos.corrected["reason"])
    assert any("offset 0: the apex 6 is taken" in reason for reason in videos.corrected["reason"])
    with pytest.raises(ValueError, match="part must be 'A'"):
        load_casme3(tmp_path, part="B", videos=True)


def test_one_video_has_one_folder(casme_sq, write_frames):
    write_frames("copy/15_0502funny", ["img1.jpg"])
    with pytest.raises(ValueError, match="root must hold one folder of each video"):
        load_casme_sq(casme_sq)
