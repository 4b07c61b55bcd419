import numpy as np
import pytest

from skmer.datasets import make_long_videos
from skmer.face import MEAN_SHAPE, action_unit_field
from skmer.landmarks import FaceTrack, find_blinks

FACE = 300 + 160 * MEAN_SHAPE


def test_blinks_of_synthetic_videos_are_found_at_any_rate():
    for fps in (25, 200):
        videos = make_long_videos(n_subjects=2, n_videos=2, duration=30, fps=fps, speech=0, random_state=3)
        for track, blinks in zip(videos.tracks(), videos.truth.blinks, strict=True):
            assert (track.blinks & blinks).sum() > 0.9 * blinks.sum()
            assert (track.blinks & ~blinks).sum() < 0.03 * len(track)


def test_a_short_blink_is_marked_with_its_edges():
    points = np.tile(FACE, (120, 1, 1))
    points[50:54] += 15 * action_unit_field(43)
    blinks = find_blinks(points, 30.0)
    assert np.flatnonzero(blinks).tolist() == list(range(49, 55))
    points[10:20] = np.nan
    assert not find_blinks(points, 30.0)[:40].any()
    assert not find_blinks(np.full((9, 68, 2), np.nan), 30.0).any()


def test_a_track_tells_what_it_holds():
    points = np.tile(FACE, (50, 1, 1))
    points[3] = np.nan
    track = FaceTrack(points, np.arange(50) / 25, name="a")
    assert (track.fps, track.duration, len(track)) == (25, 2, 50)
    assert track.found.sum() == 49
    assert track.interocular == pytest.approx(160)
    assert np.isnan(FaceTrack(np.full((2, 68, 2), np.nan), 30).interocular)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((3, 67, 2)), 30), r"points must be an array of numbers of shape \(n, 68, 2\)"),
        ((np.zeros((3, 68, 2)), [0, 1, 1]), "times must ascend"),
        ((np.zeros((3, 68, 2)), [0, 1]), "one entry for each of 3 frames"),
        ((np.zeros((3, 68, 2)), 0), "or a float in the range"),
        (
            (np.ones((3, 68, 2)), 30, np.zeros(2)),
            r"blinks must be an array of finite numbers of shape \(3,\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        FaceTrack(*arguments)


def test_a_track_is_told_in_one_line():
    points = np.zeros((60, 68, 2))
    points[:15] = np.nan
    track = FaceTrack(points, 30.0, name="a")
    assert repr(track) == "FaceTrack: a, 60 frames, 2.0 s, face in 75 % of them"
    assert (FaceTrack(points[:1], 30.0).fps, FaceTrack(points[:1], [0.0]).fps) == (30.0, 1.0)
