import pytest

from skmer.datasets._readers._frame_index import FrameIndex
from skmer.datasets._readers._specs import SPECS


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
    spec = SPECS[dataset]
    write_frames(f"root/{folder}", ["x9.jpg", "x10.jpg", ".hidden11.jpg", "notes12.png"])
    (tmp_path / "root" / folder / "Thumbs13.db").write_text("")
    index = FrameIndex(tmp_path / "root", spec.folder_key, spec.distinguishes_crops)
    frames = index.frames(spec.clip_key(subject, clip), "raw")
    assert sorted(frames) == [9, 10, 12]
    assert frames[9].name == "x9.jpg"


def test_depth_and_other_folders_do_not_confuse_casme3(tmp_path, write_frames):
    spec = SPECS["casme3"]
    write_frames("spNO.1/b/depth", ["5.png"])
    write_frames("spNO.1/b/color", ["5.jpg"])
    frames = FrameIndex(tmp_path, spec.folder_key, False).frames(spec.clip_key("spNO.1", "b"), "raw")
    assert frames[5].name == "5.jpg"


def test_raw_and_cropped_are_told_apart(tmp_path, write_frames):
    spec = SPECS["casme2"]
    write_frames("RAW/sub01/EP1", ["img1.jpg"])
    write_frames("Cropped/sub01/EP1", ["reg_img1.jpg"])
    index = FrameIndex(tmp_path, spec.folder_key, True)
    key = spec.clip_key("sub01", "EP1")
    assert set(index.kinds(key)) == {"raw", "cropped"}
    assert index.frames(key, "cropped")[1].name == "reg_img1.jpg"
    assert index.frames(key, "raw")[1].name == "img1.jpg"
    assert FrameIndex(tmp_path / "Cropped", spec.folder_key, True).frames(key, "raw") is None


@pytest.mark.parametrize(
    ("dataset", "subject", "clip", "folder"),
    [
        ("samm", "006", "006_1_2", "006/006_1_2"),
        ("casme3", "spNO.1", "b", "spNO.1/b/color"),
        ("mmew", "S01", "S01-01-001", "anger/S01-01-001"),
        ("4dme", "1", "1_a", "1_a"),
        ("dfme", "1", "1_a", "1_a"),
    ],
)
def test_every_set_has_raw_and_cropped_frames(tmp_path, write_frames, dataset, subject, clip, folder):
    spec = SPECS[dataset]
    write_frames(f"A_cropped/{folder}", ["1.jpg"])
    write_frames(f"B/{folder}", ["1.jpg"])
    key = spec.clip_key(subject, clip)
    index = FrameIndex(tmp_path, spec.folder_key, spec.distinguishes_crops)
    assert index.frames(key, "cropped")[1].parts[-len(folder.split("/")) - 2] == "A_cropped"
    assert index.frames(key, "raw")[1].parts[-len(folder.split("/")) - 2] == "B"
    alone = FrameIndex(tmp_path / "A_cropped", spec.folder_key, spec.distinguishes_crops)
    assert alone.frames(key, "raw") == alone.frames(key, "cropped")
    raw = FrameIndex(tmp_path / "B", spec.folder_key, spec.distinguishes_crops, spec.cropped_already)
    assert (raw.frames(key, "cropped") is None) == (dataset != "mmew")


def test_two_folders_of_one_clip_are_refused_and_depth_left_out(tmp_path, write_frames):
    spec = SPECS["4dme"]
    for folder in ("depth", "gray"):
        write_frames(f"{folder}/1_a", ["1.jpg"])
    key = spec.clip_key("1", "1_a")
    assert FrameIndex(tmp_path, spec.folder_key, False).frames(key, "raw")[1].parts[-3] == "gray"
    write_frames("rgb/1_a", ["1.jpg"])
    with pytest.raises(ValueError, match=r"'.*gray/1_a' and '.*rgb/1_a' are one clip"):
        FrameIndex(tmp_path, spec.folder_key, False).frames(key, "raw")


def test_smics_slow_cameras_are_left_out(tmp_path, write_frames):
    spec = SPECS["smic"]
    for camera in ("HS", "SMIC_NIR_E", "VIS"):
        write_frames(f"{camera}/s11/micro/negative/s11_ne_01", ["image1.jpg"])
    frames = FrameIndex(tmp_path, spec.folder_key, True).frames(spec.clip_key("s11", "s11_ne_01"), "raw")
    assert "HS" in frames[1].parts
