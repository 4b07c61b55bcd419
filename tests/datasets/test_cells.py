import numpy as np
import pandas as pd
import pytest

from skmer.datasets import load_dfme
from skmer.datasets._cells import canonical_label, cell_text, frame_number, parse_action_units


def test_frame_cells():
    cells = {46: [46, 46.0, "46", " 46 ", "46.0", np.int64(46), "46f", "img46", "4.6e1"], 0: [0, "0"]}
    cells[1071] = ["1,071", "1071 f"]
    cells[None] = ["/", "", None, float("nan"), "apex", -3, 4.5, "46-50", "1,07", "4 6", "46?", "#N/A"]
    for number, variants in cells.items():
        assert [frame_number(cell) for cell in variants] == [number] * len(variants)


def test_cells_and_columns():
    assert cell_text(3.0) == "3"
    assert cell_text("  a ") == "a"
    assert cell_text(None) == ""
    assert [cell_text(cell) for cell in (float("nan"), "N/A", "#REF!", "nan")] == [""] * 4


def test_vocabulary_unites_spellings():
    assert {canonical_label(text) for text in ("Other", "others", " OTHERS ")} == {"others"}
    assert canonical_label("Happy") == "happiness"
    assert {canonical_label(text) for text in ("Suprise", "surprised", "Surprise")} == {"surprise"}
    assert [canonical_label(text) for text in ("pos", "neg", "fearful")] == ["positive", "negative", "fear"]
    assert canonical_label(None) == canonical_label(float("nan")) == ""
    for name in ("anger", "contempt", "disgust", "fear", "happiness", "others", "repression", "sadness"):
        assert canonical_label(name) == name


@pytest.mark.parametrize(
    ("text", "units", "sides"),
    [
        ("4+7", (4, 7), {}),
        ("R12A", (12,), {12: "R"}),
        ("L4+7", (4, 7), {4: "L"}),
        ("AU4 + AU 12C", (4, 12), {}),
        ("4 or 7", (4, 7), {}),
        ("1B+2B, L14b", (1, 2, 14), {14: "L"}),
        ("12A/24", (12, 24), {}),
        ("?", (), {}),
        ("4?", (4,), {}),
        ("12 blink", (12,), {}),
        ("14A + B17", (14, 17), {}),
        ("T23+B17", (17, 23), {}),
        ("U12", (12,), {}),
        ("L12R14", (12, 14), {12: "L", 14: "R"}),
        ("L12AR14b", (12, 14), {12: "L", 14: "R"}),
        ("AU4+AUR12", (4, 12), {12: "R"}),
        ("L 14", (14,), {14: "L"}),
        ("4.0", (4,), {}),
        ("4.0+12.0", (4, 12), {}),
        ("12.5", (), {}),
        ("EP12", (), {}),
        ("412", (), {}),
        (4, (4,), {}),
        (12.0, (12,), {}),
        (None, (), {}),
        (float("nan"), (), {}),
        ("", (), {}),
    ],
)
def test_action_units_of_a_cell(text, units, sides):
    assert parse_action_units(text) == (units, sides)


def test_a_blank_cell_in_a_table_adds_no_unit():
    sheet = pd.DataFrame({"Subject": [1, 2], "Filename": ["a", "b"], "Onset": 1, "AU": [4, None]})
    clips = load_dfme(None, sheet.assign(Emotion="fear"), verify_files=False)
    assert clips.table["units"].tolist() == [(4,), ()]


@pytest.mark.parametrize("other", ["fear\u200b", "\uff46ear", "\ufefffear", " Fear\xa0"])
def test_labels_that_look_alike_are_one_class(other):
    assert canonical_label(other) == "fear"


def test_names_that_look_alike_are_one_subject():
    sheet = pd.DataFrame(
        {"Subject": ["José", "Jose\u0301"], "Filename": ["a", "b"], "Onset": 1, "Emotion": "fear"}
    )
    assert len(set(load_dfme(None, sheet, verify_files=False).groups)) == 1
