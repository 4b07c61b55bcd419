import numpy as np
import pytest

from skmer.landmarks import FaceTrack
from skmer.spotting import MDMDSpotter, OpticalFlowSpotter, spotting_score


@pytest.mark.parametrize("spotter", [MDMDSpotter(learn=True), OpticalFlowSpotter(height=None)])
def test_strong_movements_are_found_in_images(films, spotter):
    videos, tracks = films
    spotter.fit(tracks, videos.intervals)
    scores = spotting_score(videos.intervals, spotter.predict(tracks), videos=videos)
    assert scores.loc["all", "n_matched"] >= 2
    assert set(spotter.choices_) == {"micro", "macro"}


def test_published_rules_learn_nothing(films):
    videos, tracks = films
    for spotter in (MDMDSpotter(), OpticalFlowSpotter()):
        first = spotter.fit(tracks[:1], videos[:1].intervals).predict(tracks[2:])
        second = spotter.fit(tracks[1:2], videos[1:2].intervals).predict(tracks[2:])
        assert first.equals(second)


def test_types_follow_lengths(films):
    videos, tracks = films
    for spotter in (MDMDSpotter(), OpticalFlowSpotter(height=0.8)):
        found = spotter.fit(tracks, videos.intervals).predict(tracks)
        seconds = (found["offset"] - found["onset"] + 1) / 30
        assert (seconds[found["type"] == "micro"] <= 0.6).all()
        assert (seconds[found["type"] == "macro"] > 0.5).all()
        assert len(found)


def test_the_filter_may_be_savitzky_and_golay(films):
    videos, tracks = films
    found = [
        OpticalFlowSpotter(smoothing=name).fit(tracks, videos.intervals).predict(tracks)
        for name in ("band-pass", "savgol")
    ]
    assert not found[0].equals(found[1])


def test_images_are_needed(films):
    videos, tracks = films
    bare = FaceTrack(tracks[0].points, 30, name=tracks[0].name)
    for spotter in (MDMDSpotter(), OpticalFlowSpotter()):
        with pytest.raises(ValueError, match=r"must have their frames as source .* 's01_1' has none"):
            spotter.fit([bare], videos[:1].intervals).predict([bare])


def test_a_still_video_has_no_movement():
    image = np.random.default_rng(0).integers(0, 255, (120, 120), dtype=np.uint8)
    points = np.random.default_rng(1).uniform(30, 90, (68, 2))
    track = FaceTrack(np.tile(points, (90, 1, 1)), 30, source=[image] * 90)
    for spotter in (MDMDSpotter(), OpticalFlowSpotter()):
        assert spotter.fit([track], [[]]).predict([track]).empty
