import pickle

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage.data import astronaut
from sklearn import config_context
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags

import skmer
from skmer.face import MEAN_SHAPE, FaceGraph
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.landmarks import FaceLandmarker, _detection, _landmarker, apply_similarity

RNG = np.random.default_rng(0)
NODES = [*range(17, 36), *range(48, 60)]


@pytest.fixture
def landmarks():
    """Twelve clips of four subjects: every face its own, brows that rise or fall, moving heads."""
    faces = 300 + RNG.uniform(120, 180, (12, 1, 1, 1)) * (MEAN_SHAPE + RNG.normal(0, 0.01, (12, 1, 68, 2)))
    clips = np.repeat(faces, 3, axis=1)
    clips[:, 1, 17:27, 1] += np.tile([-2.0, 2.0], 6)[:, None]
    motion = np.array([[1.01, -0.02, 3.0], [0.02, 1.01, -4.0]])
    clips[:, 1] = apply_similarity(motion, clips[:, 1])
    return clips


@pytest.fixture
def labels():
    return np.tile(["brows up", "brows down"], 6), np.repeat(["a/1", "a/2", "b/1", "b/2"], 3)


@pytest.fixture
def images():
    face = astronaut()[50:200, 150:300]
    frames = np.empty((4, 3), dtype=object)
    for clip in range(4):
        apex = np.roll(face, 1 + clip % 2, axis=clip % 2)
        frames[clip, 0], frames[clip, 1], frames[clip, 2] = face, apex, face
    return frames


@pytest.fixture
def image_graph(tmp_path):
    def make(flatten=False, **parameters):
        landmarker = FaceLandmarker(**{"n_boxes": 3, "memory": tmp_path / "cache"} | parameters)
        return LandmarkGraphTransformer(flatten=flatten, landmarker=landmarker)

    return make


def test_definition(landmarks):
    """Origin 33 and unit 36-45 of the onset; displacement to the onset; nodes of the paper, float32."""
    still = LandmarkGraphTransformer(align=False)
    unit = np.linalg.norm(landmarks[:, 0, 45] - landmarks[:, 0, 36], axis=-1)[:, None, None, None]
    displacement = ((landmarks - landmarks[:, :1]) / unit)[:, :, NODES]
    coordinates = ((landmarks - landmarks[:, :1, [33]]) / unit)[:, :, NODES]
    assert np.allclose(still.transform(landmarks), displacement, atol=1e-6)
    assert np.allclose(still.set_params(features="coordinates").transform(landmarks), coordinates, atol=1e-6)
    both = still.set_params(features="both").transform(landmarks)
    assert both.dtype == np.float32 and both.shape == (12, 3, 31, 4)
    assert np.allclose(both, np.concatenate([coordinates, displacement], axis=-1), atol=1e-6)


def test_alignment_leaves_the_brows_movement_alone(landmarks):
    features = LandmarkGraphTransformer().fit_transform(landmarks)
    unit = np.linalg.norm(landmarks[:, 0, 45] - landmarks[:, 0, 36], axis=-1)
    expected = np.zeros((12, 31, 2))
    expected[:, :10, 1] = (np.tile([-2.0, 2.0], 6) / unit)[:, None]
    assert np.allclose(features[:, 1], expected, atol=1e-5)
    assert not features[:, 0].any() and np.allclose(features[:, 2], 0, atol=1e-6)


def test_features_know_neither_place_nor_size_nor_tilt_of_the_camera(landmarks):
    features = LandmarkGraphTransformer(features="both").transform(landmarks)
    elsewhere = LandmarkGraphTransformer(features="both").transform(2.5 * landmarks + (40, -30))
    assert np.allclose(features, elsewhere, atol=1e-5)


@pytest.mark.parametrize("features", ["displacement", "coordinates", "both"])
def test_magnification_is_the_total_factor(landmarks, features):
    plain, three, none = (
        LandmarkGraphTransformer(features=features, magnification=alpha).transform(landmarks)
        for alpha in (1, 3, 0)
    )
    assert np.allclose(three - plain[:, :1], 3 * (plain - plain[:, :1]), atol=1e-5)
    assert np.allclose(none, plain[:, :1], atol=1e-6)


