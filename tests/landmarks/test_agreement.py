import cv2
import numpy as np
import pytest

from skmer.datasets import make_face_clips
from skmer.face import MEAN_SHAPE
from skmer.landmarks import FaceLandmarker, align_landmarks, apply_similarity, fit_similarity
from skmer.landmarks._agreement import NODES, RIGID, FlowEstimates, held_still, least_agreement, still_motion
from skmer.pipelines import recommended

POINTS = 300 + 160 * MEAN_SHAPE
STILL = {"amplitude": (1e-9, 1e-9), "noise_sigma": 1.0, "light": 0.0, "head_motion": 0.0, "random_state": 3}


def closed(image, points):
    """An image whose eyes are painted over with skin, and a dark line of lashes."""
    painted = image.copy()
    for eye in (points[36:42], points[42:48]):
        outline = np.rint(eye).astype(np.int32)
        skin = image[outline[:, 1].max() + 12, outline[:, 0].mean().astype(int)]
        cv2.fillPoly(painted, [outline], skin.tolist(), cv2.LINE_AA)
        cv2.polylines(painted, [outline[[0, 5, 4, 3]]], False, (60, 45, 40), 2, cv2.LINE_AA)
    return painted


def shaded(image, points):
    """An image a fifth darker on one side of the nose."""
    side = (np.arange(image.shape[1]) - points[30, 0]) / 8
    return np.rint(image * (1 - 0.2 / (1 + np.exp(-side)))[:, None]).astype(np.uint8)


@pytest.mark.parametrize(("change", "most"), [(closed, 0.2), (shaded, 0.2)])
def test_what_is_no_movement_moves_little(change, most):
    clips = make_face_clips(3, 6, **STILL)
    frames = clips.frames.copy()
    for clip, points in enumerate(clips.truth.points):
        frames[clip, 1] = change(frames[clip, 1], points[1])
    result = FaceLandmarker(memory=None).extract(frames)
    aligned = align_landmarks(result.landmarks)
    moved = (aligned[:, 1] - aligned[:, 0])[:, NODES]
    assert np.sqrt((moved**2).sum(-1).mean()) < most
    assert (result.table["reliability"] < recommended().least_reliability).mean() > 0.8


def test_a_similarity_weighs_its_points():
    known = fit_similarity(POINTS, 1.02 * POINTS + [3.0, -2.0])
    target = apply_similarity(known, POINTS)
    target[5] += 20
    weights = np.ones(68)
    assert not np.allclose(fit_similarity(POINTS, target, weights), known)
    assert np.allclose(fit_similarity(POINTS, target, weights), fit_similarity(POINTS, target))
    weights[5] = 0
    assert np.allclose(fit_similarity(POINTS, target, weights), known)
    assert np.allclose(fit_similarity(POINTS, [target, target], [weights, 3 * weights]), known)


@pytest.mark.parametrize("weights", [np.ones(67), -np.ones(68), np.zeros(68), np.full(68, np.nan), "ones"])
def test_weights_are_checked(weights):
    with pytest.raises(ValueError, match="weights"):
        fit_similarity(POINTS, POINTS, weights)


def test_a_lost_point_follows_the_dense_flow():
    dense = np.full((68, 2), 0.5)
    single = dense.copy()
    single[3], single[4] = np.nan, 9.0
    flows = FlowEstimates(POINTS, [dense], single)
    assert np.allclose(flows.displacement(None), 0.5)
    assert (flows.spread[[3, 4]] == 2).all()
    assert not np.delete(flows.spread, [3, 4]).any()
    assert flows.trust(dense)[3] < 0.2
    assert flows.trust(dense)[5] == 1


def test_rigid_points_whose_flows_differ_do_not_turn_the_face():
    dense = np.zeros((68, 2))
    dense[36] = [0.0, 1.5]  # the corner of an eye that closes
    flows = FlowEstimates(POINTS, [dense], np.zeros((68, 2)))
    shares = [
        np.abs(still_motion(POINTS, POINTS + dense, weights)[NODES]).max()
        for weights in (None, flows.rigid_weights())
    ]
    assert shares[1] < 0.05 * shares[0]


def test_alignment_takes_nothing_off_a_movement_held_still():
    movement = np.random.default_rng(0).normal(size=(68, 2))
    held = held_still(POINTS, movement)
    free = np.setdiff1d(np.arange(68), RIGID)
    assert np.array_equal(held[free], movement[free])
    aligned = align_landmarks(np.stack([POINTS, POINTS + held, POINTS + held]))
    assert np.allclose(aligned[1] - POINTS, held, atol=1e-9)


def test_the_worst_pair_counts():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(68, 2))
    assert least_agreement([one, one]) > least_agreement([one, one, rng.normal(size=(68, 2))])
    assert least_agreement([one, one])[0] == pytest.approx(1)


def test_a_faint_face_moves_like_a_clear_one():
    clips = make_face_clips(3, 6, amplitude=(1.0, 1.0), random_state=3)
    faint = clips.frames.copy()
    for place in np.ndindex(faint.shape):
        faint[place] = np.rint(60 + 0.25 * faint[place]).astype(np.uint8)
    moves = []
    for frames in (clips.frames, faint):
        aligned = align_landmarks(FaceLandmarker(memory=None).transform(frames))
        moves.append((aligned[:, 1] - aligned[:, 0])[:, NODES].ravel())
    clear, pale = moves
    assert pale @ clear / (clear @ clear) > 0.92  # .87 without the stretch
    assert pale @ clear / np.sqrt((clear @ clear) * (pale @ pale)) > 0.95  # .925
