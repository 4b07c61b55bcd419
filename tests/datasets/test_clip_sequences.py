import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skmer.datasets import (
    MicroExpressionClips,
    clips_from_frame,
    concatenate_clips,
    load_casme2,
    load_samm,
    make_face_clips,
    make_landmark_clips,
)

PATHS = np.array([[f"{row}/img{k}.jpg" for k in (1, 5, 9)] for row in range(4)], object)
SEQUENCES = [[f"{row}/img{k}.jpg" for k in range(1, 10 + row)] for row in range(4)]
NAMES = (["others", "fear"] * 2, ["own/a", "own/a", "own/b", "own/b"])


def path_clips(sequences=SEQUENCES, **changes):
    return MicroExpressionClips(PATHS, *NAMES, sequences=sequences, **changes)


def lengths(clips):
    return [None if entry is None else len(entry) for entry in clips.sequences]


def test_a_container_holds_sequences_and_says_so():
    clips = path_clips()
    assert clips.sequences.shape == (4,) and clips.sequences.dtype == object
    assert clips.sequences[2][0] == "2/img1.jpg" and lengths(clips) == [9, 10, 11, 12]
    assert "sequences: 9 to 12 frames\n" in repr(clips)
    assert "sequences: 10 to 12 frames, 3 of 4 clips" in repr(path_clips([None, *SEQUENCES[1:]]))


def test_a_container_without_sequences_holds_none():
    clips = path_clips(None)
    assert lengths(clips) == [None] * 4 and "sequences" not in repr(clips)
    assert [entry is None for entry in clips.times] == [True] * 4
    assert clips.fingerprint == MicroExpressionClips(PATHS, *NAMES).fingerprint


def test_select_and_concatenate_carry_sequences_and_times():
    times = [np.arange(len(sequence)) / 200 for sequence in SEQUENCES[:3]]
    clips = path_clips(times=[*times, None])
    part = clips.select([3, 1])
    assert lengths(part) == [12, 10] and part.sequences[0][-1] == "3/img12.jpg"
    assert part.times[0] is None and np.array_equal(part.times[1], times[1])
    other = MicroExpressionClips(PATHS[:1], ["others"], ["other/a"])
    both = concatenate_clips([clips[:2], other])
    assert lengths(both) == [9, 10, None] and both.times[2] is None
    assert lengths(pickle.loads(pickle.dumps(both))) == [9, 10, None]
    assert len(clips.select([]).sequences) == 0


def test_the_digest_tells_sequences_apart():
    shorter = [*SEQUENCES[:3], SEQUENCES[3][:-1]]
    found = {path_clips(sequences).fingerprint for sequences in (None, SEQUENCES, shorter, [None] * 4)}
    assert len(found) == 3  # None for all is none
    made = [make_face_clips(2, 5, face_size=100, sequence=True, fps=fps, random_state=0) for fps in (25, 50)]
    assert made[0].fingerprint != made[1].fingerprint


@pytest.mark.parametrize(
    ("sequences", "times", "message"),
    [
        (SEQUENCES[:3], None, "sequences must have one entry for each of the 4 clips, got 3"),
        ([np.zeros((9, 68, 2))] * 4, None, "sequences must hold images or paths as frames do, got landmarks"),
        ([*SEQUENCES[:3], []], None, "clip 3 holds no frame"),
        (SEQUENCES, [None] * 3, "times must have one entry for each of the 4 clips, got 3"),
        (SEQUENCES, [np.arange(8), None, None, None], "times of clip 0 must be 9 ascending numbers"),
        (SEQUENCES, [None, np.zeros(10), None, None], "times of clip 1 must be 10 ascending numbers"),
        ([None] * 4, [[0.0], None, None, None], "times of clip 0 must be 0 ascending numbers"),
    ],
)
def test_sequences_that_do_not_fit_are_refused(sequences, times, message):
    with pytest.raises(ValueError, match=message):
        path_clips(sequences, times=times)