@pytest.mark.parametrize(
    "graph", ["brow-mouth30", "brow-eye-nose-lip43", FaceGraph.preset("brow-nose-lip31")], ids=str
)
def test_graphs(landmarks, graph):
    features = LandmarkGraphTransformer(graph=graph, features="coordinates").transform(landmarks)
    nodes = (FaceGraph.preset(graph) if isinstance(graph, str) else graph).nodes
    assert features.shape == (12, 3, len(nodes), 2)
    origin, unit = landmarks[0, 0, 33], np.linalg.norm(landmarks[0, 0, 45] - landmarks[0, 0, 36])
    assert np.allclose(features[0, 0], (landmarks[0, 0, list(nodes)] - origin) / unit, atol=1e-5)


def test_flattened_rows_keep_their_order_and_have_names(landmarks):
    flat = LandmarkGraphTransformer(flatten=True, features="both")
    rows, names = flat.fit_transform(landmarks), flat.get_feature_names_out()
    deep = LandmarkGraphTransformer(features="both").transform(landmarks)
    assert rows.shape == (12, 3 * 31 * 4) == (12, len(names)) and len(set(names)) == len(names)
    assert np.array_equal(rows[:, list(names).index("apex_brow_17_dx")], deep[:, 1, 0, 2])
    assert np.array_equal(rows[:, list(names).index("offset_lip_59_y")], deep[:, 2, 30, 1])


def test_tables_come_out_on_request(landmarks):
    table = LandmarkGraphTransformer(flatten=True).set_output(transform="pandas").fit_transform(landmarks)
    assert isinstance(table, pd.DataFrame)
    assert table.columns[62] == "apex_brow_17_dx" and table.shape == (12, 186)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_features_with_four_axes_stay_an_array_whatever_is_asked_for(landmarks, container):
    with config_context(transform_output=container):
        assert isinstance(LandmarkGraphTransformer().fit_transform(landmarks), np.ndarray)
    assert not hasattr(LandmarkGraphTransformer(), "set_output")


def test_views(landmarks):
    views = np.stack([landmarks, 2 * landmarks], axis=1)
    features = LandmarkGraphTransformer().transform(views)
    assert features.shape == (12, 2, 3, 31, 2)
    assert np.allclose(features[:, 0], features[:, 1], atol=1e-5)
    with pytest.raises(ValueError, match="flatten=True is incompatible with n_views=2"):
        LandmarkGraphTransformer(flatten=True, landmarker=FaceLandmarker(n_views=2)).fit(landmarks)
    with pytest.raises(ValueError, match="flatten=True is incompatible with the 2 views"):
        LandmarkGraphTransformer(flatten=True).transform(views)


def test_images_paths_and_landmarks_give_the_same(images, image_graph, tmp_path):
    for (clip, frame), pixels in np.ndenumerate(images):
        Image.fromarray(pixels).save(tmp_path / f"{clip} {frame}.png")
    paths = [[str(tmp_path / f"{clip} {frame}.png") for frame in range(3)] for clip in range(4)]
    expected = image_graph().fit_transform(images)
    assert expected.shape == (4, 3, 31, 2) and expected.dtype == np.float32
    for frames in (paths, images.tolist(), np.array(paths)):
        assert np.array_equal(image_graph().transform(frames), expected)
    points = FaceLandmarker(n_boxes=3, memory=None).transform(images)
    assert np.array_equal(LandmarkGraphTransformer().transform(points), expected)


def test_the_landmarkers_parameters_hold(images, image_graph):
    assert image_graph(n_views=2).transform(images).shape == (4, 2, 3, 31, 2)
    assert not np.allclose(image_graph(tracking="detect").transform(images), image_graph().transform(images))
    blank = [[np.full((90, 90), 7, dtype=np.uint8)] * 3]
    assert np.isnan(image_graph(on_missing="nan").transform(blank)).all()
    with pytest.raises(ValueError, match="no landmarks in clip 0"):
        image_graph().transform(blank)


