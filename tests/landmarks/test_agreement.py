import cv2
import numpy as np
import pytest

from skmer.datasets import make_face_clips
from skmer.face import MEAN_SHAPE
from skmer.frames import read_sequence
from skmer.landmarks import FaceLandmarker, align_landmarks
from skmer.landmarks._agreement import (
    FLOW_GAIN,
    NODES,
    RIGID,
    FlowEstimates,
    held_still,
    least_agreement,
    still_motion,
)
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


def moved(frames):
    """Rms movement of the nodes at the apex that landmarks see, px, and their reliabilities."""
    result = FaceLandmarker(memory=None).extract(frames)
    aligned = align_landmarks(result.landmarks)
    own = (aligned[:, 1] - aligned[:, 0])[:, NODES]
    return np.sqrt((own**2).sum(-1).mean()), result.table["reliability"]


@pytest.mark.parametrize(("change", "most"), [(closed, 0.2), (shaded, 0.3)])
def test_what_is_no_movement_moves_little(change, most):
    clips = make_face_clips(3, 6, **STILL)
    frames = clips.frames.copy()
    for clip, points in enumerate(clips.truth.points):
        frames[clip, 1] = change(frames[clip, 1], points[1])
    size, reliability = moved(frames)
    assert size < most  # .4 and .7 by one flow that is believed everywhere
    assert (reliability < recommended().least_reliability).mean() > 0.8


@pytest.mark.parametrize("change", [closed, shaded])
def test_what_comes_and_goes_in_a_sequence_moves_little(change):
    clips = make_face_clips(2, 6, sequence=True, fps=60, **STILL)
    sequences = np.empty(2, dtype=object)
    for clip in range(2):
        images, points = read_sequence(clips.sequences[clip], mode="RGB"), clips.truth.points[clip, 0]
        shares = np.sin(np.linspace(0, np.pi, len(images))) ** 2
        pairs = zip(images, shares, strict=True)
        sequences[clip] = [cv2.addWeighted(change(i, points), w, i, 1 - w, 0) for i, w in pairs]
    size, reliability = moved(sequences)
    assert size < 0.25  # .8 and .6 by one flow
    assert (reliability < recommended().least_reliability).all()


def test_lids_that_close_are_seen_in_a_sequence():
    clips = make_face_clips(2, 6, sequence=True, fps=60, face_size=180.0, **STILL)
    images, points = read_sequence(clips.sequences[0]), clips.truth.points[0, 0]
    y, x = np.indices(images[0].shape, dtype=np.float32)
    lid = np.zeros_like(x)
    for upper, lower in (((37, 38), (41, 40)), ((43, 44), (47, 46))):
        middle, height = points[[*upper, *lower]].mean(0), np.ptp(points[[*upper, *lower], 1])
        near = ((x - middle[0]) / (2 * height)) ** 2 + ((y - middle[1] + height / 2) / (0.6 * height)) ** 2
        lid += height * np.exp(-near)
    shares = np.sin(np.linspace(0, np.pi, len(images))) ** 2
    sequences = np.empty(1, dtype=object)
    pairs = zip(images, shares, strict=True)
    sequences[0] = [cv2.remap(i, x, y - np.float32(w) * lid, cv2.INTER_LINEAR) for i, w in pairs]
    table = FaceLandmarker(memory=None).extract(sequences).table
    assert "blink" in table["flags"].iloc[0]


def test_a_lost_point_follows_the_dense_flow():
    dense = np.full((68, 2), 0.5)
    single = dense.copy()
    single[3], single[4] = np.nan, 9.0
    flows = FlowEstimates(POINTS, [dense], single)
    assert np.allclose(flows.displacement(None), 0.5)
    assert (flows.spread[[3, 4]] == 2).all()
    assert not np.delete(flows.spread, [3, 4]).any()
    believed = flows.believed(dense, 1.0)
    assert np.abs(believed[3]).max() < 0.25 * 0.5
    assert np.allclose(believed[5], FLOW_GAIN * dense[5])
    assert not flows.movements(None)[1][[3, 4]].any()


def test_dense_flows_that_differ_are_believed_less_than_a_lost_point():
    single = np.full((68, 2), np.nan)
    flows = FlowEstimates(POINTS, [np.zeros((68, 2)), np.full((68, 2), 8.0)], single)
    assert (flows.spread > 10).all()


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


def test_every_view_is_held_still():
    views, rng = np.concatenate([POINTS, POINTS + 0.3]), np.random.default_rng(0)
    held = held_still(views, rng.normal(size=(136, 2)))[68:]
    aligned = align_landmarks(POINTS + 0.3 + np.stack([np.zeros((68, 2)), held, held]))
    assert np.allclose(aligned[1] - POINTS - 0.3, held, atol=1e-9)


def test_the_worst_pair_counts():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(68, 2))
    assert least_agreement([one, one]) > least_agreement([one, one, rng.normal(size=(68, 2))])
    assert least_agreement([one, one])[0] == pytest.approx(1)
