from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from skmer._utils._arguments import (
    LABELS,
    PATH,
    ArgumentError,
    Items,
    Numbers,
    Pixels,
    Takes,
    check_argument,
    check_same_shape,
    checked,
    integer,
    positive,
    real,
)


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        (integer(1, 5), [1, 5, np.int64(3)], [0, 6, 2.0, True, "1", None, 10**30]),
        (integer(2, 2), [2], [1, 3]),
        (integer(3, 2), [], [2, 3]),
        (positive(), [1e-300, 3], [0, -1.0, np.inf, np.nan, True, "2", None]),
        (real(0, 1), [0, 0.5, np.float32(1)], [-0.1, float("nan"), float("inf"), True, "1"]),
        (Numbers(..., None, 2), [np.zeros((3, 2)), [[1, 2]], np.ones((4, 3, 2))], [[1, 2], [["a", "b"]]]),
        (
            Numbers(..., None, 2),
            [np.zeros((1, 2))],
            [np.full((3, 2), np.nan), np.zeros((0, 2)), [[1], [2, 3]]],
        ),
        (Numbers((2, 3), finite=False), [[1, 2], [1, 2, np.nan]], [[1], 3.0, [1j, 2], [10**30, 1]]),
        (Items(str, n=2), [["a", "b"], ("a", "b")], ["ab", ["a"], ["a", 1], np.array(3.0), {"a": 1, "b": 2}]),
        (Items(integer(0), least=1), [[0], np.arange(3)], [[], [-1], [None]]),
        (Pixels(2), [np.zeros((2, 2), np.uint8)], [np.zeros((2, 2)), np.zeros((2, 2, 3), np.uint8), None]),
        (real(0), [0, 1e300], [float("inf"), float("nan"), Fraction(1, 2), Decimal(1)]),
        (real(None, 0), [0.0, np.float32(-1)], [-float("inf"), True, np.True_]),
        (
            LABELS[0],
            ["a", 1, 2.0, np.True_, np.float32(3)],
            [1.5, float("nan"), float("inf"), None, b"a", []],
        ),
        (Items(*LABELS), [pd.DataFrame({"a": [1, 2]})], [pd.DataFrame({"a": [1.5]}), pd.DataFrame([[1, 2]])]),
        (Takes(2, whole=True), [max, lambda a, b, c=0: 0], [len, lambda a, b, c: 0, lambda a: 0, 3]),
        (PATH[0], ["a", "/b/c"], ["a\0b", "\ud800", 3, b"a", None]),
    ],
)
def test_constraints_tell_values_apart(constraint, good, bad):
    assert all(constraint.is_satisfied_by(value) for value in good)
    assert not any(constraint.is_satisfied_by(value) for value in bad)


def test_an_error_says_what_was_expected_and_what_came():
    @checked(n=[integer(1, 9), None], points=[Numbers(None, 2)])
    def function(n, *, points=((0, 0),)):
        return n

    assert function(3) == 3 and function(n=None) is None
    with pytest.raises(ValueError, match=r"^n must be an int in the range \[1, 9\] or None, got 'a'\.$"):
        function("a")
    with pytest.raises(TypeError, match=r"points must be an array of finite numbers of shape \(n, 2\), got"):
        function(1, points=np.zeros((3, 3)))
    with pytest.raises(TypeError, match="unexpected keyword"):
        function(1, m=2)


def test_long_values_are_cut_in_errors():
    with pytest.raises(ArgumentError) as caught:
        check_argument("name", "x" * 10_000, [int])
    assert len(str(caught.value)) < 200


def test_shapes_must_agree():
    check_same_shape(a=np.zeros(3), b=np.ones(3))
    with pytest.raises(ValueError, match="a and b must have the same shape"):
        check_same_shape(a=np.zeros(3), b=np.ones(2))
