"""scikit-learn's own checks, on transformers whose input is clips and not tables."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmer.face import MEAN_SHAPE
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.landmarks import FaceLandmarker

FACE = np.tile(300 + 160 * MEAN_SHAPE, (3, 1, 1))


class TablesAsLandmarks:
    """Adapter: a table of numbers is read as landmarks, all else is handed on as it came."""

    def fit(self, X, y=None):
        return super().fit(as_landmarks(X), y)

    def transform(self, X):
        return super().transform(as_landmarks(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = True, False
        return tags


class GraphOfTables(TablesAsLandmarks, LandmarkGraphTransformer):
    pass


class LandmarksOfTables(TablesAsLandmarks, FaceLandmarker):
    pass


def as_landmarks(X):
    if issparse(X):
        return X
    table = np.asarray(X)
    if table.ndim != 2 or 0 in table.shape:
        return X
    landmarks = np.stack([np.resize(row, FACE.shape) for row in table])
    return landmarks if landmarks.dtype == object else landmarks + FACE


ESTIMATORS = [
    GraphOfTables(flatten=True),
    GraphOfTables(flatten=True, features="both", align=False, magnification=3),
    GraphOfTables(flatten=True, landmarker=FaceLandmarker(tracking="detect")),
    LandmarksOfTables(),
]
CANNOT_APPLY = {
    "check_n_features_in": "clips have no number of features: a frame may be a path, and sizes differ",
    "check_n_features_in_after_fitting": "as check_n_features_in",
    "check_estimators_empty_data_messages": "its second half is about tables of no columns",
}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: CANNOT_APPLY, xfail_strict=True)
def test_check(estimator, check):
    check(estimator)
