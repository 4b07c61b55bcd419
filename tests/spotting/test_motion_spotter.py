from copy import copy

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skmer.datasets import make_long_videos
from skmer.face import RIGID_POINTS
from skmer.landmarks import FaceTrack
from skmer.spotting import MotionSpotter, spotting_score


@pytest.fixture(scope="module")
def fitted(videos):
    train = videos[:8]
    return MotionSpotter().fit(train.tracks(), train.intervals, groups=train.groups)


def test_movements_of_new_subjects_are_found(fitted, videos):
    test = videos[8:]
    scores = spotting_score(test.intervals, fitted.predict(test.tracks()), videos=test)
    # Four videos hold one micro-movement: it is found, and the rest is scored together.
    assert scores.loc["macro", "f1"] > 0.7
    assert scores.loc["micro", "recall"] == 1
    assert scores.loc["all", "f1"] > 0.6
    assert scores.loc["all", "apex_error_s"] < 0.2


def test_what_is_learned_is_in_seconds(fitted):
    """A spotter that was fitted at 30 frames a second spots at 100 and at 25."""
    for fps in (25, 100):
        other = make_long_videos(n_subjects=2, n_videos=4, fps=fps, empty=0, random_state=9)
        scores = spotting_score(other.intervals, fitted.predict(other.tracks()), videos=other)
        assert scores.loc["all", "f1"] > 0.7


def test_a_movement_is_told_with_its_region(fitted, videos):
    found = fitted.predict(videos.tracks())
    assert set(found["type"]) == {"micro", "macro"}
    assert (found["onset"] <= found["apex"]).all()
    assert (found["apex"] <= found["offset"]).all()
    assert (found["score"] >= 1).all()
    assert (found["peak_px"] > 0).all()
    true = videos.intervals[videos.intervals["action_units"].isin(["4", "12"])]
    for row in true[true["type"] == "macro"].itertuples():
        near = found[(found["video"] == row.video) & (abs(found["apex"] - row.apex) < 15)]
        region = {"4": "brow", "12": "mouth corner"}[row.action_units]
        assert near["regions"].str.contains(region).all()


def test_settings_are_chosen_among_the_given(videos):
    train = videos[:6]
    spotter = MotionSpotter([(0.08, 0.4)], macro_windows=[(0.12, 3)], shares=[0.3])
    spotter.fit(train.tracks(), train.intervals, groups=train.groups)
    assert spotter.choices_["micro"].setting == ((0.08, 0.4), 0.3)
    assert 0 < spotter.choices_["macro"].f1 <= 1
    assert spotter.levels_["macro"].shape == (19,)
    assert spotter.whitening_["macro"].shape == (19, 19)
    assert set(clone(spotter).get_params()) == {"micro_windows", "macro_windows", "shares", "inner_folds"}


def test_regions_that_wander_together_hide_no_movement(monkeypatch):
    """A field that sways in the band of micro-movements counts as one direction, not as all regions."""
    videos = make_long_videos(4, 4, duration=40, empty=0, micro_per_minute=8, speech=0, random_state=6)
    rng = np.random.default_rng(0)
    field = rng.normal(0, 1, (68, 2))
    field[list(RIGID_POINTS)] = 0
    tracks = []
    for name, points, times in zip(videos.names, videos.frames, videos.times, strict=True):
        sway = gaussian_filter1d(rng.normal(0, 1, len(points)), 3)
        moved = points + 1.5 * sway[:, None, None] / sway.std() * field
        tracks.append(FaceTrack(moved, times, name=str(name), blinks=np.zeros(len(points), bool)))
    scores = []
    for shrinkage in (0.1, 1e6):  # the second leaves the root sum of squares
        monkeypatch.setattr("skmer.spotting._motion_spotter._SHRINKAGE", shrinkage)
        spotter = MotionSpotter([(0.07, 0.35)], macro_windows=[(0.12, 3)], shares=[0.25])
        found = spotter.fit(tracks, videos.intervals).predict(tracks)
        scores.append(spotting_score(videos.intervals, found, videos=videos).loc["micro", "f1"])
    assert scores[0] > 0.6
    assert scores[0] > scores[1] + 0.2


def test_what_is_twice_as_long_as_any_movement_is_none(fitted, videos):
    train = videos[:8]
    longest = (train.intervals["offset_s"] - train.intervals["onset_s"]).max()
    assert fitted.longest_ == pytest.approx(longest)
    short = copy(fitted)
    short.longest_ = 0.4
    tables = [spotter.predict(videos) for spotter in (fitted, short)]
    lengths = [(table["offset_s"] - table["onset_s"]).max() for table in tables]
    assert lengths[0] > 1
    assert lengths[1] <= 0.8 + 1 / 30


def test_intervals_may_be_pairs_of_each_track(fitted, videos):
    train = videos[:8]
    pairs = [
        train.intervals[train.intervals["video"] == name][["onset", "offset"]].to_numpy(dtype=int)
        for name in train.names
    ]
    spotter = MotionSpotter().fit(train, pairs, groups=train.groups)
    pd.testing.assert_frame_equal(spotter.predict(train), fitted.predict(train))


def test_gaps_and_still_faces_have_no_movement(fitted, videos):
    still = np.tile(videos.frames[0][:1], (300, 1, 1))
    gone = np.full((300, 68, 2), np.nan)
    found = fitted.predict([FaceTrack(still, 30, name="still"), FaceTrack(gone, 30, name="gone")])
    assert found.empty
    assert {"video", "onset", "offset", "type"} <= set(found)
    points = videos.frames[0].copy()
    points[200:400] = np.nan
    found = fitted.predict(FaceTrack(points, 30, name="gap"))
    assert not ((found["apex"] > 210) & (found["apex"] < 390)).any()


def test_what_cannot_be_fitted_is_refused(videos):
    tracks = videos[:3].tracks()
    with pytest.raises(ValueError, match="micro_windows must be pairs 0 < short < long"):
        MotionSpotter([(0.3, 0.1)]).fit(tracks, videos[:3].intervals)
    with pytest.raises(ValueError, match="shares must lie between 0 and 1"):
        MotionSpotter(shares=[2]).fit(tracks, videos[:3].intervals)
    with pytest.raises(ValueError, match="intervals must lie in the tracks"):
        MotionSpotter().fit(tracks, pd.DataFrame({"video": ["x"], "onset": [1], "offset": [2]}))
    with pytest.raises(ValueError, match="groups must be a sequence of 3 items"):
        MotionSpotter().fit(tracks, videos[:3].intervals, groups=["a"])
    with pytest.raises(TypeError, match="tracks must hold FaceTrack, got ndarray"):
        MotionSpotter().fit([videos.frames[0]], videos[:1].intervals)
    with pytest.raises(ValueError, match="names of their own"):
        MotionSpotter().fit([tracks[0], tracks[0]], [[], []])
    with pytest.raises(NotFittedError):
        MotionSpotter().predict(tracks)


def test_without_any_movement_nothing_is_spotted(videos):
    tracks = videos[:4].tracks()
    assert MotionSpotter().fit(tracks, [[]] * 4).predict(tracks).empty
