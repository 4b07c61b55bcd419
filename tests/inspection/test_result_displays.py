import numpy as np
import pytest
from matplotlib import pyplot as plt

from skmer.inspection import ClassScoresDisplay, PooledConfusionDisplay, SubjectScoresDisplay


def test_counts_and_shares_stand_in_the_cells(written):
    display = PooledConfusionDisplay([[8, 2], [0, 20]], ["happiness", "others"]).plot()
    assert written(display.ax_) == ["8\n80%", "2\n20%", "20\n100%"]
    np.testing.assert_allclose(display.ax_.images[0].get_array(), [[0.8, 0.2], [0, 1]])
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["happiness", "others"]
    assert (display.ax_.get_ylabel(), display.ax_.get_xlabel()) == ("true", "predicted")


def test_a_result_brings_its_pooled_matrix_and_scores(make_result):
    result = make_result(seeds=(0, 1))
    display = PooledConfusionDisplay.from_result(result).plot()
    np.testing.assert_allclose(display.confusion, result.confusion)
    caption = display.ax_.get_title(loc="left")
    for part in ("60 clips", f"{result.n_folds} folds", f"{result.uf1:.3f}", f"{result.accuracy:.3f}"):
        assert part in caption


def test_means_over_seeds_are_written_with_a_decimal(make_result, written):
    display = PooledConfusionDisplay([[1.5, 0.5], [0, 2]], ["a", "b"]).plot()
    assert written(display.ax_) == ["1.5\n75%", "0.5\n25%", "2\n100%"]


@pytest.mark.parametrize("labels", [None, ["b", "a", "c"]], ids=["found", "given"])
def test_predictions_are_counted(labels):
    display = PooledConfusionDisplay.from_predictions(["a", "a", "b"], ["a", "b", "b"], labels=labels)
    expected = [[1, 1], [0, 1]] if labels is None else [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert display.confusion.tolist() == expected
    assert display.plot().ax_.images


def test_it_draws_on_given_axes():
    _, (left, right) = plt.subplots(1, 2)
    display = PooledConfusionDisplay([[1]], ["a"]).plot(right)
    assert display.ax_ is right
    assert not left.images


def test_bars_are_the_pooled_f1(make_result):
    result = make_result()
    display = ClassScoresDisplay.from_result(result).plot()
    widths = [bar.get_width() for bar in display.ax_.patches]
    assert widths == pytest.approx(result.per_class["f1"].tolist())
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [f"{name} ({n})" for name, n in result.class_counts.items()]
    assert display.f1.columns.tolist() == ["Pipeline"]
    assert display.ax_.get_legend() is None


def test_several_results_stand_side_by_side(make_result):
    results = {"ours": make_result(0.9), "theirs": make_result(0.4)}
    display = ClassScoresDisplay.from_results(results).plot()
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["ours", "theirs"]
    widths = np.array([bar.get_width() for bar in display.ax_.patches]).reshape(2, 3)
    np.testing.assert_allclose(widths, [result.per_class["f1"] for result in results.values()])
    places = np.array([bar.get_y() for bar in display.ax_.patches]).reshape(2, 3)
    assert (places[0] < places[1]).all()


def test_a_name_of_ones_own(make_result):
    assert ClassScoresDisplay.from_result(make_result(), name="DeRe-GRL").f1.columns.tolist() == ["DeRe-GRL"]


def test_bars_are_right_and_wrong_clips(make_result, written):
    result = make_result()
    display = SubjectScoresDisplay.from_result(result).plot()
    table = result.per_subject.sort_values(["n_clips", "accuracy"])[::-1]
    right, wrong = ([bar.get_height() for bar in bars] for bars in display.ax_.containers)
    np.testing.assert_allclose(right, table["accuracy"] * table["n_clips"])
    np.testing.assert_allclose(np.add(right, wrong), table["n_clips"])
    assert written(display.ax_) == [f"{100 * share:.0f}" for share in table["accuracy"]]
    names = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert names == [subject.split("/")[1] for subject in table.index]


def test_the_pooled_accuracy_is_that_of_the_clips(make_result):
    result = make_result(seeds=(0, 1))
    assert SubjectScoresDisplay.from_result(result).pooled == pytest.approx(result.accuracy)
