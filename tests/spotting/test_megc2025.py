"""Cases in which the public script departs from the definition, its numbers written out beside ours."""

import numpy as np
import pandas as pd
import pytest

from skmer.spotting import spotting_score, str_score


def table(*rows):
    return pd.DataFrame(rows, columns=["subject", "video", "onset", "offset", "emotion"])


def both(true, pred):
    ours = spotting_score(true, pred).loc["all", "f1"]
    return ours, spotting_score(true, pred, compat="megc2025").loc["all", "f1"]


EXAMPLE_PRED = table(
    (1, "EP02_01f", 10, 70, "happiness"),
    (1, "EP03_02", 100, 170, "others"),
    (1, "EP04_02", 0, 70, "others"),
    (2, "EP01_11f", 20, 90, "happiness"),
    (2, "EP02_04f", 70, 140, "happiness"),
)
EXAMPLE_TRUE = table(
    (1, "EP02_01f", 45, 85, "happiness"),
    (1, "EP03_02", 130, 160, "others"),
    (1, "EP04_02", 20, 75, "others"),
    (2, "EP01_11f", 45, 95, "repression"),
    (2, "EP02_04f", 30, 140, "repression"),
)


def test_the_scripts_own_example():
    """Its page states an STRS of .2."""
    score = str_score(EXAMPLE_TRUE, EXAMPLE_PRED, compat="megc2025")
    assert (score.f1_spotting, score.score) == (pytest.approx(0.6), pytest.approx(0.2))


def test_a_subject_without_a_prediction_is_dropped_from_the_truth():
    true = table(*((s, f"{s}{k}", 0, 9, "fear") for s in "ab" for k in range(2)))
    assert both(true, true[:2]) == (4 / 6, 1.0)


def test_false_alarms_in_a_video_without_truth_do_not_count():
    true = table(("a", "v", 0, 9, "fear"))
    alarms = table(*(("a", "empty", 20 * k, 20 * k + 9, "fear") for k in range(10)))
    assert both(true, pd.concat([true, alarms])) == (2 / 12, 1.0)


def test_one_prediction_counts_for_two_truths():
    true = table(("a", "v", 0, 9, "fear"), ("a", "v", 10, 19, "fear"))
    assert both(true, table(("a", "v", 0, 19, "fear"))) == (2 / 3, 1.0)


def test_one_class_all_right_has_no_number():
    true = table(("a", "v", 0, 9, "fear"), ("b", "w", 0, 9, "fear"))
    ours, script = str_score(true, true), str_score(true, true, compat="megc2025")
    assert (ours.score, ours.f1_analysis) == (1.0, 1.0)
    assert np.isnan(script.score)
    assert script.f1_spotting == 1.0
    assert "divides 0 by 0" in script.reason


def test_no_true_positive_has_no_number():
    true, pred = table(("a", "v", 0, 9, "fear")), table(("a", "v", 50, 59, "fear"))
    script = str_score(true, pred, compat="megc2025")
    assert np.isnan(script.score)
    assert "KeyError" in script.reason
    assert str_score(true, pred).score == 0.0


def test_types_are_not_looked_at():
    true = table(("a", "v", 0, 9, "fear")).assign(type="macro")
    pred = true.assign(type="micro")
    assert both(true, pred) == (0.0, 1.0)


def test_it_needs_subjects():
    true = table(("a", "v", 0, 9, "fear")).drop(columns="subject")
    with pytest.raises(ValueError, match="true must have a column subject"):
        spotting_score(true, true, compat="megc2025")
