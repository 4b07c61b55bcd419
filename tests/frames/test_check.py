from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skmer.frames import check_frames, check_sequences, holds_landmarks, holds_maps

IMAGE = np.zeros((8, 9), dtype=np.uint8)
COLOUR = np.zeros((8, 9, 3), dtype=np.uint8)
LANDMARKS = np.arange(4 * 3 * 68 * 2, dtype=np.float32).reshape(4, 3, 68, 2)


def filled(rows):
    frames = np.empty((len(rows), 3), dtype=object)
    for clip, row in enumerate(rows):
        for frame, source in enumerate(row):
            frames[clip, frame] = source
    return frames


@pytest.mark.parametrize(
    "frames",
    [
        [[IMAGE, IMAGE, IMAGE]] * 4,
        [(COLOUR, IMAGE, "a b.png")] * 4,
        [["a.png", Path("b.png"), "c.png"]] * 4,
        filled([[IMAGE, IMAGE, IMAGE]] * 4),
        filled([["a.png", "b.png", "c.png"]] * 4),
        np.array([["a.png", "b.png", "c.png"]] * 4),
        pd.DataFrame([["a.png", "b.png", "c.png"]] * 4),
        np.zeros((4, 3, 8, 9), dtype=np.uint8),
        np.zeros((4, 3, 8, 9, 3)),
        [[IMAGE.tolist()] * 3] * 4,
    ],
    ids=["lists", "mixed", "paths", "object", "object paths", "str", "table", "4-D", "5-D", "lists of lists"],
)
def test_images_and_paths_become_an_object_array(frames):
    checked = check_frames(frames)
    assert checked.shape == (4, 3) and checked.dtype == object
    assert not holds_landmarks(checked)
    assert all(isinstance(source, str | Path) or source.ndim in (2, 3) for source in checked.flat)


@pytest.mark.parametrize(
    "frames",
    [
        LANDMARKS,
        LANDMARKS.astype(int),
        LANDMARKS.astype(object),
        LANDMARKS.tolist(),
        list(LANDMARKS),
        filled(LANDMARKS),
    ],
    ids=["float32", "int", "object", "nested lists", "list", "object rows"],
)
def test_landmarks_become_float64(frames):
    checked = check_frames(frames)
    assert checked.dtype == np.float64 and holds_landmarks(checked)
    assert np.array_equal(checked, LANDMARKS)


def test_views_of_landmarks():
    assert check_frames(np.stack([LANDMARKS] * 2, axis=1)).shape == (4, 2, 3, 68, 2)


def test_input_is_left_alone():
    frames = filled([[IMAGE.tolist(), "b.png", IMAGE]])
    check_frames(frames)
    assert isinstance(frames[0, 0], list)


@pytest.mark.parametrize(
    ("frames", "error", "message"),
    [
        ("clip.png", TypeError, "got str"),
        (7, TypeError, "got int"),
        (csr_array(np.eye(3)), TypeError, "sparse"),
        ([], ValueError, "got 0 clips"),
        (np.zeros((0, 3, 68, 2)), ValueError, "0 sample"),
        (["a.png", "b.png", "c.png"], ValueError, r"row 0 holds 'a.png'|row 0 holds 5 frames"),
        ([["a.png", "b.png"]], ValueError, "row 0 holds 2 frames"),
        ([["a", "b", "c"], 5], ValueError, "row 1 holds 5"),
        ([["a.png", None, "c.png"]], TypeError, "clip 0, apex frame: .* got NoneType"),
        ([["a.png", "b.png", {}]], TypeError, "clip 0, offset frame"),
        (np.zeros((4, 10)), ValueError, r"shape \(4, 10\)"),
        (np.zeros((4, 2, 68, 2)), ValueError, r"shape \(4, 2, 68, 2\)"),
        (LANDMARKS.astype(complex), ValueError, "Complex data"),
        (np.zeros((1, 3, 9, 9), complex), ValueError, "Complex data"),
    ],
)
def test_other_input_is_refused(frames, error, message):
    with pytest.raises(error, match=f"frames: .*{message}|{message}"):
        check_frames(frames)


def test_maps_are_told_from_pictures_and_landmarks():
    maps = np.zeros((4, 3, 28, 28), np.float32)
    assert holds_maps(maps) and not holds_landmarks(maps)
    assert not holds_maps(LANDMARKS) and holds_landmarks(LANDMARKS)
    for other in (maps.astype(np.uint8), maps.astype(np.float64), maps[0], [maps], filled([[IMAGE] * 3])):
        assert not holds_maps(other)


@pytest.mark.parametrize("n_points", [67, 5, 478])
def test_another_number_of_points_is_said(n_points):
    points = np.full((2, 3, n_points, 2), 150.0)
    message = rf"expected landmarks of 68 points, got {n_points}; .*mediapipe_to_68"
    for frames in (points, points.tolist(), list(points)):
        with pytest.raises(ValueError, match=message):
            check_frames(frames)
    for sequences in (np.repeat(points, 2, axis=1), points.tolist(), list(points)):
        with pytest.raises(ValueError, match=message):
            check_sequences(sequences)
    assert check_frames(np.zeros((2, 3, n_points, 3))).shape == (2, 3)


def test_a_single_clip_is_told_apart():
    with pytest.raises(ValueError, match=r"Pass one clip as a list of one, \[clip\]\.$"):
        check_frames(np.zeros((3, 68, 2)))
