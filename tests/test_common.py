"""scikit-learn's own check suite over every estimator that takes a flat table.

`make test` runs this file on the newest scikit-learn and on 1.8. What takes images or landmarks meets the
same checks through an adapter: test_common_checks.py in tests/landmarks and tests/feature_extraction.
"""

import os

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from skmer.classifiers import KTGSL, DeReGRLClassifier, SeedEnsemble

# The only excuses; strict, so that a check which passes again must be struck off.
EXCUSES = {
    DeReGRLClassifier: {
        "check_no_attributes_set_in_init": "skorch sets history_, initialized_, virtual_params_",
        "check_sample_weight_equivalence_on_dense_data": "asks for rtol 1e-7, training runs in float32",
    },
    SeedEnsemble: {
        "check_sample_weight_equivalence_on_dense_data": "that of its nets",
    },
}
# Flat data: the tags then say two_d_array, and the suite really runs.
ESTIMATORS = [
    DeReGRLClassifier(graph="generic", random_state=0),
    SeedEnsemble(DeReGRLClassifier(graph="generic"), n_estimators=2, random_state=0),
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
