import cv2
import numpy as np
import pytest

from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.landmarks import clip_from_video, read_image


@pytest.fixture(scope="module")
def frames(portrait, clip):
    """Five frames of which the third shows a raised mouth."""
    half = ((portrait.astype(int) + clip[1]) // 2).astype(np.uint8)
    return [np.repeat(frame[..., None], 3, axis=2) for frame in (portrait, half, clip[1], half, portrait)]


@pytest.fixture
def video(tmp_path, frames):
    def written(name):
        path = tmp_path / name
        code = {"avi": "MJPG", "mp4": "mp4v"}[name.rpartition(".")[2]]
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), 25, (300, 300))
        for frame in frames:
            writer.write(frame)
        writer.release()
        return path

    return written


@pytest.fixture
def folder(tmp_path, frames):
    place = tmp_path / "EP02 01f"
    place.mkdir()
    for index, frame in enumerate(frames):
        cv2.imwrite(str(place / f"reg_img{98 + index}.png"), frame)
    (place / "notes 7.txt").touch()
    return place


@pytest.mark.parametrize("name", ["a b.avi", "c.mp4"])
def test_a_video_becomes_a_clip_whose_apex_is_found(video, frames, name):
    clip = clip_from_video(video(name))
    assert clip.shape == (1, 3)
    for found, index in zip(clip[0], (0, 2, 4), strict=True):
        assert found.shape == (300, 300, 3) and np.abs(found.astype(int) - frames[index]).mean() < 4
    assert LandmarkGraphTransformer(memory=None).transform(clip).shape == (1, 3, 31, 2)


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
