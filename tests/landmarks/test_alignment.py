import numpy as np
import pytest

from skmer.face import MEAN_SHAPE, RIGID_POINTS
from skmer.landmarks import align_landmarks, apply_similarity, fit_similarity

RNG = np.random.default_rng(0)
FACE = 300 + 160 * MEAN_SHAPE


def umeyama(source, target):
    """Umeyama 1991, eqs 40-42, by singular values, for one pair of point sets without reflection."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, d, vt = np.linalg.svd(b.T @ a / len(a))
    sign = np.diag([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    turn = np.trace(np.diag(d) @ sign) / (a**2).sum() * len(a) * (u @ sign @ vt)
    return np.c_[turn, target.mean(0) - turn @ source.mean(0)]


def test_fit_is_umeyamas():
    source = RNG.normal(size=(8, 2))
    target = 1.7 * source @ np.array([[0.8, 0.6], [-0.6, 0.8]]) + (3, -4) + RNG.normal(0, 0.1, (8, 2))
    assert np.allclose(fit_similarity(source, target), umeyama(source, target), atol=1e-12)


def test_fit_undoes_a_known_similarity_of_many_sets_at_once():
    source = RNG.normal(size=(5, 2, 9, 2))
    known = np.array([[0.9, -0.2, 5.0], [0.2, 0.9, -7.0]])
    assert np.allclose(fit_similarity(source, apply_similarity(known, source)), known)


def test_fit_of_one_place_is_a_shift():
    assert np.allclose(fit_similarity(np.ones((4, 2)), np.full((4, 2), 3.0)), [[1, 0, 2], [0, 1, 2]])


def test_alignment_removes_head_motion_and_keeps_expression():
    face = 300 + 160 * MEAN_SHAPE
    smile = face.copy()
    smile[[48, 54]] += (0.0, -3.0)
    motion = np.array([[1.02, -0.03, 8.0], [0.03, 1.02, -5.0]])
    aligned = align_landmarks([face, apply_similarity(motion, smile), apply_similarity(motion, face)])
    assert np.allclose(aligned, [face, smile, face])


def test_alignment_leaves_no_similarity_in_the_rigid_points():
    clips = 300 + 160 * MEAN_SHAPE + RNG.normal(0, 2, (4, 2, 3, 68, 2))
    rigid = align_landmarks(clips)[..., list(RIGID_POINTS), :]
    identity = np.broadcast_to(np.eye(2, 3), (4, 2, 3, 2, 3))
    assert np.allclose(fit_similarity(rigid, rigid[..., :1, :, :]), identity, atol=1e-9)
    assert np.array_equal(align_landmarks(clips)[..., 0, :, :], clips[..., 0, :, :])


@pytest.mark.parametrize("frame", [0, 1])
def test_missing_frames_stay_missing(frame):
    clips = np.stack([MEAN_SHAPE] * 6).reshape(2, 3, 68, 2)
    clips[0, frame] = np.nan
    aligned = align_landmarks(clips)
    assert np.isnan(aligned[0, frame]).all() and np.isfinite(aligned[1]).all()


def test_a_similarity_weighs_its_points():
    known = fit_similarity(FACE, 1.02 * FACE + [3.0, -2.0])
    target = apply_similarity(known, FACE)
    target[5] += 20
    weights = np.ones(68)
    assert not np.allclose(fit_similarity(FACE, target, weights), known)
    assert np.allclose(fit_similarity(FACE, target, weights), fit_similarity(FACE, target))
    weights[5] = 0
    assert np.allclose(fit_similarity(FACE, target, weights), known)
    assert np.allclose(fit_similarity([FACE, FACE], [target, target], [weights, 3 * weights]), known)
    assert np.allclose(fit_similarity(FACE, [target, target], weights), known)


@pytest.mark.parametrize(
    "weights", [np.ones(67), -np.ones(68), np.zeros(68), np.full(68, np.nan), np.ones((3, 68)), "ones"]
)
def test_weights_are_checked(weights):
    with pytest.raises(ValueError, match="weights"):
        fit_similarity(FACE, FACE, weights)
