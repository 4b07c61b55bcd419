import struct
import tracemalloc

import cv2
import numpy as np
import pytest
from PIL import Image

from skmer.frames import VideoFrame, VideoReader

SIZE = (48, 32)


def shade(k):
    return 20 + 3 * k


def write_video(path, n_frames=40, fps=25.0, code="mp4v", size=SIZE):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, size)
    for k in range(n_frames):
        image = np.full((size[1], size[0], 3), shade(k % 60), np.uint8)
        image[: size[1] // 4, : size[0] // 4] = 255  # marks the corner
        writer.write(image)
    writer.release()
    return path


def boxes(data, start, stop, path):
    """Offsets of the nested boxes of an mp4 file along a path of names."""
    while start < stop:
        size, name = struct.unpack(">I4s", data[start : start + 8])
        if name == path[0]:
            inner = boxes(data, start + 8, start + size, path[1:]) if len(path) > 1 else []
            return None if inner is None else [start, *inner]
        start += size
    return None


@pytest.mark.parametrize(("name", "code"), [("a.mp4", "mp4v"), ("a.avi", "MJPG")])
def test_files_are_read_frame_by_frame(tmp_path, name, code):
    video = VideoReader(write_video(tmp_path / name, code=code))
    frames = list(video)
    assert [frame.number for frame in frames] == list(range(40)) == list(range(len(video)))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(40) / 25, atol=1e-6)
    assert isinstance(frames[0], VideoFrame)
    assert frames[0].image.shape == SIZE[::-1]
    np.testing.assert_allclose(
        [frame.image[-1, -1] for frame in frames], [shade(k) for k in range(40)], atol=5
    )
    assert [frame.number for frame in video.read(7, 9)] == [7, 8]
    assert [frame.number for frame in video.read(1, 12, 5)] == [1, 6, 11]
    assert next(iter(VideoReader(tmp_path / name, mode="RGB"))).image.shape == (*SIZE[::-1], 3)
    assert (video.missing, video.fps) == ([], 25)


