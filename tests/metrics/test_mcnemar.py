from math import comb

import numpy as np
import pytest

from skmer.metrics import mcnemar_exact


@pytest.mark.parametrize(("b", "c"), [(0, 5), (3, 9), (7, 7), (1, 0)])
def test_p_value_is_the_two_sided_binomial_tail(b, c):
    p_value, only_a, only_b = mcnemar_exact(
        [True] * b + [False] * c + [True] * 4, [False] * b + [True] * c + [True] * 4
    )
    tail = 2 * sum(comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
    assert (only_a, only_b) == (b, c)
    assert p_value == pytest.approx(min(1.0, tail))


def test_nothing_to_tell_apart():
    assert mcnemar_exact([True, False], [True, False]) == (1.0, 0, 0)


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        mcnemar_exact([True], [True, False])


@pytest.mark.parametrize("hits", [["happy", "sad", ""], [np.nan] * 3, [None, True, True], [2, 0, 1], []])
def test_what_is_no_hit_is_refused(hits):
    with pytest.raises(ValueError, match="correct_a must"):
        mcnemar_exact(hits, [True, False, True])
    with pytest.raises(ValueError, match="correct_b must"):
        mcnemar_exact([True, False, True], hits)


def test_ones_and_zeros_are_hits():
    assert mcnemar_exact([1, 1, 0], [0.0, 1.0, 0.0]) == mcnemar_exact(
        [True, True, False], [False, True, False]
    )
