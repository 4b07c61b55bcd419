from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.sparse import csr_array

from skmer.frames import (
    FrameSequence,
    check_sequences,
    holds_landmarks,
    holds_sequences,
    read_sequence,
    sequence_digest,
    sequence_label,
)

IMAGE = np.arange(72, dtype=np.uint8).reshape(8, 9)
COLOUR = np.zeros((8, 9, 3), dtype=np.uint8)
LANDMARKS = np.arange(4 * 5 * 68 * 2, dtype=np.float32).reshape(4, 5, 68, 2)


class Levels(FrameSequence):
    """Even pictures, one grey level a frame."""

    def __init__(self, length, start=0):
        self.length, self.start = length, start

    def __len__(self):
        return self.length

    def frame(self, k):
        return np.full((4, 6), self.start + k, dtype=np.uint8)

    def content_digest(self):
        return f"{self.length} levels from {self.start}"


def entries(*values):
    filled = np.empty(len(values), dtype=object)
    filled[:] = values
    return filled


@pytest.mark.parametrize(
    "sequences",
    [
        [["a.png"] * 4, [Path("b.png")] * 7],
        entries(["a.png"] * 4, ["b.png"] * 7),
        [[IMAGE] * 4, [COLOUR, IMAGE, "a.png", IMAGE, IMAGE]],
        np.zeros((2, 4, 8, 9), dtype=np.uint8),
        np.zeros((2, 4, 8, 9, 3)),
        [np.zeros((4, 8, 9)), np.zeros((6, 8, 9), dtype=np.uint8)],
        [Levels(4), Levels(9)],
        [np.array(["a.png"] * 4), ("a.png",) * 5],
        [[IMAGE.tolist()] * 4] * 2,
    ],
    ids=["paths", "object", "mixed", "4-D", "5-D", "arrays", "made when read", "str arrays", "nested lists"],
)
def test_sequences_become_an_object_array_of_one_axis(sequences):
    checked = check_sequences(sequences)
    assert checked.shape == (2,) and checked.dtype == object and len(checked[0]) == 4
    assert not holds_landmarks(checked)


def test_images_of_one_size_stay_images():
    checked = check_sequences([[IMAGE, IMAGE + 1, IMAGE, IMAGE]])
    assert np.array_equal(checked[0][1], IMAGE + 1)
    stacked = np.stack([[IMAGE, IMAGE]])
    assert np.shares_memory(check_sequences(stacked)[0], stacked)


@pytest.mark.parametrize("given", [LANDMARKS, list(LANDMARKS), LANDMARKS.tolist(), entries(*LANDMARKS)])
def test_landmarks_become_float64(given):
    checked = check_sequences(given)
    assert holds_landmarks(checked) and checked[1].dtype == np.float64
    assert np.array_equal(np.stack(checked.tolist()), LANDMARKS)


@pytest.mark.parametrize(
    "frames",
    [
        entries(["a", "b", "c"]),
        np.array([["a", "b", "c"]] * 2),
        np.zeros((2, 3, 8, 9)),
        np.array([[Path("a"), "b", "c"]], dtype=object),
        np.zeros((2, 3, 68, 2)),
    ],
)
def test_keyframes_are_sequences_of_three_with_a_warning(frames):
    with pytest.warns(UserWarning, match="every clip has three frames.* at the apex alone.*clips.sequences"):
        checked = check_sequences(frames)
    assert [len(sequence) for sequence in checked] == [3] * len(frames)


def test_one_clip_more_than_three_frames_long_warns_of_nothing():
    assert len(check_sequences([["a"] * 3, ["b"] * 4])) == 2


def test_too_few_frames_name_clip_length_radius_and_the_way_out():
    sequences = [["a.png"] * 11, ["a.png"] * 10, ["a.png"] * 9]
    text = (
        r"clip 2 has 9 frame\(s\) \(the shortest of 2 such clips\), but radius_t=5 \(2 \* radius_t \+ 1\) "
        r"needs at least 11; resample them by TemporalInterpolator\(n_frames=11\)"
    )
    with pytest.raises(ValueError, match=text):
        check_sequences(sequences, min_frames=11)
    assert len(check_sequences(sequences[:1], min_frames=11)) == 1
    with pytest.raises(ValueError, match=r"clip 0 has 4 frame\(s\), but method='tim' needs at least 5"):
        check_sequences([["a"] * 4], min_frames=5, needed_by="method='tim'")


@pytest.mark.parametrize(
    ("sequences", "error", "message"),
    [
        ("clip.png", TypeError, "got str"),
        (7, TypeError, "got int"),
        (csr_array(np.eye(3)), TypeError, "sparse"),
        ([], ValueError, "got 0 clips"),
        (np.zeros((0, 9, 8, 8)), ValueError, r"0 sample\(s\)"),
        (np.zeros((4, 10)), ValueError, r"shape \(4, 10\)"),
        (np.zeros(4), ValueError, "Reshape your data"),
        (np.zeros((2, 0, 8, 8)), ValueError, r"shape \(2, 0, 8, 8\)"),
        (np.zeros((2, 4, 8, 8), complex), ValueError, "Complex data"),
        (["a.png", "b.png"], ValueError, "clip 0 holds 'a.png'"),
        ([["a.png"] * 4, None], ValueError, r"clip 1 has none \(None\).*clips.frames"),
        ([["a.png"] * 4, []], ValueError, "clip 1 holds no frame"),
        ([["a.png", 5, "b.png"]], TypeError, "clip 0, frame 1: expected a path or an image array, got int"),
        ([["a.png", None]], TypeError, "clip 0, frame 1: .* got NoneType"),
        ([np.zeros((4, 8))], ValueError, r"clip 0 holds an array of shape \(4, 8\)"),
        (np.zeros((2, 4, 3, 68, 2)), ValueError, r"clip 0 holds an array of shape \(4, 3, 68, 2\)"),
        ([LANDMARKS[0], ["a.png"] * 4], ValueError, "clip 0 holds landmarks and clip 1 none"),
    ],
)
def test_other_input_is_refused(sequences, error, message):
    with pytest.raises(error, match=message):
        check_sequences(sequences)


