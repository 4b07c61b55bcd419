import cv2
import numpy as np
import pytest

from skmer.face import MEAN_SHAPE, MIRROR_POINTS, REGION_NAMES, face_regions

FACE = 150 + 100 * MEAN_SHAPE


def areas(corners):
    """Signed areas of quadrilaterals by the shoelace formula: positive where a walk is clockwise as seen."""
    x, y = corners[..., 0], corners[..., 1]
    return (x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(axis=-1) / 2


def mask(corners):
    drawn = np.zeros((330, 300), dtype=np.uint8)
    cv2.fillPoly(drawn, [np.round(corners).astype(np.int32)], 1)
    return drawn


def test_there_are_36_with_names_of_their_own():
    assert face_regions(FACE).shape == (36, 4, 2)
    assert len(set(REGION_NAMES)) == 36


def test_each_has_an_area_and_no_crossing_sides():
    found = areas(face_regions(FACE))
    assert found.min() > 20
    for name, corners, area in zip(REGION_NAMES, face_regions(FACE), found, strict=True):
        # A figure like an hourglass covers more than its signed area.
        drawn = mask(corners).sum()
        perimeter = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).sum()
        assert drawn < area + perimeter, name


def test_they_hardly_overlap():
    drawn = [mask(corners) for corners in face_regions(FACE)]
    shared = np.sum(np.sum(drawn, axis=0) > 1) / np.sum(np.sum(drawn, axis=0) > 0)
    assert shared < 0.12  # their borders, which are drawn twice


def test_the_left_half_mirrors_the_right():
    flipped = (FACE * (-1, 1) + (300, 0))[list(MIRROR_POINTS)]
    corners, mirrored = face_regions(FACE), face_regions(flipped)
    names = [
        name.replace("right_", "?").replace("left_", "right_").replace("?", "left_") for name in REGION_NAMES
    ]
    order = [REGION_NAMES.index(name) for name in names]
    back = (mirrored * (-1, 1) + (300, 0))[order]
    for own, other in zip(corners, back, strict=True):
        np.testing.assert_allclose(sorted(own.tolist()), sorted(other.tolist()), atol=1e-9)


def test_brows_fold_the_skin_above_them():
    corners = face_regions(FACE)
    first = corners[REGION_NAMES.index("right_forehead_outer")]
    lift = 0.2 * np.linalg.norm(FACE[16] - FACE[0])
    np.testing.assert_allclose(first[0], FACE[17] - (0, lift))
    np.testing.assert_allclose(first[3], FACE[17])


def test_they_turn_move_and_grow_with_the_face():
    turn = np.array([[np.cos(0.4), np.sin(0.4)], [-np.sin(0.4), np.cos(0.4)]])
    np.testing.assert_allclose(
        face_regions(1.7 * FACE @ turn + (40, -9)), 1.7 * face_regions(FACE) @ turn + (40, -9)
    )


def test_several_faces_at_once():
    faces = np.stack([FACE, FACE + 3])
    np.testing.assert_allclose(face_regions(faces)[1], face_regions(FACE + 3))


def test_what_is_no_face():
    with pytest.raises(
        ValueError, match=r"points must be an array of numbers of shape \(..., 68, 2\), got .* \(67, 2\)"
    ):
        face_regions(FACE[1:])
