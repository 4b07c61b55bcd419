import numpy as np
import pytest

from skmer.inspection import SubjectScoresDisplay


def test_bars_are_right_and_wrong_clips(make_result, written):
    result = make_result()
    display = SubjectScoresDisplay.from_result(result).plot()
    table = result.per_subject.sort_values(["n_clips", "accuracy"])[::-1]
    right, wrong = ([bar.get_height() for bar in bars] for bars in display.ax_.containers)
    np.testing.assert_allclose(right, table["accuracy"] * table["n_clips"])
    np.testing.assert_allclose(np.add(right, wrong), table["n_clips"])
    assert written(display.ax_) == [f"{100 * share:.0f}" for share in table["accuracy"]]
    names = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert names == [subject.split("/")[1] for subject in table.index]


def test_the_pooled_accuracy_is_that_of_the_clips(make_result):
    result = make_result(seeds=(0, 1))
    assert SubjectScoresDisplay.from_result(result).pooled == pytest.approx(result.accuracy)
