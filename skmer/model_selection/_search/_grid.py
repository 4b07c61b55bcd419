"""Searches over a grid and over drawn candidates."""

from numbers import Integral

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler

from skmer._utils._arguments import integer
from skmer._utils._sklearn import for_estimators
from skmer.model_selection._search._base import CANDIDATES, BatchedSearch


class BatchedGridSearchCV(BatchedSearch):
    """Search a grid by the score of the pooled out-of-fold predictions.

    ``GridSearchCV`` with three differences. The score that decides is computed once from the out-of-fold
    predictions of all folds: a mean over subjects who miss classes is another quantity, and rewards
    ignorance. The stateless transformers of a Pipeline run once for each of their settings, and all fits
    share their features. And the fits of all candidates, folds and seeds are one list of jobs: threads where
    a fit lets go of Python's lock, as that of a net on the CPU, else processes; on a GPU nets are trained in
    stacks. Each is an ordinary fit: on the CPU its result does not depend on the others.

    Parameters
    ----------
    estimator : classifier, or Pipeline that ends in one
        Cloned for every fit.
    param_grid : dict or list of dict
        Names of parameters, such as "clf__n_actions", and the values to try.
    cv : int, splitter or iterable, default=None
        None leaves one subject out, a number n is ``GroupKFold(n)`` (``StratifiedKFold(n)`` where `fit` gets
        no groups), all else as in scikit-learn.
    scoring : str, callable, list, tuple, dict or None, default="uf1"
        "uf1", "uar", "accuracy", the name of a metric of scikit-learn, or a scorer, which is given the
        out-of-fold predictions of all folds; it may return several numbers in a dict. With several, ``refit``
        names the one that decides. None is the estimator's own ``score``.
    seeds : int, sequence of int or None, default=None
        Each candidate is fitted under every seed: its ``random_state``, in all steps, is set to each in turn,
        each seed is scored alone, and the scores are averaged. An int n means ``range(n)``. None leaves every
        ``random_state`` alone.
    refit : bool, str or callable, default=True
        Whether the best candidate is fitted on all rows, under the estimator's own ``random_state``; with
        several metrics the name of the one that decides; or a function of ``cv_results_`` that returns the
        index of the best.
    stack_size : int or "auto", default="auto"
        Nets in a stack at most, on a GPU.
    device : str or torch.device, default="auto"
        Where the nets of the search are trained. "auto" leaves it to their own ``device``.
    n_jobs : int, default=None
        Jobs at a time, through joblib. None is 1, or what ``joblib.parallel_config`` says.
    checkpoint : path-like, default=None
        Folder where the predictions of each fit are written as soon as it is finished, in one file that is
        there in full or not at all. The same call after an interruption of any kind fits what is missing and
        ends with the same ``cv_results_``, times included. A folder of other data, parameters, candidates,
        splits, seeds or package versions is refused, and so is a parameter whose content cannot be read,
        since no later run could recognise it.
    verbose : int, default=1
        1 shows a progress bar over fits on a terminal, and a line a minute elsewhere; 0 nothing at all.
    pre_dispatch : int or str, default="2*n_jobs"
        Fits that are handed to workers ahead of time, as of `joblib.Parallel`.
    error_score : "raise" or float, default=np.nan
        Score of a fit that fails or whose training diverges, with a warning that names it; the pooled score
        of its candidate is the same number. "raise" ends the search instead. Where all fits fail, the search
        does.
    return_train_score : bool, default=False
        Whether ``cv_results_`` has the scores of the training rows as well, in columns with "train" in the
        place of "test". The pooled one counts each row once for each split that trains on it.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As of ``GridSearchCV``, one entry a candidate. ``mean_test_score`` is the pooled score, the mean over
        seeds, ``std_test_score`` its standard deviation over seeds, ``rank_test_score`` its rank;
        ``seed<s>_test_score`` is the pooled score of each seed. ``split<k>_test_score`` is the score of fold
        k alone (the mean over seeds), and ``mean_fold_test_score`` with ``std_fold_test_score`` is what
        ``GridSearchCV`` would call mean and deviation. ``mean_fit_time`` counts a stack's seconds divided by
        its nets. With several metrics, their names take the place of "score".
    best_index_, best_params_, best_score_ : int, dict, float
        The candidate with the highest pooled score, the first of equals. The score is that of the best of all
        candidates on the very clips that chose it: optimistic. ``evaluate_loso(search, clips,
        protocol="nested-loso")`` gives one that is not.
    seeds_ : list
        Seeds whose mean ``best_score_`` is, ``[None]`` for the estimator's own ``random_state``.
    best_estimator_ : estimator
        Fitted on all rows under the estimator's own ``random_state``, whatever `seeds`.
    n_splits_ : int
        Folds.
    refit_time_ : float
        Seconds.
    scorer_, multimetric_ : callable or dict, bool
        The metric, or the metrics by name.
    classes_, n_features_in_ : ndarray, int
        Those of ``best_estimator_``.

    Raises
    ------
    ValueError
        From `fit`, if a candidate fails, or the checkpoint is another search's.

    Warns
    -----
    UserWarning
        From `fit`, if nets on a GPU do not train in stacks, with the reason, or if ``cv`` puts a subject on
        both sides.

    Examples
    --------
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> from skmer.model_selection import BatchedGridSearchCV
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> clf = DeReGRLClassifier(max_epochs=2, random_state=0)
    >>> search = BatchedGridSearchCV(clf, {"n_actions": [2, 3], "lambda_center": [0.1, 1]})
    >>> search.fit(X, clips.target, groups=clips.groups).n_splits_
    4
    >>> len(search.cv_results_["mean_test_score"])
    4
    """

    _parameter_constraints: dict = for_estimators(
        {**BatchedSearch._parameter_constraints, "param_grid": CANDIDATES}
    )

    def __init__(
        self,
        estimator,
        param_grid,
        *,
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

    def _rounds(self, run):
        yield list(ParameterGrid(self.param_grid)), {}


class BatchedRandomizedSearchCV(BatchedSearch):
    """Search candidates drawn from distributions by the score of the pooled out-of-fold predictions.

    ``RandomizedSearchCV`` in the way in which :class:`BatchedGridSearchCV` is ``GridSearchCV``.

    Parameters
    ----------
    estimator : classifier, or Pipeline that ends in one
        Cloned for every fit.
    param_distributions : dict or list of dict
        Names of parameters, and lists to choose from or distributions with ``rvs``.
    n_iter : int, default=10
        Candidates to draw.
    cv, scoring, seeds, refit, stack_size, device, n_jobs : object
        As for :class:`BatchedGridSearchCV`.
    checkpoint : path-like, default=None
        As for :class:`BatchedGridSearchCV`; it needs `random_state` to be an int, or a resumed run would draw
        other candidates.
    verbose, pre_dispatch, error_score, return_train_score : object
        As for :class:`BatchedGridSearchCV`.
    random_state : int, RandomState instance or None, default=None
        Source of the candidates; `seeds` are those of the fits.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        As of :class:`BatchedGridSearchCV`, and so are all others.

    Raises
    ------
    ValueError
        From `fit`, as for :class:`BatchedGridSearchCV`.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> from skmer.model_selection import BatchedRandomizedSearchCV
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> clf = DeReGRLClassifier(max_epochs=2, random_state=0)
    >>> space = {"lambda_center": loguniform(1e-4, 1), "n_actions": [2, 3]}
    >>> search = BatchedRandomizedSearchCV(clf, space, n_iter=3, random_state=0)
    >>> search.fit(X, clips.target, groups=clips.groups).best_index_ in range(3)
    True
    """

    _parameter_constraints: dict = for_estimators(
        {
            **BatchedSearch._parameter_constraints,
            "param_distributions": CANDIDATES,
            "n_iter": [integer(1)],
            "random_state": ["random_state"],
        }
    )

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_iter=10,
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
        random_state=None,
    ):
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.n_iter = n_iter
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
        self.random_state = random_state

    def _rounds(self, run):
        # A RandomState has moved on when a search is resumed, and None never comes back.
        if self.checkpoint is not None and not isinstance(self.random_state, Integral):
            raise ValueError(
                "checkpoint needs random_state to be an int, since a resumed search would draw other "
                f"candidates, got random_state={self.random_state!r}."
            )
        drawn = ParameterSampler(self.param_distributions, self.n_iter, random_state=self.random_state)
        yield list(drawn), {}
