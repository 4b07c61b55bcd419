"""A wrapper that trains any classifier on clips and their mirror images, and averages both in prediction."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from skmer._utils._arguments import Items, Takes, check_argument, check_finite, frames_of, integer
from skmer._utils._sklearn import (
    BaseSearchCV,
    DocumentedMixin,
    HasMethods,
    StrOptions,
    check_sample_weight,
    for_estimators,
    validate_parameter_constraints,
)
from skmer._utils._text import check_subjects, plain_column
from skmer.classifiers._validation import labels_of
from skmer.face import FaceGraph, check_graph


def _estimator_has(name):
    return lambda self: hasattr(getattr(self, "estimator_", self.estimator), name)


def _takes_groups(estimator):
    # A search of scikit-learn takes them among its further parameters.
    return isinstance(estimator, BaseSearchCV) or has_fit_parameter(estimator, "groups")


class FlipAugmentedClassifier(DocumentedMixin, MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Train a classifier on clips and their horizontal flips, and average its output for both.

    An expression on the left half of a face is the same expression on the right half. Nets of this package
    learn it by ``horizontal_flip``; this gives the same to a support vector machine, a discriminant analysis
    or any other classifier.

    Parameters
    ----------
    estimator : estimator
        Classifier, or pipeline that ends in one, with ``predict_proba`` or ``decision_function``. It is
        cloned and never fitted itself. A scaler belongs inside: it is then fitted to both images.
    mirror : {"nodes", "maps"} or callable, default="nodes"
        What a clip's mirror image is. ``"nodes"``: node features, whose nodes change places and whose
        horizontal channels change sign. ``"maps"``: arrays (..., C, H, W), whose columns are reversed. A
        function takes all rows and returns their mirror images, in the same shape.
    graph : str or FaceGraph, default="brow-nose-lip31"
        Of ``mirror="nodes"``: says which node stands opposite which.
    odd_channels : sequence of int, default=None
        Channels that change sign. None: 0, 2, ... of nodes, which are horizontal; the first of maps, which is
        the horizontal flow. Curl is such a channel too; magnitude, strain and divergence are not, and zero
        must mean no motion.

    Attributes
    ----------
    estimator_ : estimator
        The fitted one.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Numbers in a row, whatever its shape.

    See Also
    --------
    skmer.pipelines.baseline : Plain classifiers, wrapped so.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skmer.classifiers import FlipAugmentedClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer, NodeDisplacements
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> clf = make_pipeline(NodeDisplacements(), LogisticRegression(C=100))
    >>> FlipAugmentedClassifier(clf).fit(X, clips.target).predict_proba(X).shape
    (40, 5)
    """

    _parameter_constraints: dict = for_estimators(
        {
            "estimator": [HasMethods(["fit", "predict"])],
            "mirror": [StrOptions({"nodes", "maps"}), Takes(1)],
            "graph": [str, FaceGraph],
            "odd_channels": [Items(integer(0)), None],
        }
    )
    __metadata_request__fit = {"groups": False}

    def __init__(self, estimator, mirror="nodes", *, graph="brow-nose-lip31", odd_channels=None):
        self.estimator = estimator
        self.mirror = mirror
        self.graph = graph
        self.odd_channels = odd_channels

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Train the classifier on both images of every clip.

        Parameters
        ----------
        X : array-like of n_clips samples
            Node features (n_clips, T, N, C), with views or flattened; maps (n_clips, ..., C, H, W); or what
            the function `mirror` takes.
        y : array-like of shape (n_clips,)
            Class labels.
        sample_weight : array-like of shape (n_clips,), optional
            Weight of each clip, where the classifier takes weights.
        groups : array-like of shape (n_clips,), optional
            Subjects, handed on where the classifier's ``fit`` takes them.

        Returns
        -------
        self : estimator
            Fitted.
        """
        params = self.get_params(deep=False)
        validate_parameter_constraints(self._parameter_constraints, params, type(self).__name__)
        if not any(hasattr(self.estimator, name) for name in ("predict_proba", "decision_function")):
            raise ValueError(
                "estimator must have predict_proba or decision_function, whose values for a clip and its "
                f"mirror image are averaged, got {type(self.estimator).__name__}."
            )
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        X, y = self._checked(X, y)
        labels_of(y)
        extra = {}
        check_argument("sample_weight", sample_weight, ["array-like", None])
        if sample_weight is not None:
            weights = check_sample_weight(sample_weight, y, ensure_non_negative=True)
            extra[self._name_of_weights()] = np.tile(weights, 2)
        groups = check_subjects(groups, len(X))
        if groups is not None:
            extra |= dict.fromkeys(self._names_of_groups(), np.tile(groups, 2))
        both = np.concatenate([X, self._mirrored(X)])
        self.estimator_ = clone(self.estimator).fit(both, np.tile(y, 2), **extra)
        self.classes_ = self.estimator_.classes_
        return self

    def _names_of_groups(self):
        """Names under which the classifier's ``fit`` takes groups: its own, or a pipeline's steps."""
        if isinstance(self.estimator, Pipeline):
            return [f"{name}__groups" for name, step in self.estimator.steps if _takes_groups(step)]
        return ["groups"] if _takes_groups(self.estimator) else []

    def _name_of_weights(self):
        last = self.estimator[-1] if isinstance(self.estimator, Pipeline) else self.estimator
        if not has_fit_parameter(last, "sample_weight"):
            raise ValueError(f"sample_weight: {type(last).__name__}.fit does not take it; leave it out.")
        prefix = f"{self.estimator.steps[-1][0]}__" if last is not self.estimator else ""
        return f"{prefix}sample_weight"

    def _checked(self, X, y=None):
        """Validate X as a table, one row a clip, and return it in its own shape, with y where given."""
        X = frames_of(X)
        shape = () if hasattr(X, "iloc") or issparse(X) else np.asarray(X).shape
        is_table = len(shape) <= 2
        rows = X if is_table else np.asarray(X).reshape(len(X), -1)
        if len(shape) > 1:
            check_finite("X", np.asarray(rows))
        if y is None:
            checked = validate_data(self, rows, reset=False)
        else:
            checked, y = validate_data(self, rows, plain_column(y))
        checked = checked if is_table else checked.reshape(shape)
        return checked if y is None else (checked, y)

    def _mirrored(self, X):
        if callable(self.mirror):
            mirrored = np.asarray(self.mirror(X))
            if mirrored.shape != X.shape:
                raise ValueError(
                    f"mirror must return what it takes, in the same shape {X.shape}, got {mirrored.shape}."
                )
            return mirrored
        return {"nodes": self._mirrored_nodes, "maps": self._mirrored_maps}[self.mirror](X)

    def _mirrored_nodes(self, X):
        graph = check_graph(self.graph)
        if graph.mirror is None:
            raise ValueError(f"graph must have a mirror, {graph.name!r} has none; pass a function as mirror.")
        places = graph.n_frames * graph.n_nodes
        if (X.ndim == 2 and X.shape[1] % places) or (
            X.ndim > 2 and X.shape[-3:-1] != (graph.n_frames, graph.n_nodes)
        ):
            raise ValueError(
                f"X must have the shape (n_clips, {graph.n_frames}, {graph.n_nodes}, n_channels) of graph "
                f"{graph.name!r}, the same with views or flattened, got {X.shape}."
            )
        nodes = X.reshape(len(X), graph.n_frames, graph.n_nodes, -1) if X.ndim == 2 else X
        n_channels = nodes.shape[-1]
        odd = range(0, n_channels, 2) if self.odd_channels is None else self.odd_channels
        return (nodes[..., list(graph.mirror), :] * _signs(odd, n_channels, X.dtype)).reshape(X.shape)

    def _mirrored_maps(self, X):
        if X.ndim < 4:
            raise ValueError(
                f"X must be maps of shape (n_clips, ..., n_channels, height, width), got {X.shape}; reshape "
                "them."
            )
        odd = (0,) if self.odd_channels is None else self.odd_channels
        return X[..., ::-1] * _signs(odd, X.shape[-3], X.dtype)[:, None, None]

    def _averaged(self, method, X):
        check_is_fitted(self)
        X = self._checked(X)
        function = getattr(self.estimator_, method)
        return (function(X) + function(self._mirrored(X))) / 2

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Return the mean of the class probabilities of each clip and of its mirror image.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Columns in the order of ``classes_``.
        """
        return self._averaged("predict_proba", X)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X):
        """Return the mean of the decision values of each clip and of its mirror image.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        decision : ndarray of shape (n_clips,) or (n_clips, n_classes)
            One column, positive for the second class, where there are two classes.

        Raises
        ------
        ValueError
            If the classifier's values are of pairs of classes, as ``decision_function_shape="ovo"`` has them.
        """
        values = self._averaged("decision_function", X)
        if values.ndim == 2 and values.shape[1] != len(self.classes_):
            raise ValueError(
                f"estimator must have a decision value for each of {len(self.classes_)} classes, got "
                f"{values.shape[1]}; set decision_function_shape='ovr'."
            )
        return values

    def predict(self, X):
        """Return the label of each clip by the averaged probabilities, or decision values if there are none.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels.
        """
        check_is_fitted(self)
        if hasattr(self, "predict_proba"):
            best = self.predict_proba(X).argmax(axis=1)
        else:
            values = self.decision_function(X)
            best = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return self.classes_[best]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.classifier_tags = inner.classifier_tags
        tags.non_deterministic = inner.non_deterministic
        tags.input_tags.three_d_array = True
        return tags


def _signs(odd, n_channels, dtype):
    """Return -1 for the odd channels and 1 for the others."""
    signs = np.ones(n_channels, dtype=dtype if np.dtype(dtype).kind == "f" else float)
    signs[list(odd)] = -1
    return signs
