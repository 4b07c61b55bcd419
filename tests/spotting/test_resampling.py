import numpy as np
import pandas as pd
import pytest

from skmer.spotting import spotting_bootstrap, spotting_score


@pytest.fixture
def movements():
    rng = np.random.default_rng(0)
    true = pd.DataFrame({"video": [f"v{k}" for k in range(60)], "onset": 0, "offset": 9})
    true["subject"] = [f"s{k // 6}" for k in range(60)]
    return true, true[rng.random(60) < 0.6]


def test_the_score_lies_inside(movements):
    intervals = spotting_bootstrap(*movements, fps=30)
    f1 = spotting_score(*movements, fps=30).loc["micro", "f1"]
    assert intervals["micro"].low < f1 < intervals["micro"].high
    assert intervals["all"] == intervals["micro"]
    assert np.isnan(intervals["macro"].low)
    assert spotting_bootstrap(*movements, fps=30) == intervals or np.isnan(intervals["macro"].low)


def test_subjects_are_drawn_whole(movements):
    true, _ = movements
    pred = true[true["subject"] == "s0"]
    true = true[true["subject"].isin(["s0", "s1"])]
    low, high = spotting_bootstrap(true, pred, fps=30, n_resamples=400)["micro"]
    assert (low, high) == (0.0, 1.0)


def test_what_is_refused(movements):
    true, pred = movements
    with pytest.raises(ValueError, match="at least two subjects"):
        spotting_bootstrap(true[:3], pred[:0], fps=30)
    with pytest.raises(ValueError, match=r"videos must tell the subject .* 'v0' has none"):
        spotting_bootstrap(true.drop(columns="subject"), pred.drop(columns="subject"), fps=30)
    with pytest.raises(ValueError, match="level must be a float in the range"):
        spotting_bootstrap(true, pred, fps=30, level=1)
