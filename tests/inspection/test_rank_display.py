import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from skmer.inspection import MeanRanksDisplay, write_methods_report
from skmer.metrics import critical_difference
from skmer.model_selection import evaluate_methods


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.random((30, 4)) + np.array([0, 0.05, 0.6, 0.9]), columns=["a", "b", "c_$x$", "d"])


def test_ranks_and_groups(scores):
    display = MeanRanksDisplay.from_scores(scores)
    expected = scores.rank(axis=1, ascending=False).mean().sort_values()
    pd.testing.assert_series_equal(display.mean_ranks, expected, check_names=False)
    assert display.critical_difference == critical_difference(4, 30)
    names, ranks = list(display.mean_ranks.index), display.mean_ranks.to_numpy()
    for group in display.level_groups:
        assert display.mean_ranks[group[-1]] - display.mean_ranks[group[0]] < display.critical_difference
    inside = {(x, y) for group in display.level_groups for x in group for y in group}
    for i, x in enumerate(names):
        for j, y in enumerate(names):
            level = abs(ranks[i] - ranks[j]) < display.critical_difference
            assert ((x, y) in inside) == level or x == y


def test_groups_inside_others_are_not_drawn_twice():
    display = MeanRanksDisplay(pd.Series({"a": 1.0, "b": 1.5, "c": 2.2, "d": 3.5}), 1.25)
    assert display.level_groups == [["a", "b", "c"]]
    assert MeanRanksDisplay(pd.Series({"a": 1.0, "b": 3.0}), 0.5).level_groups == []


def test_the_picture_shows_every_method_and_the_difference(scores):
    display = MeanRanksDisplay.from_scores(scores).plot()
    texts = [text.get_text() for text in display.ax_.texts]
    for name, rank in display.mean_ranks.items():
        assert f"{name}  {rank:.2f}" in texts
    assert f"critical difference {display.critical_difference:.2f}" in texts
    assert display.figure_ is display.ax_.figure
    display.figure_.canvas.draw()
    ax = plt.subplots()[1]
    assert MeanRanksDisplay.from_scores(scores).plot(ax).ax_ is ax
    plt.close("all")


def test_ranks_of_a_comparison_are_its_own_and_the_page_shows_them(clips, tmp_path):
    found = evaluate_methods("baselines", clips, verbose=0)
    display = MeanRanksDisplay.from_result(found)
    pd.testing.assert_series_equal(display.mean_ranks.sort_index(), found.mean_ranks.sort_index())
    page = write_methods_report(found, tmp_path / "page.html").read_text()
    assert page.count("<picture>") == 1 and "Bars join methods" in page
    assert not plt.get_fignums()
