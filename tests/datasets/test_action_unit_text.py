import pandas as pd
import pytest

from skmer.datasets import load_dfme
from skmer.datasets._action_unit_text import parse_action_units


@pytest.mark.parametrize(
    ("text", "units", "sides", "unread"),
    [
        ("4+7", (4, 7), {}, ""),
        ("R12A", (12,), {12: "R"}, ""),
        ("L4+7", (4, 7), {4: "L"}, ""),
        ("AU4 + AU 12C", (4, 12), {}, ""),
        ("4 or 7", (4, 7), {}, ""),
        ("1B+2B, L14b", (1, 2, 14), {14: "L"}, ""),
        ("12A/24", (12, 24), {}, ""),
        ("?", (), {}, "?"),
        ("4?", (4,), {}, "?"),
        ("12 blink", (12,), {}, "blink"),
        ("14A + B17", (14, 17), {}, ""),
        ("T23+B17", (17, 23), {}, ""),
        ("U12", (12,), {}, ""),
        ("L12R14", (12, 14), {12: "L", 14: "R"}, ""),
        ("L12AR14b", (12, 14), {12: "L", 14: "R"}, ""),
        ("AU4+AUR12", (4, 12), {12: "R"}, ""),
        ("L 14", (14,), {14: "L"}, ""),
        ("4.0", (4,), {}, ""),
        ("4.0+12.0", (4, 12), {}, ""),
        ("12.5", (), {}, "12.5"),
        ("EP12", (), {}, "EP12"),
        ("412", (), {}, "412"),
        (4, (4,), {}, ""),
        (12.0, (12,), {}, ""),
        (None, (), {}, ""),
        (float("nan"), (), {}, ""),
        ("", (), {}, ""),
    ],
)
def test_cells(text, units, sides, unread):
    assert parse_action_units(text) == (units, sides, unread)


def test_a_blank_cell_in_a_table_adds_no_unit():
    sheet = pd.DataFrame({"Subject": [1, 2], "Filename": ["a", "b"], "Onset": 1, "AU": [4, None]})
    clips = load_dfme(None, sheet.assign(Emotion="fear"), verify_files=False)
    assert clips.table["units"].tolist() == [(4,), ()]
