"""Kernelized two-groups sparse learning, and the intersection kernel of histograms."""

import warnings
from itertools import chain
from numbers import Integral, Real

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.preprocessing import KernelCenterer
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from skmer._utils._arguments import Numbers, check_argument, frames_of, integer
from skmer._utils._sklearn import DocumentedMixin, Interval, StrOptions, fit_context, for_estimators
from skmer._utils._text import plain_column
from skmer.classifiers._validation import find_classes


def histogram_intersection(X, Y=None):
    """Return the intersection of each two histograms: sums of the smaller of two values, bin by bin.

    It is positive semi-definite, and serves as ``SVC(kernel=histogram_intersection)``.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, n_features)
        Histograms, or several histograms side by side; no value is negative.
    Y : array-like of shape (n_samples_Y, n_features), default=None
        Other ones; None takes `X`.

    Returns
    -------
    kernel : ndarray of shape (n_samples_X, n_samples_Y)
        ``sum(min(x, y))`` of each pair. For histograms that each sum to 1 the diagonal is their number.

    Raises
    ------
    ValueError
        If a value is negative, NaN or infinite, or the numbers of features differ.

    Notes
    -----
    ``min(x, y) = (x + y - |x - y|) / 2``, so that one distance matrix does all the work.

    References
    ----------
    Barla, Odone and Verri, "Histogram intersection kernel for image classification", ICIP 2003. Wei et
    al. take it in LBP-FIP, Multimedia Tools and Applications, 2022.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skmer.classifiers import histogram_intersection
    >>> histograms = [[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]]
    >>> histogram_intersection(histograms)
    array([[1.  , 0.25],
           [0.25, 1.  ]])
    >>> SVC(kernel=histogram_intersection).fit(histograms, ["others", "surprise"]).predict([[0.9, 0.1, 0.0]])
    array(['others'], dtype='<U8')
    """
    X = _histograms(X, "X")
    Y = X if Y is None else _histograms(Y, "Y")
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X and Y must have as many features, got {X.shape[1]} and {Y.shape[1]}.")
    return (X.sum(axis=1)[:, None] + Y.sum(axis=1) - cdist(X, Y, "cityblock")) / 2


def _histograms(X, name):
    check_argument(name, X, [Numbers(None, None), "sparse matrix"])
    X = check_array(X, dtype=np.float64, input_name=name)
    if X.min() < 0:
        raise ValueError(
            f"{name} must hold histograms without negative values, got {X.min():g}; do not centre or "
            "standardize them before this kernel."
        )
    return X


_KERNELS = {
    "linear": lambda X, Y, gamma: linear_kernel(X, Y),
    "rbf": lambda X, Y, gamma: rbf_kernel(X, Y, gamma=gamma),
    "intersection": lambda X, Y, gamma: histogram_intersection(X, Y),
}
_POSITIVE = Interval(Real, 0, None, closed="neither")


