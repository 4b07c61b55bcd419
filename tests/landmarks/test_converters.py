import numpy as np
import pandas as pd
import pytest

from skmer.face import MIRROR_POINTS
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.landmarks import _converters, mediapipe_to_68, read_openface_csv

RNG = np.random.default_rng(0)


@pytest.fixture
def openface(tmp_path):
    """Write a table as OpenFace does, with blanks after its commas, and return its path and points."""

    def written(n_rows=6, drop=(), **columns):
        points = RNG.uniform(50, 400, (n_rows, 68, 2)).round(1)
        table = {
            "frame": range(1, n_rows + 1),
            "face_id": 0,
            "timestamp": 0.0,
            "confidence": 0.98,
            "success": 1,
        } | columns
        table |= {
            f"{axis}_{point}": points[:, point, i] for i, axis in enumerate("xy") for point in range(68)
        }
        table |= {f"X_{point}": 1000.0 for point in range(68)}
        frame = pd.DataFrame(table).drop(columns=list(drop))
        path = tmp_path / "clip 1.csv"
        path.write_text(
            ", ".join(frame.columns) + "\n" + "\n".join(", ".join(map(str, row)) for row in frame.to_numpy())
        )
        return path, points

    return written


def test_openface_rows_and_frames(openface):
    path, points = openface()
    assert np.array_equal(read_openface_csv(path), points)
    clips = read_openface_csv(path, frames=[[2, 4, 6], [1, 1, 3]])
    assert np.array_equal(clips, points[[[1, 3, 5], [0, 0, 2]]])
    assert LandmarkGraphTransformer().transform(clips).shape == (2, 3, 31, 2)


def test_openface_failures_are_missing(openface):
    path, points = openface(success=[1, 0, 1, 1, 1, 1], confidence=[0.9, 0.9, 0.9, 0.3, 0.9, 0.9])
    read = read_openface_csv(path, min_confidence=0.5)
    assert np.isnan(read[[1, 3]]).all()
    assert np.array_equal(read[[0, 2, 4, 5]], points[[0, 2, 4, 5]])


@pytest.mark.parametrize(
    ("table", "frames", "message"),
    [
        ({"drop": ["y_30"]}, None, "but y_30 is absent"),
        ({"drop": ["frame"]}, [1, 2, 3], "column frame"),
        ({}, [1, 2, 9], "expected one row of frame 9, got 0"),
        ({"frame": [1, 1, 2, 3, 4, 5]}, [1, 2, 3], "expected one row of frame 1, got 2"),
        ({}, [1, 2], r"shape \(..., 3\), got \(2,\)"),
    ],
    ids=["column", "no frame", "absent", "two faces", "two frames"],
)
def test_openface_tables_that_do_not_fit(openface, table, frames, message):
    path, _ = openface(**table)
    with pytest.raises(ValueError, match=message):
        read_openface_csv(path, frames=frames)


def test_mediapipe_points_are_picked_and_scaled():
    mesh = np.random.default_rng(0).uniform(0, 1, (2, 3, 478, 3))
    landmarks = mediapipe_to_68(mesh, size=(640, 480))
    assert landmarks.shape == (2, 3, 68, 2)
    assert np.allclose(landmarks[..., 36, :], mesh[..., 33, :2] * (640, 480))
    assert np.allclose(mediapipe_to_68(mesh[..., :468, :2]), landmarks / (640, 480))


def test_mediapipe_pick_is_symmetric():
    """Pairs of the mesh as its documentation draws them: lip, eye, brow and jaw, each with its mirror."""
    pick = np.array(_converters._MEDIAPIPE)
    assert len(set(pick)) == 68
    pairs = {
        61: 291,
        37: 267,
        39: 269,
        181: 405,
        84: 314,
        78: 308,
        33: 263,
        133: 362,
        107: 336,
        71: 301,
        234: 454,
    }
    mirrored = dict(zip(pick, pick[list(MIRROR_POINTS)], strict=True))
    assert all(mirrored[a] == b and mirrored[b] == a for a, b in pairs.items())


@pytest.mark.parametrize("shape", [(468,), (3, 68, 2), (478, 4)], ids=str)
def test_other_meshes_are_refused(shape):
    with pytest.raises(ValueError, match=r"points must be .* \(\.\.\., 468 or 478, 2 or 3\)"):
        mediapipe_to_68(np.zeros(shape))
