import numpy as np
import pytest

from skmer.datasets import make_long_videos
from skmer.face import action_unit_field
from skmer.landmarks import FaceTrack
from skmer.spotting import MotionSpotter, UnitLikeness, describe_movements, region_motion, resembled_units


@pytest.mark.parametrize("number", [1, 2, 4, 12, 15, 17])
@pytest.mark.parametrize("side", ["both", "left"])
def test_a_unit_resembles_itself(number, side):
    field = action_unit_field(number) if number == 17 else action_unit_field(number, side)
    noise = np.random.default_rng(number).normal(0, 0.03, (68, 2))
    unit = resembled_units(3 * field + noise)[0]
    assert isinstance(unit, UnitLikeness)
    assert unit.number == number
    assert unit.amplitude_px == pytest.approx(3, abs=0.5)
    assert unit.confidence > 0.9
    if number != 17:
        assert unit.side == side


def test_two_units_share_a_movement():
    found = resembled_units(2 * action_unit_field(4) + 2 * action_unit_field(12))
    assert {unit.number for unit in found[:2]} == {4, 12}
    assert 0.95 < sum(unit.confidence for unit in found) <= 1 + 1e-9
    assert resembled_units(np.zeros((68, 2))) == []
    assert sum(unit.confidence for unit in resembled_units(-action_unit_field(12))) < 0.9


def test_movements_are_described():
    videos = make_long_videos(n_subjects=2, n_videos=4, empty=0, macro_per_minute=8, noise=0, random_state=2)
    table = describe_movements(videos.tracks(), videos.intervals)
    strong = table[(table["type"] == "macro") & (table["action_units"] == "12")]
    assert len(strong)
    assert strong["regions"].str.contains("mouth corner").all()
    assert strong["resembles"].str.startswith("AU12").mean() > 0.7
    shares = [[float(part.split()[-1]) for part in text.split("; ")] for text in table["resembles"] if text]
    assert all(own == sorted(own, reverse=True) for own in shares) and max(map(len, shares)) > 1
    assert (table["peak_px"] <= table["amplitude_px"] + 1.5).all()
    np.testing.assert_allclose(table["peak_iod"] * 177, table["peak_px"], rtol=0.15)
    assert table["displacement"][0].shape == (68, 2)


def test_a_lost_face_is_not_described():
    track = FaceTrack(np.full((60, 68, 2), np.nan), 30.0, name="a")
    table = describe_movements([track], make_table())
    assert table["regions"].tolist() == [""]
    assert np.isnan(table["peak_px"][0])
    assert table["displacement"][0] is None


def make_table():
    import pandas as pd

    return pd.DataFrame({"video": ["a"], "onset": [5], "apex": [10], "offset": [20], "type": "macro"})


def test_the_motion_is_above_one_in_movements(videos):
    spotter = MotionSpotter().fit(videos, videos.intervals, groups=videos.groups)
    track = videos.tracks()[0]
    curve, found = region_motion(spotter, track), spotter.predict([track])
    assert curve.shape == (len(track),)
    assert (curve[found["apex"].to_numpy(dtype=int)] > 0.8).all()
    assert np.quantile(curve, 0.5) < 1
