import numpy as np
import pandas as pd
import pytest

from skmer.face import MEAN_SHAPE
from skmer.landmarks import FaceTrack, read_face_track, write_face_track

NAMES = [f"{axis}_{point}" for axis in "xy" for point in range(68)]


@pytest.fixture
def track():
    rng = np.random.default_rng(0)
    points = 300 + 160 * MEAN_SHAPE + rng.normal(size=(40, 68, 2))
    points[7] = np.nan
    return FaceTrack(points, 30.0, name="a")


@pytest.mark.parametrize("layout", ["openface", "feat"])
def test_round_trip(track, tmp_path, layout):
    path = write_face_track(track, tmp_path / "a.csv", layout=layout)
    again = read_face_track(path, fps=None if layout == "openface" else 30)
    np.testing.assert_allclose(again.points, track.points, atol=1e-3)
    np.testing.assert_allclose(again.times, track.times, atol=1e-5)
    assert again.found.tolist() == track.found.tolist()
    assert again.name == "a"


def rows(frame, points, **columns):
    flat = dict(zip(NAMES, np.asarray(points).T.ravel(), strict=True))
    return {"frame": frame, **columns, **flat}


def test_openface_with_its_quirks(tmp_path):
    """Blanks after commas, numbers that are none, failed and absent frames, a second face."""
    face, other = 300 + 160 * MEAN_SHAPE, 700 + 90 * MEAN_SHAPE
    table = pd.DataFrame(
        [
            rows(1, face, face_id=0, timestamp=0.0, confidence=0.98, success=1),
            rows(1, other, face_id=1, timestamp=0.0, confidence=0.9, success=1),
            rows(2, face + 1, face_id=0, timestamp=0.04, confidence=0.98, success=1),
            rows(3, face, face_id=0, timestamp=0.08, confidence=0.1, success=0),
            rows(5, face + 2, face_id=0, timestamp=0.16, confidence=0.98, success=1),
            rows(6, face + 3, face_id=0, timestamp=0.2, confidence=0.6, success=1),
        ]
    ).astype(object)
    table.loc[3, ["x_4", "y_9"]] = "-nan(ind)"
    table.loc[5, "x_0"] = "-nan(ind)"
    text = table.to_csv(index=False).replace(",", ", ")
    (tmp_path / "of.csv").write_text(text)
    track = read_face_track(tmp_path / "of.csv")
    assert track.found.tolist() == [True, True, False, False, True, False]
    np.testing.assert_allclose(track.times, np.arange(6) * 0.04)
    np.testing.assert_allclose(track.points[[0, 1, 4]], [face, face + 1, face + 2])
    assert read_face_track(tmp_path / "of.csv", min_confidence=0.99).found.sum() == 0
    assert read_face_track(tmp_path / "of.csv", fps=50).fps == 50


def test_feat_with_frames_twice(tmp_path):
    face, other = 300 + 160 * MEAN_SHAPE, 620 + 90 * MEAN_SHAPE
    made = []
    for k in range(5):
        both = [rows(k, face + k, FaceScore=0.9), rows(k, other, FaceScore=0.95)]
        made += both if k % 2 else both[::-1]
    made.append({"frame": 5} | dict.fromkeys(["FaceScore", *NAMES], np.nan))
    made.append(rows(6, other, FaceScore=0.9))
    pd.DataFrame(made).to_csv(tmp_path / "fex.csv")
    track = read_face_track(tmp_path / "fex.csv", fps=30, name="b")
    np.testing.assert_allclose(track.points[:5], [face + k for k in range(5)])
    assert not track.found[5]
    with pytest.raises(ValueError, match="fps must be given"):
        read_face_track(tmp_path / "fex.csv")


def test_what_is_no_track_is_refused(track, tmp_path):
    (tmp_path / "a.csv").write_text("frame,x_0\n1,2\n")
    with pytest.raises(ValueError, match="x_1 is absent"):
        read_face_track(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="layout must be"):
        write_face_track(track, tmp_path / "a.csv", layout="dlib")
    with pytest.raises(FileNotFoundError):
        read_face_track(tmp_path / "b.csv")
