"""What scikit-learn asks of estimators whose input is tracks and not tables."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_get_params_invariance, check_no_attributes_set_in_init

from skmer.landmarks import FaceTracker
from skmer.pipelines import baseline
from skmer.spotting import MDMDSpotter, MotionSpotter, OpticalFlowSpotter, SpotThenRecognise

ESTIMATORS = [
    MotionSpotter(),
    MDMDSpotter(),
    OpticalFlowSpotter(),
    SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames")),
    FaceTracker(),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_parameters_are_assigned_and_nothing_else(estimator):
    name = type(estimator).__name__
    check_no_attributes_set_in_init(name, estimator)
    check_get_params_invariance(name, estimator)
    assert repr(clone(estimator)) == repr(estimator)


@pytest.mark.parametrize(
    ("spotter", "name"),
    [
        (MotionSpotter(inner_folds=1), "inner_folds"),
        (MDMDSpotter(p=2), "p"),
        (MDMDSpotter(micro_seconds=0), "micro_seconds"),
        (OpticalFlowSpotter(height=-1), "height"),
        (OpticalFlowSpotter(smoothing="mean"), "smoothing"),
    ],
)
def test_bad_parameters_are_refused_in_fit(videos, spotter, name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        spotter.fit(videos[:1].tracks(), videos[:1].intervals)
