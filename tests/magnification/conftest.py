import cv2
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from skimage.data import astronaut


@pytest.fixture(scope="session")
def portrait():
    """A face on a 240 x 240 frame, RGB."""
    return cv2.resize(astronaut()[50:200, 150:300], (240, 240), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="session")
def grey(portrait):
    return cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)


@pytest.fixture(scope="session")
def shifted():
    """Shift an image to the right by part of a pixel."""

    def shift(image, distance):
        matrix = np.array([[1.0, 0.0, distance], [0.0, 1.0, 0.0]])
        return cv2.warpAffine(
            image, matrix, image.shape[1::-1], flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT
        )

    return shift


@pytest.fixture(scope="session")
def distance_between(shifted):
    """Shift in px of the first image that comes nearest to the second, away from the borders."""

    def measured(first, second):
        def error(distance):
            difference = shifted(first, distance).astype(np.float64) - second
            return (difference[30:-30, 30:-30] ** 2).sum()

        return minimize_scalar(error, bounds=(-6, 6), method="bounded", options={"xatol": 0.005}).x

    return measured
