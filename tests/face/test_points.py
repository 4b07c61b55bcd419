import numpy as np
import pytest

from skmer.face import COMPONENTS, MEAN_SHAPE, MIRROR_POINTS, POINT_NAMES, RIGID_POINTS
from skmer.face._points import mirror_half, side_weights


def test_components_cover_the_68_points_in_order():
    assert [point for points in COMPONENTS.values() for point in points] == list(range(68))
    assert len(set(POINT_NAMES)) == 68
    assert POINT_NAMES[8] == "jaw_8"
    assert POINT_NAMES[36] == "right_eye_36"


def test_mirror_swaps_the_sides_and_keeps_the_midline():
    mirror = np.array(MIRROR_POINTS)
    assert np.array_equal(mirror[mirror], np.arange(68))
    assert set(np.flatnonzero(mirror == np.arange(68))) == {8, 27, 28, 29, 30, 33, 51, 57, 62, 66}
    for right, left in (("right_brow", "left_brow"), ("right_eye", "left_eye")):
        assert sorted(mirror[list(COMPONENTS[right])]) == list(COMPONENTS[left])


def test_mean_shape_has_the_promised_frame():
    assert MEAN_SHAPE.shape == (68, 2)
    assert MEAN_SHAPE.dtype == np.float64
    assert np.array_equal(MEAN_SHAPE[33], [0, 0])
    assert np.linalg.norm(MEAN_SHAPE[36] - MEAN_SHAPE[45]) == pytest.approx(1)
    with pytest.raises(ValueError, match="read-only"):
        MEAN_SHAPE[0] = 0


def test_mean_shape_is_a_symmetric_face():
    np.testing.assert_allclose(MEAN_SHAPE[list(MIRROR_POINTS)] * (-1, 1), MEAN_SHAPE, atol=1e-15)
    x, y = MEAN_SHAPE.T
    assert np.all(np.diff(x[:17]) > 0)
    assert np.all(np.diff(x[17:27]) > 0)
    assert np.all(np.diff(y[27:31]) > 0)
    assert y[17:27].max() < y[36:48].min() < y[30] < y[33] < y[48:68].min() < y[8]
    assert y[51] < y[62] < y[66] < y[57]
    assert np.all(x[list(RIGID_POINTS[4:])] == np.sort(x[list(RIGID_POINTS[4:])]))


def test_mirror_half_fills_the_other_side():
    full = mirror_half({48: (-1.0, 2.0), 33: (0.0, 3.0)})
    assert full[48].tolist() == [-1, 2]
    assert full[54].tolist() == [1, 2]
    assert full[33].tolist() == [0, 3]
    assert np.count_nonzero(full.any(axis=1)) == 3


def test_side_weights_split_the_face_in_two():
    left, right = side_weights("left"), side_weights("right")
    np.testing.assert_array_equal(left + right, side_weights("both"))
    assert left[48] == 1
    assert left[54] == 0
    assert left[51] == 0.5
    with pytest.raises(ValueError, match="side must be"):
        side_weights("top")
