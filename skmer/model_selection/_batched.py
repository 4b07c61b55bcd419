"""Cross-validation that trains its folds side by side."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.parallel import Parallel, delayed

from skmer.classifiers._base import ClipNetClassifier
from skmer.model_selection._stack import reason_for_loop, train_nets

METHODS = ("predict", "predict_proba")
# Measured by benchmarks/batched.py: the arrays of a larger stack fall out of the processor's cache.
CHUNK_SIZE = 8


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
    _check(estimator, method)
    y = np.asarray(y)
    splits = list(check_cv(cv, y, classifier=True).split(X, y, groups))
    held_out = np.concatenate([test for _, test in splits])
    if not np.array_equal(np.sort(held_out), np.arange(len(y))):
        raise ValueError("cv must hold out every clip exactly once; use cross_validate for repeated splits.")
    estimator, X = _transform_once(estimator, X)
    size = CHUNK_SIZE if chunk_size == "auto" else chunk_size
    chunks = [splits[start : start + size] for start in range(0, len(splits), size)]
    work = (delayed(_predict_chunk)(estimator, X, y, groups, chunk, method) for chunk in chunks)
    parts = np.concatenate(Parallel(n_jobs=n_jobs)(work))
    return parts[np.argsort(held_out)]


def _check(estimator, method):
    net = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(net, ClipNetClassifier):
        raise ValueError(
            "estimator must be a net of skmer.classifiers or a Pipeline that ends in one, got "
            f"{type(net).__name__}; use sklearn.model_selection.cross_val_predict."
        )
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}, got {method!r}.")
    reason = reason_for_loop(net)
    if reason is not None:
        warnings.warn(f"the nets are trained one after the other, since {reason}.", stacklevel=3)


def _transform_once(estimator, X):
    """Run the steps before the net once for all folds, where none of them learns anything."""
    if not isinstance(estimator, Pipeline):
        return estimator, X
    steps = [step for _, step in estimator.steps[:-1]]
    if any(step not in (None, "passthrough") and get_tags(step).requires_fit for step in steps):
        return estimator, X
    return estimator[-1], clone(estimator)[:-1].transform(X) if steps else X


def _predict_chunk(estimator, X, y, groups, splits, method):
    """Train the folds of a chunk together, and predict what each holds out."""
    prepared = [_prepare(clone(estimator), X, y, groups, train) for train, _ in splits]
    models, nets, datasets = zip(*prepared, strict=True)
    train_nets(nets, datasets, chunk_size=len(nets))
    classes = np.unique(y)
    parts = []
    for model, net, (_, test) in zip(models, nets, splits, strict=True):
        held_out = _safe_indexing(X, test)
        if method == "predict":
            parts.append(model.predict(held_out))
        else:
            proba = np.zeros((len(test), len(classes)))
            proba[:, np.searchsorted(classes, net.classes_)] = model.predict_proba(held_out)
            parts.append(proba)
    return np.concatenate(parts)


def _prepare(model, X, y, groups, train):
    """Fit the steps before the net, and do all of the net's fit but the training."""
    rows, target = _safe_indexing(X, train), y[train]
    net = model
    if isinstance(model, Pipeline):
        net = model[-1]
        rows = model[:-1].fit_transform(rows, target) if len(model) > 1 else rows
    inner = None if groups is None or net.train_split is None else np.asarray(groups)[train]
    return model, net, net._prepare(rows, target, inner)
