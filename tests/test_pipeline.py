"""The pipeline of transformer and classifier in scikit-learn's own tools, on images, paths and landmarks."""

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut, cross_validate
from sklearn.pipeline import Pipeline

from skmer import DeReGRLClassifier, LandmarkGraphTransformer
from skmer.landmarks import FaceLandmarker, _detection
from skmer.metrics import uf1_scorer

CLASSES = ["disgust", "happiness", "others"]


def make_pipeline(**params):
    classifier = DeReGRLClassifier(max_epochs=1, batch_size=-1, random_state=0)
    graph = LandmarkGraphTransformer(landmarker=FaceLandmarker(n_boxes=2, **params))
    return Pipeline([("graph", graph), ("clf", classifier)])


def make_images(n_clips, first_shade=0):
    """Clips of one face whose pixels all differ; object array (n_clips, 3)."""
    face = astronaut()[:250, 100:350]
    frames = np.empty((n_clips, 3), dtype=object)
    for clip in range(n_clips):
        for frame in range(3):
            shade = face.copy()
            shade[:3, clip % 250] = first_shade + frame
            frames[clip, frame] = np.roll(shade, frame, axis=1)
    return frames


def make_labels(n_clips, n_subjects):
    subjects = np.arange(n_clips) % n_subjects
    return np.array(CLASSES)[np.arange(n_clips) // 2 % 3], np.array([f"lab/s{s}" for s in subjects])


@pytest.fixture(scope="module", params=["images", "nested lists", "paths", "landmarks"])
def frames(request, tmp_path_factory):
    images = make_images(12)
    if request.param == "landmarks":
        return FaceLandmarker(n_boxes=2).fit_transform(images)
    if request.param == "nested lists":
        return images.tolist()
    if request.param == "paths":
        folder = tmp_path_factory.mktemp("frames")
        paths = np.empty_like(images)
        for index, image in np.ndenumerate(images):
            paths[index] = folder / "clip {} frame {}.png".format(*index)
            Image.fromarray(image).save(paths[index])
        return paths
    return images


def test_fit_predict_score(frames):
    y, _ = make_labels(12, 4)
    pipeline = make_pipeline().fit(frames, y)
    assert pipeline.predict_proba(frames).shape == (12, 3)
    assert set(pipeline.predict(frames)) <= set(CLASSES)
    assert 0 <= pipeline.score(frames, y) <= 1


def test_cross_validate_leaves_one_subject_out(frames):
    y, groups = make_labels(12, 4)
    scores = cross_validate(
        make_pipeline(),
        frames,
        y,
        groups=groups,
        cv=LeaveOneGroupOut(),
        scoring={"uf1": uf1_scorer},
        error_score="raise",
    )
    assert scores["test_uf1"].shape == (4,)
    assert np.isfinite(scores["test_uf1"]).all()


@pytest.mark.parametrize(
    "grid",
    [
        {"clf__n_actions": [2, 4]},
        {"clf__lambda_center": [0, 1], "clf__lambda_weight": [0.1], "clf__lambda_balance": [0.001]},
        {"graph__features": ["displacement", "both"], "graph__magnification": [3.0]},
    ],
    ids=["actions", "lambdas", "features"],
)
def test_grid_search(frames, grid):
    y, groups = make_labels(12, 4)
    search = GridSearchCV(make_pipeline(), grid, cv=LeaveOneGroupOut(), error_score="raise")
    search.fit(frames, y, groups=groups)
    assert len(search.cv_results_["params"]) == 2
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    for name, value in search.best_params_.items():
        assert search.best_estimator_.get_params()[name] == value
    assert search.predict(frames).shape == (12,)


def test_every_face_is_detected_once_in_26_folds(monkeypatch, tmp_path):
    calls = []
    detect = _detection.detect_faces
    monkeypatch.setattr(_detection, "detect_faces", lambda grey: calls.append(grey.shape) or detect(grey))
    y, groups = make_labels(26, 26)
    pipeline = make_pipeline(memory=str(tmp_path))
    scores = cross_validate(
        pipeline, make_images(26, 9), y, groups=groups, cv=LeaveOneGroupOut(), error_score="raise"
    )
    assert len(scores["test_score"]) == 26
    assert len(calls) == 26