class KTGSL(DocumentedMixin, ClassifierMixin, BaseEstimator):
    """Kernelized two-groups sparse learning: a sparse regression on kernels of blocks, and their weights.

    Each block of features, such as the histogram of one part of the face, has a kernel of its own. Sums of
    the kernels, weighted by numbers that are not negative and mostly zero, predict the classes.

    Parameters
    ----------
    groups_1 : list of slice or of array-like of int, default=None
        Columns of each block of the first group, such as binary patterns. None: all columns that are not in
        the second group, as one block.
    groups_2 : list of slice or of array-like of int, default=None
        Columns of each block of the second group, such as gradients. None: no block.
    strategy : {1, 2}, default=2
        1 gives each block of the first group the weight 1 and learns the second group's; 2 learns both.
    kernel : {"linear", "rbf", "intersection"}, default="linear"
        Kernel of a block; `histogram_intersection` is the third, for which no value may be negative.
    gamma : float, default=None
        Of the RBF kernel. None: one over the number of columns of a block times their variance.
    penalty : float, default=0.01
        Weight lambda of the absolute values of the coefficients.
    mu_1, mu_2 : float, default=0.1
        Weights of the block weights of the first and of the second group.
    max_iter : int, default=50
        Rounds, each of coefficients and weights in turn.
    tol : float, default=1e-4
        The fit ends when a round lowers the objective by less than this share of it.

    Attributes
    ----------
    block_weights_ : ndarray of shape (n_blocks,)
        Weights of the blocks of the first group, then of the second.
    n_blocks_ : ndarray of shape (2,), int
        Blocks of each group.
    coef_ : ndarray of shape (n_classes, n_train)
        Coefficients of the training clips.
    intercept_ : ndarray of shape (n_classes,)
        Shares of the classes, which is what is predicted where all weights are 0.
    objective_ : ndarray of shape (n_halves + 1,)
        The objective at the start and after each half of each round; it never rises.
    n_iter_ : int
        Rounds.
    X_fit_ : ndarray of shape (n_train, n_features)
        Training clips.
    gammas_, traces_ : ndarray of shape (n_blocks,)
        Of each block the gamma of its kernel, and the factor that scales it to the trace n.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.

    Notes
    -----
    With L (C, n) the one-hot labels less the shares of the classes and K_i the centred kernel of block i,
    scaled to the trace n, the fit lowers ::

        |L - P^T sum_i b_i K_i|^2 + lambda |P|_1 + mu_1 |b_1|_1 + mu_2 |b_2|_1

    over P (n, C) and b >= 0, in turn over P, one lasso a class, and over b, one lasso with positive
    coefficients, each from where the last one ended. This is our reading of the abstract: neither the
    objective of Wei et al. nor that of Zong et al., on which theirs is built, could be read.

    References
    ----------
    Wei et al., "Learning two groups of discriminative features for micro-expression recognition",
    Neurocomputing, 2022. Zong et al., "Learning from hierarchical spatiotemporal descriptors for
    micro-expression recognition", IEEE Transactions on Multimedia 20(11), 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import KTGSL
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["others", "surprise"], 20)
    >>> X = rng.normal(size=(40, 9))
    >>> X[:, 3:6] += 2 * (y == "surprise")[:, None]
    >>> clf = KTGSL(groups_1=[slice(0, 3), slice(3, 6)], groups_2=[[6, 7, 8]], mu_1=1, mu_2=1).fit(X, y)
    >>> int(clf.block_weights_.argmax()), bool(clf.score(X, y) > 0.9)
    (1, True)
    """

    _parameter_constraints: dict = for_estimators(
        {
            "groups_1": [list, tuple, None],
            "groups_2": [list, tuple, None],
            "strategy": [Interval(Integral, 1, 2, closed="both")],
            "kernel": [StrOptions(set(_KERNELS))],
            "gamma": [_POSITIVE, None],
            "penalty": [_POSITIVE],
            "mu_1": [_POSITIVE],
            "mu_2": [_POSITIVE],
            "max_iter": [integer(1)],
            "tol": [Interval(Real, 0, None, closed="left")],
        }
    )

    def __init__(
        self,
        groups_1=None,
        groups_2=None,
        *,
        strategy=2,
        kernel="linear",
        gamma=None,
        penalty=0.01,
        mu_1=0.1,
        mu_2=0.1,
        max_iter=50,
        tol=1e-4,
    ):
        self.groups_1 = groups_1
        self.groups_2 = groups_2
        self.strategy = strategy
        self.kernel = kernel
        self.gamma = gamma
        self.penalty = penalty
        self.mu_1 = mu_1
        self.mu_2 = mu_2
        self.max_iter = max_iter
        self.tol = tol

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Learn coefficients and weights of the blocks.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features.
        y : array-like of shape (n_clips,)
            Classes.

        Returns
        -------
        KTGSL
            Itself, fitted.
        """
        X, y = validate_data(self, frames_of(X), plain_column(y), dtype=np.float64, ensure_min_samples=2)
        self.classes_ = find_classes(y)
        self.X_fit_ = X
        groups = self._groups()
        blocks = groups[0] + groups[1]
        self.n_blocks_ = np.array([len(group) for group in groups])
        self.gammas_ = np.array([self._gamma(X[:, block]) for block in blocks])
        self.traces_ = np.ones(len(blocks))
        kernels = np.array([self._kernel(X, k, block) for k, block in enumerate(blocks)])
        traces = np.trace(kernels, axis1=1, axis2=2)
        # A block that is the same in all clips has a kernel of rounding errors, which must not be blown up.
        flat = traces <= 1e-12 * len(X) * np.abs(X).max() ** 2
        self.traces_ = np.where(flat, 0.0, len(X) / np.where(flat, 1.0, traces))
        labels = np.equal.outer(self.classes_, y).astype(float)
        self.intercept_ = labels.mean(axis=1)
        self._alternate(kernels * self.traces_[:, None, None], labels - self.intercept_[:, None])
        return self

    def decision_function(self, X):
        """Return the regression of each class; of two classes the second's less the first's.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_clips, n_classes) or (n_clips,)
        """
        check_is_fitted(self)
        X = validate_data(self, frames_of(X), dtype=np.float64, reset=False)
        scores = np.tile(self.intercept_, (len(X), 1))
        for k, block in enumerate(chain(*self._groups())):
            if self.block_weights_[k] and self.traces_[k]:
                weight = self.block_weights_[k] * self.traces_[k]
                scores += weight * self._kernel(X, k, block) @ self.coef_.T
        return scores if len(self.classes_) > 2 else scores[:, 1] - scores[:, 0]

    def predict(self, X):
        """Return the class of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_clips,)
        """
        scores = self.decision_function(X)
        return self.classes_[scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0).astype(int)]

    def _groups(self):
        """Return the columns of each block of the two groups."""
        n_features = self.n_features_in_
        groups = [_columns(getattr(self, f"groups_{k}"), n_features, f"groups_{k}") for k in (1, 2)]
        if self.groups_1 is None:
            rest = np.setdiff1d(np.arange(n_features), np.concatenate([[], *groups[1]]))
            groups[0] = [rest] if len(rest) else []
        if not groups[0] + groups[1]:
            raise ValueError("groups_1 and groups_2 must hold at least one block of columns, got none.")
        return groups

    def _gamma(self, block):
        spread = block.shape[1] * block.var()
        return float(self.gamma or (1 / spread if spread > 0 else 1.0))

    def _kernel(self, X, k, block):
        """Return the kernel of a block between clips and the training clips, centred by the latter's."""
        function, train = _KERNELS[self.kernel], self.X_fit_[:, block]
        own = function(train, train, self.gammas_[k])
        other = own if X is self.X_fit_ else function(X[:, block], train, self.gammas_[k])
        return KernelCenterer().fit(own).transform(other.copy())

    def _alternate(self, kernels, labels):
        weights = np.full(len(kernels), 1 / len(kernels))
        if self.strategy == 1:
            weights[: self.n_blocks_[0]] = 1.0
        coef = np.zeros(labels.shape)
        objective = [self._objective(kernels, labels, coef, weights)]
        for _ in range(self.max_iter):
            coef = self._step_coef(np.tensordot(weights, kernels, 1), labels, coef)
            objective.append(self._objective(kernels, labels, coef, weights))
            weights = self._step_weights(coef @ kernels, labels, weights)
            objective.append(self._objective(kernels, labels, coef, weights))
            if objective[-3] - objective[-1] <= self.tol * objective[-3]:
                break
        self.coef_, self.block_weights_ = coef, weights
        self.objective_, self.n_iter_ = np.array(objective), len(objective) // 2

    def _penalties(self):
        return np.repeat([self.mu_1, self.mu_2], self.n_blocks_)

    def _objective(self, kernels, labels, coef, weights):
        rest = labels - coef @ np.tensordot(weights, kernels, 1)
        return (rest**2).sum() + self.penalty * np.abs(coef).sum() + self._penalties() @ weights

    def _step_coef(self, kernel, labels, coef):
        return _lasso(kernel, labels.T, self.penalty / (2 * len(kernel)), coef)

    def _step_weights(self, predicted, labels, weights):
        """Return the weights that lower the objective; `predicted` are P^T K_i, (n_blocks, C, n)."""
        free = np.arange(len(weights)) >= (self.n_blocks_[0] if self.strategy == 1 else 0)
        if not free.any():
            return weights
        rest = labels - np.tensordot(weights * ~free, predicted, 1)
        # Lasso has one penalty: a column is divided by its own, and its weight multiplied.
        scales = self._penalties()[free]
        columns = (predicted[free] / scales[:, None, None]).reshape(free.sum(), -1).T
        found = _lasso(columns, rest.ravel(), 1 / (2 * labels.size), weights[free] * scales, positive=True)
        weights = weights.copy()
        weights[free] = found / scales
        return weights


def _columns(group, n_features, name):
    """Return the columns of each block of a group as indices."""
    blocks = []
    for block in () if group is None else group:
        if isinstance(block, slice):
            block = np.arange(n_features)[block]
        columns = np.asarray(block)
        bad = columns.ndim != 1 or not columns.size or columns.dtype.kind not in "iu"
        if bad or columns.min() < 0 or columns.max() >= n_features:
            raise ValueError(
                f"{name} must hold slices or lists of columns from 0 to {n_features - 1}, none empty, "
                f"got {block!r} as block {len(blocks)}."
            )
        blocks.append(columns)
    return blocks


def _lasso(columns, targets, alpha, start, *, positive=False):
    """Return lasso coefficients by coordinate descent from `start`, so that the objective never rises."""
    model = Lasso(alpha, fit_intercept=False, positive=positive, warm_start=True, max_iter=1000)
    model.coef_ = start.copy()
    with warnings.catch_warnings():
        # The next round goes on from here: a step that is not finished lowers the objective all the same.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(columns, targets).coef_.reshape(start.shape)
