"""Every published method on faces with known movements: in folds by subject, and through the evaluator."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_predict

from skmer.datasets import make_face_clips
from skmer.model_selection import audit_loso, evaluate_loso
from skmer.pipelines import COMPARISON_METHODS, comparison_pipeline

NAMES = ("lbp-top", "lbp-fip", "lbp-sdg", "ktgsl", "higo", "bi-woof", "mdmo")
EACH = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def clips():
    """20 clips of each of three classes: movements of 2 to 3 px of a 280 px face, and nothing else."""
    still = {"noise_sigma": 0, "head_motion": 0, "light": 0, "jpeg_quality": None}
    size = {"dataset": "megc2019", "face_size": 140, "color": False, "sequence": True, "fps": 100}
    made = make_face_clips(12, 120, amplitude=(2, 3), random_state=0, **still, **size)
    rng = np.random.default_rng(0)
    rows = [rng.permutation(np.flatnonzero(made.target == name))[:20] for name in made.class_names]
    return made.select(np.sort(np.concatenate(rows)))


@pytest.fixture(scope="module")
def features(clips):
    """Features of a method, each computed once."""
    found = {}

    def compute(name):
        if name not in found:
            X = clips.frames if COMPARISON_METHODS[name][0] == "frames" else clips.sequences
            found[name] = comparison_pipeline(name)[:-1].transform(X)
        return found[name]

    return compute


def accuracy(name, X, y, groups):
    classifier = clone(comparison_pipeline(name)[-1])
    return (cross_val_predict(classifier, X, y, groups=groups, cv=GroupKFold(5)) == y).mean()


@EACH
def test_is_well_above_the_majority_baseline(name, clips, features):
    X = features(name)
    assert X.ndim == 2 and np.isfinite(X).all()
    assert accuracy(name, X, clips.target, clips.groups) >= 1 / 3 + 0.2


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