def test_missing_landmarks(landmarks):
    landmarks[3] = np.nan
    with pytest.raises(ValueError, match="no landmarks in clip 3"):
        LandmarkGraphTransformer().fit(landmarks)
    features = LandmarkGraphTransformer(landmarker=FaceLandmarker(on_missing="nan")).fit_transform(landmarks)
    assert np.isnan(features[3]).all() and np.isfinite(np.delete(features, 3, axis=0)).all()


def test_a_face_without_width(landmarks):
    landmarks[2, 0, 36] = landmarks[2, 0, 45]
    with pytest.raises(ValueError, match=r"outer eye corners \(points 36 and 45\) of clip 2 coincide"):
        LandmarkGraphTransformer().transform(landmarks)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"graph": "generic"}, "generic"),
        ({"graph": "faces"}, "graph must be one of"),
        ({"graph": FaceGraph.generic(5)}, "graph must lie over the 68 landmarks"),
        ({"features": "velocity"}, "'features' parameter"),
        ({"magnification": -1}, "'magnification' parameter"),
        ({"align": "yes"}, "'align' parameter"),
        ({"landmarker": "dlib"}, "'landmarker' parameter"),
        ({"landmarker": FaceLandmarker(n_boxes=0)}, "'n_boxes' parameter of FaceLandmarker"),
        ({"tracking": "klt"}, "'tracking' parameter"),
    ],
    ids=str,
)
def test_parameters_are_checked(landmarks, parameters, message):
    with pytest.raises(ValueError, match=message):
        LandmarkGraphTransformer(**parameters).fit(landmarks)


def test_stateless(landmarks):
    graph = LandmarkGraphTransformer(magnification=2)
    expected = graph.transform(landmarks)
    fitted = graph.fit(landmarks[:2])
    assert fitted is graph and set(vars(graph)) == set(graph.get_params(deep=False))
    for other in (clone(graph), pickle.loads(pickle.dumps(graph))):
        assert np.array_equal(other.transform(landmarks), expected)
    assert skmer.LandmarkGraphTransformer is LandmarkGraphTransformer


@pytest.mark.parametrize("kind", [np.asarray, list, np.ndarray.tolist], ids=["array", "list", "nested"])
def test_scikit_learns_tools(landmarks, labels, kind):
    pipe = make_pipeline(
        LandmarkGraphTransformer(flatten=True), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5)
    )
    y, groups = labels
    scores = cross_validate(pipe, kind(landmarks), y, groups=groups, cv=LeaveOneGroupOut())["test_score"]
    assert scores.tolist() == [1.0] * 4
    grid = {
        "landmarkgraphtransformer__magnification": [0.0, 1.0],
        "landmarkgraphtransformer__align": [False, True],
    }
    search = GridSearchCV(pipe, grid, cv=LeaveOneGroupOut()).fit(kind(landmarks), y, groups=groups)
    assert search.best_params_["landmarkgraphtransformer__magnification"] == 1.0


def test_26_folds_detect_each_face_once(images, image_graph, monkeypatch):
    calls = []
    original = _detection.detect_faces
    monkeypatch.setattr(_detection, "detect_faces", lambda grey: calls.append(1) or original(grey))
    frames = np.empty((26, 3), dtype=object)
    frames[:] = images[0]
    for clip in range(26):
        frames[clip, 2] = frames[clip, 2].copy()
        frames[clip, 2][0, 0] = clip
    pipe = make_pipeline(
        image_graph(flatten=True, n_boxes=1), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5)
    )
    y = np.tile([0, 1], 13)
    cross_validate(pipe, frames, y, groups=np.arange(26), cv=LeaveOneGroupOut())
    assert len(calls) == 26


