import pandas as pd
import pytest

from skmer.datasets import load_4dme, load_casme2, load_casme3, load_dfme

COLUMNS = ["Subject", "Filename", "Onset", "Apex", "Offset", "emotion"]
pytestmark = pytest.mark.filterwarnings("ignore:CAS:UserWarning")


def table(*rows):
    return pd.DataFrame([[*row[:2], 1, 2, 3, *row[2:]] for row in rows], columns=COLUMNS)


@pytest.mark.parametrize(
    ("load", "cells", "group"),
    [
        (load_casme3, ["spNO.1", "SpNO.1", "spNO.01", "spno.1 "], "casme3/spNO.1"),
        (load_4dme, ["1", "01", 1, "1.0"], "4dme/1"),
        (load_dfme, [7, 7.0, "07", "7.0", "S7", "Sub_7"], "dfme/7"),
    ],
)
def test_spellings_of_a_subject_are_one_person(load, cells, group):
    sheet = table(*((cell, f"c{row}", "fear") for row, cell in enumerate(cells)))
    assert set(load(None, sheet, classes="all", verify_files=False).groups) == {group}


def test_a_blank_in_a_table_changes_no_name():
    sheet = table((7, "a", "fear"), (None, "b", "fear"))
    clips = load_dfme(None, sheet, verify_files=False)
    assert clips.groups.tolist() == ["dfme/7"]
    assert clips.dropped["reason"].tolist() == ["no subject"]


def test_different_names_stay_different():
    sheet = table(("A12", "a", "fear"), ("B12", "a", "fear"), ("12", "a", "fear"))
    clips = load_dfme(None, sheet, verify_files=False)
    assert clips.groups.tolist() == ["dfme/a12", "dfme/b12", "dfme/12"]


def test_counters_skip_names_that_are_taken():
    sheet = table(*[("spNO.1", clip, "fear") for clip in ("a", "a", "a_2", "a", "a_2")])
    clips = load_casme3(None, sheet, verify_files=False)
    assert clips.table["clip"].tolist() == ["a", "a_3", "a_2", "a_4", "a_2_2"]


def test_a_clips_name_does_not_hang_on_the_classes():
    sheet = table(("spNO.1", "a", "other"), ("spNO.1", "a", "fear"), ("spNO.1", "a", "disgust"))
    seven, three = (load_casme3(None, sheet, classes=name, verify_files=False) for name in "73")
    assert seven.table["clip"].tolist() == ["a", "a_2", "a_3"]
    assert three.table["clip"].tolist() == ["a_2", "a_3"]
    assert three.dropped["clip"].tolist() == ["a"]


def test_objective_classes_refuse_a_preset_of_emotions():
    sheet = table(("01", "a", "fear")).assign(**{"Objective Class": "I"})
    read = {"labels": "objective", "verify_files": False}
    assert load_casme2(None, sheet, **read).target.tolist() == ["objective 1"]
    with pytest.raises(ValueError, match=r"classes='3' is made of emotions, but labels is 'objective'"):
        load_casme2(None, sheet, classes="3", **read)


@pytest.mark.parametrize("number", [1e30, "1e99", 10**40])
def test_numbers_that_no_frame_has_are_no_frames(number):
    table = pd.DataFrame({"Subject": [1, 2], "Filename": ["a", "b"], "Onset": [number, 1], "Emotion": "fear"})
    clips = load_dfme(None, table.astype(object), verify_files=False)
    assert clips.table["clip"].tolist() == ["b"]
