import pandas as pd
import pytest

from skmer.datasets import load_casme, load_casme3
from skmer.frames import trailing_number


@pytest.fixture
def parts(write_sheet, write_frames, tmp_path):
    """Both parts of CAS(ME)^3 in one folder, with a subject 1 in each."""
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
    row = ["spNO.1", "a", 5, 8, 12, "4", "III", "Disgust"]
    write_sheet("cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", header, [row], "label")
    rows = [[1, 1, 10, 20, "4\uff0c7", "negative", "p1"], [1, 2, 30, 36, "12", "positive", "p2"]]
    write_sheet("CAS(ME)3_part_C_ME.xlsx", ["sub", "count", "onset", "offset", "au", "emotion", "PHY"], rows)
    write_frames("part_A/spNO.1/a/color", [f"{number}.jpg" for number in range(1, 20)])
    write_frames("part_C/01/a/color", [f"{number}.jpg" for number in range(1, 50)])
    write_frames("part_C/01/a/depth", [f"{number}.png" for number in range(1, 50)])
    return tmp_path


@pytest.mark.filterwarnings("ignore:CAS")
def test_parts_of_casme3_lie_beside_each_other(parts):
    a = load_casme3(parts)
    c = load_casme3(parts, part="C", missing_apex="middle")
    assert (a.groups.tolist(), a.target.tolist()) == (["casme3/spNO.1"], ["disgust"])
    assert c.groups.tolist() == ["casme3/C01", "casme3/C01"]
    assert c.target.tolist() == ["negative", "positive"]
    assert c.table["apex"].tolist() == [15, 33]
    assert [trailing_number(path) for path in c.frames[1]] == [30, 33, 36]
    assert all("part_C" in path for path in c.frames.ravel())
    assert c.table["units"].tolist() == [(4, 7), (12,)]
    assert c.table["PHY"].tolist() == ["p1", "p2"]


def test_part_c_has_no_long_videos_and_there_is_no_part_b():
    with pytest.raises(ValueError, match="videos must be False"):
        load_casme3("anywhere", part="C", videos=True)
    with pytest.raises(ValueError, match="part must be 'A' or 'C'"):
        load_casme3("anywhere", part="B")


def test_sheet_of_casme_is_not_taken_for_that_of_casme2(write_sheet, tmp_path):
    header = ["Subject", "Filename", None, "OnsetF", "ApexF1", "ApexF2", "OffsetF", None, "AUs", "Emotion"]
    rows = [[1, "EP01_5", None, 8, 12, "/", 20, None, "4", "tense"]]
    rows.append([2, "EP02_1", None, 8, 12, 14, 20, None, "12", "happiness"])
    write_sheet("CASME2-coding-20140508.xlsx", header, rows)
    with pytest.raises(FileNotFoundError, match="no CASME sheet"):
        load_casme(tmp_path, verify_files=False)
    write_sheet("CASME-coding.xlsx", header, rows)
    clips = load_casme(tmp_path, verify_files=False)
    assert clips.table[["subject", "clip", "onset", "apex", "offset"]].to_numpy().tolist() == [
        ["sub01", "EP01_5", 8, 12, 20]
    ]
    assert clips.dropped["reason"].str.contains("happiness").tolist() == [True]


def test_classes_of_casme():
    sheet = pd.DataFrame(
        {
            "Subject": [1, 1, 2],
            "Filename": ["EP01_5", "EP01_6", "EP02_1"],
            "OnsetF": 8,
            "ApexF1": 12,
            "OffsetF": 20,
            "Emotion": ["tense", "Disgust", "happiness"],
        }
    )
    assert load_casme(None, sheet, classes="3", verify_files=False).target.tolist() == [
        "negative",
        "positive",
    ]
    assert load_casme(None, sheet, classes="all", verify_files=False).target.tolist()[0] == "tense"
