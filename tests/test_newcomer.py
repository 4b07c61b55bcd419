"""What somebody tries in the first hour."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline

from skmer.classifiers import DeReGRLClassifier, FlowNetClassifier, SeedEnsemble
from skmer.datasets import MicroExpressionClips, make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.frames import check_frames, check_sequences


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)


def pipelines():
    yield make_pipeline(LandmarkGraphTransformer(), DeReGRLClassifier(max_epochs=2, random_state=0))
    yield make_pipeline(LandmarkGraphTransformer(flatten=True), LogisticRegression())


@pytest.mark.parametrize("pipe", pipelines(), ids=["net", "classifier"])
def test_clips_go_into_a_pipeline_as_they_are(clips, pipe):
    y = clips.target
    found = pipe.fit(clips, y).predict_proba(clips)
    np.testing.assert_array_equal(found, pipe.fit(clips.frames, y).predict_proba(clips.frames))
    assert pipe.predict(clips[:3]).shape == (3,)
    options = {"groups": clips.groups, "cv": GroupKFold(2), "error_score": "raise"}
    scores = cross_validate(pipe, clips, y, **options)["test_score"]
    np.testing.assert_array_equal(scores, cross_validate(pipe, clips.frames, y, **options)["test_score"])
    search = GridSearchCV(pipe, {}, cv=GroupKFold(2), error_score="raise").fit(clips, y, groups=clips.groups)
    assert search.predict(clips).shape == (40,)


def test_clips_stand_for_their_frames_and_their_sequences(clips):
    assert check_frames(clips) is clips.frames
    images = [np.zeros((8, 8), np.uint8) + k for k in range(5)]
    rows = np.empty((2, 3), dtype=object)
    for row in rows:
        row[:] = images[:3]
    sequences = np.empty(2, dtype=object)
    sequences[:] = [images, images[:4]]
    some = MicroExpressionClips(rows, ["a", "b"], ["lab/p", "lab/q"], sequences=sequences)
    assert [len(sequence) for sequence in check_sequences(some)] == [5, 4]


NETS = {
    "LandmarkGraphTransformer": [DeReGRLClassifier(), DeReGRLClassifier(graph="generic")],
    "FlowMaps": [FlowNetClassifier("ststnet"), SeedEnsemble(FlowNetClassifier("ststnet"))],
}


@pytest.mark.parametrize("way", NETS)
@pytest.mark.parametrize("kind", ["paths", "images", "sequences"])
def test_raw_clips_before_a_net_name_what_comes_between(way, kind):
    X = np.empty((4, 3), dtype=object)
    for k in np.ndindex(X.shape):
        X[k] = f"{k}.jpg" if kind == "paths" else np.zeros((8, 8), np.uint8)
    if kind == "sequences":
        images, X = X, np.empty(4, dtype=object)
        X[:] = [list(row) for row in images]
    for net in NETS[way]:
        with pytest.raises(
            ValueError, match=rf"X must hold .*got clips as they are, {kind}; {way}\b.*put it"
        ):
            net.fit(X, ["a", "b"] * 2)


def test_importing_the_package_is_enough():
    code = (
        "import sys, skmer; assert 'torch' not in sys.modules;"
        "print(skmer.datasets.make_landmark_clips.__name__, 'metrics' in dir(skmer), hasattr(skmer, '_cli'));"
        "skmer.model_selection, skmer.inspection, skmer.landmarks, skmer.metrics; skmer.nothing"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.split()[:2] == ["make_landmark_clips", "True"]
    assert "module 'skmer' has no attribute 'nothing'" in run.stderr
