import numpy as np
import pandas as pd
import pytest

from skmer.datasets import MicroExpressionClips, clips_from_frame, concatenate_clips, make_landmark_clips


def test_clips_from_frame(tmp_path):
    table = pd.DataFrame(
        {
            "onset": ["a"],
            "apex": ["b"],
            "offset": ["c"],
            "emotion": [" Other "],
            "person": ["01"],
            "age": [30],
        }
    )
    table.to_csv(tmp_path / "own.csv", index=False)
    for source in (table, tmp_path / "own.csv"):
        clips = clips_from_frame(source, target="emotion", subject="person")
        assert clips.target.tolist() == ["others"]
        assert clips.groups.tolist() == ["own/01"]
        assert clips.table["age"].tolist() == [30]
    landmarks = clips_from_frame(
        table[["emotion", "person"]], np.zeros((1, 3, 68, 2)), target="emotion", subject="person"
    )
    assert landmarks.frames.shape == (1, 3, 68, 2)
    with pytest.raises(ValueError, match=r"without \['target', 'subject'\]"):
        clips_from_frame(table)


def own_table(subjects, **columns):
    paths = {name: [f"{name}.png"] * len(subjects) for name in ("onset", "apex", "offset")}
    return pd.DataFrame(paths | {"subject": subjects, "target": "fear"} | columns)


def test_spellings_of_a_person_are_one():
    clips = clips_from_frame(own_table(["Anna", "anna ", " ANNA", "Bo  B", "bo b"]))
    assert clips.groups.tolist() == ["own/Anna"] * 3 + ["own/Bo B"] * 2
    assert clips.table["subject"].tolist() == ["Anna"] * 3 + ["Bo B"] * 2
    assert clips_from_frame(own_table([7, 7.0, 8.0])).groups.tolist() == ["own/7", "own/7", "own/8"]


@pytest.mark.parametrize("empty", [None, float("nan"), "", "  "])
@pytest.mark.parametrize("frames", [None, np.zeros((3, 3, 68, 2))], ids=["paths", "landmarks"])
def test_a_person_or_class_without_a_name_is_refused(empty, frames):
    with pytest.raises(ValueError, match=r"the subject of each clip, rows \[1\] are empty"):
        clips_from_frame(own_table(["a", empty, "b"]), frames)
    with pytest.raises(ValueError, match=r"the target of each clip, rows \[2\] are empty"):
        clips_from_frame(own_table(["a", "b", "c"], target=["fear", "fear", empty]), frames)


def test_an_empty_path_is_refused():
    with pytest.raises(ValueError, match=r"path for onset, apex and offset, rows \[1\] lack one"):
        clips_from_frame(own_table(["a", "b"], apex=["x.png", None]))


def test_paths_start_from_the_csv_or_from_root(tmp_path):
    table = own_table(["a"], apex=["/data/apex.png"])
    (tmp_path / "csv").mkdir()
    table.to_csv(tmp_path / "csv" / "c.csv", index=False)
    near, far = str(tmp_path / "csv" / "onset.png"), str(tmp_path / "onset.png")
    assert clips_from_frame(tmp_path / "csv" / "c.csv").frames[0, :2].tolist() == [near, "/data/apex.png"]
    assert clips_from_frame(tmp_path / "csv" / "c.csv", root=tmp_path).frames[0, 0] == far
    assert clips_from_frame(table, root=tmp_path).frames[0, 0] == far
    assert clips_from_frame(table).frames[0, 0] == "onset.png"


def path_clips(n=4, dataset="casme2"):
    frames = np.array([[f"{row}/{name}.jpg" for name in "abc"] for row in range(n)], object)
    target = ["happiness", "others"] * (n // 2)
    return MicroExpressionClips(frames, target, [f"{dataset}/sub{row % 2:02d}" for row in range(n)])


def test_concatenation_joins_sets_and_refuses_shared_subjects():
    first, second = path_clips(), path_clips(dataset="samm")
    both = concatenate_clips([first, second])
    assert len(both) == 8
    assert both.truth is None
    assert set(both.table["dataset"]) == {"casme2", "samm"}
    with pytest.raises(ValueError, match="must not share subjects"):
        concatenate_clips([first, first])
    with pytest.raises(ValueError, match="at least one"):
        concatenate_clips([])
    with pytest.raises(ValueError, match="all hold landmarks"):
        concatenate_clips([first, make_landmark_clips(4, 20, random_state=0)])


def test_concatenation_keeps_the_truth():
    parts = [make_landmark_clips(4, 20, dataset=name, random_state=0) for name in ("casme2", "samm")]
    both = concatenate_clips(parts)
    assert np.array_equal(both.truth.label, both.target)
    assert both.frames.dtype == float


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_files_as_spreadsheets_export_them(tmp_path, encoding, separator):
    lines = [["onset", "apex", "offset", "target", "subject", "age"], ["a", "b", "c", "fear", "José", "30"]]
    text = "\r\n".join(map(separator.join, lines))
    (tmp_path / "clips.csv").write_bytes(text.encode(encoding))
    clips = clips_from_frame(tmp_path / "clips.csv", root=".")
    assert (clips.groups.tolist(), clips.table["age"].tolist()) == (["own/José"], [30])


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xff\x00\x01", b'a,subject\n"1,2\n', b"subject\n1,2\n1,2,3,4\n"]
)
def test_a_file_that_is_no_csv_is_named(tmp_path, content):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.csv"):
        clips_from_frame(tmp_path / "bad.csv")


def test_a_csv_file_of_too_many_columns_is_refused(tmp_path):
    (tmp_path / "wide.csv").write_text(",".join(["subject", *map(str, range(10**6))]))
    with pytest.raises(ValueError, match=r"at most 1000 columns, wide\.csv has more"):
        clips_from_frame(tmp_path / "wide.csv")


@pytest.mark.parametrize("other", ["Jose\u0301", "José\u200b", "\uff2aosé", " JOSÉ "])
def test_names_that_look_alike_are_one_person(other):
    assert len(set(clips_from_frame(own_table(["José", other])).groups)) == 1


@pytest.mark.parametrize("parts", [5, None, [path_clips(), None], "ab"])
def test_parts_that_are_no_clips_are_refused(parts):
    with pytest.raises(TypeError, match="parts must all be MicroExpressionClips, got"):
        concatenate_clips(parts)


@pytest.mark.parametrize("table", [5, None, ["a.csv"]])
def test_tables_of_another_type_are_refused(table):
    with pytest.raises(TypeError, match="table must be a path or an open file, got"):
        clips_from_frame(table)
