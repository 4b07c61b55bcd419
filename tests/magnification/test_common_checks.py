"""scikit-learn's own checks, on a transformer of images whose results are images."""

import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmer.magnification import MotionMagnifier

SHAPE = (3, 20, 20)


class MagnifierOfTables(MotionMagnifier):
    """Adapter: a row of numbers is read as a clip of three small images, and written as their pixels."""

    def fit(self, X, y=None):
        return super().fit(as_images(X), y)

    def transform(self, X):
        magnified = super().transform(as_images(X))
        return np.array([np.stack(clip).ravel() for clip in magnified], dtype=float)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = True, False
        return tags


def as_images(X):
    if issparse(X):
        return X
    table = np.asarray(X)
    if table.ndim != 2 or 0 in table.shape:
        return X
    images = np.stack([np.resize(row, SHAPE) for row in table])
    if images.dtype == object:
        return images
    with np.errstate(invalid="ignore"):
        return 0.5 + 0.5 * images / (1 + np.abs(images))  # into [0, 1], where infinity becomes NaN


ESTIMATORS = [
    MagnifierOfTables("lagrangian"),
    MagnifierOfTables("eulerian"),
    MagnifierOfTables("phase", alpha=2.0),
]
CANNOT_APPLY = {
    "check_n_features_in": "clips have no number of features: a frame may be a path, and sizes differ",
    "check_n_features_in_after_fitting": "as check_n_features_in",
    "check_estimators_empty_data_messages": "its second half is about tables of no columns",
    "check_estimators_nan_inf": "transform decodes the frames and refuses what are no pixels; fit does not",
}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: CANNOT_APPLY, xfail_strict=True)
def test_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_transform_refuses_what_are_no_pixels(value):
    table = np.zeros((2, 4))
    table[1, 2] = value
    with pytest.raises(ValueError, match=r"clip 1, onset frame: expected float pixels in \[0, 1\]"):
        MagnifierOfTables().fit(table).transform(table)
