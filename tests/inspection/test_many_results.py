import matplotlib.pyplot as plt
import numpy as np
import pytest

from skmer.datasets import make_landmark_clips
from skmer.inspection import CertainErrorsDisplay
from skmer.landmarks import align_landmarks
from skmer.model_selection import LOSOResult, evaluate_loso
from skmer.pipelines import baseline


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)


@pytest.fixture(scope="module")
def result(clips):
    return evaluate_loso(baseline("lda", input="frames"), clips, verbose=0)


pytestmark = pytest.mark.filterwarnings("ignore:The class")


def test_the_most_certain_errors_come_first(result, clips):
    display = CertainErrorsDisplay.from_result(result, clips, n_errors=5)
    said = [float(caption.rpartition(" ")[2]) for caption in display.captions]
    assert len(said) == 5 and said == sorted(said, reverse=True)
    columns = [f"probability_{name}" for name in result.class_names]
    table = result.predictions
    wrong = table[table["prediction"] != table["truth"]]
    assert said[0] == pytest.approx(wrong[columns].to_numpy().max(), abs=0.006)
    first = wrong.iloc[wrong[columns].to_numpy().max(axis=1).argmax()]
    assert display.captions[0].startswith(f"{first['subject']} {first['clip']}\n{first['truth']}, said ")
    row = result.rows_in(clips)[table.index.get_loc(first.name)]
    onset, apex, _ = align_landmarks(clips.frames[[row]].astype(float))[0]
    assert np.allclose(display.frames[0], [onset, onset + 10 * (apex - onset)])


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_drawn(result, clips, style):
    with plt.style.context(style):
        display = CertainErrorsDisplay.from_result(result, clips, n_errors=5).plot()
        display.figure_.canvas.draw()
    titles = [ax.get_title(loc="left") for ax in display.figure_.axes]
    assert [title for title in titles if title] == display.captions
    plt.close(display.figure_)


def test_no_error_is_said():
    display = CertainErrorsDisplay([], []).plot()
    assert [text.get_text() for text in display.ax_.texts] == ["no error"]
    plt.close(display.figure_)


def test_a_result_without_probabilities(result, clips):
    bare = result.predictions.drop(columns=[c for c in result.predictions if c.startswith("probability_")])
    with pytest.raises(ValueError, match="predict_proba"):
        CertainErrorsDisplay.from_result(LOSOResult(bare, result.class_names), clips)


def test_html_of_results_and_clips(result, clips):
    page = result._repr_html_()
    assert f"<td>{result.uf1:.3f}</td>" in page and "majority baseline" in page
    page = clips._repr_html_()
    assert all(f">{name}</th>" in page for name in clips.class_names)
    assert "&lt;" not in page
