import cv2
import numpy as np
import pytest

from skmer.face import COMPONENTS
from skmer.landmarks import _detection, find_predictor
from skmer.landmarks._detection import box_jitter, detect_faces, face_points, find_face
from skmer.landmarks._predictor import load_predictor


@pytest.fixture
def points(portrait):
    def found(image=portrait, box=None, n_boxes=30, view=0):
        predictor = load_predictor(find_predictor())
        return face_points(image, box or find_face(image).box, predictor, n_boxes, view)

    return found


def canvas(*placed):
    image = np.full((700, 1200), 128, dtype=np.uint8)
    for picture, x, y in placed:
        image[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return image


def test_a_face_is_found_at_first_sight(portrait):
    face = find_face(portrait)
    left, top, right, bottom = face.box
    assert face.attempt == "plain" and face.n_faces == 1 and face.score > 0
    assert 0 < left < right < 300 and 0 < top < bottom < 300


def test_large_frames_are_searched_reduced_first(portrait, monkeypatch):
    sizes = []
    monkeypatch.setattr(
        _detection, "detect_faces", lambda grey: sizes.append(grey.shape) or detect_faces(grey)
    )
    face = find_face(cv2.resize(portrait, (1200, 1200)))
    assert sizes == [(560, 560)]
    assert np.allclose(np.array(face.box) / 4, find_face(portrait).box, atol=25)


def test_a_small_face_on_a_large_frame(portrait, monkeypatch):
    sizes = []
    monkeypatch.setattr(
        _detection, "detect_faces", lambda grey: sizes.append(max(grey.shape)) or detect_faces(grey)
    )
    small = cv2.resize(portrait, (150, 150), interpolation=cv2.INTER_AREA)
    face = find_face(canvas((small, 300, 200)))
    assert sizes == [560, 1120]
    assert np.allclose(
        np.array(face.box) - (300, 200, 300, 200), np.array(find_face(portrait).box) / 2, atol=15
    )


def test_a_tight_crop_is_found_with_a_border(portrait):
    left, top, right, bottom = map(int, find_face(portrait).box)
    tight = cv2.resize(portrait[top + 10 : bottom - 5, left + 10 : right - 10], None, fx=2, fy=2)
    assert not detect_faces(tight)
    face = find_face(tight)
    assert face.attempt == "border"
    assert np.allclose(face.box, (-20, -20, 342, 342), atol=30)


def test_a_small_face_is_found_enlarged(portrait):
    small = cv2.resize(portrait, (90, 90), interpolation=cv2.INTER_AREA)
    face = find_face(small)
    assert face.attempt == "enlarged"
    assert np.allclose(np.array(face.box) / 0.3, find_face(portrait).box, atol=20)


def test_no_face(portrait):
    assert find_face(np.full((200, 240), 90, dtype=np.uint8)) is None


def test_of_several_faces_the_largest(portrait):
    small = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
    face = find_face(canvas((small, 20, 20), (portrait, 400, 250)))
    assert face.n_faces == 2
    assert face.box[0] > 400 and face.box[1] > 250


def test_of_faces_of_nearly_one_size_the_best_score(monkeypatch):
    def faces(*widths_and_scores):
        found = [(0.0, 0.0, width, width, score) for width, score in widths_and_scores]
        monkeypatch.setattr(_detection, "detect_faces", lambda grey: found)
        return find_face(np.zeros((400, 400), np.uint8)).score

    assert faces((200.0, 1.0), (170.0, 2.0)) == 2.0
    assert faces((200.0, 1.0), (150.0, 2.0)) == 1.0


def test_points_lie_where_the_face_is(portrait, points):
    found = points()
    eyes, lips = (
        found[list(COMPONENTS["right_eye"] + COMPONENTS["left_eye"])],
        found[list(COMPONENTS["outer_lip"])],
    )
    assert found[33, 1] > eyes[:, 1].max() and lips[:, 1].min() > found[33, 1]
    assert found[36, 0] < found[39, 0] < found[27, 0] < found[42, 0] < found[45, 0]


def test_averaging_lowers_the_detectors_noise(portrait, points):
    rng = np.random.default_rng(0)
    box = find_face(portrait).box
    noisy = [np.clip(portrait + rng.normal(0, 3, portrait.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    spread = {n: np.stack([points(image, box, n) for image in noisy]).std(axis=0).mean() for n in (1, 30)}
    assert spread[30] < spread[1] / 2


def test_points_follow_a_shift_by_whole_pixels(portrait, points):
    box = find_face(portrait).box
    shifted = np.roll(portrait, (3, 5), axis=(0, 1))
    moved = points(shifted, tuple(np.add(box, (5, 3, 5, 3))))
    assert np.abs(moved - points(box=box) - (5, 3)).max() < 0.4


def test_points_scale_with_the_picture(portrait, points):
    box = find_face(portrait).box
    double = cv2.resize(portrait, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    large = points(double, tuple(2 * edge for edge in box))
    assert np.abs((large + 0.5) / 2 - 0.5 - points(box=box)).mean() < 0.5


def test_a_box_beyond_the_border(portrait, points):
    assert np.isfinite(points(box=(-20.0, -30.0, 180.0, 170.0))).all()


def test_jitter_starts_with_the_box_and_differs_between_views():
    assert box_jitter(30)[0] == (0.0, 0.0, 1.0)
    assert box_jitter(5) == box_jitter(5) and len(box_jitter(5)) == 5
    assert box_jitter(5, view=1) != box_jitter(5, view=2)


def test_faces_of_the_mirrored_border_are_none(monkeypatch):
    beyond = [(-90.0, 40.0, 60.0, 190.0, 1.0), (40.0, 200.0, 190.0, 330.0, 1.0)]
    monkeypatch.setattr(_detection, "detect_faces", lambda grey: beyond)
    monkeypatch.setattr(_detection, "_unscaled", lambda box, scale, pad: tuple(box))
    assert find_face(np.zeros((240, 240), np.uint8)) is None


def test_no_image_that_is_searched_is_huge():
    for shape in ((240, 320), (1080, 2040), (9400, 9400), (20000, 30)):
        attempts = list(_detection._attempts(shape))
        assert {"plain", "border"} <= {name for name, *_ in attempts}
        assert max(scale * (max(shape) + 2 * border) for _, scale, border in attempts) < 6401
