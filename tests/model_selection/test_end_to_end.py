"""What the whole must show: a label that is there is found, and one that is not there is not."""

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from skmer import DeReGRLClassifier, LandmarkGraphTransformer
from skmer.datasets import make_landmark_clips
from skmer.face import MEAN_SHAPE
from skmer.model_selection import evaluate_loso


@pytest.fixture
def pipeline():
    classifier = DeReGRLClassifier(max_epochs=40, random_state=0)
    return Pipeline([("graph", LandmarkGraphTransformer()), ("clf", classifier)])


def test_labels_are_found_and_shuffled_labels_fall_to_the_baseline(pipeline):
    clips = make_landmark_clips(n_subjects=6, n_clips=100, random_state=0)
    features = LandmarkGraphTransformer().fit_transform(clips.frames)
    found = evaluate_loso(pipeline[-1], features, clips.target, clips.groups)
    assert found.uf1 > found.baseline.uf1 + 0.3
    shuffled = np.random.default_rng(0).permutation(clips.target)
    lost = evaluate_loso(pipeline[-1], features, shuffled, clips.groups)
    assert lost.accuracy < lost.baseline.accuracy + 0.05
    assert lost.uar < 1 / 5 + 0.1
    assert lost.uf1 < lost.baseline.uf1 + 0.15


def test_a_label_planted_in_one_landmark_s_motion_is_found(pipeline):
    rng = np.random.default_rng(0)
    landmarks = 300 + 160 * np.tile(MEAN_SHAPE, (90, 3, 1, 1)) + rng.normal(scale=0.1, size=(90, 3, 68, 2))
    y = rng.choice(["down", "still", "up"], 90)
    landmarks[:, 1, 48, 1] += np.select([y == "down", y == "up"], [1.0, -1.0], 0.0)
    groups = [f"lab/s{i % 5}" for i in range(90)]
    result = evaluate_loso(pipeline, landmarks, y, groups)
    assert result.uf1 > 0.9
    unseen = landmarks.copy()
    unseen[:, 1, 48] = unseen[:, 0, 48]
    assert evaluate_loso(pipeline, unseen, y, groups).uf1 < 0.5
