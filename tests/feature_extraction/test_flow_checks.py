"""scikit-learn's own checks, on transformers that compute the optical flow of clips."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmer.feature_extraction import MDMO, BiWOOF
from skmer.landmarks import FaceLandmarker

SHAPE = 24, 20


class TablesAsFrames:
    """Adapter: a row of numbers is read as a few small images, all else is handed on as it came."""

    n_frames = 3

    def fit(self, X, y=None):
        return super().fit(as_frames(X, self.n_frames), y)

    def transform(self, X):
        return super().transform(as_frames(X, self.n_frames))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = True, False
        return tags


class DirectionsOfTables(TablesAsFrames, BiWOOF):
    pass


class RegionsOfTables(TablesAsFrames, MDMO):
    n_frames = 4  # three would be taken for keyframes


def as_frames(X, n_frames):
    if issparse(X):
        return X
    table = np.asarray(X)
    if table.ndim != 2 or 0 in table.shape:
        return X
    frames = np.stack([np.resize(row, (n_frames, *SHAPE)) for row in table])
    if frames.dtype == object:
        return frames
    with np.errstate(invalid="ignore"):
        return 0.5 + 0.5 * frames / (1 + np.abs(frames))  # into [0, 1], where infinity becomes NaN


ESTIMATORS = [
    DirectionsOfTables(),
    DirectionsOfTables(n_bins=4, blocks=(2, 3), flow="farneback"),
    RegionsOfTables(landmarker=FaceLandmarker(n_boxes=1, boxes=[2, 2, 18, 20])),
    RegionsOfTables(polar=False, align=False, landmarker=FaceLandmarker(n_boxes=1, boxes=[2, 2, 18, 20])),
]
EXCUSED = {
    "check_n_features_in": "clips have no number of features: a frame may be a path, and sizes differ",
    "check_n_features_in_after_fitting": "as check_n_features_in",
    "check_estimators_empty_data_messages": "its second half is about tables of no columns",
    "check_estimators_nan_inf": "transform decodes the frames and refuses what are no pixels; fit does not",
}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: EXCUSED, xfail_strict=True)
def test_check(estimator, check):
    check(estimator)
