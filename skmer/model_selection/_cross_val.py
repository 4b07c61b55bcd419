"""Out-of-fold predictions whose fits share the features of the stateless transformers."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import indexable

from skmer._utils._arguments import JOBS, SUBJECTS, TEXT, Items, Named, check_argument, checked, frames_of
from skmer._utils._label_checks import check_names
from skmer.model_selection._fits import FitTask, check_stack_size, run_fits, share_features, warn_of_loops
from skmer.model_selection._protocols import splitter_of
from skmer.model_selection._routing import check_routing
from skmer.model_selection._samples import Samples, splits_of, warn_of_unlearnable

METHODS = ("predict", "predict_proba")


@checked(
    groups=SUBJECTS,
    cv=["cv_object"],
    n_jobs=JOBS,
    method=TEXT,
    params=[Named(), None],
    stack_size=[str, Integral],
    verbose=["verbose"],
    pre_dispatch=[Integral, str],
)
def batched_cross_val_predict(
    estimator,
    X,
    y,
    *,
    groups=None,
    cv=None,
    n_jobs=None,
    method="predict",
    params=None,
    stack_size="auto",
    verbose=0,
    pre_dispatch="2*n_jobs",
):
    """Return out-of-fold predictions, those of `sklearn.model_selection.cross_val_predict`.

    The stateless transformers of a Pipeline run once, and all folds share their features; nets on the CPU are
    fitted in threads, on a GPU in stacks. On the CPU each fit is an ordinary one, to the last bit.

    Parameters
    ----------
    estimator : classifier, or Pipeline that ends in one
        Cloned for every fold.
    X : array-like of n_clips samples
        What the estimator takes.
    y : array-like of shape (n_clips,)
        Class labels.
    groups : array-like of shape (n_clips,), default=None
        Subjects, for ``cv`` and for every step whose ``fit`` takes groups.
    cv : int, splitter or iterable, default=None
        As in scikit-learn; every clip has to be held out exactly once.
    n_jobs : int, default=None
        Jobs at a time, through joblib.
    method : {"predict", "predict_proba"}, default="predict"
        What is returned.
    params : dict, default=None
        Further parameters of ``fit``, such as ``sample_weight``; one with an entry a clip is split.
    stack_size : int or "auto", default="auto"
        Nets in a stack at most, on a GPU.
    verbose : int, default=0
        1 shows a progress bar on a terminal, and a line a minute elsewhere.
    pre_dispatch : int or str, default="2*n_jobs"
        Fits that are handed to workers ahead of time, as of `joblib.Parallel`.

    Returns
    -------
    predictions : ndarray of shape (n_clips,) or (n_clips, n_classes)
        Labels, or probabilities in the order of the sorted classes; zero for a class that a fold did not see.

    Raises
    ------
    ValueError
        If ``cv`` does not hold out every clip once, the estimator has no such method, or a fit fails.

    Warns
    -----
    UserWarning
        If nets on a GPU do not train in stacks, with the reason, or if no fold trains on a class when it is
        asked for.

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> from skmer.model_selection import batched_cross_val_predict
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> clf = DeReGRLClassifier(max_epochs=2, random_state=0)
    >>> y_pred = batched_cross_val_predict(clf, X, clips.target, groups=clips.groups, cv=GroupKFold(2))
    >>> y_pred.shape
    (40,)
    """
    check_stack_size(stack_size)
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}, got {method!r}.")
    if not hasattr(estimator, method):
        raise ValueError(f"method={method!r} needs an estimator that has it, got {type(estimator).__name__}.")
    if y is None:
        raise ValueError("y must be given, since fits and folds need classes; got None.")
    check_routing(estimator, params)
    X, y, groups = indexable(frames_of(X), y, groups)
    y = check_names("y", y, warn=True)
    groups = None if groups is None else check_names("groups", groups)
    splits = splits_of(splitter_of(cv, y), X, y, groups)
    check_argument("cv", splits, [Items(Items(Items(), n=2), least=1)])
    held_out = np.concatenate([test for _, test in splits])
    if not np.array_equal(np.sort(held_out), np.arange(len(y))):
        raise ValueError("cv must hold out every clip exactly once; use cross_validate for repeated splits.")
    samples = Samples(X, y, groups, np.arange(len(y)), np.unique(y), params=params or {})
    warn_of_unlearnable(y, splits, groups)
    model, table = share_features(samples, clone(estimator))
    warn_of_loops([model])
    tasks = [FitTask(model, *split, f"split {k}", table) for k, split in enumerate(splits)]
    how = {"n_jobs": n_jobs, "pre_dispatch": pre_dispatch, "stack_size": stack_size, "verbose": verbose}
    found = run_fits(samples, tasks, **how)
    if method == "predict":
        parts = [samples.classes[predictions.labels] for predictions in found]
    else:
        parts = [predictions.probabilities for predictions in found]
    return np.concatenate(parts)[np.argsort(held_out)]
