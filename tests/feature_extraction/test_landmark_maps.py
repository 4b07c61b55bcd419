import numpy as np
import pytest

from skmer.face import MEAN_SHAPE
from skmer.feature_extraction import LandmarkFeatureMaps

RNG = np.random.default_rng(0)
FACE = 300 + 160 * MEAN_SHAPE


@pytest.fixture
def clip():
    motion = np.zeros((3, 68, 2))
    motion[1, 48:60], motion[2, 48:60] = (1.0, -0.5), (0.4, -0.1)
    motion[1:] += RNG.normal(scale=0.05, size=(2, 68, 2))
    return FACE + motion


def maps_of(clip):
    return LandmarkFeatureMaps().transform(clip[None])[0, :, 0]


def test_maps_are_symmetric_with_a_zero_diagonal_and_largest_entry_one(clip):
    maps = maps_of(clip)
    assert maps.shape == (2, 68, 68) and maps.dtype == np.float32
    np.testing.assert_array_equal(maps, maps.transpose(0, 2, 1))
    assert not np.diagonal(maps, axis1=1, axis2=2).any()
    np.testing.assert_allclose(np.abs(maps).max((1, 2)), 1)


def test_an_entry_by_hand(clip):
    onset, apex = (np.linalg.norm(clip[k, 20] - clip[k, 50]) for k in (0, 1))
    every = np.linalg.norm(clip[:2, :, None] - clip[:2, None], axis=-1)
    growth = np.divide(every[1] - every[0], every[0], where=every[0] > 0, out=np.zeros((68, 68)))
    assert maps_of(clip)[0, 20, 50] == pytest.approx((apex / onset - 1) / np.abs(growth).max(), rel=1e-4)


def test_place_turn_and_size_of_the_face_do_not_matter(clip):
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(maps_of(2 * clip @ turn + (40, -10)), maps_of(clip), atol=1e-5)
    each = clip.copy()
    each[1] = each[1] @ turn + (5, 5)  # the head turns between onset and apex
    np.testing.assert_allclose(maps_of(each), maps_of(clip), atol=1e-5)


def test_strength_does_not_matter_to_first_order(clip):
    weak = clip[:1] + 0.5 * (clip - clip[:1])
    np.testing.assert_allclose(maps_of(weak), maps_of(clip), atol=0.03)


def test_growth_of_the_whole_face_is_the_same_everywhere(clip):
    grown = np.stack([FACE, 1.02 * FACE, FACE])
    maps = maps_of(grown)
    np.testing.assert_allclose(maps[0], 1 - np.eye(68), atol=1e-5)
    assert not maps[1].any()


def test_flattened_is_the_upper_triangle(clip):
    flat = LandmarkFeatureMaps(flatten=True).transform(clip[None])
    assert flat.shape == (1, 2 * 2278)
    np.testing.assert_array_equal(flat[0, :2278], maps_of(clip)[0][np.triu_indices(68, 1)])


def test_sequences_of_one_length(clip):
    sequences = [np.concatenate([clip, clip[1:]])] * 2
    maps = LandmarkFeatureMaps().fit_transform(sequences)
    assert maps.shape == (2, 4, 1, 68, 68)
    np.testing.assert_array_equal(maps[0, :2, 0], maps_of(clip))
    with pytest.raises(ValueError, match=r"one length and one view, got lengths \[3, 5\].*Interpolator"):
        LandmarkFeatureMaps().transform([clip, sequences[0]])


def test_pictures_go_through_the_landmarker(clip):
    class Finder:
        def transform(self, X):
            return np.stack([clip] * len(X))

    frames = np.zeros((2, 3, 40, 40), np.uint8)
    maps = LandmarkFeatureMaps(landmarker=Finder()).transform(frames)
    np.testing.assert_array_equal(maps[1, :, 0], maps_of(clip))


def test_landmarks_that_are_missing_name_their_clip(clip):
    broken = np.stack([clip, clip])
    broken[1, 2, 3] = np.nan
    with pytest.raises(ValueError, match="clip 1: its landmarks hold NaN"):
        LandmarkFeatureMaps().transform(broken)
