"""Sequences of every reader: the frames on disk from onset to offset, by their numbers."""

from pathlib import Path

import pandas as pd
import pytest

from skmer.datasets import (
    load_4dme,
    load_casme,
    load_casme2,
    load_casme3,
    load_dfme,
    load_megc2019,
    load_mmew,
    load_samm,
    load_smic,
)
from skmer.frames import trailing_number

COLUMNS = ["Subject", "Filename", "Onset", "Apex", "Offset", "emotion"]
pytestmark = pytest.mark.filterwarnings("ignore")


def numbers(clips, row=0):
    return [trailing_number(path) for path in clips.sequences[row]]


def one_row(subject, clip, emotion="Disgust"):
    return pd.DataFrame([[subject, clip, 8, 10, 12, emotion]], columns=COLUMNS)


@pytest.mark.parametrize(
    ("load", "folder", "name", "row"),
    [
        (load_casme, "CASME/sub01/EP01_5", "EP01_5-{:03d}.jpg", one_row(1, "EP01_5", "tense")),
        (load_casme2, "CASME2-RAW/sub01/EP1", "img{}.jpg", one_row("01", "EP1")),
        (load_samm, "006/006_1_2", "006_{:05d}.jpg", one_row("006", "006_1_2", "Anger")),
        (load_smic, "HS/s3/micro/negative/s3_ne_03", "image{}.bmp", one_row(3, "s03_ne_03", "negative")),
        (load_casme3, "part_A/spNO.1/b/color", "{}.jpg", one_row("spNO.1", "b")),
        (load_mmew, "Micro_Expression/disgust/S01-01-001", "{}.jpg", one_row(1, "S01-01-001")),
        (load_4dme, "some/where/clip_7", "f{:04d}.jpg", one_row(7, "clip_7", "Positive")),
        (load_dfme, "some/where/clip_7", "f{:04d}.jpg", one_row(7, "clip_7")),
    ],
    ids=["casme", "casme2", "samm", "smic", "casme3", "mmew", "4dme", "dfme"],
)
def test_every_reader_gives_them(tmp_path, load, folder, name, row):
    (tmp_path / folder).mkdir(parents=True)
    for number in range(5, 20):
        (tmp_path / folder / name.format(number)).touch()  # empty: no file is opened
    clips = load(tmp_path, row, classes="all", missing_apex="middle")
    assert numbers(clips) == [8, 9, 10, 11, 12]
    assert {Path(path).parent for path in clips.sequences[0]} == {tmp_path / folder}
    assert clips.sequences[0][0] == clips.frames[0, 0] and clips.sequences[0][-1] == clips.frames[0, 2]


def test_frames_that_a_recording_lacks_are_left_out(tmp_path, write_frames):
    write_frames("part_A/spNO.1/b/color", [f"{number}.jpg" for number in (8, 10, 12)])
    assert numbers(load_casme3(tmp_path, one_row("spNO.1", "b"))) == [8, 10, 12]


def test_a_filled_offset_ends_the_sequence(casme2_tree):
    clips = load_casme2(casme2_tree([("01", "EP1", 41, 45, 110, "4", "others")]))
    assert numbers(clips) == list(range(41, 61))


def test_a_sheet_alone_has_none():
    clips = load_casme2(None, one_row("01", "EP1"), verify_files=False)
    assert clips.sequences.tolist() == [None]


def test_clips_without_files_have_none(casme2_tree):
    root = casme2_tree([("01", "EP1", 41, 45, 55, "4", "others")])
    sheet = pd.DataFrame(
        [["01", "EP1", 41, 45, 55, "others"], ["02", "EP2", 41, 45, 55, "others"]], columns=COLUMNS
    )
    clips = load_casme2(root, sheet, verify_files=False)
    assert numbers(clips) == list(range(41, 56)) and clips.sequences[1] is None


def test_the_composite_keeps_them(samm_tree):
    rows = [
        ("006", "006_1_2", 5562, 5570, 5580, "4", "Anger", "III"),
        ("007", "007_1_1", 10, 12, 14, "12", "Happiness", "I"),
        ("007", "007_1_2", 30, 32, 34, "12", "Other", "I"),
    ]
    clips = load_megc2019(samm=samm_tree(rows, bare=("007_1_1", "007_1_2")))
    assert clips.target.tolist() == ["negative", "positive"]
    assert numbers(clips) == list(range(5562, 5581)) and numbers(clips, 1) == [10, 11, 12, 13, 14]
