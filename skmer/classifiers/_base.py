"""What every classifier of the package does with clips, labels and weights before and after its net."""

from collections.abc import Mapping

import numpy as np
from sklearn.utils._param_validation import validate_parameter_constraints
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted
from skorch.callbacks import LRScheduler
from skorch.utils import is_dataset

from skmer.classifiers._net import ClipNet
from skmer.classifiers._validation import check_clips, resolve_graph
from skmer.training._dataset import ClipDataset
from skmer.training._stack import train_nets
from skmer.training._threads import one_thread


class ClipNetClassifier(ClipNet):
    """Base of the classifiers that train a torch module on node features.

    A subclass names its parameters in ``__init__`` and says in ``_module_params`` and ``_criterion_params``
    which of them build the network and its loss. This class validates, encodes and weighs what comes in, and
    averages what goes out; `ClipNet` trains.
    """

    _parameter_constraints: dict = {}

    @property
    def classes_(self):
        """Labels, sorted; probabilities are in their order."""
        if not hasattr(self, "classes_inferred_"):
            raise AttributeError(f"{type(self).__name__} has no classes_ before fit.")
        return self.classes_inferred_

    def _check_parameters(self):
        params = self.get_params(deep=False)
        validate_parameter_constraints(self._parameter_constraints, params, type(self).__name__)
        callbacks = self.callbacks if isinstance(self.callbacks, list) else []
        if self.callbacks == "disable" and self.schedule is not None:
            raise ValueError(
                f"callbacks='disable' would leave out schedule={self.schedule!r} too; pass schedule=None."
            )
        kinds = [c[1] if isinstance(c, tuple) else c for c in callbacks]
        if self.schedule is not None and any(isinstance(c, LRScheduler) or c is LRScheduler for c in kinds):
            raise ValueError(
                f"callbacks holds an LRScheduler while schedule={self.schedule!r} sets the rate too; pass "
                "schedule=None."
            )

    def fit(self, X, y, groups=None, sample_weight=None):
        """Train on clips.

        Parameters
        ----------
        X : array-like of shape (n_clips, T, N, C), (n_clips, n_views, T, N, C) or (n_clips, T * N * C)
            Node features, any unit: one factor found on these rows scales them.
        y : array-like of shape (n_clips,)
            Class labels: strings, integers or booleans.
        groups : array-like of shape (n_clips,), optional
            Subject of each clip. Read by ``train_split`` and by nothing else.
        sample_weight : array-like of shape (n_clips,), optional
            Weight of each clip in every term of the loss; a clip of weight zero is left out.

        Returns
        -------
        self : estimator
            Fitted.
        """
        resume = self.warm_start and self.initialized_ and not self._is_outdated()
        return self._fit(X, y, groups, sample_weight, resume)

    def partial_fit(self, X, y, classes=None, groups=None, sample_weight=None):
        """Train ``max_epochs`` more epochs from where the last fit ended.

        Parameters
        ----------
        X, y : array-like
            As in `fit`.
        classes : array-like of shape (n_classes,), optional
            All labels that will ever come; read at the first call. None: those in ``y``.
        groups, sample_weight : array-like of shape (n_clips,), optional
            As in `fit`.

        Returns
        -------
        self : estimator
            Fitted.
        """
        return self._fit(X, y, groups, sample_weight, self.initialized_ and not self._is_outdated(), classes)

    def _fit(self, X, y, groups, sample_weight, resume, classes=None):
        data = self._prepare(X, y, groups, sample_weight, resume, classes)
        if self.others_ and not resume and not self.verbose:
            train_nets([self], [data])
            return self
        for other in self.others_:
            other.set_params(**self._set_since(other))._train(data)
        return self._train(data)

    def _set_since(self, other):
        """Return the parameters that one of the nets beside this one does not share."""
        params = self.get_params(deep=False)
        own = ("n_members", "random_state")
        return {
            name: v for name, v in params.items() if name not in own and v is not getattr(other, name, None)
        }

    def _prepare(self, X, y, groups=None, sample_weight=None, resume=False, classes=None):
        """Do all of a fit but the training, and return the rows to train on."""
        self._check_parameters()
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        graph = self.graph_ if resume else resolve_graph(self.graph, X)
        X, y = check_clips(self, X, y, graph=graph, reset=not resume)
        sample_weight = _check_sample_weight(
            sample_weight, X[:, 0], dtype=np.float64, ensure_non_negative=True
        )
        if groups is not None and len(groups) != len(X):
            raise ValueError(f"groups must have one entry per clip, {len(X)}, got {len(groups)}.")
        if not resume:
            self.graph_ = graph
            self.classes_inferred_ = _find_classes(
                y[sample_weight > 0], self.classes if classes is None else classes
            )
        data = self._make_dataset(self._scale_clips(X), y, groups, sample_weight)
        self._check_pairs(graph, X.shape[-1])
        if not resume:
            self.scale_ = _weighted_rms(data)
            self._begin(self.random_state)
        return data

    def _check_pairs(self, graph, n_channels):
        """Refuse an odd number of channels where a parameter takes them for pairs (x, y)."""
        wants = {
            "mirror": self.mirror and graph.mirror is not None,
            "rigid_noise": self.rigid_noise > 0 and graph.n_frames > 1,
        }
        for name, wanted in wants.items():
            if wanted and n_channels % 2:
                value = getattr(self, name)
                raise ValueError(
                    f"{name}={value} needs channels in pairs (x, y), got {n_channels} channels; "
                    f"pass {name}={type(value)()}."
                )

    def _make_dataset(self, X, y, groups, sample_weight):
        rows = np.flatnonzero(sample_weight)
        X, y, sample_weight = X[rows], y[rows], sample_weight[rows]
        groups = None if groups is None else np.asarray(groups)[rows]
        unseen = np.setdiff1d(y, self.classes_)
        if unseen.size:
            raise ValueError(
                f"y holds {unseen.tolist()[0]!r}, which is none of the first fit's {self.classes_.tolist()}; "
                "name all classes in the first partial_fit(classes=...), or fit anew with warm_start=False."
            )
        encoded = np.searchsorted(self.classes_, y)
        present = np.unique(encoded)
        labels = self.class_weight
        if isinstance(labels, Mapping):
            labels = {
                int(np.searchsorted(self.classes_, k)): v for k, v in labels.items() if k in self.classes_
            }
        class_weight = np.zeros(len(self.classes_))
        softened = isinstance(labels, str) and labels == "sqrt-balanced"
        class_weight[present] = compute_class_weight(
            "balanced" if softened else labels, classes=present, y=encoded, sample_weight=sample_weight
        )
        class_weight = np.sqrt(class_weight) if softened else class_weight
        weight = sample_weight * class_weight[encoded]
        if not weight.any():
            raise ValueError("sample_weight and class_weight leave no clip a weight above zero; raise some.")
        data = ClipDataset(X, encoded, weight, groups)
        return data if weight.all() else data.take(np.flatnonzero(weight))

    def predict_proba(self, X):
        """Return class probabilities, averaged over members, views and, with ``mirror``, mirror images.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Columns in the order of ``classes_``; rows sum to one.
        """
        if is_dataset(X):
            return super().predict_proba(X)
        check_is_fitted(self)
        members = [self, *self.others_]
        return sum(net._average_views(net._mirrored_proba, X) for net in members) / len(members)

    def predict(self, X):
        """Return the most probable label of each clip.

        Parameters
        ----------
        X : array-like or Dataset
            As in `fit`. A torch dataset, which skorch's callbacks pass, holds encoded labels and gets such.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return best if is_dataset(X) else self.classes_[best]

    def _average_views(self, function, X):
        """Apply a function of (rows, T, N, C) and average it over the views of each clip."""
        check_is_fitted(self)
        X = self._scale_clips(check_clips(self, X, graph=self.graph_, reset=False))
        with one_thread():
            if X.ndim == 4:
                return function(X)
            values = function(X.reshape(-1, *X.shape[2:]))
        return values.reshape(*X.shape[:2], *values.shape[1:]).mean(axis=1)

    def _scale_clips(self, X):
        """With ``unit_rms``, divide each clip (each of its views) by its rms over the frames that move."""
        if not self.unit_rms or X.shape[-3] == 1:
            return X
        energy = np.square(X, dtype=np.float64).mean((-2, -1), keepdims=True)
        moving = (energy > 0).sum(-3, keepdims=True)
        rms = np.sqrt(energy.sum(-3, keepdims=True) / np.maximum(moving, 1))
        return (X / np.where(moving > 0, rms, 1.0)).astype(X.dtype)

    def _mirrored_proba(self, X):
        data = ClipDataset(X)
        proba = super().predict_proba(data)
        if self.augmentation_.mirror:
            proba = (proba + super().predict_proba(ClipDataset(self.augmentation_.reflect(data.X)))) / 2
        return proba


def _find_classes(y, classes):
    check_classification_targets(y)
    found = np.unique(y) if classes is None else np.unique(classes)
    if len(found) < 2:
        raise ValueError(f"y must hold at least two classes, got one class: {found.tolist()}.")
    return found


def _weighted_rms(data):
    """Root of the mean square of the features, clips weighted: the one factor that X is divided by."""
    energy = data.X.double().square().flatten(1).mean(1)
    weight = data.sample_weight.double()
    rms = float(((weight * energy).sum() / weight.sum()).sqrt())
    return rms if rms > 0 else 1.0
