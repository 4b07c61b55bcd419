import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skmer.spotting import spotting_score


def table(*rows, **columns):
    """Movements of (video, onset, offset)."""
    return pd.DataFrame(rows, columns=["video", "onset", "offset"]).assign(**columns)


def corpus(n_matched, n_pred, n_true, kind):
    """Movements of which exactly `n_matched` match, each a video of its own."""
    videos = [f"v{k}" for k in range(n_true + n_pred - n_matched)]
    true = pd.DataFrame({"video": videos[:n_true], "onset": 0, "offset": 9, "type": kind})
    pred = pd.DataFrame({"video": videos[n_true - n_matched :], "onset": 0, "offset": 9, "type": kind})
    return true, pred


@pytest.mark.parametrize(
    ("macro", "micro", "expected"),
    [
        ((109, 1523, 300), (21, 5035, 57), (0.1196, 0.0082, 0.0376)),  # CAS(ME)^2
        ((22, 356, 343), (29, 1436, 159), (0.0629, 0.0364, 0.0445)),  # SAMM-LV
    ],
)
def test_published_counts_of_mdmd(macro, micro, expected):
    tables = [corpus(*macro, "macro"), corpus(*micro, "micro")]
    true, pred = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    scores = spotting_score(true, pred)
    assert scores.loc[["macro", "micro", "all"], "f1"].round(4).tolist() == list(expected)
    assert scores.loc["macro", ["n_matched", "n_pred", "n_true"]].tolist() == list(macro)
    assert scores.loc["all", "precision"] == (macro[0] + micro[0]) / (macro[1] + micro[1])
    assert scores.loc["all", "recall"] == (macro[0] + micro[0]) / (macro[2] + micro[2])


def test_hand_made_case():
    true = table(("a", 10, 19), ("a", 100, 159), ("b", 10, 19))
    pred = table(("a", 12, 19), ("a", 60, 70), ("a", 105, 159), ("c", 0, 9))
    videos = pd.DataFrame({"video": list("abc"), "fps": 30.0, "n_frames": [1800, 900, 900]})
    scores = spotting_score(true, pred, videos=videos)
    assert scores[["n_true", "n_pred", "n_matched"]].to_numpy().tolist() == [[2, 3, 1], [1, 1, 1], [3, 4, 2]]
    assert scores["f1"].tolist() == [2 / 5, 1, 4 / 7]
    assert scores["fp_per_minute"].tolist() == [1, 0, 1]


def test_half_a_second_is_micro_at_any_rate():
    for fps, last in ((30, 14), (200, 99), (25, 11), (100, 49)):
        scores = spotting_score(table(("a", 0, last)), table(("a", 0, last)), fps=fps)
        assert scores["n_true"].tolist() == [1, 0, 1]
        scores = spotting_score(table(("a", 0, last + 1)), table(("a", 0, last + 1)), fps=fps)
        assert scores["n_true"].tolist() == [0, 1, 1]


def test_a_prediction_matches_its_own_type_only():
    true = table(("a", 0, 14))
    scores = spotting_score(true, table(("a", 0, 15)), fps=30)
    assert scores["n_matched"].tolist() == [0, 0, 0]
    scores = spotting_score(true, table(("a", 0, 15), type="micro"), fps=30)
    assert scores["n_matched"].tolist() == [1, 0, 1]
    scores = spotting_score(true.assign(type="Macro"), table(("a", 0, 15)), fps=30)
    assert scores["n_matched"].tolist() == [0, 1, 1]


def test_rates_of_single_videos_and_times():
    true = table(("a", 0, 19), ("b", 0, 19))
    assert spotting_score(true, true, fps={"a": 30, "b": 100})["n_true"].tolist() == [1, 1, 2]
    timed = true.assign(onset_s=0.0, offset_s=[19 / 30, 19 / 100])
    assert spotting_score(timed, timed)["n_true"].tolist() == [1, 1, 2]


def test_without_types_and_rates_all_are_one():
    scores = spotting_score([(10, 19)], [(12, 19), (30, 31)])
    assert scores["n_pred"].tolist() == [0, 0, 2]
    assert scores.loc["all", "f1"] == 2 / 3
    with pytest.raises(ValueError, match=r"fps must be given, or a column type .* in each row of pred"):
        spotting_score(table(("a", 0, 9), type="micro"), table(("a", 0, 9)))


