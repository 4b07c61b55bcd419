import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold

from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.io import load, save
from skmer.model_selection import evaluate_loso
from skmer.pipelines import BASELINES, baseline, recommended

LEARNING = [name for name in BASELINES if name != "majority"]


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(6, 60, random_state=0)


@pytest.fixture(scope="module")
def nodes(clips):
    return LandmarkGraphTransformer().fit_transform(clips.frames)


@pytest.fixture(scope="module")
def maps(nodes):
    """Displacements of the nodes as maps of one row: enough to tell the classes, and no faces."""
    rows = nodes[:, 1].transpose(0, 2, 1)[:, :, None]
    return np.repeat(rows, 31, axis=2)


@pytest.mark.parametrize("name", LEARNING)
def test_a_baseline_finds_more_than_the_commonest_class(name, clips, nodes):
    pipeline = baseline(name)
    assert list(pipeline.named_steps) == ["clf"]
    assert list(pipeline["clf"].estimator.named_steps) == ["rows", "scale", "clf"]
    result = evaluate_loso(pipeline, nodes, clips.target, clips.groups)
    assert result.uf1 > result.baseline.uf1 + 0.2


@pytest.mark.parametrize("name", BASELINES)
def test_frames_are_nodes_by_a_step_of_their_own(name, clips, nodes):
    of_frames = evaluate_loso(baseline(name, input="frames"), clips)
    of_nodes = evaluate_loso(baseline(name), nodes, clips.target, clips.groups)
    np.testing.assert_array_equal(of_frames.runs, of_nodes.runs)


def test_the_majority_is_the_majority_baseline(clips):
    result = evaluate_loso(baseline("majority", input="frames"), clips)
    assert (result.accuracy, result.uf1, result.uar) == tuple(result.baseline)


@pytest.mark.parametrize("name", LEARNING)
def test_maps_are_seen_as_a_grid_and_mirrored(name, clips, maps):
    pipeline = baseline(name, input="maps").fit(maps, clips.target)
    flipped = maps[..., ::-1] * np.array([-1, 1])[:, None, None]
    np.testing.assert_array_equal(pipeline.predict(maps), pipeline.predict(flipped))
    result = evaluate_loso(baseline(name, input="maps"), maps, clips.target, clips.groups)
    assert result.uf1 > result.baseline.uf1 + 0.1


def test_choices_are_those_that_the_documentation_names():
    lda, rbf, linear = (baseline(name)["clf"].estimator for name in LEARNING)
    assert (lda["rows"].magnitudes, rbf["rows"].magnitudes, linear["rows"].magnitudes) == (True, False, False)
    assert (rbf["clf"].kernel, rbf["clf"].C, rbf["clf"].class_weight) == ("rbf", 1.0, "balanced")
    assert (linear["clf"].kernel, linear["clf"].C, linear["clf"].class_weight) == ("linear", 0.1, "balanced")


def test_a_baseline_has_no_state_of_another(clips, nodes):
    first = baseline("lda")
    second = baseline("lda").set_params(clf__estimator__clf__shrinkage=0.9)
    assert first["clf"].estimator["clf"].shrinkage == 0.5
    once = clone(second).fit(nodes, clips.target).predict_proba(nodes)
    np.testing.assert_array_equal(once, second.fit(nodes, clips.target).predict_proba(nodes))


@pytest.mark.parametrize("name", BASELINES)
def test_fitted_baselines_are_saved_without_pickle(name, clips, nodes, tmp_path):
    pipeline = baseline(name).fit(nodes, clips.target)
    save(pipeline, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(nodes), pipeline.predict(nodes))


@pytest.mark.parametrize(("name", "options"), [("svm", {}), ("lda", {"input": "video"})])
def test_unknown_baselines_are_refused(name, options):
    argument, given = ("input", "video") if options else ("name", "svm")
    with pytest.raises(ValueError, match=rf"{argument} must be one of \['\w+', .*\], got '{given}'"):
        baseline(name, **options)


def test_landmarks_are_no_nodes(clips):
    with pytest.raises(ValueError, match=r"X must have the shape \(n_clips, 3, 31, n_channels\)"):
        baseline("lda").fit(clips.frames, clips.target)


def quick(**options):
    pipeline = recommended(random_state=0, **options)
    return pipeline.set_params(clf__net__n_estimators=2, clf__net__estimator__max_epochs=3)


@pytest.mark.parametrize("given", ["frames", "nodes", "maps"])
def test_the_recommended_pipeline_is_the_mean_of_its_parts(given, clips, nodes, tmp_path):
    X = {"frames": clips.frames, "nodes": nodes}.get(given)
    if given == "maps":
        X = np.random.default_rng(0).normal(size=(len(clips), 3, 28, 28)).astype(np.float32)
        pipeline = recommended(input="maps", random_state=0)
        pipeline.set_params(clf__net__clf__n_estimators=2, clf__net__clf__estimator__max_epochs=1)
    else:
        pipeline = quick(input=given)
    assert list(pipeline.named_steps) == (["graph", "clf"] if given == "frames" else ["clf"])
    pipeline.fit(X, clips.target)
    inner = pipeline[:-1].transform(X) if given == "frames" else X
    parts = [pipeline["clf"].named_estimators_[name].predict_proba(inner) for name in ("net", "lda")]
    votes = pipeline["clf"].weights_
    assert votes.tolist() in ([1, 0], [1, 1])
    np.testing.assert_allclose(pipeline.predict_proba(X), np.average(parts, axis=0, weights=votes))
    assert list(pipeline.classes_) == sorted(set(clips.target))
    save(pipeline, tmp_path / "model.skmer")
    loaded = load(tmp_path / "model.skmer")
    np.testing.assert_array_equal(loaded.predict_proba(X), pipeline.predict_proba(X))
    assert list(loaded["clf"].named_estimators_) == ["net", "lda"]


def test_the_recommended_pipeline_is_evaluated_and_searched(clips, nodes):
    result = evaluate_loso(quick(input="nodes"), nodes, clips.target, clips.groups, n_jobs=1)
    assert result.uf1 > result.baseline.uf1 + 0.2
    grid = {"clf__lda__estimator__clf__shrinkage": [0.1, 0.5], "clf__net__estimator__n_actions": [2]}
    search = GridSearchCV(quick(input="nodes"), grid, cv=GroupKFold(2))
    assert search.fit(nodes, clips.target, groups=clips.groups).best_params_.keys() == grid.keys()


def test_the_recommended_pipeline_routes_groups_and_action_units(clips, nodes):
    units = clips.action_units().to_numpy()
    with config_context(enable_metadata_routing=True):
        pipeline = quick(input="nodes")
        net = pipeline["clf"].estimators[0][1].set_fit_request(action_units=True)
        net.estimator.set_fit_request(action_units=True)
        fitted = pipeline.fit(nodes, clips.target, action_units=units)
        member = fitted["clf"].named_estimators_["net"].estimators_[0]
    assert member.predict_action_units(nodes).shape == units.shape


def test_another_input_is_refused():
    with pytest.raises(ValueError, match=r"input must be one of .*frames.*got 'rows'"):
        recommended(input="rows")


def test_a_vote_with_other_voters_is_refused(clips, nodes, tmp_path):
    pipeline = quick(input="nodes").fit(nodes, clips.target)
    vote = pipeline["clf"]
    vote.estimators_ = vote.estimators_[::-1]
    with pytest.raises(ValueError, match="of another class than the one named so"):
        save(pipeline, tmp_path / "model.skmer")