@pytest.fixture
def own_folders(tmp_path):
    """Two clips in folders whose names sort as text out of order, beside frames of before and after."""
    for clip in ("a", "b"):
        (tmp_path / clip).mkdir()
        for number in range(7, 15):
            Image.fromarray(np.full((4, 5), number, np.uint8)).save(tmp_path / clip / f"img{number}.png")
        (tmp_path / clip / "notes 9.txt").touch()
    cells = {
        name: [f"{c}/img{k}.png" for c in "ab"] for name, k in [("onset", 8), ("apex", 10), ("offset", 12)]
    }
    table = pd.DataFrame(cells | {"subject": ["a", "b"], "target": "fear"})
    table.to_csv(tmp_path / "own.csv", index=False)
    return tmp_path


def test_a_table_finds_its_sequences_in_the_folders_of_its_keyframes(own_folders):
    clips = clips_from_frame(own_folders / "own.csv", sequences=True)
    names = [[Path(path).name for path in sequence] for sequence in clips.sequences]
    assert names == [[f"img{number}.png" for number in range(8, 13)]] * 2
    assert lengths(clips_from_frame(own_folders / "own.csv")) == [None, None]


def test_a_table_takes_sequences(own_folders):
    given = [["x1.png", "x2.png"], None]
    table = pd.read_csv(own_folders / "own.csv")
    assert lengths(clips_from_frame(table, sequences=given)) == [2, None]
    landmarks = np.zeros((2, 3, 68, 2))
    assert lengths(clips_from_frame(table, landmarks, sequences=np.zeros((2, 7, 68, 2)))) == [7, 7]
    with pytest.raises(ValueError, match="needs keyframes that are paths, got images or landmarks"):
        clips_from_frame(table, landmarks, sequences=True)
    with pytest.raises(ValueError, match=r"clips \[0, 1\] have none; pass a list of paths"):
        clips_from_frame(table, root=own_folders / "elsewhere", sequences=True)


@pytest.fixture(scope="module")
def faces():
    return make_face_clips(2, 6, color=False, face_size=100, sequence=True, fps=50, random_state=0)


@pytest.mark.parametrize(("layout", "load"), [("casme2", load_casme2), ("samm", load_samm)])
@pytest.mark.filterwarnings("ignore:SAMM:UserWarning")
def test_saved_sequences_are_read_back(faces, layout, load, tmp_path):
    faces.save(tmp_path, layout=layout, quality=100)
    read = load(tmp_path, classes="all")
    assert lengths(read) == lengths(faces) and len(read.corrected) == 0
    for sequence, made, keyframes in zip(read.sequences, faces.sequences, read.frames, strict=True):
        for path, image in zip(sequence, made, strict=True):
            with Image.open(path) as stored:
                assert np.abs(np.asarray(stored).astype(int) - image).mean() < 1.5
        assert [sequence[0], sequence[-1]] == [keyframes[0], keyframes[2]] and keyframes[1] in sequence


def test_images_of_ones_own_are_saved_where_the_apex_is_among_them(tmp_path):
    images = [np.full((8, 8), 20 * k, np.uint8) for k in range(6)]
    clip = {"frames": [[images[0], images[4], images[5]]], "target": ["fear"], "groups": ["own/1"]}
    MicroExpressionClips(**clip, sequences=[images]).save(tmp_path)
    assert len(list(tmp_path.rglob("*.jpg"))) == 6
    (sequence,) = load_casme2(tmp_path, classes="all").sequences
    assert [np.asarray(Image.open(path)).mean().round(-1) for path in sequence] == [0, 20, 40, 60, 80, 100]
    with pytest.raises(ValueError, match="the apex of clip 0 is not among the frames"):
        MicroExpressionClips(**clip, sequences=[images[:4]]).save(tmp_path)


def test_landmark_sequences_stand_beside_landmarks():
    clips = make_landmark_clips(4, 20, sequence=True, random_state=0)
    assert all(sequence.shape[1:] == (68, 2) for sequence in clips.sequences)
    with pytest.raises(ValueError, match="sequences must hold landmarks as frames do"):
        MicroExpressionClips(clips.frames, clips.target, clips.groups, sequences=[["a.png"]] * 20)
