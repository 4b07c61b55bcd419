import numpy as np
import pytest
from matplotlib import pyplot as plt

from skmer.inspection import PooledConfusionDisplay


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
