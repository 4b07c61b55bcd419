"""What the whole must show: a label that is there is found, and one that is not there is not."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from skmer import DeReGRLClassifier, LandmarkGraphTransformer
from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.face import MEAN_SHAPE
from skmer.landmarks import FaceLandmarker
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


@pytest.mark.parametrize("engine", ["loop", "batched"])
def test_reliability_of_clips_in_images_reaches_result_and_report(engine, tmp_path):
    clips = make_face_clips(2, 10, face_size=140.0, random_state=0)
    graph = LandmarkGraphTransformer(memory=tmp_path / "cache", flatten=True)
    pipeline = make_pipeline(graph, DummyClassifier())
    result = evaluate_loso(pipeline, clips, seeds=2, engine=engine)
    table = FaceLandmarker(memory=tmp_path / "cache").extract(clips.frames).table
    assert table["reliability"].nunique() == len(clips)
    np.testing.assert_array_equal(result.clips["reliability"], table["reliability"])
    np.testing.assert_array_equal(result.predictions["reliability"], [*table["reliability"]] * 2)
    page = result.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    for value in table["reliability"]:
        assert f"reliability of the movement {value:.2f}" in page
    assert "Curve: accuracy against the share of clips" in page


def test_given_landmarks_have_no_reliability(pipeline):
    clips = make_landmark_clips(n_subjects=2, n_clips=20, random_state=0)
    graph = LandmarkGraphTransformer(flatten=True)
    assert np.isnan(graph.reliability(clips.frames)).all()
    result = evaluate_loso(make_pipeline(graph, DummyClassifier()), clips)
    assert "reliability" not in result.predictions and result.coverage is None


def test_a_lost_face_has_no_reliability_and_is_last(tmp_path):
    clips = make_face_clips(2, 10, face_size=140.0, random_state=0)
    frames = clips.frames.copy()
    frames[3] = [np.full_like(frame, 90) for frame in frames[3]]
    landmarker = FaceLandmarker(memory=tmp_path / "cache", on_missing="nan")
    pipeline = make_pipeline(LandmarkGraphTransformer(landmarker=landmarker, flatten=True), DummyClassifier())
    result = evaluate_loso(pipeline, frames, clips.target, clips.groups)
    assert np.flatnonzero(result.clips["reliability"].isna()).tolist() == [3]
    assert np.isnan(result.coverage["reliability"].iloc[-1])
