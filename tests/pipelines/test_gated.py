"""A pipeline that answers "no movement", and where it does not."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict, cross_val_score
from sklearn.preprocessing import FunctionTransformer

from skmer import LandmarkGraphTransformer
from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.io import load, save
from skmer.model_selection import (
    BatchedGridSearchCV,
    batched_cross_val_predict,
    evaluate_loso,
    keyframe_errors,
)
from skmer.pipelines import NO_MOVEMENT, GatedPipeline, recommended


@pytest.fixture(scope="module")
def clips():
    return make_face_clips(2, 10, face_size=160.0, amplitude=(3.0, 3.0), random_state=0)


@pytest.fixture(scope="module")
def still(clips):
    """Faces of the same people without a movement: the apex is another picture of the onset."""
    rng = np.random.default_rng(0)
    frames = clips.frames[:4].copy()
    for row in frames:
        row[1] = np.clip(row[0] + rng.normal(0, 2, row[0].shape), 0, 255).astype(np.uint8)
    return frames


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """A transformer that computes the landmarks of a clip once for all tests."""
    return LandmarkGraphTransformer(flatten=True, memory=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def make_pipeline(graph):
    def make(least_reliability=0.85):
        steps = [("graph", clone(graph)), ("clf", LogisticRegression())]
        return GatedPipeline(steps, least_reliability=least_reliability)

    return make


def test_still_faces_have_no_movement_and_moved_ones_a_class(clips, still, make_pipeline):
    pipeline = make_pipeline().fit(clips.frames, clips.target)
    assert pipeline.predict(still).tolist() == [NO_MOVEMENT] * 4
    found = pipeline.predict(clips.frames)
    moved = pipeline["graph"].reliability(clips.frames) >= 0.85
    assert moved.sum() >= 8
    assert ((found != NO_MOVEMENT) == moved).all()
    shares = pipeline.predict_proba(still)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert shares.shape == (4, len(set(clips.target)))


def test_none_turns_it_off(clips, still, make_pipeline):
    gated = make_pipeline().fit(clips.frames, clips.target)
    plain = make_pipeline(None).fit(clips.frames, clips.target)
    assert set(plain.predict(still)) <= set(clips.target)
    np.testing.assert_array_equal(plain.predict_proba(still), gated.predict_proba(still))
    gated.set_params(least_reliability=None)
    np.testing.assert_array_equal(plain.predict(still), gated.predict(still))


@pytest.mark.parametrize("engine", ["loop", "batched"])
def test_evaluations_and_searches_give_each_clip_a_class(clips, still, make_pipeline, engine):
    frames = clips.frames.copy()
    frames[:4] = still
    y, groups = np.tile(["fear", "others"], 5), [f"lab/s{k // 2 % 4}" for k in range(10)]
    strict = make_pipeline(1.0)
    result = evaluate_loso(strict, frames, y, groups, engine=engine)
    plain = evaluate_loso(make_pipeline(None), frames, y, groups, engine=engine)
    assert result.predictions["prediction"].tolist() == plain.predictions["prediction"].tolist()
    assert strict.least_reliability == 1.0
    search = BatchedGridSearchCV(strict, {"clf__C": [0.1, 1.0]}, verbose=0)
    search.fit(frames, y, groups=groups)
    assert search.best_score_ > 0
    assert set(search.predict(frames)) == {NO_MOVEMENT}  # what the search has fitted is gated again
    searched = evaluate_loso(search, frames, y, groups, engine=engine)
    assert set(searched.predictions["prediction"]) <= {"fear", "others"}


class Doubtful(TransformerMixin, BaseEstimator):
    """Mean brightness of each clip's first frame, of whose movement nothing is reliable."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.array([[np.mean(row[0]), np.mean(row[1])] for row in X]) / 255

    def reliability(self, X):
        return np.zeros(len(X))


@pytest.mark.parametrize("clf", [LogisticRegression(), RidgeClassifier()])
def test_whatever_the_first_step_is_every_clip_gets_a_class(clips, clf):
    """A step that is fitted stands before: the pipeline goes through the folds as one."""
    with_all = make_face_clips(2, 10, face_size=100, sequence=True, fps=30, random_state=0)
    steps = [("means", Doubtful()), ("clf", clf)]
    gated, plain = (GatedPipeline(steps, least_reliability=least) for least in (0.85, None))
    data = clips.frames, np.tile(["fear", "others"], 5)
    groups = np.array([f"lab/s{k // 2 % 4}" for k in range(10)])
    assert set(clone(gated).fit(*data).predict(clips.frames)) == {NO_MOVEMENT}

    def outcomes(pipeline):
        search = BatchedGridSearchCV(pipeline, {"clf": [clf]}, verbose=0, scoring="accuracy")
        yield search.fit(*data, groups=groups).best_score_
        yield from batched_cross_val_predict(pipeline, *data, groups=groups, cv=GroupKFold(2))
        yield from evaluate_loso(pipeline, *data, groups, verbose=0).predictions["prediction"]
        yield from evaluate_loso(search, *data, groups, verbose=0).predictions["prediction"]
        yield from keyframe_errors(pipeline, with_all, shifts=[1], find=False, verbose=0)["accuracy"]

    assert list(outcomes(gated)) == list(outcomes(plain))


