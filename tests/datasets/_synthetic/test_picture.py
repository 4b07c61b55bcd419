import cv2
import numpy as np
import pytest

from skmer.datasets._synthetic._portrait import RadialWarp, move_image, warp_image

SHAPE = (150, 150)
POINTS = np.array([[40.0, 50.0], [52.0, 55.0], [70.0, 60.0], [100.0, 40.0]])
VECTORS = np.array([[2.0, -1.5], [1.5, -1.0], [0.0, 0.0], [-2.0, 1.0]])


def at(image, points):
    x, y = points.T.astype(np.float32)
    return cv2.remap(image, x[None], y[None], cv2.INTER_CUBIC)[0]


def dot(center, shape=SHAPE):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.exp(-((columns - center[0]) ** 2 + (rows - center[1]) ** 2) / 4.5).astype(np.float32)


def centroid(image):
    image = np.clip(image - 0.05, 0, None)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(image * columns).sum(), (image * rows).sum()]) / image.sum()


@pytest.fixture
def warp():
    return RadialWarp(POINTS, SHAPE, radius=60.0)


def test_field_takes_the_vectors_and_fades_out(warp):
    field = warp.field(VECTORS)
    assert field.shape == (*SHAPE, 2)
    np.testing.assert_allclose(at(field, POINTS), VECTORS, atol=0.02)
    assert np.abs(field[125:]).max() < 1e-6


def test_inverse_leads_back_to_the_points(warp):
    moved = POINTS + VECTORS
    np.testing.assert_allclose(moved - at(warp.inverse(VECTORS), moved), POINTS, atol=0.03)


def test_odd_sizes_keep_their_shape():
    assert RadialWarp(POINTS, (121, 151), radius=30.0).field(VECTORS).shape == (121, 151, 2)


@pytest.mark.parametrize("row", range(4))
def test_dots_land_where_the_movement_says(warp, row):
    turn = cv2.getRotationMatrix2D((75.0, 60.0), 0.5, 1.005)
    turn[:, 2] += (2, -3)
    moved = move_image(dot(POINTS[row]), warp.inverse(VECTORS), turn)
    expected = turn[:, :2] @ (POINTS[row] + VECTORS[row]) + turn[:, 2]
    np.testing.assert_allclose(centroid(moved), expected, atol=0.1)


def test_warp_image_samples_backward():
    field = np.zeros((*SHAPE, 2), np.float32)
    field[..., 0] = 3
    np.testing.assert_allclose(centroid(warp_image(dot((60.0, 60.0)), field)), (63, 60), atol=0.01)
