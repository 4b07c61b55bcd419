import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skmer.spotting import STRScore, str_score


def movements(emotions, videos=None):
    videos = [f"v{k}" for k in range(len(emotions))] if videos is None else videos
    return pd.DataFrame({"video": videos, "onset": 0, "offset": 9, "emotion": emotions})


def test_by_hand():
    true = movements(["fear", "fear", "anger", "others", "anger"])
    pred = movements(["fear", "anger", "anger", "fear"])
    score = str_score(true, pred)
    assert score.f1_spotting == pytest.approx(8 / 9)
    # anger: 1 of 2 predicted, 1 of 1; fear: 1 of 2, 1 of 2; others: none predicted, 0 of 1
    assert score.precision_analysis == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert score.recall_analysis == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert score.f1_analysis == pytest.approx(0.4)
    assert score.score == pytest.approx(8 / 9 * 0.4)
    assert isinstance(score, STRScore)
    assert score.n_analysed == 4


def test_a_dropped_class_leaves_with_its_truths_and_costs_recall():
    true, pred = movements(["fear", "fear", "others"]), movements(["fear", "others", "fear"])
    score = str_score(true, pred, emotions=["fear", "anger"])
    assert score.n_analysed == 2
    assert (score.precision_analysis, score.recall_analysis) == (1.0, 0.5)


def test_undefined():
    none = movements([])
    with pytest.warns(UndefinedMetricWarning):
        score = str_score(none, none)
    assert np.isnan(score.score)
    assert score.reason == "there is no true and no predicted movement"
    assert str_score(movements(["fear"]), none).score == 0.0
    with pytest.raises(ValueError, match="pred must be a table of movements with a column emotion"):
        str_score(movements(["fear"]), movements(["fear"]).drop(columns="emotion"))
