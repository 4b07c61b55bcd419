import pandas as pd
import pytest

from skmer.datasets import load_casme2, load_casme3, load_samm


def counted_sheet(counts, subjects=5):
    rows = [
        [row % subjects + 1, f"EP{row}", 10, 20, 30, name]
        for row, name in enumerate(name for name, count in counts.items() for _ in range(count))
    ]
    return pd.DataFrame(rows, columns=["Subject", "Filename", "Onset", "Apex", "Offset", "Estimated Emotion"])


CASME2_2014 = {
    "others": 99,
    "disgust": 63,
    "happiness": 32,
    "repression": 27,
    "surprise": 25,
    "sadness": 7,
    "fear": 2,
}


@pytest.mark.parametrize(
    ("changes", "n_clips"),
    [({}, 246), ({"surprise": 28, "sadness": 4}, 249), ({"disgust": 64}, 247), ({"happiness": 33}, 247)],
)
@pytest.mark.filterwarnings("error::UserWarning")
def test_published_versions_of_casme2_do_not_warn(changes, n_clips):
    clips = load_casme2(None, counted_sheet(CASME2_2014 | changes), verify_files=False)
    assert len(clips) == n_clips
    assert len(clips) + len(clips.dropped) == sum((CASME2_2014 | changes).values())


SAMM = {"Anger": 57, "Other": 26, "Happiness": 26, "Surprise": 15, "Contempt": 12}
CASME3 = {"Disgust": 250, "surprise": 187, "Others": 100, "other": 61, "Fear": 86, "anger": 64, "sad": 57}


@pytest.mark.parametrize(
    ("load", "counts", "n_clips", "n_dropped", "n_subjects"),
    [
        (load_samm, SAMM | {"Disgust": 9, "Fear": 8, "Sadness": 6}, 136, 23, 27),
        (load_casme3, CASME3 | {"happy": 55}, 860, 0, 100),
    ],
)
@pytest.mark.filterwarnings("error::UserWarning")
def test_published_sheets_alone_have_their_counts(load, counts, n_clips, n_dropped, n_subjects):
    clips = load(None, counted_sheet(counts, n_subjects), verify_files=False)
    assert (len(clips), len(clips.dropped)) == (n_clips, n_dropped)
    assert len(set(clips.groups)) == n_subjects
    assert sum(clips.summary()["clips"]) == n_clips
    with pytest.warns(UserWarning, match=f"{n_clips - 1} clips"):
        load(None, counted_sheet(counts, n_subjects).iloc[1:], verify_files=False)


def test_no_release_has_both_of_the_later_clips():
    sheet = counted_sheet(CASME2_2014 | {"disgust": 64, "happiness": 33})
    with pytest.warns(UserWarning, match="248 clips"):
        load_casme2(None, sheet, verify_files=False)


def test_other_counts_warn_with_both():
    with pytest.warns(UserWarning, match=r"245 clips .*others 98.*published sheets have 246 .*others 99"):
        load_casme2(None, counted_sheet(CASME2_2014 | {"others": 98}), verify_files=False)
