from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skmer.datasets import load_casme2, load_casme3, load_smic, make_face_clips
from skmer.datasets._readers._keyframes import FrameIndex
from skmer.datasets._readers._specs import SPECS


@pytest.mark.parametrize(
    ("dataset", "subject", "clip", "folder"),
    [
        ("casme", "sub01", "EP01_5", "CASME/sub01/EP01_5"),
        ("casme3-c", "C01", "2", "part_C/01/a/color"),
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


WITHOUT_APEX = [("04", "EP12_01f", 41, "/", 55, "4", "others")]
pytestmark = pytest.mark.filterwarnings("ignore:CAS:UserWarning")


def casme2_row(onset, apex, offset):
    return [("16", "EP01_08", onset, apex, offset, "4", "others"), ("01", "EP1", 41, 45, 55, "4", "others")]


def numbers(clips, row=0):
    return clips.table.loc[row, ["onset", "apex", "offset"]].tolist()


@pytest.mark.parametrize(
    ("cells", "read", "reason"),
    [
        ((41, 50, 110), [41, 50, 60], r"no offset frame \('110'\): the clip's last frame 60 taken"),
        ((41, 70, 110), [41, 50, 60], r"no apex frame \('70'\): the middle frame 50 taken"),
    ],
    ids=["offset", "both"],
)
def test_what_lies_past_the_frames_on_disk_is_missing_and_listed(casme2_tree, cells, read, reason):
    clips = load_casme2(casme2_tree(casme2_row(*cells)), missing_apex="middle")
    assert numbers(clips) == read
    assert [Path(path).name for path in clips.frames[0]] == [f"img{number}.jpg" for number in read]
    assert clips.corrected["reason"].str.contains(reason).sum() == 1
    assert set(clips.corrected["clip"]) == {"EP01_08"}


def test_an_apex_past_the_frames_may_be_dropped(casme2_tree):
    clips = load_casme2(casme2_tree(casme2_row(41, 70, 110)), missing_apex="drop")
    assert clips.table["clip"].tolist() == ["EP1"]
    assert clips.dropped["reason"].tolist() == ["no apex frame ('70')"]


def test_an_onset_past_the_frames_is_an_error(casme2_tree):
    with pytest.raises(FileNotFoundError, match="clip EP01_08 has no frame onset 90, apex 95, offset 99"):
        load_casme2(casme2_tree(casme2_row(90, 95, 99)), on_missing="raise")


COLUMNS = ["Subject", "Filename", "Onset", "Apex", "Offset", "emotion"]


def recording(write_frames, rows, root, **options):
    write_frames("part_A/spNO.1/a/color", [f"{number}.jpg" for number in range(300)])
    sheet = pd.DataFrame([["spNO.1", "a", *frames, "Disgust"] for frames in rows], columns=COLUMNS)
    return load_casme3(root, sheet, missing_apex="middle", **options)


def test_in_a_recording_a_clip_without_offset_ends_before_the_next(tmp_path, write_frames):
    clips = recording(write_frames, [(10, 15, 0), (40, 45, 50), (5, 7, 9)], tmp_path)
    assert numbers(clips) == [10, 15, 39]
    assert "before the next clip's onset 40" in clips.corrected["reason"][0]


def test_clips_of_other_classes_end_a_clip_too(tmp_path, write_frames):
    write_frames("part_A/spNO.1/a/color", [f"{number}.jpg" for number in range(300)])
    rows = [["spNO.1", "a", 10, 15, 0, "Disgust"], ["spNO.1", "a", 40, 45, 50, "Happy"]]
    clips = load_casme3(tmp_path, pd.DataFrame(rows, columns=COLUMNS), classes=["disgust"])
    assert numbers(clips) == [10, 15, 39]


def test_the_last_clip_of_a_recording_ends_at_its_apex(tmp_path, write_frames):
    clips = recording(write_frames, [(10, 15, 20), (40, 45, 0)], tmp_path)
    assert numbers(clips, 1) == [40, 45, 45]
    assert "the apex 45 taken" in clips.corrected["reason"][0]
    assert numbers(recording(write_frames, [(40, 45, 0)], tmp_path)) == [40, 45, 45]


def test_a_missing_apex_is_chosen_before_the_next_clip(tmp_path, write_frames):
    clips = recording(write_frames, [(10, None, 0), (40, 45, 50)], tmp_path)
    assert numbers(clips) == [10, 24, 39]


def test_what_a_sheet_alone_lacks_is_listed():
    rows = [["01", "EP1", 41, "/", 30, "others"], ["01", "EP2", 41, 45, 50, "others"]]
    clips = load_casme2(None, pd.DataFrame(rows, columns=COLUMNS), verify_files=False)
    assert clips.corrected["reason"].tolist() == [
        "no apex frame ('/'): left empty",
        "no offset frame ('30'): left empty",
    ]


@pytest.fixture
def write_sequence(tmp_path):
    """Write a face that moves until frame 45, is back at frame 49 and rests until frame 55."""
    clip = make_face_clips(2, 5, amplitude=(2, 2.5), head_motion=0, light=0, face_size=200, random_state=0)
    onset, apex = (image.astype(float) for image in clip.frames[0][:2])

    def write(folder):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for number in range(41, 56):
            share = max(0, 1 - abs(number - 45) / 4)
            image = np.round((1 - share) * onset + share * apex).astype(np.uint8)
            Image.fromarray(image).save(tmp_path / folder / f"img{number}.jpg", quality=95)
        return tmp_path

    return write


def test_a_missing_apex_is_found_among_the_frames_and_listed(casme2_tree, write_sequence):
    root = casme2_tree([("01", "EP02_01f", 46, 50, 60, "4+7", "Disgust"), *WITHOUT_APEX])
    write_sequence("CASME2-RAW/sub04/EP12_01f")
    clips = load_casme2(root)
    found = clips.table["apex"][1]
    assert abs(found - 45) <= 1
    assert clips.table["apex_source"].tolist() == ["sheet", "found"]
    assert clips.frames[1, 1].endswith(f"EP12_01f/img{found}.jpg")
    assert clips.corrected[["subject", "clip"]].to_numpy().tolist() == [["sub04", "EP12_01f"]]
    assert f"no apex frame ('/'): frame {found} found" in clips.corrected["reason"][0]


@pytest.mark.filterwarnings("ignore:SMIC")
def test_a_set_without_apexes_is_searched_and_lists_failures_alone(tmp_path, write_sequence, write_frames):
    write_sequence("HS/s3/micro/negative/s3_ne_03")
    write_frames("HS/s4/micro/negative/s4_ne_01", [f"image{number}.bmp" for number in range(10, 21)])
    sheet = pd.DataFrame({"Subject": [3, 4], "Filename": ["s03_ne_03", "s04_ne_01"], "OnsetF": [41, 10]})
    clips = load_smic(tmp_path, sheet.assign(OffsetF=[55, 20], Emotion="negative"))
    assert clips.table["apex_source"].tolist() == ["found", "middle"]
    assert abs(clips.table["apex"][0] - 45) <= 1
    assert clips.corrected["clip"].tolist() == ["s04_ne_01"]
    assert "no face was found; give its box): the middle frame 15 taken" in clips.corrected["reason"][0]


def test_an_apex_stays_empty_where_files_are_not_opened(casme2_tree):
    root = casme2_tree(WITHOUT_APEX)
    clips = load_casme2(root, verify_files=False)
    assert clips.table["apex"].isna().all()
    assert clips.table["apex_source"].tolist() == ["none"]
    assert [Path(path).name for path in clips.frames[0]] == ["img41.jpg", "", "img55.jpg"]
    assert clips.corrected["reason"].tolist() == ["no apex frame ('/'): left empty"]


def test_without_a_landmark_model_the_middle_stands_for_the_apex(casme2_tree, monkeypatch):
    monkeypatch.setenv("SKMER_PREDICTOR", "absent.dat")
    root = casme2_tree(WITHOUT_APEX)
    with pytest.warns(UserWarning, match=r"missing_apex='find' finds no apex: .*absent.dat"):
        clips = load_casme2(root)
    assert clips.table["apex"].tolist() == [48]
    assert "absent.dat" in clips.corrected["reason"][0]


def test_an_apex_on_the_onset_is_listed(casme2_tree):
    clips = load_casme2(casme2_tree(casme2_row(45, 45, 50)))
    assert clips.corrected["reason"].tolist() == [
        "the apex frame 45 is the onset frame: no movement is between"
    ]
