"""The glue between skorch and scikit-learn that every classifier of the package shares."""

import copy
import inspect
from collections.abc import Mapping

import numpy as np
import torch
from sklearn.utils._param_validation import validate_parameter_constraints
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted
from skorch import NeuralNetClassifier
from skorch.callbacks import EpochScoring, EpochTimer, LRScheduler, PassthroughScoring, PrintLog
from skorch.utils import is_dataset, to_tensor

from skmer.classifiers._data import ClipDataset
from skmer.classifiers._schedule import OneCycle
from skmer.classifiers._split import split_clips
from skmer.classifiers._streams import Streams
from skmer.classifiers._validation import check_clips, resolve_graph
from skmer.nn import Augmentation, LossTerms, SeededDropout

LOSS_TERMS = ("cross_entropy", "center", "weight", "balance")


def softmax(logits):
    """Probabilities in float64, so that they sum to one to the last digits."""
    return logits.double().softmax(-1)


def resolve_device(device):
    """Return the device that "auto" stands for here, anything else as it is."""
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device


class ClipNetClassifier(NeuralNetClassifier):
    """Base of the classifiers that train a torch module on node features.

    A subclass names its parameters in ``__init__`` and says in ``_module_params`` and ``_criterion_params``
    which of them build the network and its loss. This class validates, encodes, weighs, scales, seeds,
    augments and averages.
    """

    _parameter_constraints: dict = {}

    @property
    def device(self):
        """Where tensors go; "auto" is resolved at each reading and stays what it is among the parameters."""
        return resolve_device(self.__dict__["device"])

    @device.setter
    def device(self, value):
        self.__dict__["device"] = value

    def _get_param_names(self):
        return [name for name in super()._get_param_names() if not name.startswith("_")]

    def get_params(self, deep=True):
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default=True
            Whether parameters of parameters, such as callbacks, are included.

        Returns
        -------
        params : dict
            Name to value.
        """
        params = super().get_params(deep=deep)
        return {**params, "device": self.__dict__["device"]}

    def set_params(self, **params):
        """Set parameters.

        Parameters
        ----------
        **params : object
            Name to value. On a fitted net ``lr`` takes effect at once, a parameter of the network at the next
            fit.

        Returns
        -------
        self : estimator
            Changed.
        """
        if not self.initialized_ and "callbacks" in params:
            # skorch builds the callbacks here and now; what is wrong with them is for fit to say.
            self.callbacks = params.pop("callbacks")
        return super().set_params(**params)

    def _module_params(self):
        """Return the flat parameters that build the module."""
        raise NotImplementedError

    def _criterion_params(self):
        """Return the flat parameters that build the criterion."""
        raise NotImplementedError

    def get_params_for(self, prefix):
        """Return the keyword arguments of one part: the flat parameters under the dunder ones, which win.

        Parameters
        ----------
        prefix : str
            ``"module"``, ``"criterion"``, ``"optimizer"``, ``"iterator_train"``, ...

        Returns
        -------
        kwargs : dict
            Name to value.
        """
        return {**self._own_params_for(prefix), **super().get_params_for(prefix)}

    def _own_params_for(self, prefix):
        if prefix == "module":
            n_channels = self.n_features_in_ // (self.graph_.n_frames * self.graph_.n_nodes)
            data = {"graph": self.graph_, "in_channels": n_channels, "n_classes": len(self.classes_)}
            return {**data, **self._module_params()}
        if prefix == "criterion":
            return {"n_classes": len(self.classes_), **self._criterion_params()}
        if prefix == "optimizer":
            accepted = inspect.signature(self.optimizer).parameters
            wanted = {"weight_decay": self.weight_decay, "fused": True}
            return {name: value for name, value in wanted.items() if name in accepted}
        if prefix == "iterator_train":
            return {"shuffle": True, "drop_last": True, "generator": self.streams_.shuffle}
        return {}

    def _check_parameters(self):
        params = self.get_params(deep=False)
        validate_parameter_constraints(self._parameter_constraints, params, type(self).__name__)
        callbacks = self.callbacks if isinstance(self.callbacks, list) else []
        kinds = [c[1] if isinstance(c, tuple) else c for c in callbacks]
        if self.schedule is not None and any(isinstance(c, LRScheduler) or c is LRScheduler for c in kinds):
            raise ValueError(
                f"callbacks holds an LRScheduler while schedule={self.schedule!r} sets the rate too; pass "
                "schedule=None."
            )

    @property
    def _default_callbacks(self):
        terms = [
            (f"{part}_{term}", PassthroughScoring(name=f"{part}_{term}", on_train=part == "train"))
            for part in ("train", "valid")
            for term in ("loss", *LOSS_TERMS)
        ]
        accuracy = EpochScoring("accuracy", name="valid_acc", lower_is_better=False)
        schedule = [("one_cycle", OneCycle())] if isinstance(self.schedule, str) else []
        return [
            ("epoch_timer", EpochTimer()),
            *terms,
            ("valid_acc", accuracy),
            *schedule,
            ("print_log", PrintLog()),
        ]

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
        X, y, groups, sample_weight : array-like
            As in `fit`.
        classes : array-like of shape (n_classes,), optional
            All labels that will ever come; read at the first call. None: those in ``y``.

        Returns
        -------
        self : estimator
            Fitted.
        """
        return self._fit(X, y, groups, sample_weight, self.initialized_ and not self._is_outdated(), classes)

    def _fit(self, X, y, groups, sample_weight, resume, classes=None):
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
            self.classes_inferred_ = _find_classes(y[sample_weight > 0], classes)
        data = self._make_dataset(X, y, groups, sample_weight)
        if not resume:
            self.scale_ = _weighted_rms(data)
            self.initialize()
        return self._train(data)

    def _make_dataset(self, X, y, groups, sample_weight):
        unseen = np.setdiff1d(y, self.classes_)
        if unseen.size:
            raise ValueError(
                f"y holds {unseen[0]!r}, which is none of the first fit's classes {list(self.classes_)}; "
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
        class_weight[present] = compute_class_weight(labels, classes=present, y=encoded)
        weight = sample_weight * class_weight[encoded]
        rows = np.flatnonzero(weight)
        groups = None if groups is None else np.asarray(groups)[rows]
        return ClipDataset(X[rows], encoded[rows], weight[rows], groups)

    def initialize(self):
        """Build module, criterion, optimizer and callbacks from the parameters and the data of the fit.

        Returns
        -------
        self : estimator
            Initialized.
        """
        if not hasattr(self, "graph_"):
            raise ValueError(
                f"{type(self).__name__}.initialize needs features and classes; call fit, partial_fit or load."
            )
        self.streams_ = Streams.from_random_state(self.random_state)
        self.augmentation_ = Augmentation(self.graph_, 0.5 * self.mirror, self.noise)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.streams_.weights)
            super().initialize()
        self.built_with_ = self._blueprint()
        return self

    def initialize_module(self):
        """Build the module and give its dropout layers their own generator.

        Returns
        -------
        self : estimator
            With ``module_``.
        """
        super().initialize_module()
        for layer in self.module_.modules():
            if isinstance(layer, SeededDropout):
                layer.generator = self.streams_.dropout
        return self

    def _is_outdated(self):
        """Whether a parameter of the architecture or the loss has changed since the last fit."""
        return self._blueprint() != self.built_with_

    def _blueprint(self):
        return {"graph": self.graph, **self._module_params(), **self._criterion_params()}

    def _train(self, data):
        self.notify("on_train_begin", X=data, y=data.y)
        self.fit_loop(data)
        self.notify("on_train_end", X=data, y=data.y)
        return self

    def check_data(self, X, y=None):
        """Leave the classes as `fit` found them; skorch would infer them again here.

        Parameters
        ----------
        X, y : object
            Unused.
        """

    def get_split_datasets(self, X, y=None, **fit_params):
        """Return the rows to train on and those that ``train_split`` holds out.

        Parameters
        ----------
        X : ClipDataset
            All rows of the fit.
        y, **fit_params : object
            Unused.

        Returns
        -------
        train : ClipDataset
            Rows to train on, views unfolded.
        valid : ClipDataset or None
            Rows held out.
        """
        if self.train_split is None:
            return X.unfold_views(), None
        return split_clips(self.train_split, X)

    def train_step_single(self, batch, **fit_params):
        """Augment the batch, then take skorch's step.

        Parameters
        ----------
        batch : tuple
            Features with weights, and labels.
        **fit_params : object
            Passed on.

        Returns
        -------
        step : dict
            ``loss`` and ``y_pred``.
        """
        rows, target = batch
        if self.augmentation_.active:
            features = rows["X"]
            draw = self.augmentation_.draw(features.shape, self.streams_.augmentation)
            rows = {**rows, "X": self.augmentation_(features, draw)}
        return super().train_step_single((rows, target), **fit_params)

    def infer(self, x, **fit_params):
        """Run the module on one batch.

        Parameters
        ----------
        x : Tensor or dict
            Node features (B, T, N, C), or a dict that holds them under ``"X"``.
        **fit_params : object
            Unused: neither groups nor weights reach the network.

        Returns
        -------
        output : tuple of Tensor
            What the module returns.
        """
        features = to_tensor(x["X"] if isinstance(x, Mapping) else x, device=self.device) / self.scale_
        if self.module_.training:
            return self.module_(features)
        module, features = self._for_prediction(features)
        return module(features)

    def _for_prediction(self, features):
        """Return the module and its input in float64, where the device has it.

        In float32 the last digits of a row's prediction change with the rows that share its batch.
        """
        if features.device.type == "mps":
            return self.module_, features
        return copy.deepcopy(self.module_).double(), features.double()

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the loss of a batch, and record its terms.

        Parameters
        ----------
        y_pred : tuple of Tensor
            What the module returned.
        y_true : Tensor of shape (B,)
            Class indices.
        X : dict
            Holds ``"sample_weight"``.
        training : bool
            Under which name the terms are recorded.

        Returns
        -------
        loss : Tensor
            Scalar.
        """
        weight = to_tensor(X["sample_weight"], device=self.device)
        terms = self.criterion_(y_pred, to_tensor(y_true, device=self.device), weight)
        if not isinstance(terms, LossTerms):
            return terms
        part = "train" if training else "valid"
        for name in LOSS_TERMS:
            self.history.record_batch(f"{part}_{name}", getattr(terms, name).item())
        return terms.total

    def predict_proba(self, X):
        """Return class probabilities, averaged over views and, with ``mirror``, over mirror images.

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
        return self._average_views(self._mirrored_proba, X)

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
        X = check_clips(self, X, graph=self.graph_, reset=False)
        if X.ndim == 4:
            return function(X)
        values = function(X.reshape(-1, *X.shape[2:]))
        return values.reshape(*X.shape[:2], *values.shape[1:]).mean(axis=1)

    def _mirrored_proba(self, X):
        data = ClipDataset(X)
        proba = super().predict_proba(data)
        if self.augmentation_.mirror:
            proba = (proba + super().predict_proba(ClipDataset(self.augmentation_.reflect(data.X)))) / 2
        return proba

    def __setstate__(self, state):
        device = state["device"]
        super().__setstate__({**state, "device": resolve_device(device)})
        if device == "auto":
            self.device = device


def _find_classes(y, classes):
    check_classification_targets(y)
    found = np.unique(y) if classes is None else np.unique(classes)
    if len(found) < 2:
        raise ValueError(f"y must hold at least two classes, got one class: {list(found)}.")
    return found


def _weighted_rms(data):
    """Root of the mean square of the features, clips weighted: the one factor that X is divided by."""
    energy = data.X.double().square().flatten(1).mean(1)
    weight = data.sample_weight.double()
    rms = float(((weight * energy).sum() / weight.sum()).sqrt())
    return rms if rms > 0 else 1.0
