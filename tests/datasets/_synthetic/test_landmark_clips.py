import hashlib
import subprocess
import sys

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.svm import SVC

from skmer.datasets import ClipTruth, make_landmark_clips
from skmer.face import MEAN_SHAPE


def grouped_accuracy(X, y, groups):
    X = X.reshape(len(X), -1)
    predicted = cross_val_predict(SVC(C=10), X / X.std(), y, groups=groups, cv=GroupKFold(8))
    return np.mean(predicted == y)


def test_labels_are_learnable_from_the_true_movement():
    clips = make_landmark_clips(random_state=0)
    moved = clips.truth.displacement[:, 1]
    baseline = np.mean(clips.target == "others")
    assert grouped_accuracy(moved, clips.target, clips.groups) > baseline + 0.3
    shuffled = np.random.default_rng(0).permutation(clips.target)
    assert grouped_accuracy(moved, shuffled, clips.groups) < baseline + 0.06


def test_less_noise_is_easier():
    scores = []
    for noise in ("flow", "averaged", "single"):
        clips = make_landmark_clips(noise=noise, head_motion=0, random_state=1)
        scores.append(grouped_accuracy(clips.frames[:, 1] - clips.frames[:, 0], clips.target, clips.groups))
    assert scores[0] > scores[1] > scores[2]


def test_without_noise_the_frames_are_the_truth():
    clips = make_landmark_clips(n_subjects=4, n_clips=30, noise=0.0, random_state=0)
    np.testing.assert_array_equal(clips.frames, clips.truth.points)
    still = make_landmark_clips(n_subjects=4, n_clips=30, noise=0.0, head_motion=0, random_state=0)
    np.testing.assert_allclose(still.frames - still.frames[:, :1], still.truth.displacement, atol=1e-10)


@pytest.mark.parametrize(
    ("noise", "rms", "gain"),
    [("single", 0.77, 0.82), ("averaged", 0.19, 0.82), ("flow", 0.03, 0.9), (0.5, 0.5, 1.0)],
)
def test_noise_and_gain_are_as_stated(noise, rms, gain):
    clips = make_landmark_clips(n_clips=600, noise=noise, head_motion=0, random_state=0)
    seen = clips.frames[:, 1] - clips.frames[:, 0]
    true = clips.truth.displacement[:, 1]
    assert np.std(seen - gain * true) == pytest.approx(rms, rel=0.05)
    assert np.sum(seen * true) / np.sum(true**2) == pytest.approx(gain, abs=0.03)
    exact = make_landmark_clips(n_clips=600, noise=noise, gain=0.5, head_motion=0, random_state=0)
    half = exact.frames[:, 1] - exact.frames[:, 0]
    np.testing.assert_allclose(seen - half, (gain - 0.5) * true, atol=1e-9)


def test_noise_of_near_points_is_correlated():
    clips = make_landmark_clips(n_clips=600, noise=1.0, head_motion=0, random_state=0)
    error = (clips.frames - clips.truth.points)[:, 1, :, 0]
    assert np.corrcoef(error[:, 50], error[:, 51])[0, 1] > 0.35
    assert abs(np.corrcoef(error[:, 17], error[:, 8])[0, 1]) < 0.2


def test_head_moves_within_its_range():
    clips = make_landmark_clips(n_clips=400, noise=0.0, random_state=0)
    truth = clips.truth
    unmoved = truth.points[:, :1] + truth.displacement
    complex_from, complex_to = (points @ [1, 1j] for points in (unmoved[:, 1], truth.points[:, 1]))
    turn = (complex_to[:, 45] - complex_to[:, 36]) / (complex_from[:, 45] - complex_from[:, 36])
    angle = np.rad2deg(np.angle(turn))
    assert 0.45 < np.abs(angle).max() <= 0.5
    assert 0.0045 < np.abs(np.abs(turn) - 1).max() <= 0.005 + 1e-9
    nose = np.abs(truth.points[:, 1, 33] - unmoved[:, 1, 33])
    assert 2.8 < nose.max() < 3.1


def test_faces_have_the_asked_size_and_differ_by_person():
    clips = make_landmark_clips(n_clips=260, face_size=140, head_motion=0, noise=0.0, random_state=0)
    onset = clips.frames[:, 0]
    width = onset[:, 16, 0] - onset[:, 0, 0]
    assert width.mean() == pytest.approx(140, rel=0.05)
    assert clips.truth.amplitude[:, 1].max() <= 1.25
    first, second = onset[clips.groups == clips.groups[0]], onset[clips.groups == clips.groups[-1]]
    np.testing.assert_allclose(first - first[0], 0, atol=1e-9)
    assert np.abs(first[0] - second[0]).max() > 2
    assert np.all(np.abs(onset - onset[:, 33:34] - MEAN_SHAPE * 140 / 1.58) < 20)


def test_truth_and_table_say_the_same():
    clips = make_landmark_clips(dataset="samm", n_clips=136, random_state=0)
    truth = clips.truth
    assert isinstance(truth, ClipTruth)
    assert np.array_equal(truth.label, clips.target)
    labels = clips.action_units()
    for row, units in enumerate(truth.units):
        assert tuple(labels.columns[labels.iloc[row]]) == tuple(sorted(units))
    contempt_left = np.flatnonzero((clips.target == "contempt") & (truth.side == "left"))
    assert all(clips.table["action_units"][row].startswith("R") for row in contempt_left)
    largest = [max(amplitudes) for amplitudes in truth.unit_amplitude]
    assert np.all(np.array(largest) <= truth.amplitude[:, 1] * 1.5)


def test_same_state_same_corpus_in_another_process():
    code = (
        "from skmer.datasets import make_landmark_clips; import hashlib;"
        "c = make_landmark_clips(4, 20, random_state=7);"
        "print(hashlib.sha256(c.frames.tobytes()).hexdigest(), c.fingerprint)"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    here = make_landmark_clips(4, 20, random_state=7)
    assert elsewhere.split(maxsplit=1) == [
        hashlib.sha256(here.frames.tobytes()).hexdigest(),
        f"{here.fingerprint}\n",
    ]
    assert not np.array_equal(here.frames, make_landmark_clips(4, 20, random_state=8).frames)
    assert np.array_equal(
        here.frames, make_landmark_clips(4, 20, random_state=np.random.RandomState(7)).frames
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise": "dlib"}, "noise must be one of"),
        ({"noise": -1}, "noise must"),
        ({"gain": 0}, "gain must be a positive number"),
        ({"head_motion": -1}, "head_motion must be"),
        ({"face_size": 0}, "face_size must be"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make_landmark_clips(4, 20, **changes)


@pytest.mark.parametrize("options", [{"n_clips": 10**9}, {"dataset": []}, {"dataset": 5}, {"n_classes": []}])
def test_sizes_and_types_are_bounded(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))} must be"):
        make_landmark_clips(**options)
