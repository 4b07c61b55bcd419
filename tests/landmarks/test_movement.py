import cv2
import numpy as np
import pytest
from sklearn.base import clone

from skmer.datasets import make_face_clips
from skmer.face import MEAN_SHAPE
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.landmarks import FaceLandmarker, align_landmarks
from skmer.landmarks._agreement import NODES, agreement
from skmer.landmarks._movement import LEAST_FRAMES, fit_course
from skmer.model_selection import evaluate_loso
from skmer.pipelines import recommended

FILM = {
    "sequence": True,
    "fps": 60,
    "face_size": 140.0,
    "noise_sigma": 4.0,
    "head_motion": 0.0,
    "light": 0.0,
    "color": False,
}


@pytest.fixture(scope="module")
def clips():
    return make_face_clips(2, 5, amplitude=(1.5, 1.5), random_state=3, **FILM)


@pytest.fixture(scope="module")
def result(clips):
    return FaceLandmarker(memory=None).extract(clips.sequences)


def displacement(landmarks):
    aligned = align_landmarks(landmarks)
    return (aligned[:, 1:] - aligned[:, :1])[:, :, NODES]


def error(landmarks, clips):
    return np.sqrt(((displacement(landmarks) - displacement(clips.truth.points))[:, 0] ** 2).sum(-1).mean())


def test_all_frames_see_the_movement_better_than_three(clips, result):
    keyframes = FaceLandmarker(memory=None).transform(clips.frames)
    assert result.landmarks.shape == (5, 3, 68, 2)
    assert error(result.landmarks, clips) < 0.9 * error(keyframes, clips)


def test_a_still_face_is_told_from_a_moving_one(result):
    still = make_face_clips(2, 5, amplitude=(1e-9, 1e-9), random_state=3, **FILM)
    table = FaceLandmarker(memory=None).extract(still.sequences).table
    long = [len(sequence) >= LEAST_FRAMES for sequence in still.sequences]
    assert np.median(table.reliability[long]) < np.median(result.table.reliability[long]) - 0.1
    assert np.median(table.movement_to_noise[long]) < np.median(result.table.movement_to_noise[long]) / 1.5
    assert table.reliability.between(0, 1).all() and (table.movement_to_noise >= 0).all()


def test_the_apex_is_found_within_a_fifth_of_the_clip(clips, result):
    lengths = np.array([len(sequence) for sequence in clips.sequences])
    assert (
        np.abs(result.table.apex - (clips.table.apex - clips.table.onset)) <= np.maximum(lengths / 5, 1)
    ).all()


def test_paths_images_and_rendered_sequences_give_the_same(clips, result, tmp_path):
    paths = [str(tmp_path / f"img{k}.png") for k in range(len(clips.sequences[0]))]
    for path, image in zip(paths, clips.sequences[0], strict=True):
        cv2.imwrite(path, image)
    both = np.fromiter([paths, np.stack(list(clips.sequences[0]))], object)
    found = FaceLandmarker(memory=None).transform(both)
    assert np.array_equal(found[0], result.landmarks[0]) and np.array_equal(found[1], found[0])


def test_a_sequence_is_computed_once_and_known_by_its_frames(clips, tmp_path, monkeypatch):
    from skmer.landmarks import _extraction

    images = np.stack(list(clips.sequences[0]))
    changed = images.copy()
    changed[2] = images[1]
    ran = []
    follow = _extraction.follow_sequence
    monkeypatch.setattr(_extraction, "follow_sequence", lambda *a: ran.append(1) or follow(*a))
    landmarker = FaceLandmarker(memory=tmp_path)
    for frames, computed in ((images, 1), (images, 1), (changed, 2)):
        landmarker.transform(np.fromiter([frames], object))
        assert len(ran) == computed


def test_short_sequences_are_tracked_frame_by_frame(clips):
    onset, apex, offset = clips.frames[1]
    short = np.fromiter([[onset, onset, apex, offset]], object)
    found = FaceLandmarker(memory=None).extract(short)
    assert found.table.apex[0] == 2
    assert np.array_equal(found.landmarks, FaceLandmarker(memory=None).transform([[onset, apex, offset]]))


def test_node_features_of_sequences(clips, result):
    graph = LandmarkGraphTransformer(landmarker=FaceLandmarker(memory=None))
    features = graph.fit_transform(clips.sequences[:1])
    assert features.shape == (1, 3, 31, 2)
    assert np.allclose(features, LandmarkGraphTransformer().transform(result.landmarks[:1]), atol=1e-6)


def test_sequences_of_landmarks_and_detection_are_refused(clips):
    with pytest.raises(ValueError, match="keyframes"):
        FaceLandmarker().transform(np.fromiter([np.tile(300 + 160 * MEAN_SHAPE, (9, 1, 1))], object))
    with pytest.raises(ValueError, match="tracking='detect'"):
        FaceLandmarker(tracking="detect").transform(clips.sequences)


def test_one_field_times_a_course_is_recovered():
    rng = np.random.default_rng(0)
    field = rng.normal(size=(68, 2))
    course = np.sin(np.linspace(0, np.pi, 12))
    found, shape = fit_course(course[:, None, None] * field + rng.normal(size=(68, 2)), NODES)
    moved = shape * (found[6] - found[0])
    assert (moved * field).sum() > 0.999 * np.linalg.norm(moved) * np.linalg.norm(field)
    assert 0.75 < np.linalg.norm(moved) / np.linalg.norm(field) < 1.1


def test_no_motion_has_no_field():
    course, field = fit_course(np.zeros((12, 68, 2)), NODES)
    assert not course.any() and not field.any()


def test_agreement_of_known_estimates():
    one = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert agreement(one, -one) == (0.0, 0.0)
    reliability, ratio = agreement(one, 3 * one)
    assert reliability == pytest.approx(1.0) and ratio == pytest.approx(2.0)
    assert agreement(np.zeros((2, 2)), np.zeros((2, 2))) == (0.0, 0.0)
    assert np.isfinite(agreement(one, one)).all()


def test_the_transformer_reads_the_sequences_of_clips(clips, result):
    graph = LandmarkGraphTransformer(input="sequences", landmarker=FaceLandmarker(memory=None))
    from_clips = graph.fit(clips).transform(clips)
    np.testing.assert_array_equal(from_clips, LandmarkGraphTransformer().transform(result.landmarks))
    # What is no clips is taken as it comes.
    np.testing.assert_array_equal(graph.transform(result.landmarks), from_clips)
    assert not np.array_equal(clone(graph).set_params(input="frames").transform(clips), from_clips)


def test_the_recommended_pipeline_takes_sequences(clips, result):
    pipeline = recommended(input="sequences", random_state=0)
    pipeline.set_params(graph__landmarker=FaceLandmarker(memory=None))
    pipeline.set_params(clf__net__n_estimators=1, clf__net__estimator__max_epochs=1)
    seen = []
    pipeline.set_params(graph__landmarker=Recorder(result, seen))
    evaluate_loso(pipeline, clips, audit=False, n_jobs=1)
    assert seen and all(len(sequence) > 3 for sequences in seen for sequence in sequences)


class Recorder(FaceLandmarker):
    """A landmarker that knows the answer, and what it was given."""

    def __init__(self, result=None, seen=None):
        super().__init__(memory=None)
        self.result, self.seen = result, seen

    def __sklearn_clone__(self):
        return self

    def transform(self, X):
        self.seen.append(X)
        return self.result.landmarks[: len(X)]