def test_the_cross_validation_of_scikit_learn_is_gated_where_it_predicts(clips, make_pipeline):
    data, folds = (clips.frames, clips.target), {"cv": GroupKFold(2), "groups": clips.groups}
    assert set(cross_val_predict(make_pipeline(1.0), *data, **folds)) == {NO_MOVEMENT}
    assert cross_val_score(make_pipeline(1.0), *data, scoring="accuracy", **folds).tolist() == [0, 0]
    own, plain = (cross_val_score(make_pipeline(least), *data, **folds).tolist() for least in (1.0, None))
    assert own == plain  # `score` is the last step's


def test_classes_that_are_numbers_stay_numbers_beside_it(clips, still, make_pipeline):
    numbers = np.unique(clips.target, return_inverse=True)[1]
    found = make_pipeline().fit(clips.frames, numbers).predict(np.concatenate([clips.frames[:3], still]))
    assert found.dtype == object and found[3:].tolist() == [NO_MOVEMENT] * 4
    assert all(value in set(numbers) for value in found[:3])


def test_it_has_the_interface_of_a_pipeline(clips, make_pipeline):
    pipeline = make_pipeline(0.7)
    assert clone(pipeline).get_params(deep=False).keys() == pipeline.get_params(deep=False).keys()
    assert clone(pipeline).least_reliability == 0.7 and "least_reliability=0.7" in repr(pipeline)
    pipeline.set_params(clf__C=0.5, least_reliability=0.9).fit(clips.frames, clips.target)
    assert (pipeline["clf"].C, pipeline.least_reliability) == (0.5, 0.9)
    assert pipeline.classes_.tolist() == clips.class_names
    features = pipeline[:-1].transform(clips.frames)
    np.testing.assert_array_equal(pipeline.predict_proba(clips.frames), pipeline[-1].predict_proba(features))
    assert pipeline.score(clips.frames, clips.target) == pipeline[-1].score(features, clips.target)
    np.testing.assert_array_equal(pipeline.predict(clips), pipeline.predict(clips.frames))


def test_given_landmarks_get_a_class(make_pipeline):
    clips = make_landmark_clips(n_subjects=2, n_clips=20, random_state=0)
    assert NO_MOVEMENT not in make_pipeline(1.0).fit(clips.frames, clips.target).predict(clips.frames)


def test_steps_before_the_one_that_knows_are_passed(clips, still, graph):
    steps = [("as it is", "passthrough"), ("copy", FunctionTransformer(np.copy)), ("graph", clone(graph))]
    pipeline = GatedPipeline([*steps, ("clf", DummyClassifier())], least_reliability=0.85)
    found = pipeline.fit(clips.frames, clips.target).predict(still)
    assert set(found) == {NO_MOVEMENT}


def test_bad_thresholds_and_steps_are_refused(clips, make_pipeline):
    refused = r"^least_reliability must be .*range \[0, 1\].*, got {}\."
    pipeline = make_pipeline().fit(clips.frames, clips.target)
    for value in (1.5, -0.1, float("nan"), True, "high"):
        with pytest.raises(ValueError, match=refused.format(repr(value))):
            make_pipeline(value).fit(clips.frames, clips.target)
        with pytest.raises(ValueError, match=refused.format(repr(value))):
            pipeline.set_params(least_reliability=value).predict(clips.frames)
    bare = GatedPipeline([("clf", DummyClassifier())], least_reliability=0.5).fit([[0], [1]], [0, 1])
    with pytest.raises(ValueError, match=r"^least_reliability=0.5 needs a step with a method reliability"):
        bare.predict([[0]])
    with pytest.raises(AttributeError):
        GatedPipeline([("graph", LandmarkGraphTransformer())]).predict  # noqa: B018


@pytest.mark.parametrize("given", ["frames", "sequences"])
def test_the_recommended_pipeline_is_gated_and_comes_back_from_its_file(given, tmp_path):
    clips = make_landmark_clips(n_subjects=3, n_clips=30, random_state=0)
    pipeline = recommended(input=given, random_state=0)
    pipeline.set_params(clf__net__n_estimators=1, clf__net__estimator__max_epochs=2)
    assert isinstance(pipeline, GatedPipeline) and pipeline.least_reliability == 0.85
    pipeline.fit(clips.frames, clips.target)
    save(pipeline, tmp_path / "model.skmer")
    loaded = load(tmp_path / "model.skmer")
    assert isinstance(loaded, GatedPipeline) and loaded.least_reliability == 0.85
    np.testing.assert_array_equal(loaded.predict(clips.frames), pipeline.predict(clips.frames))
    assert not isinstance(recommended(input="nodes"), GatedPipeline)
