import numpy as np
import pytest
from sklearn.base import clone

from skmer.datasets import make_long_videos
from skmer.pipelines import baseline
from skmer.spotting import MotionSpotter, SpotThenRecognise, classify_movements, evaluate_spotting


@pytest.fixture(scope="module")
def corpus():
    return make_long_videos(
        n_subjects=4, n_videos=8, empty=0.25, micro_per_minute=6, macro_per_minute=8, random_state=6
    )


@pytest.fixture(scope="module")
def fitted(corpus):
    model = SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames"))
    return model.fit(corpus.tracks(), corpus.intervals, groups=corpus.groups)


def test_spotted_movements_are_named(corpus, fitted):
    found = fitted.predict(corpus)
    assert found["emotion"].isin(fitted.classes_).all()
    shares = found[[f"probability_{name}" for name in fitted.classes_]]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares.max(axis=1), found["probability"])


def test_true_movements_are_named_better_than_by_chance(corpus, fitted):
    other = make_long_videos(n_subjects=3, n_videos=6, empty=0, macro_per_minute=10, random_state=8)
    named = fitted.recognise(other.tracks(), other.intervals)
    right = (named["emotion"] == other.intervals["emotion"]).mean()
    chance = other.intervals["emotion"].value_counts(normalize=True).max()
    assert right > chance + 0.1
    again = classify_movements(fitted.pipeline_, other.tracks(), other.intervals)
    assert again.equals(named)


def test_it_is_evaluated_by_subject(corpus):
    result = evaluate_spotting(SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames")), corpus)
    score = result.recognition
    assert score.score == pytest.approx(score.f1_spotting * score.f1_analysis)
    assert score.f1_spotting == pytest.approx(result.scores.loc["all", "f1"])
    assert score.f1_analysis > 0.2


def test_types_that_are_not_wanted_keep_no_emotion(corpus):
    model = SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames"), types=("macro",))
    found = clone(model).fit(corpus, corpus.intervals, groups=corpus.groups).predict(corpus)
    assert (found["emotion"][found["type"] == "micro"] == "").all()
    assert (found["emotion"][found["type"] == "macro"] != "").all()


class Deaf(MotionSpotter):
    """A spotter that never spots."""

    def predict(self, tracks):
        return super().predict(tracks)[:0]


def test_a_result_knows_what_was_named(corpus):
    model = SpotThenRecognise(Deaf(), baseline("lda", input="frames"), types=("macro",))
    result = evaluate_spotting(model, corpus)
    assert result.recognition.score == 0
    assert result.run_card["recognised_types"] == ["macro"]
    assert evaluate_spotting(Deaf(), corpus[:4]).recognition is None


def test_what_cannot_be_learned_is_refused(corpus):
    model = SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames"))
    with pytest.raises(ValueError, match="intervals must have a column emotion"):
        model.fit(corpus, corpus.intervals.drop(columns="emotion"))
    with pytest.raises(ValueError, match="at least two emotions"):
        model.fit(corpus, corpus.intervals.assign(emotion="fear"))
