"""scikit-learn's own checks, on transformers whose input is clips and not tables."""

import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmer.face import MEAN_SHAPE
from skmer.feature_extraction import (
    DirectionGradients,
    DynamicImage,
    FaceCropper,
    FlowMaps,
    LandmarkFeatureMaps,
    LandmarkGraphTransformer,
    LocalBinaryPatterns,
    OrientedGradients,
    TemporalInterpolator,
)
from skmer.landmarks import FaceLandmarker

FACE = np.tile(300 + 160 * MEAN_SHAPE, (3, 1, 1))
SEQUENCE = (5, 8, 9)


class OfTables:
    """Adapter: a table of numbers is read as clips, all else is handed on as it came."""

    def fit(self, X, y=None):
        return super().fit(self.read(X), y)

    def transform(self, X):
        return self.write(super().transform(self.read(X)))

    def write(self, features):
        return features

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = True, False
        return tags


class TablesAsLandmarks(OfTables):
    def read(self, X):
        return as_landmarks(X)


class GraphOfTables(TablesAsLandmarks, LandmarkGraphTransformer):
    pass


class LandmarksOfTables(TablesAsLandmarks, FaceLandmarker):
    pass


class DistancesOfTables(TablesAsLandmarks, LandmarkFeatureMaps):
    pass


class FlowsOfTables(OfTables, FlowMaps):
    """Adapter: a row of numbers is read as three small frames, written as the values of their maps."""

    def read(self, X):
        return as_pictures(X, (3, 24, 24))

    def write(self, features):
        return features.reshape(len(features), -1).astype(float)


class CropsOfTables(OfTables, FaceCropper):
    """Adapter: a row of numbers is read as three frames of a picture, written as the crops' pixels."""

    def read(self, X):
        return as_pictures(X, (3, 60, 60))

    def write(self, features):
        return np.array([np.stack([*clip]).ravel() for clip in features], float)


class ResampledTables(OfTables, TemporalInterpolator):
    """Adapter: a row of numbers is read as five frames, written as their pixels."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = False  # in landmarks alone
        return tags

    def read(self, X):
        return as_pictures(X, SEQUENCE)

    def write(self, features):
        return features.reshape(len(features), -1).astype(float)


def as_landmarks(X):
    if issparse(X):
        return X
    table = np.asarray(X)
    if table.ndim != 2 or 0 in table.shape:
        return X
    landmarks = np.stack([np.resize(row, FACE.shape) for row in table])
    return landmarks if landmarks.dtype == object else landmarks + FACE


class TablesAsSequences(OfTables):
    """Adapter: a row of numbers is read as a short sequence of small images."""

    def read(self, X):
        return as_pictures(X, SEQUENCE)


class DynamicImagesOfTables(TablesAsSequences, DynamicImage):
    def write(self, features):
        return features.reshape(len(features), -1).astype(float)


class PatternsOfTables(TablesAsSequences, LocalBinaryPatterns):
    pass


class DirectionsOfTables(TablesAsSequences, DirectionGradients):
    pass


class OrientationsOfTables(TablesAsSequences, OrientedGradients):
    pass


def as_pictures(X, shape):
    if issparse(X):
        return X
    table = np.asarray(X)
    if table.ndim != 2 or 0 in table.shape:
        return X
    pictures = np.stack([np.resize(row, shape) for row in table])
    if pictures.dtype == object:
        return pictures
    with np.errstate(invalid="ignore"):
        return 0.5 + 0.5 * pictures / (1 + np.abs(pictures))  # into [0, 1], where infinity becomes NaN


# Of noise a detector sees no face: the box says where to look.
IN_BOX = FaceLandmarker("detect", n_boxes=1, boxes=(20, 20, 40, 40))
ESTIMATORS = [
    GraphOfTables(flatten=True),
    GraphOfTables(flatten=True, features="both", align=False, magnification=3),
    GraphOfTables(flatten=True, landmarker=FaceLandmarker(tracking="detect")),
    LandmarksOfTables(),
    DistancesOfTables(flatten=True),
]
OF_SEQUENCES = [
    FlowsOfTables(size=8),
    CropsOfTables((16, 12), landmarker=IN_BOX),
    ResampledTables(4),
    ResampledTables(7, "linear"),
    PatternsOfTables(blocks=(2, 2), radius_t=2),
    PatternsOfTables(("xy", "vertices"), blocks=(1, 1), radius_t=1, mapping="full", norm="l2"),
    DirectionsOfTables(blocks=(2, 2), radius_t=1),
    OrientationsOfTables(blocks=(2, 3)),
    OrientationsOfTables("magnitude", blocks=(1, 1), norm=None),
    DynamicImagesOfTables(scaling="signed", size=8),
]
CANNOT_APPLY = {
    "check_n_features_in": "clips have no number of features: a frame may be a path, and sizes differ",
    "check_n_features_in_after_fitting": "as check_n_features_in",
    "check_estimators_empty_data_messages": "its second half is about tables of no columns",
}
DECODED_LATE = {
    "check_estimators_nan_inf": "transform decodes the frames and refuses what are no pixels; fit does not",
}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: CANNOT_APPLY, xfail_strict=True)
def test_check(estimator, check):
    check(estimator)


@parametrize_with_checks(
    OF_SEQUENCES, expected_failed_checks=lambda _: CANNOT_APPLY | DECODED_LATE, xfail_strict=True
)
def test_check_of_sequences(estimator, check):
    check(estimator)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_transform_refuses_what_are_no_pixels(value):
    table = np.zeros((2, 4))
    table[1, 2] = value
    with pytest.raises(ValueError, match=r"clip 1, frame 0: expected float pixels in \[0, 1\]"):
        PatternsOfTables(blocks=(2, 2), radius_t=2).fit(table).transform(table)
