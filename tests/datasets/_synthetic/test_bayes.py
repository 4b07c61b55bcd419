import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.svm import SVC

from skmer.datasets import bayes_accuracy, make_landmark_clips
from skmer.datasets._synthetic._bayes import _log_evidence
from skmer.face import FaceGraph


def test_log_evidence_matches_numerical_integration():
    rng = np.random.default_rng(0)
    fields = rng.normal(size=(3, 2))
    apex, offset = rng.normal(size=(2, 4, 2)) * 2
    ours = _log_evidence(fields, apex, offset, 0.5, 2.5)
    amplitudes, shares = np.linspace(0.5, 2.5, 201), np.linspace(0, 0.3, 61)
    covariance = np.kron([[1, 0.5], [0.5, 1]], np.eye(2))
    direct = np.empty((4, 3))
    for movement, field in enumerate(fields):
        for clip in range(4):
            means = [np.r_[a * field, a * s * field] for a in amplitudes for s in shares]
            seen = np.r_[apex[clip], offset[clip]]
            density = multivariate_normal.pdf(np.array(means), seen, covariance)
            direct[clip, movement] = np.log(
                np.trapezoid(np.trapezoid(density.reshape(201, 61), shares), amplitudes)
            )
    np.testing.assert_allclose(ours - ours[:, :1], direct - direct[:, :1], atol=1e-3)


def test_log_evidence_without_an_offset_matches_numerical_integration():
    rng = np.random.default_rng(0)
    fields, apex = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)) * 2
    ours = _log_evidence(fields, apex, None, 0.5, 2.5)
    amplitudes = np.linspace(0.5, 2.5, 201)
    residual = apex[:, None, None] - amplitudes[:, None] * fields[:, None]  # clip, movement, amplitude
    density = np.exp(-0.5 * np.sum(residual**2, axis=-1))
    direct = np.log(np.trapezoid(density, amplitudes, axis=2))
    np.testing.assert_allclose(ours - ours[:, :1], direct - direct[:, :1], atol=1e-3)


def test_doubtful_labels_lower_the_ceiling_to_the_prior():
    scores = [
        bayes_accuracy(n_classes=3, flip_y=share, n_samples=800, random_state=0) for share in (0, 0.2, 1)
    ]
    baseline = 91 / 148
    assert scores[0] > 0.95
    assert scores[1] == pytest.approx(0.8 * scores[0] + 0.2 * baseline, abs=0.06)
    assert scores[2] == pytest.approx(baseline, abs=0.05)


def test_without_an_offset_there_is_less_to_see():
    seen, unseen = (
        bayes_accuracy("single", offset=offset, n_samples=2000, random_state=0) for offset in (True, False)
    )
    assert seen - 0.1 < unseen < seen


def test_ceiling_falls_with_noise_to_the_prior():
    scores = [
        bayes_accuracy(noise, n_samples=1500, random_state=0)
        for noise in ("flow", "averaged", "single", 100.0)
    ]
    assert sorted(scores, reverse=True) == scores
    assert scores[0] > 0.8
    assert scores[-1] == pytest.approx(99 / 247, abs=0.05)


def test_fewer_points_see_less():
    nodes = FaceGraph.preset("brow-nose-lip31").nodes
    every = bayes_accuracy("single", dataset="samm", n_samples=2000, random_state=0)
    assert (
        bayes_accuracy("single", dataset="samm", points=nodes, n_samples=2000, random_state=0) < every - 0.05
    )


@pytest.mark.parametrize("noise", ["flow", "single"])
def test_no_classifier_beats_the_ceiling(noise):
    clips = make_landmark_clips(n_clips=1200, noise=noise, head_motion=0, random_state=0)
    moved = (clips.frames[:, 1:] - clips.frames[:, :1]).reshape(len(clips), -1)
    predicted = cross_val_predict(
        SVC(C=10), moved / moved.std(), clips.target, groups=clips.groups, cv=GroupKFold(5)
    )
    ceiling = bayes_accuracy(noise, n_samples=4000, random_state=0)
    assert 0.6 * ceiling < np.mean(predicted == clips.target) < ceiling + 0.02


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="noise must be above 0"):
        bayes_accuracy(0)
    with pytest.raises(ValueError, match="dataset must be one of"):
        bayes_accuracy(dataset="smic")
    with pytest.raises(ValueError, match="n_samples must be"):
        bayes_accuracy(n_samples=0)
    for name in ("class_sep", "subject_effects", "within_class_variation"):
        with pytest.raises(ValueError, match=f"{name} must be [01], so that .* got 0.5; train on many times"):
            bayes_accuracy(**{name: 0.5})


@pytest.mark.parametrize("points", [[99], "abc", [], [0.5], [[1, 2]]])
def test_points_are_landmarks(points):
    with pytest.raises(ValueError, match="points must"):
        bayes_accuracy(points=points, n_samples=10)
    with pytest.raises(ValueError, match="n_samples must"):
        bayes_accuracy(n_samples=10**30)
