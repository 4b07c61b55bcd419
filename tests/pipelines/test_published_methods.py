"""Every published method on faces with known movements: in folds by subject, and through the evaluator."""

from functools import cache

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_predict

from skmer.datasets import make_face_clips
from skmer.model_selection import audit_loso, evaluate_loso
from skmer.pipelines import COMPARISON_METHODS, comparison_pipeline

NAMES = ("lbp-top", "lbp-fip", "lbp-sdg", "ktgsl", "higo", "bi-woof", "mdmo")
EACH = pytest.mark.parametrize("name", NAMES)


def balanced(**settings):
    """20 clips of each of three classes: movements of 2 to 3 px of a 280 px face."""
    size = {"dataset": "megc2019", "face_size": 140, "color": False, "sequence": True, "fps": 100}
    made = make_face_clips(12, 120, amplitude=(2, 3), noise_sigma=0, random_state=0, **settings, **size)
    rng = np.random.default_rng(0)
    rows = [rng.permutation(np.flatnonzero(made.target == name))[:20] for name in made.class_names]
    return made.select(np.sort(np.concatenate(rows)))


def computed_once(clips, **params):
    """Features of a method by name, each computed once."""

    @cache
    def compute(name):
        X = clips.frames if COMPARISON_METHODS[name][0] == "frames" else clips.sequences
        return comparison_pipeline(name).set_params(**params)[:-1].transform(X)

    return compute


@pytest.fixture(scope="module")
def clips():
    """Clips in which nothing but the face moves."""
    return balanced(head_motion=0, light=0, jpeg_quality=None)


@pytest.fixture(scope="module")
def features(clips):
    return computed_once(clips)


@pytest.fixture(scope="module")
def moving():
    """Clips with the head's motion, changes of light and JPEG of the default corpus."""
    return balanced()


@pytest.fixture(scope="module")
def stabilized(moving):
    return computed_once(moving, crop__stabilize=True)


def accuracy(name, X, y, groups):
    classifier = clone(comparison_pipeline(name)[-1])
    return (cross_val_predict(classifier, X, y, groups=groups, cv=GroupKFold(5)) == y).mean()


@EACH
def test_is_well_above_the_majority_baseline(name, clips, features):
    X = features(name)
    assert X.ndim == 2 and np.isfinite(X).all()
    assert accuracy(name, X, clips.target, clips.groups) >= 1 / 3 + 0.2


@EACH
def test_stabilized_crops_see_the_face_through_the_head_and_the_light(name, moving, stabilized):
    X = stabilized(name)
    assert accuracy(name, X, moving.target, moving.groups) >= 1 / 3 + 0.2
    rng = np.random.default_rng(0)
    labels = [rng.permutation(moving.target) for _ in range(5)]
    assert np.mean([accuracy(name, X, y, moving.groups) for y in labels]) < 1 / 3 + 0.1


@EACH
def test_guesses_shuffled_labels(name, clips, features):
    rng = np.random.default_rng(0)
    labels = [rng.permutation(clips.target) for _ in range(5)]
    found = np.mean([accuracy(name, features(name), y, clips.groups) for y in labels])
    assert found == pytest.approx(1 / 3, abs=0.1)


@pytest.fixture(scope="module")
def few():
    """A clip of each class that each of three subjects shows, with sequences."""
    size = {"dataset": "megc2019", "face_size": 110, "color": False, "sequence": True, "fps": 100}
    made = make_face_clips(3, 30, random_state=1, **size)
    shown = {pair: row for row, pair in enumerate(zip(made.groups, made.target, strict=True))}
    return made.select(np.sort(list(shown.values())))


@EACH
def test_no_held_out_clip_takes_part(name, few):
    found = audit_loso(comparison_pipeline(name), few, n_folds=1)
    assert found.passed, found


@pytest.mark.parametrize("name", ["lbp-sdg", "bi-woof", "mdmo"])
def test_neither_engine_nor_jobs_nor_an_interruption_change_the_predictions(name, few, tmp_path):
    first = evaluate_loso(comparison_pipeline(name), few, checkpoint=tmp_path)
    next(part for part in sorted(tmp_path.rglob("*.json")) if part.name != "run.json").unlink()
    again = evaluate_loso(comparison_pipeline(name), few, checkpoint=tmp_path)
    other = evaluate_loso(comparison_pipeline(name), few, engine="batched", n_jobs=2)
    for result in (again, other):
        assert result.predictions["prediction"].tolist() == first.predictions["prediction"].tolist()
    assert first.run_card["choices"][0]["name"] == name


@pytest.mark.parametrize("name", [name for name in NAMES if name != "bi-woof"])
def test_three_keyframes_will_do_with_a_warning(name, few):
    pipeline = comparison_pipeline(name, input="frames")
    with pytest.warns(UserWarning, match="every clip has three frames, .* seen at the apex alone"):
        result = evaluate_loso(pipeline, few.frames, few.target, few.groups)
    assert result.n_clips == len(few.target)


def test_a_constant_clip_has_finite_features(few):
    # The face is found on the first frame; from then on nothing changes.
    X = [[few.frames[0, 0]] * 12, *few.sequences[:2]]
    for name in NAMES:
        rows = few.frames[:3].copy()
        rows[0] = few.frames[0, 0], few.frames[0, 0], few.frames[0, 0]
        given = rows if name == "bi-woof" else X
        assert np.isfinite(comparison_pipeline(name)[:-1].transform(given)).all()
