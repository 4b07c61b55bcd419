import cv2
import numpy as np
import pytest

from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.datasets._synthetic import _portrait
from skmer.datasets._synthetic._portrait import ASTRONAUT_POINTS, astronaut
from skmer.face import MEAN_SHAPE

STILL = {"head_motion": 0, "light": 0, "noise_sigma": 0, "jpeg_quality": None}


def small_clips(n_subjects=2, n_clips=8, **changes):
    return make_face_clips(n_subjects, n_clips, **({"face_size": 140, "random_state": 0} | changes))


def flow_at(onset, frame, points):
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(onset, frame, None)
    x, y = points.T.astype(np.float32)
    return cv2.remap(flow, x[None], y[None], cv2.INTER_LINEAR)[0]


def test_images_move_as_the_truth_says():
    clips = make_face_clips(3, 12, amplitude=(1.5, 2.5), color=False, random_state=0, **STILL)
    for (onset, apex, _), displacement, points in zip(
        clips.frames, clips.truth.displacement, clips.truth.points, strict=True
    ):
        true = displacement[1]
        seen = flow_at(onset, apex, points[0])
        cosine = np.sum(seen * true) / np.linalg.norm(seen) / np.linalg.norm(true)
        assert cosine > 0.9
        assert 0.7 < np.sum(seen * true) / np.sum(true**2) < 1.1


def test_head_motion_is_in_the_points_and_in_the_picture():
    clips = make_face_clips(
        2, 6, color=False, amplitude=(0.5, 0.6), random_state=0, **(STILL | {"head_motion": 1})
    )
    for frames, points in zip(clips.frames, clips.truth.points, strict=True):
        rigid = [27, 28, 29, 30]
        seen = flow_at(frames[0], frames[2], points[0, rigid])
        np.testing.assert_allclose(seen.mean(axis=0), (points[2] - points[0])[rigid].mean(axis=0), atol=0.4)


def test_frames_and_labels():
    clips = small_clips(4, 20)
    assert clips.frames.shape == (20, 3)
    for frame in clips.frames.ravel():
        assert (frame.dtype, frame.shape) == (np.uint8, (240, 220, 3))
    assert clips.truth.displacement.shape == (20, 3, 68, 2)
    assert not clips.truth.displacement[:, 0].any()
    assert len(set(clips.groups)) == 4
    assert clips.class_names == ["disgust", "happiness", "others", "repression", "surprise"]
    twin = make_landmark_clips(4, 20, random_state=0)
    assert np.array_equal(clips.target, twin.target)


def test_same_state_same_pictures():
    first, again, other = small_clips(), small_clips(), small_clips(random_state=1)
    assert all(np.array_equal(a, b) for a, b in zip(first.frames.ravel(), again.frames.ravel(), strict=True))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_people_differ_and_clips_of_one_share_the_face():
    clips = small_clips(n_subjects=3, n_clips=12, **STILL)
    onsets = {group: [] for group in clips.groups}
    for group, frames in zip(clips.groups, clips.frames, strict=True):
        onsets[group].append(frames[0].astype(int))
    for faces in onsets.values():
        assert np.array_equal(faces[0], faces[-1])
    first, second, third = (faces[0] for faces in onsets.values())
    assert min(np.abs(first - second).mean(), np.abs(second - third).mean(), np.abs(first - third).mean()) > 3


def test_noise_light_and_compression_can_be_switched():
    def difference(**changes):
        clips = small_clips(amplitude=(1e-3, 1e-3), color=False, **(STILL | changes))
        return np.concatenate([(frames[1].astype(float) - frames[0]).ravel() for frames in clips.frames])

    assert np.abs(difference()).max() <= 1
    assert np.std(difference(noise_sigma=2.0)) == pytest.approx(2 * 2**0.5, rel=0.1)
    assert 0.5 < np.abs(difference(light=0.04)).mean() < 8
    clean, compressed = small_clips(**STILL), small_clips(**(STILL | {"jpeg_quality": 20}))
    error = np.abs(clean.frames[0, 0].astype(int) - compressed.frames[0, 0])
    assert 0.5 < error.mean() < 10


def test_grey_frames_have_their_own_size():
    clips = small_clips(n_clips=5, color=False, frame_size=(200, 180))
    assert clips.frames[0, 0].shape == (200, 180)
    points = clips.truth.points
    assert points.min() > 0
    assert points[..., 0].max() < 180
    assert points[..., 1].max() < 200


def test_face_size_is_the_jaw_width():
    points = make_face_clips(12, 24, face_size=150, color=False, random_state=0, **STILL).truth.points[:, 0]
    assert np.mean(points[:, 16, 0] - points[:, 0, 0]) == pytest.approx(150, rel=0.06)


def test_astronaut_points_are_a_face():
    eyes = ASTRONAUT_POINTS[45] - ASTRONAUT_POINTS[36]
    turned = (ASTRONAUT_POINTS - ASTRONAUT_POINTS[33]) @ [1, 1j] / complex(*eyes)
    expressionless = list(range(17, 48))
    assert np.abs(turned - MEAN_SHAPE @ [1, 1j])[expressionless].max() < 0.07
    assert astronaut().shape == (512, 512, 3)


def test_a_detector_finds_the_faces_where_the_truth_says():
    dlib = pytest.importorskip("dlib")
    clips = make_face_clips(2, 5, color=False, random_state=0)
    _, onsets = np.unique(clips.groups, return_index=True)
    for clip in onsets:
        (box, *_), points = (
            dlib.get_frontal_face_detector()(clips.frames[clip, 0], 0),
            clips.truth.points[clip, 0],
        )
        middle = np.array([box.left() + box.right(), box.top() + box.bottom()]) / 2
        assert np.abs(middle - points[30]).max() < 30


def test_missing_picture_names_the_caller(monkeypatch):
    def absent(module, **names):
        raise ImportError(f"{names['caller']} needs {module}")

    monkeypatch.setattr(_portrait, "import_optional", absent)
    with pytest.raises(ImportError, match=r"make_face_clips needs skimage\.data"):
        small_clips()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"light": 1}, "light must be a number from 0 to below 1"),
        ({"noise_sigma": -1}, "noise_sigma must be"),
        ({"jpeg_quality": 0}, "jpeg_quality must"),
        ({"jpeg_quality": 101}, "jpeg_quality must"),
        ({"face_size": 50}, "face_size must be at least 100"),
        ({"frame_size": 300}, "frame_size must"),
        ({"frame_size": (100, 300)}, r"frame_size must be an int in the range \[141, "),
        ({"head_motion": -1}, "head_motion must be"),
        ({"dataset": "smic"}, "dataset must be one of"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        small_clips(**changes)
