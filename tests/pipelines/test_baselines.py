import numpy as np
import pytest
from sklearn.base import clone

from skmer.datasets import make_landmark_clips
from skmer.model_selection import evaluate_loso
from skmer.pipelines import baseline


@pytest.mark.parametrize("name", ["rbf-svm", "linear-svm", "lda"])
def test_a_baseline_finds_more_than_the_commonest_class(name):
    clips = make_landmark_clips(6, 60, random_state=0)
    pipeline = baseline(name)
    assert list(pipeline.named_steps) == ["graph", "scale", "clf"]
    result = evaluate_loso(pipeline, clips)
    assert result.uf1 > result.baseline.uf1 + 0.2


def test_a_baseline_has_no_state_of_another():
    first, second = baseline("lda"), baseline("lda").set_params(clf__shrinkage=0.9)
    assert first["clf"].shrinkage == 0.5
    clips = make_landmark_clips(4, 40, random_state=0)
    once = clone(second).fit(clips.frames, clips.target).predict_proba(clips.frames)
    again = second.fit(clips.frames, clips.target).predict_proba(clips.frames)
    np.testing.assert_array_equal(once, again)


def test_unknown_baselines_are_refused():
    with pytest.raises(
        ValueError, match=r"name must be one of \['rbf-svm', 'linear-svm', 'lda'\], got 'svm'"
    ):
        baseline("svm")
