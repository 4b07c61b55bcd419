import cv2
import numpy as np
import pytest

from skmer.landmarks import apply_similarity, find_predictor
from skmer.landmarks._anchor import Anchor
from skmer.landmarks._detection import face_points, find_face
from skmer.landmarks._predictor import load_predictor
from skmer.landmarks._tracking import track_points


@pytest.fixture(scope="module")
def points(portrait):
    return face_points(portrait, find_face(portrait).box, load_predictor(find_predictor()), 10)


def error(track, truth):
    return np.sqrt(((track.points - truth) ** 2).sum(axis=1).mean())


def test_a_still_face_does_not_move(portrait, points):
    track = track_points(portrait, portrait, points)
    assert (
        error(track, points) < 1e-3
        and track.photometric_correlation > 0.999
        and track.forward_backward_error < 1e-3
    )


@pytest.mark.parametrize(
    "motion",
    [
        {"shift": (0.4, -0.7)},
        {"degrees": 0.5, "shift": (3, 2), "percent": 0.5},
        {"degrees": 3, "shift": (9, -9), "percent": 3},
    ],
    ids=["shift", "small", "large"],
)
def test_head_motion(portrait, points, move, head_motion, motion):
    similarity = head_motion(**motion)
    track = track_points(portrait, move(similarity), points)
    assert error(track, apply_similarity(similarity, points)) < 0.1
    assert track.forward_backward_error < 0.1


def test_expression_under_head_motion_and_other_light(portrait, points, move, head_motion, clip):
    similarity = head_motion(1.0, (4.0, -2.0), 1.0)
    darker = (move(similarity, clip[1]) * 0.9).astype(np.uint8)
    moved = track_points(portrait, darker, points).points - apply_similarity(similarity, points)
    lips, brows = moved[48:60, 1], moved[17:27, 1]
    assert np.abs(brows).max() < 0.15
    assert lips.min() < -1.0 and np.abs(moved[:, 0]).max() < 0.5


def test_points_beside_the_68_are_carried_along(portrait, points, move, head_motion):
    image = move(head_motion(0.5, (2.0, 1.0)))
    both = track_points(portrait, image, np.concatenate([points, points + 0.5]))
    alone = track_points(portrait, image, points).points
    assert np.array_equal(both.points[:68], alone)
    assert np.abs(both.points[68:] - alone - 0.5).max() < 0.1


def test_a_frame_without_the_face_is_not_believed(portrait, points):
    noise = np.random.default_rng(0).integers(0, 256, portrait.shape, dtype=np.uint8)
    for other in (noise, np.zeros_like(portrait), np.roll(portrait, 250, axis=1)):
        track = track_points(portrait, other, points)
        assert track.reliability < 0.5
        assert track.movement_to_noise < 3


def test_a_face_without_contrast_does_not_move(portrait, points):
    flat = np.full_like(portrait, 100)
    track = track_points(flat, flat, points)
    assert error(track, points) < 1e-3
    assert track.reliability == track.movement_to_noise == 0


@pytest.mark.parametrize("base", [10, 150])
@pytest.mark.parametrize("light", [1.0, 0.9])
def test_a_faint_face_moves_like_a_clear_one(portrait, points, move, head_motion, clip, base, light):
    similarity = head_motion(0.5, (2.0, -1.0))
    other = move(similarity, clip[1])
    faint, paler = (base + 0.25 * image for image in (portrait, other))
    clear = track_points(portrait, other, points)
    pale = track_points(np.rint(faint).astype(np.uint8), np.rint(light * paler).astype(np.uint8), points)
    own, same = (track.points - apply_similarity(similarity, points) for track in (pale, clear))
    lips = slice(48, 60)
    assert (own[lips] * same[lips]).sum() / (same[lips] ** 2).sum() > 0.8
    assert np.abs(own[17:27]).max() < 0.25


@pytest.mark.parametrize("light", [1.0, 0.8])
def test_a_faint_face_is_followed_through_a_video_in_any_light(portrait, points, move, head_motion, light):
    similarity = head_motion(1.0, (4.0, -2.0))
    faint, moved = (150 + 0.25 * image for image in (portrait, move(similarity)))
    anchor = Anchor.of(np.rint(faint).astype(np.uint8), points, 240.0)
    found, _, likeness = anchor.follow(np.rint(light * moved).astype(np.uint8), anchor.place)
    assert np.sqrt(((found - apply_similarity(similarity, points)) ** 2).sum(1).mean()) < 0.3
    assert likeness > 0.9


def test_another_scene_is_unlike(portrait, points):
    other = np.random.default_rng(0).integers(0, 256, portrait.shape, dtype=np.uint8)
    assert track_points(portrait, cv2.GaussianBlur(other, (0, 0), 3), points).photometric_correlation < 0.7


def test_a_face_at_the_border(portrait, points):
    outside = points - (140.0, 0.0)
    assert np.isfinite(track_points(portrait, portrait, outside).points).all()


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_small_and_large_faces(portrait, points, lift, clip, scale):
    onset, apex = (
        cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for frame in clip[:2]
    )
    moved = (track_points(onset, apex, (points + 0.5) * scale - 0.5).points + 0.5) / scale - 0.5
    truth = points - np.stack([np.zeros(68), lift(*points.T)], axis=1)
    assert np.sqrt(((moved - truth)[17:] ** 2).sum(axis=1).mean()) < 0.3
