from pathlib import Path

import numpy as np
import pytest

import skmer.landmarks
from skmer import frames
from skmer.frames import (
    KEYFRAMES,
    frame_label,
    is_image_file,
    is_path,
    numbered_images,
    trailing_number,
)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("img46.jpg", 46),
        ("reg_img046.jpg", 46),
        ("006_05562.jpg", 5562),
        ("13_8.bmp", 8),
        ("175.png", 175),
        ("a.jpg", None),
    ],
)
def test_trailing_number(name, number):
    assert trailing_number(name) == number


@pytest.mark.parametrize(
    ("name", "is_image"),
    [
        ("img46.jpg", True),
        ("EP02 01f/IMG46.JPEG", True),
        (Path("a.tif"), True),
        ("._img46.jpg", False),
        (".hidden.png", False),
        ("notes 7.txt", False),
        ("img46", False),
    ],
    ids=str,
)
def test_image_files(name, is_image):
    assert is_image_file(name) == is_image


@pytest.mark.parametrize(
    "copy",
    [
        "img59 (2).jpg",
        "img59(1).jpg",
        "img59 - Copy.jpg",
        "img59 - Copy (3).jpg",
        "Copy of img59.jpg",
        "img59 copy.jpg",
        "img59 copy 2.jpg",
    ],
)
def test_copies_of_a_frame_are_left_out(copy):
    found = numbered_images(map(Path, sorted(["img46.jpg", "img59.jpg", copy])))
    assert found == [(46, Path("img46.jpg")), (59, Path("img59.jpg"))]
    (alone,) = numbered_images([copy])
    assert alone[1] == copy


def test_numbers_in_brackets_are_frames_where_nothing_is_copied():
    names = [f"sub01 ({k}).png" for k in range(1, 4)]
    assert numbered_images([*names, "Thumbs.db", "._sub01 (1).png", "cover.png"]) == [
        (k, name) for k, name in enumerate(names, 1)
    ]


def test_paths_and_pixels():
    assert is_path("a.png") and is_path(Path("a.png"))
    assert not is_path(b"content") and not is_path(np.zeros((2, 2)))


def test_labels():
    assert [frame_label(0, frame) for frame in range(3)] == [f"clip 0, {name} frame" for name in KEYFRAMES]
    assert frame_label("EP02", 3) == "clip EP02, frame 3, frame"
    assert frame_label(1, 2, Path("a b.png")) == "clip 1, offset frame ('a b.png')"


@pytest.mark.parametrize("name", ["check_frames", "read_image", "frame_label"])
def test_old_paths_warn(name):
    with pytest.warns(
        FutureWarning, match=f"skmer.landmarks.{name} has moved to skmer.frames.{name}"
    ) as caught:
        assert getattr(skmer.landmarks, name) is getattr(frames, name)
    assert caught[0].filename == __file__
    with pytest.warns(FutureWarning, match="has moved") as caught:
        exec(f"from skmer.landmarks import {name}", {"__name__": "script"})
    assert {warning.filename for warning in caught} == {"<string>"}
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        skmer.landmarks.absent  # noqa: B018 (the access is the test)
