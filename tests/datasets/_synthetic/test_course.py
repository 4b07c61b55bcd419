import os

import numpy as np
import pytest

from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.datasets._synthetic._timeline import constant_speed, draw_course, raised_cosine
from skmer.frames import FrameSequence, read_image, sequence_digest

SMALL = {"face_size": 100, "random_state": 0}
STILL = {"head_motion": 0, "light": 0, "noise_sigma": 0, "jpeg_quality": None}


def test_durations_are_those_of_micro_expressions():
    course = draw_course(2_000, 200, np.random.default_rng(0))
    seconds = course.offset / 200
    assert 0.12 <= seconds.min() < 0.13 and 0.69 < seconds.max() <= 0.7
    assert (course.apex > 0).all() and (course.apex < course.offset).all()
    assert np.allclose(course.times(3), np.arange(course.offset[3] + 1) / 200)
    slow = draw_course(2_000, 20, np.random.default_rng(0))
    assert slow.offset.min() == 2 and (slow.apex > 0).all() and (slow.apex < slow.offset).all()


def test_rise_and_fall_by_hand():
    values = np.array([0.0, 4.0, 1.0])
    rise = raised_cosine((0, 4, 7), values)
    assert np.allclose(rise, [0, 4 * (1 - np.sqrt(0.5)) / 2, 2, 4 * (1 + np.sqrt(0.5)) / 2, 4, 3.25, 1.75, 1])
    assert np.allclose(constant_speed((0, 4, 7), values), [0, 1, 2, 3, 4, 3, 2, 1])
    fields = np.stack([np.zeros((68, 2)), np.ones((68, 2)), np.zeros((68, 2))])
    assert raised_cosine((0, 2, 4), fields).shape == (5, 68, 2)


@pytest.mark.parametrize("fps", [0, 19, 1001, "200", float("nan")])
def test_other_rates_are_refused(fps):
    with pytest.raises(ValueError, match="fps must be"):
        make_landmark_clips(2, 8, sequence=True, fps=fps)


def test_landmark_keyframes_are_those_without_sequences():
    options = {"noise": "single", "within_class_variation": 1.0, "subject_effects": 0.5, "random_state": 3}
    plain, whole = (make_landmark_clips(4, 20, sequence=sequence, **options) for sequence in (False, True))
    assert np.array_equal(plain.frames, whole.frames) and np.array_equal(plain.target, whole.target)
    for sequence, frames, row in zip(whole.sequences, whole.frames, whole.table.itertuples(), strict=True):
        assert len(sequence) == row.offset + 1
        assert np.array_equal(sequence[[row.onset, row.apex, row.offset]], frames)
    again = make_landmark_clips(4, 20, sequence=True, **options)
    assert all(np.array_equal(a, b) for a, b in zip(again.sequences, whole.sequences, strict=True))


def test_landmarks_move_as_the_truth_says():
    clips = make_landmark_clips(4, 20, noise=0.0, head_motion=0, sequence=True, random_state=0)
    for sequence, moved, row in zip(
        clips.sequences, clips.truth.displacement, clips.table.itertuples(), strict=True
    ):
        course = raised_cosine((0, row.apex, row.offset), np.array([0, 1, 0.0]))[: row.apex + 1]
        expected = course[:, None, None] * moved[1]
        assert np.allclose((sequence - sequence[0])[: row.apex + 1], expected)


def test_noise_of_each_frame_is_its_own():
    clips = make_landmark_clips(4, 30, noise=1.0, head_motion=0, amplitude=(1e-6, 2e-6), sequence=True)
    noise = np.concatenate([np.diff(sequence, axis=0) for sequence in clips.sequences])
    assert abs(noise.std() - 1.0) < 0.05  # of a difference of two frames, as of the keyframes'


def test_without_an_offset_the_sequence_returns_to_the_onset():
    clips = make_landmark_clips(4, 20, offset=False, noise=0.0, sequence=True, random_state=0)
    for sequence in clips.sequences:
        assert np.array_equal(sequence[-1], sequence[0])
        steps = np.linalg.norm(np.diff(sequence, axis=0), axis=-1).max(axis=1)
        assert steps[-1] < 0.5 * np.ptp(sequence, axis=0).max()  # and does not jump there


@pytest.fixture(scope="module")
def whole():
    return make_face_clips(3, 10, sequence=True, fps=100, **SMALL)


def test_image_keyframes_are_those_without_sequences(whole):
    plain = make_face_clips(3, 10, **SMALL)
    assert all(np.array_equal(a, b) for a, b in zip(plain.frames.ravel(), whole.frames.ravel(), strict=True))
    for sequence, frames, row in zip(whole.sequences, whole.frames, whole.table.itertuples(), strict=True):
        assert isinstance(sequence, FrameSequence) and len(sequence) == row.offset + 1
        assert all(np.array_equal(sequence[k], frames[i]) for i, k in enumerate((0, row.apex, row.offset)))


def test_frames_are_rendered_the_same_whenever_they_are_read(whole):
    sequence = whole.sequences[4]
    assert np.array_equal(sequence[3], list(sequence)[3]) and not np.array_equal(sequence[3], sequence[4])
    again = make_face_clips(3, 10, sequence=True, fps=100, **SMALL).sequences[4]
    assert np.array_equal(again[3], sequence[3]) and sequence_digest(again) == sequence_digest(sequence)
    assert len({sequence_digest(entry) for entry in whole.sequences}) == len(whole)


def test_pictures_rise_and_fall_with_the_truth():
    clips = make_face_clips(2, 6, amplitude=(2, 3), color=False, sequence=True, fps=50, **SMALL, **STILL)
    for sequence, row in zip(clips.sequences, clips.table.itertuples(), strict=True):
        frames = np.stack(list(sequence)).astype(float)
        change = np.abs(frames - frames[0]).mean(axis=(1, 2))
        assert change.argmax() in (row.apex - 1, row.apex, row.apex + 1)
        assert (np.diff(change[: row.apex + 1]) > -0.02).all() and (np.diff(change[row.apex :]) < 0.02).all()


def test_brightness_and_head_motion_do_not_jump():
    options = STILL | {"light": 0.1, "head_motion": 2}
    clips = make_face_clips(2, 6, color=False, sequence=True, fps=200, **SMALL, **options)
    for sequence in clips.sequences:
        levels = np.array([frame.mean() for frame in sequence])
        assert np.abs(np.diff(levels)).max() < 2.5 * np.ptp(levels) / 10 + 0.5


def test_frames_are_written_one_by_one_and_are_the_same(whole, tmp_path):
    written = make_face_clips(3, 10, sequence=True, fps=100, folder=tmp_path, **SMALL)
    for row in range(len(whole)):
        paths = written.sequences[row]
        assert len(paths) == len(whole.sequences[row])
        for path, frame in zip(paths, whole.sequences[row], strict=True):
            assert np.array_equal(read_image(path, "RGB"), frame)
        assert list(written.frames[row]) == [
            paths[k] for k in written.table.loc[row, ["onset", "apex", "offset"]]
        ]
    place = os.path.join(str(tmp_path), *whole.table.loc[0, ["subject", "clip"]], "img0.png")
    assert written.frames[0, 0] == place


def test_keyframes_alone_are_written_too(tmp_path):
    written = make_face_clips(2, 5, folder=tmp_path, **SMALL)
    plain = make_face_clips(2, 5, **SMALL)
    for path, image in zip(written.frames.ravel(), plain.frames.ravel(), strict=True):
        assert np.array_equal(read_image(path, "RGB"), image)
    assert written.sequences.tolist() == [None] * 5 and len(list(tmp_path.rglob("*.png"))) == 15
