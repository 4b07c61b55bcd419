import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import LeaveOneGroupOut, train_test_split
from sklearn.utils import _safe_indexing

from skmer import datasets
from skmer.datasets import MicroExpressionClips, make_landmark_clips


def path_clips(n=4, dataset="casme2", **changes):
    frames = np.array([[f"{row}/{name}.jpg" for name in "abc"] for row in range(n)], object)
    target = ["happiness", "others"] * (n // 2)
    return MicroExpressionClips(
        frames, target, [f"{dataset}/sub{row % 2:02d}" for row in range(n)], **changes
    )


def test_repr_names_counts_folds_and_losses():
    text = repr(path_clips(dropped=pd.DataFrame({"reason": ["no label"]}), fingerprint="a sheet"))
    assert "4 clips, 2 subjects" in text
    assert "happiness 2, others 2" in text
    assert "dropped 1, corrected 0" in text
    assert "paths" in text
    assert "a sheet" in text
    image = np.zeros((4, 5, 3), np.uint8)
    assert "images, the first 4 x 5 x 3" in repr(MicroExpressionClips([[image] * 3], ["others"], ["own/a"]))


def test_equal_images_stay_objects():
    images = [[np.zeros((4, 4), np.uint8)] * 3] * 2
    clips = MicroExpressionClips(images, ["others"] * 2, ["own/a"] * 2)
    assert clips.frames.shape == (2, 3)
    assert clips.frames[0, 0].shape == (4, 4)


def test_select_takes_rows_of_everything():
    clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    for rows in (clips.target == "others", slice(3, 9), [5, 2]):
        part = clips.select(rows)
        assert np.array_equal(part.frames, clips.frames[rows])
        assert np.array_equal(part.target, part.truth.label)
        assert np.array_equal(part.truth.displacement, clips.truth.displacement[rows])
        assert part.table["clip"].tolist() == clips.table["clip"].to_numpy()[rows].tolist()
        assert part.class_names == sorted(set(part.target))
        assert part.fingerprint != clips.fingerprint
    assert clips.select(slice(None)).fingerprint == clips.fingerprint
    assert len(clips.select([])) == 0


def test_summary_and_frame():
    clips = path_clips()
    assert clips.summary().loc["others"].tolist() == [2, 0.5, 1]
    frame = clips.to_frame()
    assert frame["apex_path"].tolist() == [f"{row}/b.jpg" for row in range(4)]
    assert frame["group"].tolist() == clips.groups.tolist()
    assert frame["subject"].tolist() == ["sub00", "sub01"] * 2


def test_splitters_index_the_arrays():
    clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    folds = list(LeaveOneGroupOut().split(clips.frames, clips.target, clips.groups))
    assert len(folds) == 4
    assert sum(len(test) for _, test in folds) == 20


@pytest.mark.parametrize("rows", [np.arange(3), [4, 1], slice(2, 9, 2), np.arange(20) < 5, -1, np.int64(3)])
def test_clips_are_indexed_as_arrays_are(rows):
    clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    for part in (clips[rows], _safe_indexing(clips, rows)):
        names = np.atleast_1d(clips.table["clip"].to_numpy()[rows])
        assert part.table["clip"].tolist() == names.tolist()
        assert part.target.tolist() == np.atleast_1d(clips.target[rows]).tolist()
        assert len(part) == part.shape[0] == len(names)


def test_scikit_learn_splits_clips():
    clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    train, test = train_test_split(clips, test_size=5, random_state=0)
    assert (len(train), len(test)) == (15, 5)
    for rows, held_out in LeaveOneGroupOut().split(clips, clips.target, clips.groups):
        assert not set(clips[rows].groups) & set(clips[held_out].groups)
    assert len(list(clips)) == 20
    with pytest.raises(TypeError, match="indexed by rows alone"):
        clips["clip"]
    with pytest.raises(IndexError):
        clips[20]


def test_action_unit_table():
    table = pd.DataFrame({"action_units": ["4+7", "R12A", "?", "12"]})
    labels = path_clips(table=table).action_units()
    assert labels.columns.tolist() == [4, 7, 12]
    assert labels.to_numpy().tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 1]]
    assert path_clips().action_units().shape == (4, 0)


