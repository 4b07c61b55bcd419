import numpy as np
import pytest

from skmer._utils._checks import check_integer, check_positive, check_range


@pytest.mark.parametrize("value", [0, 1.5, True, "2", None, np.nan])
def test_check_integer_names_the_argument(value):
    with pytest.raises(ValueError, match="n_clips must be an integer of at least 1, got"):
        check_integer("n_clips", value, 1)


@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan, True, "2", None])
def test_check_positive_names_the_argument(value):
    with pytest.raises(ValueError, match="gain must be a positive number, got"):
        check_positive("gain", value)


@pytest.mark.parametrize("value", [1, (1,), (2, 1), (0, 1), (1, np.inf), ("a", 2), None])
def test_check_range_names_the_argument(value):
    with pytest.raises(ValueError, match="amplitude must be a pair"):
        check_range("amplitude", value)


def test_checks_let_right_values_pass():
    check_integer("n_clips", np.int64(3), 3)
    check_positive("gain", 0.5)
    assert check_range("amplitude", [1, 2]) == (1.0, 2.0)