def test_undefined_scores():
    empty, one = table(), table(("a", 0, 9))
    with pytest.warns(UndefinedMetricWarning, match="no true and no predicted movement"):
        scores = spotting_score(empty, empty, fps=30)
    assert scores[["precision", "recall", "f1"]].isna().all(axis=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(spotting_score(empty, empty, fps=30, zero_division=0).loc["all", "f1"])
        missed, false = spotting_score(one, empty, fps=30), spotting_score(empty, one, fps=30)
    assert missed.loc["all", ["precision", "recall", "f1"]].tolist() == [0, 0, 0]
    assert false.loc["all", ["precision", "recall", "f1"]].tolist() == [0, 0, 0]
    assert spotting_score(one, empty, fps=30, zero_division=1).loc["all", "precision"] == 1
    assert np.isnan(spotting_score(empty, one, fps=30, zero_division=np.nan).loc["all", "recall"])
    # A type that does not occur has no score, which is no reason to warn.
    assert missed["f1"].isna().tolist() == [False, True, False]


def test_average_precision_by_hand():
    true = table(("a", 0, 9), ("b", 0, 9))
    pred = table(("a", 0, 9), ("c", 0, 9), ("b", 0, 12), score=[0.9, 0.8, 0.7])
    scores = spotting_score(true, pred, fps=30)
    # Hits at ranks 1 and 3: (1 + 2/3) / 2 up to an overlap of 10/13, 1/2 beyond.
    assert scores.loc["all", "ap50"] == pytest.approx(5 / 6)
    assert scores.loc["all", "ap"] == pytest.approx((6 * 5 / 6 + 4 * 1 / 2) / 10)
    assert np.isnan(spotting_score(true, pred.drop(columns="score"), fps=30).loc["all", "ap"])
    assert np.isnan(scores.loc["macro", "ap"])


def test_a_truth_is_found_once_in_average_precision():
    true = table(("a", 0, 9), ("b", 0, 9))
    pred = table(("a", 0, 9), ("a", 0, 9), ("b", 0, 9), score=[3, 2, 1])
    assert spotting_score(true, pred, fps=30).loc["all", "ap50"] == pytest.approx((1 + 2 / 3) / 2)


def test_apex_error_is_over_matched_movements():
    true = table(("a", 0, 9), ("b", 0, 9), ("c", 0, 9), apex=[4, np.nan, 5])
    pred = table(("a", 0, 9), ("b", 0, 9), ("d", 0, 9), apex=[7, 5, 5])
    scores = spotting_score(true, pred, fps=30)
    assert scores.loc["all", "apex_error"] == 3
    assert scores.loc["micro", "apex_error_s"] == pytest.approx(0.1)
    assert np.isnan(scores.loc["macro", "apex_error"])


@pytest.mark.parametrize(
    ("true", "message"),
    [
        (pd.DataFrame({"video": ["a"], "onset": [0]}), "true must be a table with the columns .* offset is"),
        (table(("a", 9, 0)), "true must have onset <= offset as whole frames"),
        (table(("a", 0, np.nan)), "true must have onset <= offset as whole frames"),
        (table(("a", 0.5, 3)), "whole frames"),
        ([(1, 2, 3)], r"true must be a table of movements or pairs"),
    ],
)
def test_bad_tables_are_refused(true, message):
    with pytest.raises(ValueError, match=message):
        spotting_score(true, table(("a", 0, 9)), fps=30)


def test_bad_arguments_are_refused():
    one = table(("a", 0, 9))
    with pytest.raises(ValueError, match="fps must be a float in the range"):
        spotting_score(one, one, fps=0)
    with pytest.raises(ValueError, match="matching must be one of"):
        spotting_score(one, one, fps=30, matching="best")
    with pytest.raises(ValueError, match="videos must be LongVideos or a table"):
        spotting_score(one, one, videos=pd.DataFrame({"name": ["a"]}))


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (["ME", "mae"], [1, 1, 2]),
        (["Micro - 1/2", "Macro"], [1, 1, 2]),
        (["micro-expression", "macro-expression"], [1, 1, 2]),
        ([" MACRO ", None], [1, 1, 2]),
    ],
)
def test_words_for_types(words, kinds):
    true = table(("a", 0, 9), ("b", 0, 9), type=words)
    assert spotting_score(true, true, fps=30)["n_true"].tolist() == kinds


def test_other_words_for_types_are_refused():
    true = table(("a", 0, 9), ("b", 0, 9), type=["micro", "small"])
    with pytest.raises(ValueError, match=r"true must have 'micro' \(ME\) or 'macro' \(MaE\) .* got 'small'"):
        spotting_score(true, table(("a", 0, 9)), fps=30)


def test_a_movement_of_a_video_that_is_not_there_is_refused():
    videos = pd.DataFrame({"video": ["a"], "fps": 30.0, "n_frames": 900})
    for tables in ((table(("a", 0, 9)), table(("b", 0, 9))), (table(("b", 0, 9)), table(("a", 0, 9)))):
        with pytest.raises(ValueError, match="videos must name the video of each movement, 'b' is none"):
            spotting_score(*tables, videos=videos)


def test_numbers_as_names_match_in_any_form():
    videos = pd.DataFrame({"video": [1, 2], "fps": 30.0, "n_frames": 900})
    scores = spotting_score(table((1.0, 0, 9), ("2", 0, 9)), table((1, 0, 9), (2.0, 0, 9)), videos=videos)
    assert (scores.loc["all", "f1"], scores.loc["all", "fp_per_minute"]) == (1.0, 0.0)
    assert spotting_score(table((1, 0, 9)), table((1.0, 0, 9)), fps={"1": 30})["f1"].tolist()[::2] == [1, 1]


def test_average_precision_without_predictions_is_zero():
    true = table(("a", 0, 9))
    for none in (table(), table(score=[])):
        scores = spotting_score(true, none, fps=30)
        assert scores.loc[["micro", "all"], ["ap", "ap50"]].to_numpy().tolist() == [[0, 0], [0, 0]]
        assert np.isnan(scores.loc["macro", "ap"])
    with pytest.raises(ValueError, match="pred must have a score in every row or no column score, row 0"):
        spotting_score(true, true.assign(score=np.nan), fps=30)
