import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from skmer.landmarks import apply_similarity


@pytest.fixture(scope="session")
def portrait():
    """A face of about 170 px on a 300 x 300 frame, grey."""
    picture = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[50:200, 150:300]
    return cv2.resize(picture, (300, 300), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="session")
def move(portrait):
    """Move the portrait's head by a similarity (2, 3) of image coordinates."""

    def moved(similarity, image=portrait):
        size = image.shape[::-1]
        return cv2.warpAffine(image, similarity, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    return moved


@pytest.fixture(scope="session")
def head_motion():
    """A similarity about the middle of the portrait: degrees, px, per cent."""

    def similarity(degrees=0.0, shift=(0.0, 0.0), percent=0.0, centre=(150.0, 150.0)):
        angle, scale = np.deg2rad(degrees), 1 + percent / 100
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        rest = np.array([centre]) - apply_similarity(np.c_[turn, [0.0, 0.0]], np.array([centre]))
        return np.c_[turn, rest[0] + shift]

    return similarity


@pytest.fixture(scope="session")
def lift():
    """Pixels by which the clip's apex shows what lies at x, y further up: the mouth."""

    def height(x, y):
        return 2 * np.exp(-(((x - 150) / 30) ** 2) - ((y - 210) / 20) ** 2)

    return height


@pytest.fixture(scope="session")
def clip(portrait, move, head_motion, lift):
    """A clip whose apex shows a raised mouth and whose offset a turned head."""
    y, x = np.indices(portrait.shape, dtype=np.float32)
    apex = cv2.remap(portrait, x, y + lift(x, y), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return [portrait, apex, move(head_motion(1.0, (2.0, -1.0)))]
