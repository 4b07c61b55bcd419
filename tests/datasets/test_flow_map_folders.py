"""Folders of flow maps as the field distributes them, made up: names with blanks, both layouts."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skmer.datasets import load_flow_maps

ROWS = [
    ("casme2", "sub01", "EP02_01f", 1),
    ("casme2", "sub01", "EP19_05f", 0),
    ("smic", "s03", "s03_su_02", 2),
    ("samm", "006", "006_1_2", 0),
]


def pixels_of(row):
    """A picture whose red, green and blue differ from clip to clip."""
    return np.random.default_rng(row).integers(0, 256, (28, 28, 3), dtype=np.uint8)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def listed(tmp_path):
    """HTNet's layout: a table, and a blank before the dot of each file."""
    table = pd.DataFrame(ROWS, columns=["dataset", "sub", "filename_o", "label"])
    table.assign(apex=np.nan).to_csv(tmp_path / "combined_3_class2_for_optical_flow.csv", index=False)
    for k, (_, subject, clip, _) in enumerate(ROWS):
        write(tmp_path / "datasets" / "STSNet_whole_norm_u_v_os" / f"{subject}_{clip} .png", pixels_of(k))
    return tmp_path


@pytest.fixture
def foldered(tmp_path):
    """STSTNet's layout: a folder for each left-out subject, all other clips again in its u_train."""
    for left_out in {subject for _, subject, _, _ in ROWS}:
        for k, (_, subject, clip, label) in enumerate(ROWS):
            part = "u_test" if subject == left_out else "u_train"
            write(tmp_path / left_out / part / str(label) / f"{subject}_{clip} .png", pixels_of(k))
    return tmp_path


def by_clip(clips):
    keys = zip(clips.groups.tolist(), clips.table["clip"], strict=True)
    return {key: (y, maps.tolist()) for key, y, maps in zip(keys, clips.target, clips.frames, strict=True)}


def test_a_table_and_pictures_with_a_blank(listed):
    clips = load_flow_maps(listed)
    assert clips.frames.shape == (4, 3, 28, 28) and clips.frames.dtype == np.float32
    for k in range(4):
        np.testing.assert_array_equal(clips.frames[k], pixels_of(k).transpose(2, 0, 1))
    assert clips.target.tolist() == ["positive", "negative", "surprise", "negative"]
    assert clips.groups.tolist() == ["casme2/sub01", "casme2/sub01", "smic/s03", "samm/006"]
    assert clips.table["dataset"].tolist() == ["casme2", "casme2", "smic", "samm"]
    assert "maps, 3 x 28 x 28" in repr(clips)
    assert clips[:2].frames.dtype == np.float32


def test_folders_of_subjects_hold_each_clip_once(foldered, tmp_path_factory):
    clips = load_flow_maps(foldered)
    found = by_clip(clips)
    assert len(clips) == len(found) == 4
    for k, (dataset, subject, clip, label) in enumerate(ROWS):
        target = ("negative", "positive", "surprise")[label]
        assert found[f"{dataset}/{subject}", clip] == (target, pixels_of(k).transpose(2, 0, 1).tolist())


def test_the_folder_of_maps_itself_and_a_table_of_ones_own(listed):
    table = pd.DataFrame(ROWS, columns=["dataset", "sub", "filename_o", "label"])
    folder = listed / "datasets" / "STSNet_whole_norm_u_v_os"
    assert by_clip(load_flow_maps(folder, table)) == by_clip(load_flow_maps(listed))
    (folder / "006_006_1_2 .png").rename(folder / "006_006_1_2.png")
    assert len(load_flow_maps(folder, table.assign(label=["Positive", "negative", "surprise", "0"]))) == 4


def test_a_clip_without_a_map_is_dropped(listed):
    (listed / "datasets" / "STSNet_whole_norm_u_v_os" / "s03_s03_su_02 .png").unlink()
    with pytest.warns(UserWarning, match="1 of 4 clips of the table have no map"):
        clips = load_flow_maps(listed)
    assert clips.groups.tolist() == ["casme2/sub01", "casme2/sub01", "samm/006"]
    assert clips.dropped[["clip", "reason"]].values.tolist() == [["s03_su_02", "no map"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": 7}, "row 0 of the table has the label '7'; known are"),
        ({"sub": ""}, "table must name data set, subject and clip, row 0 does not"),
        ({"filename_o": "EP19_05f"}, "names the clip 'sub01_EP19_05f' more than once"),
    ],
)
def test_bad_rows_are_named(listed, change, message):
    table = pd.DataFrame(ROWS, columns=["dataset", "sub", "filename_o", "label"]).astype(object)
    table.loc[0, list(change)] = list(change.values())
    with pytest.raises(ValueError, match=message):
        load_flow_maps(listed, table)


def test_bad_folders_and_tables(listed, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(FileNotFoundError, match="root: there is no folder"):
        load_flow_maps(empty / "none")
    with pytest.raises(ValueError, match=r"holds neither combined_3_class2.* nor folders <subject>/u_test"):
        load_flow_maps(empty)
    table = listed / "combined_3_class2_for_optical_flow.csv"
    with pytest.raises(ValueError, match="no PNG pictures in"):
        load_flow_maps(empty, table)
    write(empty / "another.png", pixels_of(0))
    with pytest.raises(
        ValueError, match=rf"^{table.name}: .*no picture is named as the table's clips, the first 'sub01_EP02"
    ):
        load_flow_maps(empty, table)
    with pytest.raises(ValueError, match=r"table must have rows and the columns \['sub'"):
        load_flow_maps(listed, pd.DataFrame({"sub": ["a"]}))
    with pytest.raises(TypeError, match=r"table must be a path or an open file or .*DataFrame"):
        load_flow_maps(listed, 3)


def test_maps_of_two_sizes_are_refused(listed):
    path = listed / "datasets" / "STSNet_whole_norm_u_v_os" / "006_006_1_2 .png"
    write(path, np.zeros((30, 28, 3), np.uint8))
    with pytest.raises(ValueError, match=r"006_006_1_2 \.png is 30 x 28 px, the first map 28 x 28"):
        load_flow_maps(listed)


def test_a_clip_in_two_class_folders_is_refused(foldered):
    write(foldered / "006" / "u_test" / "2" / "006_006_1_2 .png", pixels_of(3))
    with pytest.raises(ValueError, match="is there a second time"):
        load_flow_maps(foldered)


def test_a_table_read_by_pandas_keeps_the_three_digits_of_samm(listed):
    name = "combined_3_class2_for_optical_flow.csv"
    table = pd.read_csv(listed / name, dtype=str)
    of_samm = table[table["dataset"] == "samm"].astype({"sub": int})
    assert load_flow_maps(listed, of_samm).groups.tolist() == ["samm/006"]
