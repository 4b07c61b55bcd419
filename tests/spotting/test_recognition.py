import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skmer.spotting import STRScore, spotting_bootstrap, str_score


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


@pytest.mark.parametrize("none", ["", None, np.nan])
@pytest.mark.parametrize("compat", [None, "megc2025"])
def test_a_movement_without_an_emotion_is_of_no_class(none, compat):
    true = movements(["fear", "anger", none]).assign(subject="s")
    score = str_score(true, true.assign(emotion=["fear", "anger", "fear"]), compat=compat)
    assert (score.score, score.precision_analysis) == (1.0, 1.0)
    missed = str_score(true, true.assign(emotion=["fear", none, none]), compat=compat)
    assert (missed.precision_analysis, missed.recall_analysis) == (0.5, 0.5)
    unnamed = str_score(true.assign(emotion=none), true, compat=compat)
    assert unnamed.f1_spotting == 1.0
    assert unnamed.n_analysed == 0 or unnamed.reason == "no true movement has an emotion"


def test_types_that_nobody_asked_for_are_left_out():
    true = movements(["fear", "anger", "fear"]).assign(type=["micro", "ME", "macro"])
    pred = true.assign(emotion=["fear", "anger", ""])
    assert str_score(true, pred).score < 1
    assert str_score(true, pred, types=["micro"]) == (1.0, 1.0, 1.0, 1.0, 1.0, 2, "")
    assert str_score(true, pred[:2], types=["macro"]).score == 0.0
    with pytest.raises(ValueError, match="types needs a column type with 'micro' or 'macro'"):
        str_score(movements(["fear"]), movements(["fear"]), types=["micro"])
    with pytest.raises(ValueError, match="types must be None for compat='megc2025'"):
        str_score(true, pred, types=["micro"], compat="megc2025")


def test_the_score_has_an_interval_by_subject():
    true = movements(["fear", "anger"] * 10).assign(subject=[f"s{k // 4}" for k in range(20)])
    pred = true.assign(emotion=true["emotion"].where(true.index % 5 > 0, "anger"))[:18]
    low, high = spotting_bootstrap(true, pred)["str"]
    assert low < str_score(true, pred).score < high
    assert spotting_bootstrap(true, true)["str"] == (1.0, 1.0)
    assert "str" not in spotting_bootstrap(true, pred.drop(columns="emotion"))
