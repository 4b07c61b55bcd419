"""Whole sequences through splitters, evaluation, audit and searches, as frames go."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    cross_val_predict,
    cross_validate,
    train_test_split,
)
from sklearn.pipeline import make_pipeline, make_union

from skmer.datasets import MicroExpressionClips
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.frames import FrameSequence
from skmer.model_selection import BatchedGridSearchCV, audit_loso, batched_cross_val_predict, evaluate_loso


class Rise(ClipFeatureTransformer):
    """Change of brightness from the first frame to the middle one, in two halves of the picture."""

    _parameter_constraints: dict = {"power": [int], **CLIP_PARAMETERS}

    def __init__(self, power=1, *, memory=None, n_jobs=None, verbose=0):
        self.power = power
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _compute_clip(self, frames):
        change = frames[len(frames) // 2].astype(float) - frames[0]
        return np.array([change[:, :16].mean(), change[:, 16:].mean()]) ** self.power


class Levels(FrameSequence):
    def __init__(self, frames):
        self.frames = frames

    def __len__(self):
        return len(self.frames)

    def frame(self, k):
        return self.frames[k]

    def content_digest(self):
        return str(self.frames.sum(axis=(1, 2)).tolist())


def make_clips(n_clips=60, kind=np.asarray, missing=(), seed=0):
    rng = np.random.default_rng(seed)
    target = rng.choice(["fear", "others", "surprise"], n_clips, p=[0.3, 0.4, 0.3])
    frames, sequences = np.empty((n_clips, 3), object), np.empty(n_clips, object)
    for clip, label in enumerate(target):
        length = rng.integers(5, 12)
        volume = rng.integers(90, 110, (length, 16, 32))
        half = {"fear": slice(0, 16), "others": slice(0, 0), "surprise": slice(16, 32)}[label]
        volume[length // 2 - 1 : length // 2 + 2, :, half] += 40
        volume = volume.astype(np.uint8)
        for frame, k in enumerate((0, length // 2, -1)):
            frames[clip, frame] = volume[k]
        sequences[clip] = None if clip in missing else kind(volume)
    groups = [f"lab/s{clip % 6}" for clip in range(n_clips)]
    return MicroExpressionClips(frames, target, groups, sequences=sequences)


@pytest.fixture
def pipe():
    return make_pipeline(Rise(), LogisticRegression())


@pytest.mark.parametrize("kind", [np.asarray, list, Levels])
def test_cross_validation_over_sequences(pipe, kind):
    clips = make_clips(kind=kind)
    scores = cross_validate(pipe, clips.sequences, clips.target, groups=clips.groups, cv=LeaveOneGroupOut())
    assert len(scores["test_score"]) == 6 and scores["test_score"].mean() > 0.95
    train, test = train_test_split(clips.sequences, random_state=0)
    assert len(train) == 45 and pipe.fit(train, clips.target[:45]).predict(test).shape == (15,)


def test_grid_search_reaches_the_parameters_of_the_transformer(pipe):
    clips = make_clips()
    search = GridSearchCV(pipe, {"rise__power": [1, 2]}, cv=StratifiedGroupKFold(3))
    search.fit(clips.sequences, clips.target, groups=clips.groups)
    assert set(search.cv_results_["param_rise__power"]) == {1, 2}
    batched = BatchedGridSearchCV(pipe, {"rise__power": [1, 2]}, cv=LeaveOneGroupOut())
    assert batched.fit(clips.sequences, clips.target, groups=clips.groups).best_score_ > 0.9


def test_batched_predictions_are_those_of_scikit_learn(pipe):
    clips = make_clips()
    content = (clips.sequences, clips.target)
    ours = batched_cross_val_predict(pipe, *content, groups=clips.groups, cv=LeaveOneGroupOut())
    theirs = cross_val_predict(pipe, *content, groups=clips.groups, cv=LeaveOneGroupOut())
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("union", [False, True])
@pytest.mark.parametrize("engine", ["batched", "loop"])
def test_evaluation_of_clips_takes_the_sequences_that_a_step_asks_for(pipe, union, engine):
    clips = make_clips()
    if union:
        pipe = make_pipeline(make_union(Rise(), Rise(2)), LogisticRegression(max_iter=1000))
    by_clips = evaluate_loso(pipe, clips, engine=engine)
    by_hand = evaluate_loso(pipe, clips.sequences, clips.target, clips.groups, engine=engine)
    assert by_clips.accuracy > 0.9
    assert by_clips.predictions["prediction"].tolist() == by_hand.predictions["prediction"].tolist()


def test_clips_without_a_sequence_are_guessed_and_marked(pipe):
    missing = (0, 7, 20)
    clips = make_clips(missing=missing)
    result = evaluate_loso(pipe, clips, audit=True)
    assert np.flatnonzero(result.predictions["missing"]).tolist() == list(missing)
    whole = make_clips()
    kept = ~np.isin(np.arange(60), missing)
    others = evaluate_loso(pipe, whole.select(kept))
    assert result.predictions["prediction"][kept].tolist() == others.predictions["prediction"].tolist()


def test_clips_without_any_sequence_say_so(pipe):
    clips = make_clips(missing=range(60))
    with pytest.raises(ValueError, match="X must have sequences for Rise, the clips hold keyframes alone"):
        evaluate_loso(pipe, clips)


@pytest.mark.parametrize("kind", [np.asarray, list, Levels])
def test_an_honest_pipeline_passes_the_audit(pipe, kind):
    audit = audit_loso(pipe, make_clips(kind=kind))
    assert audit.passed, audit
    search = GridSearchCV(pipe, {"rise__power": [1, 2]}, cv=LeaveOneGroupOut())
    audit = audit_loso(search, make_clips(kind=kind))
    assert audit.passed and audit.n_splits > 0


def with_copies(kind, change):
    """Clips of which four stand under another subject, changed."""
    clips = make_clips(kind=kind)
    order = np.r_[np.arange(60), np.arange(4)]
    sequences = clips.sequences[order]
    for row in range(60, 64):
        sequences[row] = change(sequences[row])
    groups = np.r_[clips.groups, ["lab/other"] * 4]
    return sequences, clips.target[order], groups


@pytest.mark.parametrize(
    ("kind", "change", "found"),
    [
        (np.asarray, np.copy, "duplicate"),
        (Levels, lambda clip: Levels(clip.frames.copy()), "duplicate"),
        (list, lambda clip: clip[1:], "duplicate"),
        (np.asarray, lambda clip: clip + np.eye(16, 32, dtype=np.uint8), "near-duplicate"),
        (np.asarray, lambda clip: clip[..., ::-1] + np.eye(16, 32, dtype=np.uint8), "near-duplicate"),
    ],
    ids=["copied", "made", "frames shared", "noise", "mirror"],
)
def test_copies_under_another_subject_are_found(pipe, kind, change, found):
    audit = audit_loso(pipe, *with_copies(kind, change))
    assert [finding.kind for finding in audit.findings] == [found]


def test_inner_splits_that_ignore_the_subject_are_found(pipe):
    search = GridSearchCV(pipe, {"rise__power": [1, 2]}, cv=3)
    with pytest.warns(UserWarning, match="puts a subject on both sides"):
        audit = audit_loso(search, make_clips())
    assert {finding.kind for finding in audit.findings} == {"inner-split"}


def test_an_interrupted_evaluation_goes_on(pipe, tmp_path):
    clips = make_clips(kind=Levels)
    first = evaluate_loso(pipe, clips, checkpoint=tmp_path / "run")
    again = evaluate_loso(pipe, clips, checkpoint=tmp_path / "run")
    assert first.predictions.equals(again.predictions)
