from collections import Counter

import numpy as np
import pandas as pd
import pytest

from skmer.datasets import load_casme2, load_megc2019, load_samm, load_smic

COLUMNS = ["Subject", "Filename", "Onset", "Apex", "Offset", "Emotion"]


def sheet(counts, subjects, clip="EP{row:03d}", special=()):
    """Clips of each class, whose subjects take turns within it."""
    rows = [[subjects[turn % len(subjects)], name] for name, count in counts.items() for turn in range(count)]
    rows = [[who, clip.format(row=row), 10, 20, 30, name] for row, (who, name) in enumerate(rows)]
    return pd.DataFrame([*rows, *special], columns=COLUMNS)


def casme2(surprise24=(), **changes):
    counts = {
        "others": 98,
        "disgust": 61,
        "happiness": 32,
        "repression": 26,
        "surprise": 25,
        "sadness": 6,
        "fear": 2,
    }
    special = [[4, "EP12_01f", 261, "/", 321, "repression"], [5, "EP09_05f", 69, 69, 123, "disgust"]]
    special += [[5, "EP12_03f", 10, 20, 30, "disgust"]]
    special += [[25, "EP001", 10, 20, 30, "others"], [26, "EP001", 10, 20, 30, "sadness"]]
    table = sheet(counts | changes, range(1, 25), special=special)
    table.loc[(table["Subject"] == 24) & (table["Emotion"] == "surprise"), "Subject"] = 1
    of_sub24 = pd.DataFrame([[24, name, 10, 20, 30, "surprise"] for name in surprise24], columns=COLUMNS)
    table = pd.concat([table, of_sub24]) if surprise24 else table
    return load_casme2(None, table, classes="all", verify_files=False)


def samm():
    counts = {
        "Anger": 57,
        "Other": 25,
        "Happiness": 26,
        "Surprise": 15,
        "Contempt": 12,
        "Disgust": 9,
        "Fear": 8,
    }
    return load_samm(
        None,
        sheet(counts | {"Sadness": 6}, range(6, 34), "{row:03d}_1_1", [[37, "037_1_1", 1, 2, 3, "Other"]]),
        classes="all",
        verify_files=False,
    )


def smic():
    counts = {"negative": 70, "positive": 51, "surprise": 43}
    return load_smic(None, sheet(counts, range(1, 17), clip="s{row:03d}_ne_01"), verify_files=False)


def counts_of(clips):
    return {name: int(np.sum(clips.target == name)) for name in clips.class_names}


def test_composite_has_the_challenges_counts():
    composite = load_megc2019(casme2=casme2(), samm=samm(), smic=smic())
    assert counts_of(composite) == {"negative": 250, "positive": 109, "surprise": 83}
    assert len(composite) == 442
    subjects = Counter(group.partition("/")[0] for group in set(composite.groups))
    assert subjects == {"casme2": 24, "samm": 28, "smic": 16}
    assert subjects.total() == 68
    assert {"EP12_01f", "EP09_05f"} <= set(composite.dropped["clip"])


def test_single_clips_are_in_or_out_as_the_challenge_has_them():
    clips = load_megc2019(casme2=casme2()).table
    of_subject = {subject: set(rows["clip"]) for subject, rows in clips.groupby("subject")}
    assert "EP12_03f" in of_subject["sub05"]
    assert "EP09_05f" not in of_subject["sub05"]
    assert "EP12_01f" not in of_subject["sub04"]


def test_relabelled_surprises_of_the_newer_sheet_are_left_out():
    clips = load_megc2019(casme2=casme2(surprise24=("EP01", "EP02", "EP03")))
    assert counts_of(clips) == {"negative": 88, "positive": 32, "surprise": 25}
    assert clips.dropped["reason"].str.contains("sadness before").sum() == 3


def test_earlier_surprises_of_the_same_subject_are_said_to_be_alike():
    newer = casme2(surprise24=("EP01", "EP02", "EP03", "EP04"), surprise=24)
    with pytest.warns(UserWarning) as caught:
        clips = load_megc2019(casme2=newer)
    assert "which of its 4 surprises they are" in str(caught[0].message)
    assert counts_of(clips)["surprise"] == 28


def test_surprises_of_sub24_in_the_older_sheet_stay():
    clips = load_megc2019(casme2=casme2(surprise24=("EP01", "EP02", "EP03"), surprise=22))
    assert counts_of(clips) == {"negative": 88, "positive": 32, "surprise": 25}


def test_clips_of_another_set_or_of_merged_classes_are_refused():
    with pytest.raises(ValueError, match="samm must be clips of samm, got clips of casme2"):
        load_megc2019(samm=casme2())
    rows = [[1, "EP1", 10, 20, 30, "disgust"], [1, "EP2", 10, 20, 30, "happiness"]]
    table = pd.DataFrame(rows, columns=COLUMNS)
    merged = load_casme2(None, table, classes="3", verify_files=False)
    with pytest.raises(ValueError, match=r"got \['negative', 'positive'\]; read it with classes='all'"):
        load_megc2019(casme2=merged)
    objective = table.assign(**{"Objective Class": "I"})
    objective = load_casme2(None, objective, labels="objective", classes="all", verify_files=False)
    with pytest.raises(ValueError, match="emotions as classes"):
        load_megc2019(casme2=objective)


def test_other_counts_warn():
    with pytest.warns(UserWarning, match="casme2: the composite has"):
        load_megc2019(casme2=casme2(happiness=31))


def test_nothing_given_is_refused():
    with pytest.raises(ValueError, match="at least one of casme2, samm and smic"):
        load_megc2019()