def test_a_container_may_hold_clips_without_a_sequence():
    checked = check_sequences([None, ["a"] * 3, None], allow_missing=True)
    assert [entry is None for entry in checked] == [True, False, True]
    assert check_sequences([None], allow_missing=True, min_frames=5)[0] is None
    with pytest.raises(ValueError, match="clip 3 holds landmarks and clip 1 none"):
        check_sequences([None, IMAGE[None], None, LANDMARKS[0]], allow_missing=True)


@pytest.mark.parametrize(
    "names",
    [
        ["img1.jpg", "img2.jpg", "img10.jpg"],
        ["img08.jpg", "img09.jpg", "img10.jpg", "img100.jpg"],
        ["b9.png", "aa10.png", "c11.png"],
        ["img3.jpg", "img2.jpg", "img1.jpg"],
        ["img2.jpg", "img2.jpg", "img3.jpg"],
        ["b.png", "c.png", "a.png"],
    ],
    ids=["numbers", "padded", "other names", "reversed", "repeated", "no numbers"],
)
def test_names_in_order(names):
    assert check_sequences([["x1.png"] * 4, names])[1] == names


def test_names_sorted_as_text_are_refused():
    names = sorted(f"clip/img{number}.jpg" for number in range(1, 12))
    text = (
        r"frames of clip 1 are not in the order of their numbers, 'img11.jpg' stands before 'img2.jpg'; sort"
    )
    for form in (names, np.array(names), [Path(name) for name in names]):
        with pytest.raises(ValueError, match=text):
            check_sequences([["x.png"] * 4, form])


def test_a_long_video_is_no_clip():
    with pytest.raises(ValueError, match=r"clip 1 has 10000 frames, more than 2000.*skmer\.spotting"):
        check_sequences([Levels(5), Levels(10_000)])


def test_frames_made_when_read():
    levels = Levels(5)
    assert levels[-1][0, 0] == 4 and [int(frame[0, 0]) for frame in levels[::2]] == [0, 2, 4]
    assert [int(frame[0, 0]) for frame in levels] == [0, 1, 2, 3, 4]
    assert repr(levels) == "Levels(5 frames, 5 levels fro)"
    with pytest.raises(IndexError):
        levels[5]


def test_reading_decodes_paths_arrays_and_colour(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), IMAGE)
    frames = read_sequence([tmp_path / "a.png", IMAGE, COLOUR, IMAGE / 255])
    assert [frame.dtype for frame in frames] == [np.uint8] * 4
    assert np.array_equal(frames[0], IMAGE) and np.array_equal(frames[3], IMAGE) and frames[2].shape == (8, 9)
    assert read_sequence([IMAGE], mode="RGB")[0].shape == (8, 9, 3)


@pytest.mark.parametrize(
    ("frames", "error", "message"),
    [
        ([IMAGE, IMAGE, IMAGE.T], ValueError, "clip 7, frame 2: expected 9 x 8 pixels .* got 8 x 9; crop"),
        (["absent.png"], FileNotFoundError, r"clip 7, frame 0 \('absent.png'\): there is no such file"),
        ([IMAGE, IMAGE * 1e9], ValueError, r"clip 7, frame 1: expected float pixels in \[0, 1\]"),
    ],
)
def test_frames_that_cannot_be_read_are_named(frames, error, message):
    with pytest.raises(error, match=message):
        read_sequence(frames, 7)


def test_digests_tell_frames_order_and_files_apart(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), IMAGE)
    same, other = sequence_digest([tmp_path / "a.png"] * 3), sequence_digest([IMAGE] * 3)
    assert len({same, other, sequence_digest([IMAGE, IMAGE, IMAGE + 1]), sequence_digest([IMAGE] * 4)}) == 4
    assert sequence_digest([IMAGE, COLOUR]) != sequence_digest([COLOUR, IMAGE])
    assert sequence_digest(np.stack([IMAGE] * 3)) == other
    (tmp_path / "a.png").write_bytes(b"other content")
    assert sequence_digest([tmp_path / "a.png"] * 3) != same
    assert sequence_digest(Levels(4)) == sequence_digest(Levels(4)) != sequence_digest(Levels(4, start=1))


def test_labels():
    assert sequence_label("sub01", 3) == "clip sub01, frame 3"


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (np.zeros((2, 3, 8, 9)), False),
        (np.zeros((2, 3, 68, 2)), False),
        (np.zeros((2, 4, 8, 9)), True),
        (np.zeros((2, 7)), False),
        ([["a"] * 3] * 2, False),
        ([["a"] * 3, ["a"] * 4], True),
        ([["a"] * 3, None], True),
        ([Levels(3), Levels(3)], True),
        (entries(["a"] * 3, ["b"] * 3), True),
        (np.array([["a", "b", "c"]], dtype=object), False),
        (["a", "b"], False),
        ([], False),
        ("a", False),
        (csr_array(np.eye(3)), False),
    ],
)
def test_sequences_are_told_from_keyframes(X, expected):
    assert holds_sequences(X) is expected
