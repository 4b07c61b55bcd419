import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from PIL import Image

from skmer.datasets import load_casme2, load_samm, make_face_clips, make_landmark_clips

LOADERS = {"casme2": load_casme2, "samm": load_samm}


@pytest.fixture(scope="module")
def faces():
    return {
        name: make_face_clips(3, 24, dataset=name, color=name == "casme2", face_size=120, random_state=0)
        for name in LOADERS
    }


@pytest.mark.parametrize("layout", LOADERS)
def test_what_is_saved_is_read_back(faces, layout, tmp_path):
    made = faces[layout]
    made.save(tmp_path, layout=layout)
    read = LOADERS[layout](tmp_path)
    assert read.target.tolist() == made.target.tolist()
    assert read.groups.tolist() == [f"{layout}/{subject}" for subject in made.table["subject"]]
    assert read.table["clip"].tolist() == made.table["clip"].tolist()
    assert read.table["units"].tolist() == [tuple(sorted(units)) for units in made.truth.units]
    assert len(read.dropped) == len(read.corrected) == 0
    for path, image in zip(read.frames.ravel(), made.frames.ravel(), strict=True):
        with Image.open(path) as stored:
            assert stored.size == image.shape[1::-1]
            assert np.abs(np.asarray(stored).astype(int) - image).mean() < 2.5


def test_only_sheets_that_were_saved_here_go_without_the_published_counts(faces, tmp_path):
    sheet = faces["casme2"].save(tmp_path)
    sheet.rename(tmp_path / "CASME2-coding.xlsx")
    assert len(load_casme2(tmp_path)) == 24
    own = pd.DataFrame({"Subject": ["01"], "Filename": ["EP1"], "Onset": [1], "Emotion": ["others"]})
    own.to_excel(tmp_path / "synthetic.xlsx", index=False)
    with pytest.warns(UserWarning, match="this copy has 1 clips"):
        load_casme2(None, tmp_path / "synthetic.xlsx", verify_files=False)


def test_casme2_quirks(faces, tmp_path):
    sheet = faces["casme2"].save(tmp_path)
    assert sheet.name == "CASME2-coding-synthetic.xlsx"
    header, *rows = load_workbook(sheet).active.values
    assert header[2] is header[6] is None
    assert header[8] == "Estimated Emotion "
    assert {row[0] for row in rows} == {"01", "02", "03"}
    assert any(isinstance(row[4], str) for row in rows)
    assert (tmp_path / f"sub01/EP01_01f/img{rows[0][3]}.jpg").exists()


def test_samm_quirks(faces, tmp_path):
    book = load_workbook(faces["samm"].save(tmp_path, layout="samm"))
    rows = list(book["MICRO_ONLY"].values)
    assert rows[13][0] == "Subject"
    assert not any("Subject" in row for row in rows[:13])
    assert rows[14][6].startswith("=")
    assert {row[9] for row in rows[14:]} <= {"Anger", "Other", "Happiness", "Surprise", "Contempt"}
    names = [path.stem.split("_")[1] for path in tmp_path.rglob("*.jpg")]
    assert {len(name) for name in names} == {4, 5}


def test_a_corpus_can_be_saved_in_the_other_layout(faces, tmp_path):
    faces["casme2"].save(tmp_path, layout="samm")
    clips = load_samm(tmp_path, classes="all")
    assert clips.target.tolist() == faces["casme2"].target.tolist()
    assert set(clips.groups) == {"samm/001", "samm/002", "samm/003"}


def test_what_cannot_be_saved_is_refused(faces, tmp_path):
    with pytest.raises(ValueError, match=r"layout must be one of \['casme2', 'samm'\]"):
        faces["casme2"].save(tmp_path, layout="smic")
    with pytest.raises(ValueError, match="frames must be images"):
        make_landmark_clips(2, 8, random_state=0).save(tmp_path)
    with pytest.raises(ValueError, match="quality must be"):
        faces["casme2"].save(tmp_path, quality=0)