def test_none_is_the_landmarker_with_its_defaults(images):
    assert LandmarkGraphTransformer().get_params()["landmarker"] is None
    expected = LandmarkGraphTransformer(landmarker=FaceLandmarker()).transform(images)
    assert np.array_equal(LandmarkGraphTransformer().transform(images), expected)


def test_parameters_of_the_landmarker_are_nested(landmarks):
    graph = LandmarkGraphTransformer(landmarker=FaceLandmarker(n_boxes=7))
    assert graph.get_params()["landmarker__n_boxes"] == 7
    assert "landmarker__n_boxes" not in graph.get_params(deep=False)
    copied = clone(graph).set_params(landmarker__tracking="detect", landmarker__on_missing="nan")
    assert copied.landmarker.tracking == "detect" and graph.landmarker.tracking == "flow"
    assert get_tags(copied).input_tags.allow_nan and not get_tags(graph).input_tags.allow_nan
    names = copied.set_params(flatten=True).fit(landmarks).get_feature_names_out()
    assert copied.transform(landmarks).shape == (12, len(names))


@pytest.mark.parametrize("name", ["tracking", "memory", "n_jobs", "verbose"])
def test_short_forms_set_the_landmarker(name, landmarks, monkeypatch, tmp_path):
    value = {"tracking": "detect", "memory": tmp_path, "n_jobs": 2, "verbose": 1}[name]
    used = []
    original = FaceLandmarker.extract
    monkeypatch.setattr(FaceLandmarker, "extract", lambda own, X: used.append(own) or original(own, X))
    LandmarkGraphTransformer(**{name: value}).transform(landmarks)
    assert used[0].get_params() == FaceLandmarker(**{name: value}).get_params()


@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
@pytest.mark.parametrize("short", [{"tracking": "flow"}, {"memory": "auto"}, {"n_jobs": 1}, {"verbose": 0}])
def test_a_short_form_beside_a_landmarker_is_an_error(landmarks, method, short):
    graph = LandmarkGraphTransformer(landmarker=FaceLandmarker(), **short)
    with pytest.raises(ValueError, match=rf"^{next(iter(short))}=.* was given together with a landmarker"):
        getattr(graph, method)(landmarks)


def test_all_but_the_first_argument_are_keywords():
    with pytest.raises(TypeError, match="positional"):
        LandmarkGraphTransformer("brow-nose-lip31", "both")
    with pytest.raises(TypeError, match="positional"):
        FaceLandmarker("flow", 5)


def test_a_search_over_the_landmarkers_parameters(images, image_graph):
    pipe = Pipeline([("graph", image_graph(flatten=True, n_boxes=1)), ("clf", DummyClassifier())])
    grid = {"graph__landmarker__tracking": ["flow", "detect"], "graph__landmarker__n_boxes": [1, 2]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(images, [0, 1, 0, 1])
    assert len(search.cv_results_["params"]) == 4
    assert search.best_estimator_["graph"].landmarker is not pipe["graph"].landmarker


@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
@pytest.mark.parametrize("kind", ["landmarks", "images"])
def test_frames_are_checked_once(landmarks, images, method, kind, monkeypatch):
    checks = []
    for name in ("check_frames", "_flagged"):
        original = getattr(_landmarker, name)
        monkeypatch.setattr(
            _landmarker, name, lambda *args, _f=original, _n=name: checks.append((_n, *args[1:])) or _f(*args)
        )
    frames = landmarks if kind == "landmarks" else images
    getattr(LandmarkGraphTransformer(), method)(frames)
    assert checks.count(("check_frames",)) == 1
    assert checks.count(("_flagged", "no face")) == (0 if (method, kind) == ("fit", "images") else 1)


def test_a_pipeline_checks_its_frames_once(landmarks, labels, monkeypatch):
    checks = []
    original = _landmarker.check_frames
    monkeypatch.setattr(_landmarker, "check_frames", lambda X: checks.append(1) or original(X))
    make_pipeline(LandmarkGraphTransformer(flatten=True), DummyClassifier()).fit(landmarks, labels[0])
    assert len(checks) == 1