def test_a_variable_rate_is_read_as_filmed(tmp_path):
    """The first ten frames of the file are made to stand twice as long."""
    path = write_video(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    place = boxes(data, 0, len(data), [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"])
    n_frames, step = struct.unpack(">II", data[place[-1] + 16 : place[-1] + 24])
    entries = struct.pack(">IIIII", 2, 10, 2 * step, n_frames - 10, step)
    data[place[-1] + 12 : place[-1] + 24] = entries
    for box in place:
        (size,) = struct.unpack(">I", data[box : box + 4])
        data[box : box + 4] = struct.pack(">I", size + 8)
    path.write_bytes(data)
    times = np.array([frame.time for frame in VideoReader(path)])
    np.testing.assert_allclose(np.diff(times)[:9], 2 / 25, atol=1e-6)
    np.testing.assert_allclose(np.diff(times)[10:], 1 / 25, atol=1e-6)
    assert VideoReader(path, fps=50).read(1, 2).__next__().time == 0.02


def test_a_rotated_video_is_turned_upright(tmp_path):
    path = write_video(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    (*_, header) = boxes(data, 0, len(data), [b"moov", b"trak", b"tkhd"])
    quarter = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, SIZE[1] << 16, 0, 1 << 30)
    data[header + 48 : header + 84] = quarter
    path.write_bytes(data)
    image = next(iter(VideoReader(path))).image
    assert image.shape == SIZE
    assert image[2, -3] > 200  # the corner that was marked at the top left
    assert image[2, 2] < 100


def test_damaged_frames_are_passed_over(tmp_path):
    path = write_video(tmp_path / "a.avi", code="MJPG")
    data = bytearray(path.read_bytes())
    starts = [k for k in range(len(data) - 4) if data[k : k + 4] == b"00dc"][:40]
    data[starts[20] + 8 : starts[21]] = bytes(starts[21] - starts[20] - 8)
    path.write_bytes(data)
    video = VideoReader(path)
    frames = list(video)
    numbers = [frame.number for frame in frames]
    assert len(video.missing) == 1
    assert sorted(numbers + video.missing) == list(range(40))
    np.testing.assert_allclose([frame.time for frame in frames], np.array(numbers) / 25, atol=0.041)
    assert abs(int(frames[-1].image[-1, -1]) - shade(39)) <= 5


def test_what_a_recording_that_broke_off_holds_is_read(tmp_path):
    path = write_video(tmp_path / "a.avi", code="MJPG")
    data = path.read_bytes()
    starts = [k for k in range(len(data) - 4) if data[k : k + 4] == b"00dc"][:40]
    path.write_bytes(data[: starts[25] + 4])
    video = VideoReader(path)
    numbers = [frame.number for frame in video]
    assert numbers == list(range(len(numbers)))
    assert 24 <= len(numbers) <= 25
    assert video.missing == []
    path = write_video(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:1500])  # the table of frames stood at the end
    with pytest.raises(ValueError, match=r"is no video that can be read; .*broken off"):
        VideoReader(path)


def test_a_folder_keeps_the_time_of_its_gaps(tmp_path):
    for k in (3, 4, 6, 10):
        Image.fromarray(np.full((4, 6), shade(k), np.uint8)).save(tmp_path / f"img{k}.png")
    video = VideoReader(tmp_path, fps=10)
    assert [(frame.number, round(frame.time, 6)) for frame in video] == [(0, 0), (1, 0.1), (2, 0.3), (3, 0.7)]
    assert video.missing == [5, 7, 8, 9]
    assert [frame.image[0, 0] for frame in video] == [shade(k) for k in (3, 4, 6, 10)]
    (tmp_path / "b").mkdir()
    with pytest.raises(ValueError, match="holds no numbered image"):
        VideoReader(tmp_path / "b", fps=10)
    Image.fromarray(np.zeros((4, 6), np.uint8)).save(tmp_path / "copy_3.png")
    with pytest.raises(ValueError, match=r"two images in .* have the number 3"):
        VideoReader(tmp_path, fps=10)


def test_sequences_have_given_times():
    images = [np.full((4, 6), shade(k), np.uint8) for k in range(3)]
    assert [frame.time for frame in VideoReader(images, times=[0, 0.5, 2])] == [0, 0.5, 2]
    with pytest.raises(ValueError, match="times must ascend"):
        VideoReader(images, times=[0, 1, 1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"source": "no.mp4"}, FileNotFoundError, "there is no video or folder"),
        ({"source": __file__}, ValueError, "is no video that can be read"),
        ({"source": np.zeros((3, 4, 4), np.uint8)}, ValueError, "fps must be given: images tell no times"),
        ({"source": [], "fps": 3}, ValueError, "source must be a video file"),
        ({"source": 5, "fps": 3}, ValueError, "source must be a path or a sequence"),
        ({"source": "x", "fps": 0}, ValueError, "fps must be a float in the range"),
        ({"source": "x", "mode": "HSV"}, ValueError, "mode must be"),
    ],
)
def test_what_cannot_be_read_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        VideoReader(**arguments)


def test_memory_does_not_grow_with_the_length(tmp_path):
    peaks = []
    for n_frames in (60, 600):
        path = write_video(tmp_path / f"{n_frames}.avi", n_frames, code="MJPG", size=(320, 240))
        tracemalloc.start()
        assert sum(1 for _ in VideoReader(path, mode="RGB")) == n_frames
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 2**20


def test_damaged_images_of_a_folder_are_passed_over(tmp_path):
    for k in (3, 4, 5, 7):
        Image.fromarray(np.full((4, 6), shade(k), np.uint8)).save(tmp_path / f"img{k}.png")
    (tmp_path / "img4.png").write_bytes(b"no picture")
    video = VideoReader(tmp_path, fps=10)
    for _ in range(2):
        assert [(frame.number, round(frame.time, 6)) for frame in video] == [(0, 0), (2, 0.2), (3, 0.4)]
        assert video.missing == [4, 6]
    for path in tmp_path.iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match="frame 3 of"):
        list(video)


def test_no_frames_are_none():
    with pytest.raises(ValueError, match=r"a sequence of frames, got none\."):
        VideoReader([])