def test_clips_pickle():
    clips = make_landmark_clips(4, 20, random_state=0)
    assert pickle.loads(pickle.dumps(clips)).fingerprint == clips.fingerprint


def test_fingerprint_follows_the_content():
    assert path_clips().fingerprint == path_clips().fingerprint
    assert path_clips().fingerprint != path_clips(dataset="samm").fingerprint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frames": np.zeros((2, 3))}, "frames: expected rows"),
        ({"frames": np.zeros((2, 4, 68, 2))}, "frames: expected rows"),
        ({"target": ["others"]}, "target must have one entry"),
        ({"target": ["others", ""]}, "target must not be empty, row 1"),
        ({"groups": ["own/a"]}, "groups must have one entry"),
        ({"table": pd.DataFrame({"a": [1]})}, "table must have one row"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    arguments = {
        "frames": np.zeros((2, 3, 68, 2)),
        "target": ["others"] * 2,
        "groups": ["own/a"] * 2,
    } | changes
    with pytest.raises(ValueError, match=message):
        MicroExpressionClips(**arguments)


def loaded_after(statement):
    """Modules of the generator that are loaded after `import skmer.datasets` and a statement."""
    code = f"import sys, skmer.datasets as datasets; {statement}; "
    code += "print(*[name for name in sys.modules if name.startswith('skmer.datasets._synthetic')])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_reading_loads_no_generator():
    assert loaded_after("datasets.load_casme2, datasets.clips_from_frame").strip() == ""
    for name in ("make_landmark_clips", "make_face_clips", "bayes_accuracy"):
        assert "_synthetic" in loaded_after(f"datasets.{name}")
    with pytest.raises(AttributeError, match="has no attribute 'make_clips'"):
        datasets.make_clips  # noqa: B018 (the access is the test)
    assert "make_face_clips" in dir(datasets)


@pytest.mark.parametrize("empty", [None, float("nan"), "", " ", "\u200b"])
@pytest.mark.parametrize("name", ["target", "groups"])
def test_missing_and_blank_names_are_refused(empty, name):
    names = {"target": ["fear", "fear"], "groups": ["lab/a", "lab/b"]}
    names[name] = [names[name][0], empty]
    with pytest.raises(ValueError, match=rf"{name} must not be empty, row 1 is"):
        MicroExpressionClips(make_landmark_clips(2, 5, random_state=0).frames[:2], **names)


def test_names_are_kept_in_one_form():
    frames = make_landmark_clips(2, 5, random_state=0).frames[:2]
    clips = MicroExpressionClips(frames, ["fear", "fear\u200b"], ["lab/José", "lab/Jose\u0301"])
    assert (clips.class_names, len(set(clips.groups))) == (["fear"], 1)


@pytest.mark.parametrize("target", [5, pd.NaT, np.datetime64("NaT"), None])
def test_targets_that_are_no_list_are_refused(target):
    frames = make_landmark_clips(2, 5, random_state=0).frames[:2]
    with pytest.raises(TypeError, match=f"target must be array-like, got {type(target).__name__}"):
        MicroExpressionClips(frames, target, ["lab/a", "lab/b"])


@pytest.mark.parametrize("name", ["table", "dropped", "corrected", "truth"])
def test_tables_and_truth_of_another_type_are_refused(name):
    frames = make_landmark_clips(2, 5, random_state=0).frames[:2]
    with pytest.raises(TypeError, match=f"{name} must be a .*, got int"):
        MicroExpressionClips(frames, ["fear", "fear"], ["lab/a", "lab/b"], **{name: 3})
