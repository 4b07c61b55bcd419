import cv2
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.landmarks import LandmarkCache

RNG = np.random.default_rng(0)
CLIPS = [RNG.integers(0, 255, (length, 6, 8), dtype=np.uint8) for length in (5, 9, 7, 5)]


class MeanChange(ClipFeatureTransformer):
    """Mean grey level, and mean absolute change `lag` frames later."""

    _parameter_constraints: dict = {"lag": [int], **CLIP_PARAMETERS}

    def __init__(self, lag=1, *, memory="auto", n_jobs=None, verbose=0):
        self.lag = lag
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _compute_clip(self, frames):
        volume = np.stack(frames).astype(float)
        if (volume == 7).all():
            raise ValueError("all sevens")
        return np.array([volume.mean(), np.abs(volume[self.lag :] - volume[: -self.lag]).mean()])

    def _min_frames(self):
        return 2 * self.lag + 1


class KeyframeChange(MeanChange):
    _input = "frames"


class Displacement(MeanChange):
    _takes_landmarks = True


@pytest.fixture
def count(monkeypatch):
    """How many clips are computed."""
    computed = []
    compute = MeanChange._compute_clip
    monkeypatch.setattr(
        MeanChange, "_compute_clip", lambda self, frames: computed.append(1) or compute(self, frames)
    )
    return computed


def expected(lag=1):
    return [[c.mean(), np.abs(np.diff(c.astype(float), axis=0)).mean() if lag == 1 else None] for c in CLIPS]


def test_one_row_a_clip():
    assert np.allclose(MeanChange(memory=None).fit_transform(CLIPS), expected())


def test_the_result_does_not_depend_on_the_number_of_jobs_or_the_form_of_the_frames(tmp_path):
    paths = []
    for clip, frames in enumerate(CLIPS):
        paths.append([tmp_path / f"{clip}-{k}.png" for k in range(len(frames))])
        for path, frame in zip(paths[-1], frames, strict=True):
            cv2.imwrite(str(path), frame)
    for X in (CLIPS, paths, [list(frames) for frames in CLIPS]):
        for memory in (None, tmp_path / "cache"):
            assert np.allclose(MeanChange(memory=memory, n_jobs=2).transform(X), expected())


@pytest.mark.parametrize("kind", [str, LandmarkCache])
def test_each_clip_is_computed_once(tmp_path, count, kind):
    transformer = MeanChange(memory=kind(tmp_path))
    first = transformer.transform(CLIPS)
    assert len(count) == 4
    again = clone(transformer).transform(CLIPS[::-1])
    assert len(count) == 4 and np.array_equal(again, first[::-1])
    transformer.set_params(lag=2, n_jobs=None, verbose=0).transform(CLIPS)
    assert len(count) == 8
    changed = [*CLIPS[:3], CLIPS[3] + 1]
    transformer.set_params(lag=1).transform(changed)
    assert len(count) == 9


def test_another_class_or_version_does_not_find_the_result(tmp_path, count, monkeypatch):
    MeanChange(memory=tmp_path).transform(CLIPS)
    Displacement(memory=tmp_path).transform(CLIPS)
    assert len(count) == 8
    monkeypatch.setattr(MeanChange, "_version", 2)
    MeanChange(memory=tmp_path).transform(CLIPS)
    assert len(count) == 12


def test_nothing_is_cached_without_memory(count, skmer_cache):
    for _ in range(2):
        MeanChange(memory=None).transform(CLIPS)
    assert len(count) == 8


def test_a_damaged_result_is_computed_anew(tmp_path, count):
    first = MeanChange(memory=tmp_path).transform(CLIPS)
    for path in tmp_path.rglob("*.npy"):
        path.write_bytes(path.read_bytes()[:-3])
    assert np.array_equal(MeanChange(memory=tmp_path).transform(CLIPS), first)
    assert len(count) == 8


def test_errors_name_the_clip():
    with pytest.raises(ValueError, match=r"clip 0 has 5 frame\(s\) .* radius_t=3 .* at least 7"):
        MeanChange(lag=3, memory=None).fit(CLIPS)
    sevens = [*CLIPS[:2], np.full((5, 6, 8), 7, dtype=np.uint8)]
    with pytest.raises(ValueError, match=r"^clip 2: all sevens$"):
        MeanChange(memory=None).transform(sevens)
    with pytest.raises(ValueError, match="lag"):
        MeanChange(lag="1").transform(CLIPS)
    with pytest.raises(ValueError, match="MeanChange needs images, but landmarks were passed"):
        MeanChange().fit(np.zeros((2, 5, 68, 2)))
    with pytest.raises(FileNotFoundError, match=r"clip 0, apex frame \('b.png'\)"):
        KeyframeChange(memory=None).transform([[np.zeros((4, 4)), "b.png", "c.png"]])


def test_results_of_several_shapes_are_refused(monkeypatch):
    monkeypatch.setattr(MeanChange, "_compute_clip", lambda self, frames: np.zeros(len(frames)))
    with pytest.raises(ValueError, match=r"clip 1: its result has the shape \(9,\), that of others \(5,\)"):
        MeanChange(memory=None).transform(CLIPS)


def test_keyframes_and_landmarks():
    frames = np.stack([CLIPS[0][:3], CLIPS[1][:3]])
    assert np.allclose(KeyframeChange(memory=None).fit_transform(frames)[:, 0], frames.mean(axis=(1, 2, 3)))
    landmarks = RNG.normal(size=(2, 5, 68, 2))
    found = Displacement(memory=None).fit_transform(landmarks)
    assert np.allclose(found[:, 0], landmarks.mean(axis=(1, 2, 3)))


def test_it_stands_in_a_pipeline():
    pipe = make_pipeline(MeanChange(memory=None), SVC())
    assert pipe.fit(CLIPS, [0, 1, 0, 1]).predict(CLIPS).shape == (4,)
    assert not pipe[0].__sklearn_tags__().requires_fit
