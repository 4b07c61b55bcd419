import warnings

import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from skmer._utils._warn import warn_user

# As if it lay deep inside the package, and were called by scikit-learn.
SOURCE = """
class Estimator(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return self._low(X)

    def _low(self, X):
        warn_user("low", RuntimeWarning)
        return X
"""


@pytest.fixture
def estimator():
    names = {"__name__": "skmer.inside", "warn_user": warn_user}
    names |= {"BaseEstimator": BaseEstimator, "TransformerMixin": TransformerMixin}
    exec(SOURCE, names)
    return names["Estimator"]()


@pytest.mark.parametrize("call", ["transform", "fit_transform", "pipeline"])
def test_a_warning_points_at_the_first_line_outside_of_package_and_scikit_learn(estimator, call):
    with pytest.warns(RuntimeWarning, match="low") as caught:
        if call == "pipeline":
            make_pipeline("passthrough", estimator).fit_transform([[1.0]])
        else:
            getattr(estimator, call)([[1.0]])
    assert caught[0].filename == __file__


def test_the_category_is_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        with pytest.raises(FutureWarning, match="moved"):
            warn_user("moved", FutureWarning)
