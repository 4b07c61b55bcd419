"""An ensemble of nets that differ in their seed."""

from numbers import Integral
from operator import itemgetter

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from skmer._utils._arguments import integer
from skmer._utils._jobs import raising_interrupts, run_jobs
from skmer._utils._sklearn import (
    DocumentedMixin,
    HasMethods,
    for_estimators,
    validate_parameter_constraints,
)
from skmer.classifiers._parameters import own_request
from skmer.classifiers._prediction import decision_function, most_probable, predict_log_proba
from skmer.training import N_STREAMS, fit_stacked, runs_in_threads, stacking_reason


class SeedEnsemble(DocumentedMixin, MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Nets of one kind trained from different seeds, whose probabilities are averaged.

    Initial weights, order of the clips, augmentation and dropout differ from net to net. With a few hundred
    clips, one seed more or less moves the score of a single net by more than most parameters do.

    Parameters
    ----------
    estimator : estimator
        Net of `skmer.classifiers`; any classifier with ``random_state`` and ``predict_proba`` does. It is
        cloned and never fitted itself.
    n_estimators : int, default=4
        Number of nets.
    random_state : int, RandomState instance or None, default=None
        Seed of the seeds. The first net has an int itself, so that ``n_estimators=1`` is the net alone. None:
        the ``random_state`` of `estimator`.
    n_jobs : int, default=None
        Nets trained at a time, through joblib; threads where the nets let go of Python's lock. The result
        does not depend on it.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted nets. No action of one is that action of another.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        As of the nets.

    See Also
    --------
    skmer.classifiers.DeReGRLClassifier : A net.

    References
    ----------
    Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty estimation using deep
    ensembles", NeurIPS 2017, arXiv 1612.01474.

    Examples
    --------
    >>> from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> ensemble = SeedEnsemble(DeReGRLClassifier(max_epochs=2), n_estimators=2, random_state=0)
    >>> ensemble.fit(X, clips.target).predict_proba(X).shape, ensemble.action_weights(X).shape
    ((40, 5), (2, 40, 9))
    """

    predict_log_proba = predict_log_proba
    decision_function = decision_function
    _parameter_constraints: dict = for_estimators(
        {
            "estimator": [HasMethods(["fit", "predict_proba", "get_params"])],
            "n_estimators": [integer(1)],
            "random_state": ["random_state"],
            "n_jobs": [Integral, None],
        }
    )
    __metadata_request__fit = {"groups": False}
    __metadata_request__partial_fit = {"groups": False}

    def __init__(self, estimator, n_estimators=4, *, random_state=None, n_jobs=None):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None, *, groups=None, action_units=None):
        """Train all nets.

        Parameters
        ----------
        X : array-like
            As the nets take it.
        y : array-like of shape (n_clips,)
            Class labels.
        sample_weight, groups, action_units : array-like, optional
            As for the nets; action units of those that decompose a face alone.

        Returns
        -------
        self : estimator
            Fitted.
        """
        members = self._resumed() if getattr(self.estimator, "warm_start", False) else None
        members = members or self._make_estimators()
        params = _given(sample_weight=sample_weight, groups=groups, action_units=action_units)
        if stacking_reason(members[0]) is None:
            fit_stacked(members, [(X, y, params)] * len(members))
        else:
            members = self._in_parallel(_fit, members, (X, y, params))
        return self._keep(members)

    def get_metadata_routing(self):
        """Return the request of ``fit`` under metadata routing: groups only where the nets split by them.

        Returns
        -------
        request : MetadataRequest
            As of scikit-learn.
        """
        return own_request(self, getattr(self.estimator, "train_split", None))

    def partial_fit(self, X, y, classes=None, sample_weight=None, *, groups=None, epochs=None):
        """Train all nets some more from where the last fit ended.

        Parameters
        ----------
        X, y : array-like
            As in `fit`.
        classes : array-like of shape (n_classes,), optional
            All labels that will ever come; read at the first call.
        sample_weight, groups : array-like of shape (n_clips,), optional
            As in `fit`.
        epochs : int, default=None
            Number of epochs of each net. None: as the nets have it.

        Returns
        -------
        self : estimator
            Fitted.
        """
        # As many nets as there are: with another n_estimators it begins anew.
        members = self._resumed() or self._make_estimators()
        params = _given(classes=classes, sample_weight=sample_weight, groups=groups, epochs=epochs)
        return self._keep(self._in_parallel(_partial_fit, members, (X, y, params)))

    def prepare_fit(self, X, y, sample_weight=None, *, groups=None, action_units=None):
        """Do all of `fit` but the training, for `skmer.training.fit_stacked`.

        Parameters
        ----------
        X, y, sample_weight, groups, action_units : array-like
            As in `fit`.

        Returns
        -------
        pairs : list of (estimator, ClipDataset)
            Each net, initialized, and the rows for its ``train``.
        """
        members = self._make_estimators()
        params = _given(groups=groups, action_units=action_units)
        pairs = [pair for net in members for pair in net.prepare_fit(X, y, sample_weight, **params)]
        self._keep(members)
        return pairs

    def _make_estimators(self):
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), "SeedEnsemble"
        )
        if "random_state" not in self.estimator.get_params(deep=False):
            raise ValueError(
                f"estimator must have a parameter random_state, got {type(self.estimator).__name__}; its "
                "fits would all be the same."
            )
        seeds = self._seeds()
        return [clone(self.estimator).set_params(random_state=seed) for seed in seeds]

    def _resumed(self):
        """Return the fitted nets with the parameters of `estimator` now; None without as many."""
        members = getattr(self, "estimators_", ())
        if len(members) != self.n_estimators:
            return None
        params = self.estimator.get_params(deep=False)
        params.pop("random_state")
        for member in members:
            # By identity, as arrays have no single truth value; at worst an equal value is set again.
            changed = {k: v for k, v in params.items() if v is not getattr(member, k, None)}
            member.set_params(**clone(changed, safe=False))
        return members

    def _seeds(self):
        first = self.random_state
        if first is None:
            first = self.estimator.get_params(deep=False)["random_state"]
        generator = check_random_state(first)
        upper = np.iinfo(np.int32).max
        if not isinstance(first, Integral):
            return [int(seed) for seed in generator.randint(upper, size=self.n_estimators)]
        # The first net draws the seeds of its streams from the same generator: the others' come after them.
        generator.randint(upper, size=N_STREAMS)
        return [int(first), *map(int, generator.randint(upper, size=self.n_estimators - 1))]

    def _in_parallel(self, function, members, rows):
        prefer = "threads" if runs_in_threads(self.estimator) else "processes"
        done = run_jobs(function, members, n_jobs=self.n_jobs, shared=rows, label=_label, prefer=prefer)
        return [member for _, member in sorted(done, key=itemgetter(0))]

    def _keep(self, members):
        self.estimators_ = members
        self.classes_ = members[0].classes_
        self.n_features_in_ = members[0].n_features_in_
        if hasattr(members[0], "feature_names_in_"):
            self.feature_names_in_ = members[0].feature_names_in_
        return self

    def predict_proba(self, X):
        """Return the mean of the nets' class probabilities.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Columns in the order of ``classes_``; rows sum to one.
        """
        check_is_fitted(self)
        return sum(member.predict_proba(X) for member in self.estimators_) / len(self.estimators_)

    def predict(self, X):
        """Return the most probable label of each clip.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[most_probable(self.estimators_[0], proba)]

    def action_weights(self, X):
        """Return the weight of each action in each clip, eq. (5) of DeRe-GRL, net by net.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        weights : ndarray of shape (n_estimators, n_clips, P)
            As of `DeReGRLClassifier.action_weights`.
        """
        check_is_fitted(self)
        return np.stack([member.action_weights(X) for member in self.estimators_])

    def action_maps(self, X):
        """Return the share of each node in each action, eq. (2) of DeRe-GRL, net by net.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        maps : ndarray of shape (n_estimators, n_clips, T, N, P)
            As of `DeReGRLClassifier.action_maps`.
        """
        check_is_fitted(self)
        return np.stack([member.action_maps(X) for member in self.estimators_])

    def __sklearn_tags__(self):
        return get_tags(self.estimator)


def _given(**params):
    return {name: value for name, value in params.items() if value is not None}


def _label(member):
    return f"the net with random_state={member.random_state}"


def _fit(estimator, rows):
    X, y, params = rows
    with raising_interrupts():
        return estimator.fit(X, y, **params)


def _partial_fit(estimator, rows):
    X, y, params = rows
    with raising_interrupts():
        return estimator.partial_fit(X, y, **params)
