import numpy as np
import pytest

from skmer.feature_extraction import ApexImage, DynamicImage
from skmer.feature_extraction._clip_images import pooling_weights

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("n_frames", "weights"),
    [(2, [-0.5, 0.5]), (3, [-4 / 3, 2 / 3, 2 / 3]), (5, [-3.7, 0.3, 1.3, 1.3, 0.8])],
)
def test_weights_of_rank_pooling(n_frames, weights):
    np.testing.assert_allclose(pooling_weights(n_frames), weights, atol=1e-12)
    assert pooling_weights(n_frames).sum() == pytest.approx(0, abs=1e-12)


def test_weights_of_the_code_of_learnet_leave_the_face_in():
    np.testing.assert_allclose(pooling_weights(5, "learnet"), [-1.417, 1.583, 2.083, 1.75, 1], atol=5e-4)
    assert pooling_weights(5, "learnet").sum() == pytest.approx(5)


def test_a_still_video():
    still = np.full((1, 5, 32, 32), 40, np.uint8)
    assert not DynamicImage(scaling="signed", memory=None).transform(still).any()
    assert not DynamicImage(memory=None).transform(still).any()
    face = DynamicImage("learnet", scaling="signed", size=32, memory=None).transform(still)
    np.testing.assert_allclose(face, 5 * 40, rtol=1e-6)


def test_it_is_linear_in_the_frames_and_scaled_to_whole_numbers():
    videos = RNG.integers(0, 256, (2, 4, 32, 32), dtype=np.uint8)
    signed = DynamicImage(scaling="signed", size=32, memory=None).transform(videos)
    assert signed.shape == (2, 1, 32, 32) and signed.dtype == np.float32
    want = np.tensordot(pooling_weights(4), videos.astype(float), (0, 1))
    np.testing.assert_allclose(signed[:, 0], want, rtol=1e-4, atol=1e-3)
    scaled = DynamicImage(size=32, memory=None).transform(videos)
    np.testing.assert_array_equal(scaled, np.rint(scaled))
    assert scaled.min() == 0 and scaled.max() == 255


def test_keyframes_are_sequences_of_three():
    frames = RNG.integers(0, 256, (1, 3, 32, 32), dtype=np.uint8)
    with pytest.warns(UserWarning, match="sequences of three"):
        found = DynamicImage(scaling="signed", size=32, memory=None).transform(frames)
    want = (frames.astype(float) * np.array([-4 / 3, 2 / 3, 2 / 3])[:, None, None]).sum(1)
    np.testing.assert_allclose(found[:, 0], want, atol=1e-3)


def test_sequences_of_any_length_give_one_size():
    clips = [list(RNG.integers(0, 256, (n, 40, 30), dtype=np.uint8)) for n in (4, 7)]
    assert DynamicImage(memory=None).transform(clips).shape == (2, 1, 112, 112)
    with pytest.raises(ValueError, match=r"clip 1.* 1 frame"):
        DynamicImage(memory=None).transform([clips[0], clips[1][:1]])


def test_the_apex_is_the_second_frame():
    frames = np.stack([np.full((1, 40, 30), k, np.uint8) for k in (0, 51, 255)], 1)
    found = ApexImage(size=16, memory=None).transform(frames)
    assert found.shape == (1, 1, 16, 16)
    np.testing.assert_allclose(found, 0.2, rtol=1e-6)
    assert ApexImage(memory=None).fit_transform(frames).shape == (1, 1, 128, 128)
