"""A vote that an estimator joins only if it is better with it on subjects left out."""

import warnings

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.utils import assert_all_finite, indexable
from sklearn.utils.metadata_routing import MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import JOBS, Items, Such, frames_of, integer
from skmer._utils._jobs import run_jobs
from skmer._utils._label_checks import check_names
from skmer._utils._sklearn import (
    DocumentedMixin,
    check_method_params,
    fit_context,
    for_estimators,
    num_samples,
    safe_indexing,
)
from skmer._utils._text import check_subjects, sorted_values
from skmer.classifiers._validation import find_classes
from skmer.metrics import uf1_score

_PAIRS = Items(
    Such("a pair of a name and a classifier", lambda pair: len(pair) == 2 and isinstance(pair[0], str))
)


class VotingClassifierCV(DocumentedMixin, VotingClassifier):
    """Average the probabilities of those estimators with which the vote is better on subjects left out.

    A vote of unlike models is better than either where both are good, and worse than the better where one is
    not. The first estimator always votes. The others are tried in their order, and one joins if the vote's
    pooled UF1 out of fold, in folds of whole training subjects, is then higher: forward selection [1]_. All
    are fitted to all rows.

    Parameters
    ----------
    estimators : list of (str, estimator) tuples
        Classifiers with ``predict_proba``, the one that always votes first. They are cloned.
    cv : int, default=3
        Number of folds: groups of whole subjects where ``fit`` is given `groups`, otherwise stratified rows,
        in which a subject is on both sides.
    n_jobs : int, default=None
        Number of fits in parallel.
    verbose : bool, default=False
        Whether each fit to all rows is printed.

    Attributes
    ----------
    estimators_ : list of estimators
        All, fitted to all rows, without those that are "drop".
    named_estimators_ : Bunch
        The same by name.
    scores_ : ndarray of shape (n_estimators,)
        Pooled UF1 out of fold of the vote with each: of the first alone, and of the others beside those that
        had joined. NaN where no fold could be made, and everyone votes.
    weights_ : ndarray of shape (n_estimators,)
        1 of each estimator that votes, otherwise 0.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.

    See Also
    --------
    skmer.pipelines.recommended : Uses it.
    sklearn.ensemble.StackingClassifier : Learns weights, which a few hundred clips leave to chance.

    Notes
    -----
    With ``cv=3`` a fit takes about three times as long as a plain vote. What metadata routing hands on, such
    as action units, goes to the inner fits too. The documentation's page on accuracy tells what it is worth.

    References
    ----------
    .. [1] Caruana et al., "Ensemble selection from libraries of models", ICML 2004,
       doi:10.1145/1015330.1015432.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmer.classifiers import VotingClassifierCV
    >>> rng = np.random.default_rng(0)
    >>> X, y, groups = rng.normal(size=(60, 2)), np.repeat(["a", "b"], 30), np.arange(60) % 6
    >>> X[30:] += 2
    >>> guess = DummyClassifier(strategy="uniform", random_state=0)
    >>> vote = VotingClassifierCV([("model", LogisticRegression()), ("guess", guess)])
    >>> vote.fit(X, y, groups=groups).weights_
    array([1., 0.])
    """

    _parameter_constraints: dict = for_estimators(
        {"estimators": [_PAIRS], "cv": [integer(2)], "n_jobs": JOBS, "verbose": ["verbose"]}
    )
    # Of the base class; no parameters here.
    voting = "soft"
    weights = None
    flatten_transform = True

    def __init__(self, estimators, *, cv=3, n_jobs=None, verbose=False):
        self.estimators = estimators
        self.cv = cv
        self.n_jobs = n_jobs
        self.verbose = verbose

    def get_metadata_routing(self):
        """Return the routing of parameters, for scikit-learn's metadata routing: the folds take groups.

        Returns
        -------
        routing : MetadataRouter
            As of `VotingClassifier`.
        """
        to_split = MethodMapping().add(caller="fit", callee="split")
        return super().get_metadata_routing().add(splitter=GroupKFold(), method_mapping=to_split)

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, *, groups=None, **params):
        """Fit all estimators, and find out which of them vote.

        Parameters
        ----------
        X : array-like of n_samples rows
            What the estimators take.
        y : array-like of shape (n_samples,)
            Class labels.
        groups : array-like of shape (n_samples,), default=None
            Subject of each row.
        **params : object
            ``sample_weight``; with metadata routing what the estimators ask for.

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError
            If an estimator cannot be fitted, `y` holds one class, or groups do not have an entry a row.
        """
        X, y, groups = self._checked(X, y, groups)
        routing = get_config()["enable_metadata_routing"]
        given = params | ({"groups": groups} if routing and groups is not None else {})
        super().fit(X, y, **given)
        routed = process_routing(self, "fit", **given) if routing else None
        voters = [
            (part, params if routed is None else dict(routed[name].fit))
            for name, part in self.estimators
            if part != "drop"
        ]
        self.scores_, self.weights_ = self._select(voters, X, self.le_.transform(y), groups)
        return self

    def _checked(self, X, y, groups):
        """Return rows that can be taken by number, labels and subjects."""
        names = [name for name, _ in self.estimators]
        if len(set(names)) < len(names):
            raise ValueError(f"estimators must have names of their own, got {names}.")
        (X,) = indexable(frames_of(X))
        if getattr(X, "dtype", np.dtype(float)).kind in "mM":
            raise ValueError(f"X must hold numbers, got {X.dtype}.")
        y = check_names("y", y, warn=True)
        assert_all_finite(y, input_name="y")
        find_classes(y)
        if len(y) != num_samples(X):
            raise ValueError(f"y must have one entry per row of X, {num_samples(X)}, got {len(y)}.")
        groups = check_subjects(groups, len(y))
        if groups is not None:
            sorted_values("groups", groups)
        return X, y, groups

    def _select(self, voters, X, y, groups):
        """Return scores and voices of (estimator, fit parameters); all have one where there are no folds."""
        folds = [(train, test) for train, test in self._folds(y, groups) if np.ptp(y[train])]
        scores, weights = np.full(len(voters), np.nan), np.ones(len(voters))
        if not folds:
            return scores, weights
        tasks = [(*voter, *fold) for voter in voters for fold in folds]
        done = dict(run_jobs(_out_of_fold, tasks, n_jobs=self.n_jobs, shared=(X, y), label=_label))
        held_out = y[np.concatenate([test for _, test in folds])]
        of_each = np.split(np.concatenate([done[k] for k in range(len(tasks))]), len(voters))
        total = 0.0
        for k, proba in enumerate(of_each):
            scores[k] = uf1_score(held_out, (total + proba).argmax(axis=1))
            weights[k] = k == 0 or scores[k] > scores[:k][weights[:k] > 0][-1]
            total = total + weights[k] * proba
        return scores, weights

    def _folds(self, y, groups):
        """Return the folds, fewer where there are fewer subjects or rows of a class, or none."""
        subjects = 0 if groups is None else len(np.unique(groups))
        if subjects > 1:
            return list(GroupKFold(min(self.cv, subjects)).split(y, y, groups))
        n_folds = min(self.cv, np.bincount(y).max())
        if n_folds < 2:
            return []
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The least populated class")
            return list(StratifiedKFold(n_folds).split(y, y))

    def predict_proba(self, X):
        """Return the mean of the probabilities of those that vote.

        Parameters
        ----------
        X : array-like of n_samples rows
            What the estimators take.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        check_is_fitted(self)
        voters = [part for part, weight in zip(self.estimators_, self.weights_, strict=True) if weight]
        return np.mean([part.predict_proba(X) for part in voters], axis=0)


def _label(task):
    return f"an inner fit of {type(task[0]).__name__}"


def _out_of_fold(task, data):
    """Return the probabilities (n_test, n_classes) that an estimator fitted to some rows gives to others."""
    (estimator, params, train, test), (X, y) = task, data
    own = check_method_params(X, params, indices=train)
    fitted = clone(estimator).fit(safe_indexing(X, train), y[train], **own)
    proba = np.zeros((len(test), y.max() + 1))
    proba[:, fitted.classes_] = fitted.predict_proba(safe_indexing(X, test))
    return proba
