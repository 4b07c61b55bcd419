import pytest

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
        (4, (4,), {}, ""),
        (12.0, (12,), {}, ""),
        (None, (), {}, ""),
        (float("nan"), (), {}, ""),
        ("", (), {}, ""),
    ],
)
def test_cells(text, units, sides, unread):
    assert parse_action_units(text) == (units, sides, unread)
