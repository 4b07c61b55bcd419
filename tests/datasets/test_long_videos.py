import numpy as np
import pandas as pd
import pytest

from skmer.datasets import LongVideos
from skmer.landmarks import FaceTrack, FaceTracker

POINTS = np.random.default_rng(0).normal(size=(60, 68, 2)) + 200


def movements(*rows):
    return pd.DataFrame(rows, columns=["video", "onset", "offset"])


@pytest.fixture
def videos():
    table = movements(("b", 10, 30), ("a", 5, 19), ("a", 0, 2))
    return LongVideos([POINTS, POINTS[:40], POINTS], 30.0, table, ["x/1", "x/1", "x/2"], names=list("abc"))


def test_movements_are_completed_and_in_order(videos):
    table = videos.intervals
    assert table["video"].tolist() == ["a", "a", "b"]
    assert table["type"].tolist() == ["micro", "micro", "macro"]
    assert table["onset_s"].tolist() == [0, 5 / 30, 10 / 30]
    assert table["apex"].isna().all()
    assert np.isnan(table["apex_s"]).all()
    assert table["emotion"].tolist() == ["", "", ""]


def test_the_table_tells_lengths_and_subjects(videos):
    assert videos.table["n_frames"].tolist() == [60, 40, 60]
    assert videos.table["duration_s"].round(3).tolist() == [2, 1.333, 2]
    assert videos.table["subject"].tolist() == ["1", "1", "2"]
    assert "videos without a movement: 1" in repr(videos)
    assert videos.summary()["micro"].tolist() == [2, 0]


def test_a_notebook_shows_a_table(videos):
    page = videos._repr_html_()
    assert page.startswith("<table><caption>LongVideos: 3 videos") and "<td>2</td>" in page
    assert "videos without a movement: 1" in page


def test_selections_keep_their_movements(videos):
    chosen = videos[[2, 1]]
    assert chosen.names.tolist() == ["c", "b"]
    assert chosen.intervals["video"].tolist() == ["b"]
    assert len(videos[videos.groups == "x/1"]) == 2
    assert videos[0].intervals["onset"].tolist() == [0, 5]
    assert len(videos.select([])) == 0


def test_unequal_frame_rates_are_seconds():
    times = np.cumsum(np.where(np.arange(60) < 30, 1 / 30, 1 / 10))
    videos = LongVideos([POINTS], [times], [[(5, 10), (35, 45)]], ["x/1"], names=["a"])
    np.testing.assert_allclose(videos.intervals["offset_s"], times[[10, 45]])


def test_tracks(videos):
    tracks = videos.tracks()
    assert [type(track) for track in tracks] == [FaceTrack] * 3
    assert (tracks[1].name, len(tracks[1]), tracks[1].fps) == ("b", 40, 30)
    images = LongVideos([np.zeros((5, 8, 8), np.uint8)], 30, [[]], ["x/1"])
    assert not images.has_tracks
    with pytest.raises(ValueError, match="frames are no landmarks"):
        images.tracks()


def test_tracks_as_they_are():
    blinks = np.arange(50) == 7
    given = [FaceTrack(POINTS[:50], 25.0, blinks=blinks, name=name) for name in ("p", "q")]
    videos = LongVideos(given, None, movements(("q", 5, 10)), ["x/1", "x/2"])
    assert videos.has_tracks
    assert videos.names.tolist() == ["p", "q"]
    assert videos.table[["fps", "n_frames"]].to_numpy().tolist() == [[25, 50], [25, 50]]
    assert videos.intervals["offset_s"].tolist() == [0.4]
    for track in (*videos.tracks(), *videos[1:].tracks()):
        np.testing.assert_array_equal(track.blinks, blinks)
    renamed = LongVideos(given, 50.0, movements(("b", 5, 10)), ["x/1", "x/2"], names=["a", "b"])
    assert [(track.name, track.fps) for track in renamed.tracks()] == [("a", 50), ("b", 50)]
    with pytest.raises(ValueError, match="videos must hold frames, and p is a FaceTrack"):
        FaceTracker(memory=None).track_all(videos)


@pytest.mark.parametrize("groups", [[1.0, 2.0], [True, np.False_], pd.DataFrame({"subject": ["a", "b"]})])
def test_groups_of_other_types(groups):
    videos = LongVideos([POINTS, POINTS], 30.0, movements(), groups, names=["a", "b"])
    assert videos.groups.tolist() == [str(group) for group in np.ravel(groups)]


def test_videos_whose_frames_are_not_at_hand():
    videos = LongVideos(
        [None, "film.mp4"], [30.0, None], movements(("a", 3, 9)), ["x/1", "x/2"], names=list("ab")
    )
    assert videos.intervals["onset_s"].tolist() == [0.1]
    assert videos.table["n_frames"].isna().all()
    assert videos[1].intervals.empty


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"times": 0}, "times must be a float in the range"),
        ({"times": [np.arange(59)]}, "times of video 0 must ascend"),
        ({"times": [30, 30]}, "times must be a rate, or one entry for each of the 1"),
        ({"intervals": movements(("z", 0, 3))}, "intervals must be of the videos in names, 'z' is not"),
        ({"intervals": movements(("a", 4, 3))}, "onset <= offset"),
        ({"intervals": movements(("a", 4, 60))}, "offset 60 of 'a' is not one of its 60 frames"),
        ({"intervals": pd.DataFrame({"video": ["a"], "onset": [1]})}, "offset is absent"),
        ({"groups": []}, "frames and groups must have the same length"),
        ({"names": [""]}, "names must have a name"),
        ({"table": pd.DataFrame({"x": [1, 2]})}, "table must have one row"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    arguments = {"frames": [POINTS], "times": 30, "intervals": movements(), "groups": ["x/1"], "names": ["a"]}
    with pytest.raises(ValueError, match=message):
        LongVideos(**arguments | changes)


def test_names_are_unique():
    with pytest.raises(ValueError, match="names must be unique"):
        LongVideos([POINTS, POINTS], 30, movements(), ["x/1", "x/1"], names=["a", "a"])
