import numpy as np
import pandas as pd
import pytest

from skmer.datasets import load_casme2, load_megc2019, load_samm, load_smic

COLUMNS = ["Subject", "Filename", "Onset", "Apex", "Offset", "Emotion"]


def sheet(counts, clip="EP{row:03d}", special=()):
    names = [name for name, count in counts.items() for _ in range(count)]
    rows = [[row % 20 + 1, clip.format(row=row), 10, 20, 30, name] for row, name in enumerate(names)]
    return pd.DataFrame([*rows, *special], columns=COLUMNS)


def casme2(surprise24=(), **changes):
    counts = {
        "others": 98,
        "disgust": 62,
        "happiness": 32,
        "repression": 26,
        "surprise": 25,
        "sadness": 4,
        "fear": 2,
    }
    special = [[4, "EP12_01f", 261, "/", 321, "repression"], [5, "EP09_05f", 69, 69, 123, "disgust"]]
    special += [[5, "EP12_03f", 10, 20, 30, "others"]]
    special += [[24, name, 10, 20, 30, "surprise"] for name in surprise24]
    return load_casme2(None, sheet(counts | changes, special=special), classes="all", verify_files=False)


def samm():
    counts = {
        "Anger": 57,
        "Other": 26,
        "Happiness": 26,
        "Surprise": 15,
        "Contempt": 12,
        "Disgust": 9,
        "Fear": 8,
    }
    return load_samm(
        None, sheet(counts | {"Sadness": 6}, clip="{row:03d}_1_1"), classes="all", verify_files=False
    )


def smic():
    counts = {"negative": 70, "positive": 51, "surprise": 43}
    return load_smic(None, sheet(counts, clip="s{row:03d}_ne_01"), verify_files=False)


def counts_of(clips):
    return {name: int(np.sum(clips.target == name)) for name in clips.class_names}


def test_composite_has_the_challenges_counts():
    composite = load_megc2019(casme2=casme2(), samm=samm(), smic=smic())
    assert counts_of(composite) == {"negative": 250, "positive": 109, "surprise": 83}
    assert len(composite) == 442
    assert {group.partition("/")[0] for group in composite.groups} == {"casme2", "samm", "smic"}
    assert {"EP12_01f", "EP09_05f"} <= set(composite.dropped["clip"])


def test_relabelled_surprises_of_the_newer_sheet_are_left_out():
    clips = load_megc2019(casme2=casme2(surprise24=("EP01", "EP02", "EP03")))
    assert counts_of(clips) == {"negative": 88, "positive": 32, "surprise": 25}
    assert clips.dropped["reason"].str.contains("sadness before").sum() == 3


def test_other_counts_warn():
    with pytest.warns(UserWarning, match="casme2: the composite has"):
        load_megc2019(casme2=casme2(happiness=31))


def test_nothing_given_is_refused():
    with pytest.raises(ValueError, match="at least one of casme2, samm and smic"):
        load_megc2019()
