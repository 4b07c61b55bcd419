import numpy as np
import pytest

from skmer.inspection import ClassScoresDisplay


def test_bars_are_the_pooled_f1(make_result):
    result = make_result()
    display = ClassScoresDisplay.from_result(result).plot()
    widths = [bar.get_width() for bar in display.ax_.patches]
    assert widths == pytest.approx(result.per_class["f1"].tolist())
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [f"{name} ({n})" for name, n in result.class_counts.items()]
    assert display.f1.columns.tolist() == ["Pipeline"]
    assert display.ax_.get_legend() is None


def test_several_results_stand_side_by_side(make_result):
    results = {"ours": make_result(0.9), "theirs": make_result(0.4)}
    display = ClassScoresDisplay.from_results(results).plot()
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["ours", "theirs"]
    widths = np.array([bar.get_width() for bar in display.ax_.patches]).reshape(2, 3)
    np.testing.assert_allclose(widths, [result.per_class["f1"] for result in results.values()])
    places = np.array([bar.get_y() for bar in display.ax_.patches]).reshape(2, 3)
    assert (places[0] < places[1]).all()


def test_a_name_of_ones_own(make_result):
    assert ClassScoresDisplay.from_result(make_result(), name="DeRe-GRL").f1.columns.tolist() == ["DeRe-GRL"]
