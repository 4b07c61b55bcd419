"""Successive halving over epochs or training subjects."""

from math import ceil
from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import ParameterGrid

from skmer._utils._arguments import integer
from skmer._utils._sklearn import Interval, StrOptions, for_estimators
from skmer.model_selection._search._base import CANDIDATES, BatchedSearch

SUBJECTS = "n_subjects"


class BatchedHalvingGridSearchCV(BatchedSearch):
    """Search a grid by successive halving and the score of the pooled out-of-fold predictions.

    All candidates are tried with few resources, the best of them with more, and so on, as in
    ``HalvingGridSearchCV``. All else is as in :class:`BatchedGridSearchCV`; every clip is held out and scored
    in every round.

    Parameters
    ----------
    estimator : classifier, or Pipeline that ends in one
        Cloned for every fit.
    param_grid : dict or list of dict
        Names of parameters, and the values to try.
    factor : int or float, default=3
        One in so many candidates goes on to the next round, with so many times the resources.
    resource : str, default="max_epochs"
        What grows from round to round: a parameter of the net with whole numbers, or "n_subjects", the
        subjects in each fit's training rows. They are taken whole, in an order drawn once for all rounds, in
        which the second brings a second class.
    max_resources : int or "auto", default="auto"
        Resources of no round exceed it. "auto" is the net's own value of the parameter, or the fewest
        training subjects of a fold.
    min_resources : int, "exhaust" or "smallest", default="exhaust"
        Resources of the first round. "exhaust" is so many that the last round comes as near to
        `max_resources` as it can, "smallest" is 1, or 2 subjects.
    aggressive_elimination : bool, default=False
        Where `max_resources` allows too few rounds, repeat the first until the last has less than `factor`
        candidates.
    cv, scoring, seeds, refit, stack_size, device, n_jobs, checkpoint, verbose : object
        As for :class:`BatchedGridSearchCV`.
    pre_dispatch, error_score, return_train_score : object
        As for :class:`BatchedGridSearchCV`.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As of :class:`BatchedGridSearchCV`, one entry a candidate and round, with ``iter`` and
        ``n_resources``.
    best_index_, best_params_, best_score_ : int, dict, float
        The best of the last round; a resource that is a parameter is among ``best_params_``.
    n_resources_, n_candidates_ : list of int
        Of each round.
    n_remaining_candidates_ : int
        Candidates that a further round would have had.
    min_resources_, max_resources_ : int
        Resources of the first round, and the most that a round may have.
    n_iterations_, n_required_iterations_, n_possible_iterations_ : int
        Rounds; how many it takes until fewer than `factor` candidates are left; for how many the resources
        suffice.

    Raises
    ------
    ValueError
        From `fit`, as for :class:`BatchedGridSearchCV`, and if the resource is none or is searched over.

    Examples
    --------
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> from skmer.model_selection import BatchedHalvingGridSearchCV
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> clf = DeReGRLClassifier(max_epochs=4, random_state=0)
    >>> search = BatchedHalvingGridSearchCV(clf, {"n_actions": [2, 3, 4, 5]}, factor=2)
    >>> search.fit(X, clips.target, groups=clips.groups).n_resources_
    [1, 2, 4]
    >>> search.n_candidates_
    [4, 2, 1]
    """

    _parameter_constraints: dict = for_estimators(
        {
            **BatchedSearch._parameter_constraints,
            "param_grid": CANDIDATES,
            "factor": [Interval(Real, 1, None, closed="neither")],
            "resource": [str],
            "max_resources": [integer(1), StrOptions({"auto"})],
            "min_resources": [
                integer(1),
                StrOptions({"exhaust", "smallest"}),
            ],
            "aggressive_elimination": ["boolean"],
        }
    )

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        factor=3,
        resource="max_epochs",
        max_resources="auto",
        min_resources="exhaust",
        aggressive_elimination=False,
        cv=None,
        scoring="uf1",
        seeds=None,
        refit=True,
        stack_size="auto",
        device="auto",
        n_jobs=None,
        checkpoint=None,
        verbose=1,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
    ):
        self.estimator = estimator
        self.param_grid = param_grid
        self.factor = factor
        self.resource = resource
        self.max_resources = max_resources
        self.min_resources = min_resources
        self.aggressive_elimination = aggressive_elimination
        self.cv = cv
        self.scoring = scoring
        self.seeds = seeds
        self.refit = refit
        self.stack_size = stack_size
        self.device = device
        self.n_jobs = n_jobs
        self.checkpoint = checkpoint
        self.verbose = verbose
        self.pre_dispatch = pre_dispatch
        self.error_score = error_score
        self.return_train_score = return_train_score

    @staticmethod
    def _select_best_index(refit, refit_metric, results):
        """Return the best of the last round, unless a function chooses."""
        if callable(refit):
            return BatchedSearch._select_best_index(refit, refit_metric, results)
        last = np.flatnonzero(results["iter"] == np.max(results["iter"]))
        scores = results[f"mean_test_{refit_metric}"][last]
        return int(last[0] if np.isnan(scores).all() else last[np.nanargmax(scores)])

    def _rounds(self, run):
        candidates = list(ParameterGrid(self.param_grid))
        name = self._parameter()
        if any(name in params for params in candidates):
            raise ValueError(f"resource={self.resource!r} is in param_grid too; leave it out there.")
        self._plan_rounds(len(candidates), self._most(run))
        self.n_resources_, self.n_candidates_ = [], []
        for k in range(self.n_iterations_):
            power = k
            if self.aggressive_elimination:
                power = max(0, k - self.n_required_iterations_ + self.n_possible_iterations_)
            n = min(int(self.factor**power * self.min_resources_), self.max_resources_)
            self.n_resources_.append(n)
            self.n_candidates_.append(len(candidates))
            more = {"iter": k, "n_resources": n}
            added = {} if name is None else {name: n}
            scores = yield [{**params, **added} for params in candidates], more
            candidates = _best(candidates, scores, ceil(len(candidates) / self.factor))
        self.n_remaining_candidates_ = len(candidates)

    def _train_rows(self, run, train):
        if self.resource != SUBJECTS:
            return train
        return _first_subjects(train, run.samples.groups, run.samples.y, run.columns["n_resources"])

    def _parameter(self):
        """Return the name of the resource among the estimator's parameters; None for subjects."""
        if self.resource == SUBJECTS:
            return None
        ending = f"__{self.resource}"
        names = [name for name in self.estimator.get_params() if f"__{name}".endswith(ending)]
        if not names:
            raise ValueError(
                f"resource must be 'n_subjects' or a parameter of the estimator, such as 'max_epochs', got "
                f"{self.resource!r}."
            )
        return min(names, key=len)

    def _most(self, run):
        """Return the most resources that a round may have."""
        if self.resource == SUBJECTS and run.samples.groups is None:
            raise ValueError("resource='n_subjects' needs groups; pass groups=subjects to fit.")
        if self.max_resources != "auto":
            return self.max_resources
        if self.resource == SUBJECTS:
            return min(len(np.unique(run.samples.groups[train])) for train, _ in run.splits)
        found = self.estimator.get_params()[self._parameter()]
        if not isinstance(found, Integral) or found < 1:
            raise ValueError(
                f"max_resources='auto' needs resource={self.resource!r} to be a positive whole number in "
                f"{type(self.estimator).__name__}, got {found!r}; pass a number."
            )
        return int(found)

    def _plan_rounds(self, n_candidates, most):
        """Set how many rounds there are, and the resources of the first and the most of any."""
        least = 2 if self.resource == SUBJECTS else 1
        self.max_resources_ = most
        self.n_required_iterations_ = 1 + _whole_log(n_candidates, self.factor)
        self.min_resources_ = least if isinstance(self.min_resources, str) else self.min_resources
        if self.min_resources == "exhaust":
            exhausting = int(most // self.factor ** (self.n_required_iterations_ - 1))
            self.min_resources_ = max(least, exhausting)
        if self.min_resources_ > most:
            raise ValueError(
                f"min_resources must not exceed max_resources, got {self.min_resources_} and {most} of "
                f"{self.resource}."
            )
        self.n_possible_iterations_ = 1 + _whole_log(most // self.min_resources_, self.factor)
        enough = self.n_required_iterations_
        self.n_iterations_ = (
            enough if self.aggressive_elimination else min(enough, self.n_possible_iterations_)
        )


def _whole_log(number, base):
    """Return the largest k with ``base ** k <= number``."""
    # Counted in whole numbers: math.log(243, 3) is 4.999999999999999.
    k = 0
    while base ** (k + 1) <= number:
        k += 1
    return k


def _best(candidates, scores, n):
    """Return the n best candidates in the order of the grid, the first of equals, NaN last."""
    order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[:n]
    return [candidates[k] for k in sorted(order)]


def _first_subjects(train, groups, y, n_subjects):
    """Return training rows of some subjects, whole ones; more subjects hold all rows of fewer.

    The order is drawn once for all rounds, except that the second subject brings a second class.
    """
    subjects = np.random.default_rng(0).permutation(np.unique(groups[train]))
    classes = [set(y[train][groups[train] == subject].tolist()) for subject in subjects]
    second = next((k for k in range(1, len(subjects)) if len(classes[0] | classes[k]) > 1), 0)
    if second > 1:
        subjects = np.concatenate([subjects[[0, second]], np.delete(subjects, [0, second])])
    return train[np.isin(groups[train], subjects[:n_subjects])]
