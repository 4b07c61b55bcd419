import numpy as np
import pytest
from matplotlib.quiver import Quiver
from skimage.data import astronaut

from skmer.face import MEAN_SHAPE
from skmer.inspection import LandmarkMotionDisplay
from skmer.landmarks import FaceLandmarker

POINTS = 300 + 160 * MEAN_SHAPE


def arrows(ax):
    return next(child for child in ax.get_children() if isinstance(child, Quiver))


def clip_of(shift):
    landmarks = np.stack([POINTS] * 3)
    landmarks[1, 21] += shift
    return landmarks


def test_arrows_are_the_motion_enlarged():
    display = LandmarkMotionDisplay.from_landmarks(None, clip_of((0.6, -0.8)), align=False).plot(factor=8)
    quiver = arrows(display.ax_)
    np.testing.assert_allclose(np.stack([quiver.U, quiver.V], axis=1), display.motion)
    assert quiver.scale == 1 / 8
    assert (quiver.angles, quiver.scale_units) == ("xy", "xy")
    assert display.longest == pytest.approx(1)
    assert "8 times" in display.ax_.get_title(loc="left")
    assert "1.00 px" in display.ax_.get_title(loc="left")


@pytest.mark.parametrize("length", [0.07, 0.7, 3.0, 40.0])
def test_by_itself_the_longest_arrow_can_be_seen(length):
    display = LandmarkMotionDisplay.from_landmarks(None, clip_of((length, 0)), align=False).plot()
    factor = 1 / arrows(display.ax_).scale
    share = factor * length / np.ptp(POINTS[:, 0])
    assert 0.08 < share < 0.19
    assert (
        f"{factor:.0e}" == f"{float(f'{factor:.0e}'):.0e}"
        and f"{factor:g} times" in display.ax_.get_title(loc="left")
    )


def test_a_still_face_has_arrows_of_its_motion():
    display = LandmarkMotionDisplay.from_landmarks(None, clip_of((0, 0)), align=False).plot()
    assert arrows(display.ax_).scale == 1


@pytest.mark.parametrize(("frame", "expected"), [("apex", 1.0), ("offset", 0.0)])
def test_either_frame_may_be_shown(frame, expected):
    display = LandmarkMotionDisplay.from_landmarks(None, clip_of((1, 0)), frame=frame)
    assert display.longest == pytest.approx(expected)


@pytest.mark.parametrize(("align", "moves"), [(True, False), (False, True)])
def test_the_head_s_own_motion_is_removed(align, moves):
    landmarks = np.stack([POINTS, POINTS + 3, POINTS])
    display = LandmarkMotionDisplay.from_landmarks(None, landmarks, align=align)
    assert (display.longest > 1) is moves


def test_the_face_fills_the_picture_and_y_runs_down():
    image = np.full((600, 700, 3), 128, dtype=np.uint8)
    ax = LandmarkMotionDisplay.from_landmarks(image, clip_of((1, 0))).plot().ax_
    assert len(ax.images) == 1
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < POINTS[:, 0].min() < POINTS[:, 0].max() < right
    assert top < POINTS[:, 1].min() < POINTS[:, 1].max() < bottom
    assert right - left < 400


def test_a_clip_of_images_is_landmarked():
    face = astronaut()
    landmarker = FaceLandmarker(n_boxes=2)
    display = LandmarkMotionDisplay.from_estimator(landmarker, [face, face, face])
    np.testing.assert_allclose(display.points, landmarker.fit_transform([[face] * 3])[0, 0])
    assert display.longest < 0.1
    np.testing.assert_array_equal(display.image, face)


@pytest.mark.parametrize(
    ("landmarks", "frame", "message"),
    [(np.zeros((2, 68, 2)), "apex", "shape"), (clip_of((0, 0)), "onset", "'apex' or 'offset'")],
    ids=["shape", "frame"],
)
def test_what_is_no_clip_is_refused(landmarks, frame, message):
    with pytest.raises(ValueError, match=message):
        LandmarkMotionDisplay.from_landmarks(None, landmarks, frame=frame)
