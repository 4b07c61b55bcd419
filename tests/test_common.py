"""scikit-learn's own check suite over every estimator that takes a flat table.

`make test` runs this file on the newest scikit-learn and on 1.8. What takes images or landmarks meets the
same checks through an adapter: test_common_checks.py in tests/landmarks and tests/feature_extraction.
"""

import os

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skmer.classifiers import (
    KTGSL,
    BalancedLDA,
    DeReGRLClassifier,
    FlipAugmentedClassifier,
    SeedEnsemble,
    VotingClassifierCV,
)

# The only excuses; strict, so that a check which passes again must be struck off.
EXCUSES = {
    DeReGRLClassifier: {
        "check_no_attributes_set_in_init": "skorch sets history_, initialized_, virtual_params_",
        "check_sample_weight_equivalence_on_dense_data": (
            "a weight of two is one row in the mini-batches and a row twice is two, with noise of their own; "
            "without batches and noise it holds, see below"
        ),
    },
    SeedEnsemble: {
        "check_sample_weight_equivalence_on_dense_data": "that of its nets",
    },
}
# Flat data: the tags then say two_d_array, and the suite really runs.
ESTIMATORS = [
    DeReGRLClassifier(graph="generic", random_state=0),
    SeedEnsemble(DeReGRLClassifier(graph="generic"), n_estimators=2, random_state=0),
    # A table has no left and right: each row is its own mirror image.
    FlipAugmentedClassifier(LogisticRegression(), mirror=np.positive),
    BalancedLDA(),
    VotingClassifierCV([("logistic", LogisticRegression()), ("stronger", LogisticRegression(C=0.1))]),
    KTGSL(),
]


@pytest.fixture(autouse=True)
def array_api(monkeypatch):
    monkeypatch.setitem(os.environ, "SCIPY_ARRAY_API", "1")


@parametrize_with_checks(
    ESTIMATORS, expected_failed_checks=lambda estimator: EXCUSES.get(type(estimator), {}), xfail_strict=True
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_the_suite_is_not_skipped(estimator):
    """With the tag two_d_array=False nearly every check would be left out, silently."""
    checks = list(estimator_checks_generator(estimator))
    assert estimator.__sklearn_tags__().input_tags.two_d_array
    assert len(checks) >= 55


def test_weights_are_repetitions_without_batches_and_noise():
    """The excused check, on a net that sees all rows in each step and adds no noise."""
    params = {"batch_size": -1, "noise": 0.0, "head_motion_noise": 0.0, "horizontal_flip": False}
    net = DeReGRLClassifier(graph="generic", random_state=0, dtype="float64", **params)
    wanted = "check_sample_weight_equivalence_on_dense_data"
    (check,) = [c for _, c in estimator_checks_generator(net) if wanted in str(c)]
    check(net)
