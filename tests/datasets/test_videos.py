import importlib

import cv2
import numpy as np
import pytest
from PIL import Image

from skmer.datasets import MicroExpressionClips, clip_from_video, concatenate_clips, make_face_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.frames import read_image
from skmer.landmarks import FaceLandmarker


@pytest.fixture(scope="module")
def frames():
    """Five frames of which the third shows the largest movement."""
    options = {
        "amplitude": (2, 2.5),
        "head_motion": 0,
        "light": 0,
        "noise_sigma": 1,
        "frame_size": (344, 314),
        "face_size": 200,
    }
    onset, apex, _ = make_face_clips(2, 5, random_state=0, jpeg_quality=None, **options).frames[0]
    half = ((onset.astype(int) + apex) // 2).astype(np.uint8)
    return [onset, half, apex, half, onset]


@pytest.fixture
def video(tmp_path, frames):
    def written(name):
        path = tmp_path / name
        code = {"avi": "MJPG", "mp4": "mp4v"}[name.rpartition(".")[2]]
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), 25, frames[0].shape[1::-1])
        for frame in frames:
            writer.write(frame[..., ::-1])
        writer.release()
        return path

    return written


@pytest.fixture
def folder(tmp_path, frames):
    place = tmp_path / "EP02 01f"
    place.mkdir()
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(place / f"reg_img{98 + index}.png")
    (place / "notes 7.txt").touch()
    return place


@pytest.mark.parametrize("name", ["a b.avi", "c.mp4"])
def test_a_video_becomes_a_clip_whose_apex_is_found(video, frames, name):
    clip = clip_from_video(video(name))
    assert clip.shape == (1, 3)
    for found, index in zip(clip[0], (0, 2, 4), strict=True):
        assert found.shape == frames[0].shape and np.abs(found.astype(int) - frames[index]).mean() < 4
    graph = LandmarkGraphTransformer(landmarker=FaceLandmarker(memory=None))
    assert graph.transform(clip).shape == (1, 3, 31, 2)


def test_chosen_frames_of_a_video(video, frames):
    clip = clip_from_video(video("a.avi"), onset=1, apex=2, offset=3)
    for found, index in zip(clip[0], (1, 2, 3), strict=True):
        assert np.abs(found.astype(int) - frames[index]).mean() < 4


def test_a_folder_becomes_a_clip_of_paths(folder, frames):
    clip = clip_from_video(folder)
    assert [path.name for path in clip[0]] == ["reg_img98.png", "reg_img100.png", "reg_img102.png"]
    assert np.array_equal(read_image(clip[0, 1], "RGB"), frames[2])
    assert [path.stem for path in clip_from_video(folder, 99, 101, 102)[0]] == [
        "reg_img99",
        "reg_img101",
        "reg_img102",
    ]


@pytest.mark.parametrize(
    "chosen", [(97, 99, 100), (99, 98, 101), (99, 102, 101), (99, None, 99), (98, 100, 110)], ids=str
)
def test_frames_out_of_order_or_reach(folder, chosen):
    with pytest.raises(ValueError, match="expected three frames in order out of 98 to 102"):
        clip_from_video(folder, *chosen)


def test_what_is_no_video(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match="there is no video or folder"):
        clip_from_video(tmp_path / "absent.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(ValueError, match="no frame could be read"):
        clip_from_video(tmp_path / "text.mp4")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no numbered image"):
        clip_from_video(tmp_path / "empty")
    (folder / "img0099.png").touch()
    with pytest.raises(ValueError, match="have one number"):
        clip_from_video(folder)


@pytest.mark.parametrize("name", ["a.avi", "c.mp4"])
def test_the_sequence_of_a_video_and_its_times(video, frames, name):
    path = video(name)
    clips = clip_from_video(path, onset=1, apex=2, sequence=True)
    assert isinstance(clips, MicroExpressionClips)
    assert clips.target.tolist() == ["unknown"] and clips.groups.tolist() == [f"own/{path.stem}"]
    assert clips.table.loc[0, ["onset", "apex", "offset"]].tolist() == [1, 2, 4]
    (sequence,), (times,) = clips.sequences, clips.times
    for found, expected in zip(sequence, frames[1:], strict=True):
        assert np.abs(found.astype(int) - expected).mean() < 4
    assert np.array_equal(clips.frames[0, 1], sequence[1])
    assert np.allclose(times, np.arange(1, 5) / 25)
    faster = clip_from_video(path, onset=1, apex=2, sequence=True, fps=100)
    assert np.allclose(faster.times[0], np.arange(1, 5) / 100)


def test_the_sequence_of_a_folder_is_paths(folder):
    clips = clip_from_video(folder, 99, 100, 102, sequence=True, target="Surprise")
    assert [path.stem for path in clips.sequences[0]] == [f"reg_img{number}" for number in range(99, 103)]
    assert clips.times[0] is None and clips.target.tolist() == ["Surprise"]
    timed = clip_from_video(folder, 99, 100, 102, sequence=True, fps=50)
    assert np.allclose(timed.times[0], np.arange(99, 103) / 50)


def test_videos_make_a_corpus(video, folder):
    parts = [
        clip_from_video(path, None, 2 + first, sequence=True)
        for path, first in ((video("a.avi"), 0), (folder, 98))
    ]
    clips = concatenate_clips(parts)
    assert [len(sequence) for sequence in clips.sequences] == [5, 5]
    assert clips.times[1] is None and len(clips.times[0]) == 5


def test_a_rate_that_is_none(folder):
    with pytest.raises(ValueError, match="fps must be a positive number, got 0"):
        clip_from_video(folder, apex=100, fps=0)


def test_a_long_video_is_not_held_in_memory(tmp_path):
    path = str(tmp_path / "long.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 25, (32, 32))
    for _ in range(2_002):
        writer.write(np.zeros((32, 32, 3), np.uint8))
    writer.release()
    with pytest.raises(ValueError, match=r"more than 2000 frames between onset and offset.*skmer\.spotting"):
        clip_from_video(path, apex=5)
    assert len(clip_from_video(path, 10, 12, 14, sequence=True).sequences[0]) == 5


def test_the_old_path_works_with_a_warning():
    landmarks = importlib.import_module("skmer.landmarks")
    with pytest.warns(FutureWarning, match="skmer.landmarks.clip_from_video has moved to skmer.datasets"):
        assert landmarks.clip_from_video is clip_from_video
