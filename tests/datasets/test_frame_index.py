import pytest

from skmer.datasets._formats import FORMATS
from skmer.datasets._frame_index import FrameIndex, trailing_number


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("img46.jpg", 46),
        ("reg_img046.jpg", 46),
        ("006_05562.jpg", 5562),
        ("13_8.bmp", 8),
        ("175.png", 175),
        ("a.jpg", None),
    ],
)
def test_trailing_number(name, number):
    assert trailing_number(name) == number


@pytest.mark.parametrize(
    ("dataset", "subject", "clip", "folder"),
    [
        ("casme2", "sub01", "EP02_01f", "CASME2-RAW/sub01/EP02_01f"),
        ("casme2", "sub01", "EP02_01f", "1/ep02_01f"),
        ("samm", "006", "006_1_2", "SAMM/006/006_1_2"),
        ("samm", "006", "006_1_2", "6_1_2"),
        ("smic", "s03", "s03_ne_03", "HS/s3/micro/negative/s3_ne_03"),
        ("casme3", "spNO.1", "b", "part_A/spNO.1/b/color"),
        ("mmew", "S01", "S01-01-001", "Micro_Expression/anger/S01-01-001"),
        ("4dme", "1", "1_a_b", "gray/1/1_a_b"),
    ],
)
def test_folders_of_the_real_layouts_are_found(tmp_path, write_frames, dataset, subject, clip, folder):
    form = FORMATS[dataset]
    write_frames(f"root/{folder}", ["x9.jpg", "x10.jpg", ".hidden11.jpg", "notes12.png"])
    (tmp_path / "root" / folder / "Thumbs13.db").write_text("")
    index = FrameIndex(tmp_path / "root", form.folder_key, form.distinguishes_crops)
    frames = index.frames(form.clip_key(subject, clip), "raw")
    assert sorted(frames) == [9, 10, 12]
    assert frames[9].name == "x9.jpg"


def test_depth_and_other_folders_do_not_confuse_casme3(tmp_path, write_frames):
    form = FORMATS["casme3"]
    write_frames("spNO.1/b/depth", ["5.png"])
    write_frames("spNO.1/b/color", ["5.jpg"])
    frames = FrameIndex(tmp_path, form.folder_key, False).frames(form.clip_key("spNO.1", "b"), "raw")
    assert frames[5].name == "5.jpg"


def test_raw_and_cropped_are_told_apart(tmp_path, write_frames):
    form = FORMATS["casme2"]
    write_frames("RAW/sub01/EP1", ["img1.jpg"])
    write_frames("Cropped/sub01/EP1", ["reg_img1.jpg"])
    index = FrameIndex(tmp_path, form.folder_key, True)
    key = form.clip_key("sub01", "EP1")
    assert set(index.kinds(key)) == {"raw", "cropped"}
    assert index.frames(key, "cropped")[1].name == "reg_img1.jpg"
    assert index.frames(key, "raw")[1].name == "img1.jpg"
    assert FrameIndex(tmp_path / "Cropped", form.folder_key, True).frames(key, "raw") is None
