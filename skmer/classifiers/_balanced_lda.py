"""Linear discriminant analysis whose classes weigh the same."""

import warnings
from numbers import Real

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.utils.validation import check_is_fitted, validate_data

from skmer._utils._arguments import frames_of
from skmer._utils._sklearn import DocumentedMixin, Interval, StrOptions, fit_context
from skmer._utils._text import plain_column
from skmer.classifiers._validation import find_classes


class BalancedLDA(DocumentedMixin, ClassifierMixin, BaseEstimator):
    """Linear discriminant analysis with a shrunken covariance and equal priors.

    `sklearn.discriminant_analysis.LinearDiscriminantAnalysis` takes priors as one number a class, or the
    shares of the classes, which leave the rare ones of a micro-expression corpus unpredicted. Here they are
    equal, however many classes a training fold has.

    Parameters
    ----------
    shrinkage : "auto" or float, default="auto"
        Of the covariance, as in scikit-learn; "auto" is the formula of Ledoit and Wolf.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    coef_ : ndarray of shape (n_classes, n_features) or (1, n_features)
        Weights; one row where there are two classes.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        Intercepts.
    n_features_in_ : int
        Number of features.

    References
    ----------
    Ledoit and Wolf, "Honey, I shrunk the sample covariance matrix", J. Portfolio Management 30(4), 2004,
    doi:10.3905/jpm.2004.110.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import BalancedLDA
    >>> X = np.array([[0.0], [0.2], [0.1], [0.3], [0.2], [1.0], [1.2]])
    >>> BalancedLDA().fit(X, ["b", "b", "b", "b", "b", "a", "a"]).predict([[0.65], [0.55]])
    array(['a', 'b'], dtype='<U1')
    """

    _parameter_constraints: dict = {"shrinkage": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")]}

    def __init__(self, shrinkage="auto"):
        self.shrinkage = shrinkage

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Estimate class means and the common covariance.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        self : estimator
            Fitted.
        """
        X, y = validate_data(
            self, frames_of(X), plain_column(y), ensure_min_samples=2, dtype=[np.float64, np.float32]
        )
        n_classes = len(find_classes(y))
        priors = np.full(n_classes, 1 / n_classes)
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=self.shrinkage, priors=priors)
        with warnings.catch_warnings():
            # A class with one clip in a training fold has no covariance of its own.
            warnings.filterwarnings("ignore", message="Only one sample available")
            lda.fit(X, y)
        self.classes_, self.coef_, self.intercept_ = lda.classes_, lda.coef_, lda.intercept_
        return self

    def decision_function(self, X):
        """Return the log posterior of each class, up to a constant a sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One column, positive for the second class, where there are two classes.
        """
        check_is_fitted(self)
        X = validate_data(self, frames_of(X), reset=False, dtype=[np.float64, np.float32])
        values = X @ self.coef_.T + self.intercept_
        return values[:, 0] if values.shape[1] == 1 else values

    def predict_proba(self, X):
        """Return the posterior of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        values = self.decision_function(X)
        if values.ndim == 1:
            return np.column_stack([expit(-values), expit(values)])
        return softmax(values, axis=1)

    def predict(self, X):
        """Return the most probable label of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels.
        """
        values = self.decision_function(X)
        best = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return self.classes_[best]
