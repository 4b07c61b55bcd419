"""Spotters in files."""

import numpy as np
import pandas as pd
import pytest

from skmer.datasets import make_long_videos
from skmer.io import load, save
from skmer.io._codec import Parser
from skmer.io._estimators import check, to_document
from skmer.pipelines import baseline
from skmer.spotting import MDMDSpotter, MotionSpotter, OpticalFlowSpotter, SpotThenRecognise


@pytest.fixture(scope="module")
def corpus():
    return make_long_videos(
        n_subjects=3, n_videos=3, duration=30, empty=0, macro_per_minute=20, random_state=6
    )


@pytest.fixture(scope="module")
def recogniser(corpus):
    model = SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames"), types=("macro",))
    return model.fit(corpus.tracks(), corpus.intervals, groups=corpus.groups)


def test_a_spotter_spots_the_same_after_loading(corpus, recogniser, tmp_path):
    save(recogniser, tmp_path / "a.skmer")
    again = load(tmp_path / "a.skmer")
    pd.testing.assert_frame_equal(again.predict(corpus.tracks()), recogniser.predict(corpus.tracks()))
    assert again.spotter_.choices_ == recogniser.spotter_.choices_
    assert again.spotter_.choices_["macro"].f1 == recogniser.spotter_.choices_["macro"].f1


@pytest.mark.parametrize("spotter", [MDMDSpotter(), OpticalFlowSpotter(2.0), MotionSpotter()])
def test_baselines_and_spotters_that_are_not_fitted_are_saved(corpus, spotter, tmp_path):
    if not isinstance(spotter, MotionSpotter):
        spotter = spotter.fit(corpus.tracks(), corpus.intervals)
    save(spotter, tmp_path / "a.skmer")
    again = load(tmp_path / "a.skmer")
    assert repr(again) == repr(spotter)
    assert repr(getattr(again, "choices_", None)) == repr(getattr(spotter, "choices_", None))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("choices_", {"macro": ((), 1.0, 0.5), "micro": ((), 1.0, 0.5)}),
        ("choices_", {"macro": (((0.5, 0.1), 0.2), 1.0, 0.5), "micro": (((0.1, 0.5), 0.2), 1.0, 0.5)}),
        ("choices_", {"macro": (((0.1, 0.5), 0.2), 1.0, 0.5)}),
        ("choices_", "chosen"),
        ("levels_", {"macro": np.ones(2), "micro": np.ones(3)}),
        ("whitening_", {"macro": np.full((2, 2), np.nan), "micro": np.ones((2, 2))}),
        ("longest_", np.nan),
    ],
)
def test_attributes_of_another_kind_are_refused(recogniser, name, value):
    document, tensors, _ = to_document(recogniser.spotter_, frozenset())
    node = Parser(tensors).parse(document)
    check(node, frozenset())
    node.state[name] = value
    with pytest.raises(ValueError, match="MotionSpotter: "):
        check(node, frozenset())
