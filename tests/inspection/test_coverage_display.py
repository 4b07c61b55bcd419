import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from skmer.inspection import CoverageDisplay
from skmer.model_selection import LOSOResult


@pytest.fixture
def rated(make_result):
    """A result whose reliable clips are right more often."""

    def made(seed=0):
        result = make_result()
        right = (result.runs[0] == result.truth) + np.random.default_rng(seed).normal(0, 0.3, result.n_clips)
        reliability = (right - right.min()) / np.ptp(right)
        table = result.predictions.assign(reliability=reliability)
        return LOSOResult(table, result.class_names, result.run_card)

    return made


def test_curves_run_to_the_accuracy_of_all_clips(rated):
    result = rated()
    display = CoverageDisplay.from_result(result, name="ours").plot()
    x, y = display.ax_.lines[0].get_data()
    assert len(x) == result.n_clips and x[-1] == 1
    assert y[-1] == pytest.approx(result.accuracy) and y[0] == 1
    half = f"{result.reliable_half_accuracy:.3f}".lstrip("0")
    assert display.labels == [f"ours: half {half}, all {result.accuracy:.3f}".replace("all 0", "all ")]


def test_several_results_have_a_line_each(rated):
    display = CoverageDisplay.from_results({"a": rated(0), "b": rated(1)}).plot()
    assert len(display.ax_.lines) == 2
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == display.labels


def test_what_has_no_curve_is_refused(make_result):
    with pytest.raises(ValueError, match=r"^results\['a'\] has no reliability .*evaluate clips as images"):
        CoverageDisplay.from_results({"a": make_result()})
    with pytest.raises(ValueError, match=r"^curves must hold at least one curve, got none"):
        CoverageDisplay({})
    with pytest.raises((ValueError, TypeError), match=r"^curves\['a'\].*\(n, 2\), got None"):
        CoverageDisplay({"a": pd.DataFrame({"coverage": [1.0]})})
    for coverage in ([0.2, 0.4], [1.0, 0.5], [0.5, 0.2, 1.0]):
        curve = pd.DataFrame({"coverage": coverage, "accuracy": 0.5})
        with pytest.raises(ValueError, match=r"^curves\['a'\] must have a coverage that rises to 1"):
            CoverageDisplay({"a": curve})


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_many_curves_are_seen_on_light_and_dark_pages(style):
    curve = pd.DataFrame({"coverage": [0.5, 1.0], "accuracy": [0.9, 0.7]})
    with plt.style.context(style):
        drawn = CoverageDisplay({f"method {k}": curve for k in range(9)}).plot().ax_
        colours = [to_hex(line.get_color()) for line in drawn.lines]
        assert colours[0] == colours[8] and len(set(colours)) == 8
        assert to_hex(drawn.get_facecolor()) not in colours
