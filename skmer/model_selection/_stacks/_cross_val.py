"""Cross-validation that trains its folds side by side."""

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv

from skmer.model_selection._stacks._engine import Engine
from skmer.model_selection._stacks._plan import Fit, check_chunk_size, check_net, warn_of_loops

METHODS = ("predict", "predict_proba")


def batched_cross_val_predict(
    estimator, X, y, *, groups=None, cv=None, n_jobs=None, method="predict", chunk_size="auto"
):
    """Return out-of-fold predictions, the nets of several folds trained as one.

    The same computation as `sklearn.model_selection.cross_val_predict`: every fold has the initial weights,
    batches, augmentation and dropout that an ordinary fit draws from its ``random_state``. Only the order of
    the additions in a matrix product differs.

    Parameters
    ----------
    estimator : DeReGRLClassifier or Pipeline that ends in one
        Cloned for every fold.
    X : array-like of n_clips samples
        What the estimator takes.
    y : array-like of shape (n_clips,)
        Class labels.
    groups : array-like of shape (n_clips,), default=None
        Subjects, for ``cv`` (and for the estimator where it has ``train_split``).
    cv : int, splitter or iterable, default=None
        As in scikit-learn; every clip has to be held out exactly once.
    n_jobs : int, default=None
        Stacks trained at a time, through joblib.
    method : {"predict", "predict_proba"}, default="predict"
        What is returned.
    chunk_size : int or "auto", default="auto"
        Folds in a stack at most.

    Returns
    -------
    predictions : ndarray of shape (n_clips,) or (n_clips, n_classes)
        Labels, or probabilities in the order of the sorted classes; zero for a class that a fold did not see.

    Raises
    ------
    ValueError
        If the estimator is no net of this package, or ``cv`` does not hold out every clip once.

    Warns
    -----
    UserWarning
        If the nets have to be trained one after the other, with the reason.

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
    check_net(estimator, "cross_val_predict")
    check_chunk_size(chunk_size)
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}, got {method!r}.")
    y = np.asarray(y)
    splits = list(check_cv(cv, y, classifier=True).split(X, y, groups))
    held_out = np.concatenate([test for _, test in splits])
    if not np.array_equal(np.sort(held_out), np.arange(len(y))):
        raise ValueError("cv must hold out every clip exactly once; use cross_validate for repeated splits.")
    model, classes = clone(estimator), np.unique(y)
    warn_of_loops([model], stacklevel=2)
    groups = None if groups is None else np.asarray(groups)
    engine = Engine(X, y, groups, classes, chunk_size=chunk_size, n_jobs=n_jobs, verbose=0)
    outcomes = engine.run([Fit(model, *split, f"split {k}") for k, split in enumerate(splits)])
    if method == "predict":
        parts = [classes[outcome.labels] for outcome in outcomes]
    else:
        parts = [outcome.probabilities for outcome in outcomes]
    return np.concatenate(parts)[np.argsort(held_out)]
