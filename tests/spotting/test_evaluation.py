import json

import pandas as pd
import pytest

from skmer.spotting import MotionSpotter, SpottingResult, evaluate_spotting, spotting_score, str_score


@pytest.fixture(scope="module")
def result(videos):
    return evaluate_spotting(MotionSpotter(), videos)


def test_each_subject_is_spotted_by_a_spotter_of_the_others(videos, result):
    fold = videos.groups == videos.groups[0]
    train = videos.select(~fold)
    own = MotionSpotter().fit(train, train.intervals, groups=train.groups).predict(videos.select(fold))
    there = result.movements[result.movements["video"].isin(videos.names[fold])]
    pd.testing.assert_frame_equal(there.reset_index(drop=True), own)


def test_scores_are_pooled_over_all_videos(videos, result):
    scores = spotting_score(videos.intervals, result.movements, videos=videos)
    pd.testing.assert_frame_equal(result.scores, scores)
    assert (result.n_videos, result.n_subjects, result.n_empty) == (12, 6, 3)
    assert result.counts.xs("all", level="type").sum().tolist() == [
        len(videos.intervals),
        len(result.movements),
        int(result.hits.sum()),
    ]
    assert result.per_subject["n_true"].sum() == len(videos.intervals)
    low, high = result.confidence()["all"]
    assert low <= scores.loc["all", "f1"] <= high


def test_the_curve_is_of_the_threshold(result):
    curve = result.curve[result.curve["type"] == "all"]
    assert curve["threshold"].is_monotonic_increasing
    assert curve["recall"].is_monotonic_decreasing
    assert curve["f1"].iloc[0] == pytest.approx(result.scores.loc["all", "f1"])


def test_jobs_and_words(videos, result, capsys):
    again = evaluate_spotting(MotionSpotter(), videos, videos.tracks(), n_jobs=2, verbose=1)
    pd.testing.assert_frame_equal(again.movements, result.movements)
    assert "6 of 6, 0 s left" in capsys.readouterr().out


def test_exports(result, tmp_path):
    text = repr(result)
    assert "12 videos (3 without a movement)" in text
    assert f"{result.scores.loc['micro', 'f1']:.3f}" in text
    shown = result._repr_html_()
    assert "<caption>12 videos (3 without a movement)" in shown and '<th scope="row">micro</th>' in shown
    assert "\\toprule" in result.to_latex()
    assert result.to_markdown().count("\n| ") == 5
    result.to_csv(tmp_path / "a.csv")
    assert len(pd.read_csv(tmp_path / "a.csv")) == len(result.movements)
    assert result.to_json(tmp_path / "a.json") is None
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["scores"]["all"]["f1"] == pytest.approx(result.scores.loc["all", "f1"])
    again = SpottingResult.from_json(tmp_path / "a.json")
    pd.testing.assert_frame_equal(again.scores, result.scores)
    assert again.run_card == result.run_card
    page = result.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 12
    assert page.count('class="true"') == len(result.intervals)
    assert page.count('class="hit"') == result.hits.sum()
    assert "http" not in page.replace("http-equiv", "")


def test_one_subject_is_not_enough(videos):
    with pytest.raises(ValueError, match="at least two subjects"):
        evaluate_spotting(MotionSpotter(), videos[:2])
    with pytest.raises(ValueError, match="one track for each video, 's06_2' has none"):
        evaluate_spotting(MotionSpotter(), videos, videos.tracks()[:-1])


def test_tables_must_fit(result):
    with pytest.raises(ValueError, match="movements must be of the videos"):
        SpottingResult(result.movements.assign(video="x"), result.intervals, result.videos)
    with pytest.raises(ValueError, match="not 'fps'"):
        SpottingResult(result.movements, result.intervals, result.videos.drop(columns="fps"))


class Blind(MotionSpotter):
    """A spotter that never spots."""

    def predict(self, tracks):
        return super().predict(tracks)[:0]


def test_a_result_without_a_movement(videos, tmp_path):
    result = evaluate_spotting(Blind(), videos[:4])
    assert result.scores["n_pred"].tolist() == [0, 0, 0]
    assert result.curve.empty
    assert result.scores.loc["all", "ap"] == 0
    assert result.to_html(tmp_path / "a.html").exists()


@pytest.mark.parametrize("table", ["movements", "intervals"])
def test_a_file_without_a_column_is_named(table, tmp_path):
    videos = pd.DataFrame(
        {"video": ["a"], "group": ["x/1"], "fps": [30.0], "n_frames": [90], "duration_s": [3.0]}
    )
    rows = pd.DataFrame({"video": ["a"], "onset": [1], "offset": [9], "type": ["micro"]})
    SpottingResult(rows, rows, videos, {}).to_json(tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text())
    content[table]["columns"] = [name.replace("onset", "NaN") for name in content[table]["columns"]]
    (tmp_path / "b.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"b\.json.*onset"):
        SpottingResult.from_json(tmp_path / "b.json")


def recognised(said, **card):
    videos = pd.DataFrame({"video": [1, 2, 3], "group": list("xyz"), "fps": 30.0, "n_frames": 900})
    true = pd.DataFrame({"video": [1, 2, 3], "onset": 0, "offset": [9, 9, 29], "emotion": "fear"})
    return SpottingResult(true.assign(emotion=said, video=[1.0, 2.0, 3.0]), true, videos, card)


def test_only_the_types_that_were_named_are_scored_as_recognised():
    assert recognised(["fear", "fear", ""]).recognition.score < 1
    assert recognised(["fear", "fear", ""], recognised_types=["micro"]).recognition.score == 1


def test_a_recognised_result_says_its_score_everywhere(tmp_path):
    result = recognised(["fear", "fear", "anger"])
    line = "Spot-then-recognise score of micro and macro movements: 0.800 (95 % interval 0.000 to 1.000)"
    for text in (repr(result), result.to_markdown(), result.to_latex().replace(r"\%", "%")):
        assert line in text
    assert line in result.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    content = json.loads(result.to_json())
    assert content["recognition"]["score"] == pytest.approx(0.8)
    assert content["confidence"]["str"] == [0, 1]
    assert "recognise" not in repr(
        SpottingResult(result.intervals[["video", "onset", "offset"]], result.intervals, result.videos)
    )


def test_a_recogniser_that_spots_nothing_scores_as_its_tables_do():
    result = recognised(["fear"] * 3)
    none = SpottingResult(result.movements[:0], result.intervals, result.videos)
    assert none.recognition == str_score(result.intervals, result.movements[:0], videos=result.videos)
    assert none.recognition.score == 0
