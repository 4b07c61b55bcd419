"""The skorch net behind all classifiers of torch: scikit-learn's contract, seeded streams, one thread.

What the rows are, and how they become a batch and a prediction, is said by `skmer.classifiers._node_net` and
`skmer.classifiers._map_net`.
"""

import threading
from collections.abc import Mapping
from contextlib import nullcontext, suppress

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from skorch import NeuralNetClassifier
from skorch.utils import is_dataset, to_tensor

from skmer._utils._sklearn import check_sample_weight
from skmer.classifiers._parameters import (
    architecture_key,
    check_params,
    own_params_for,
    renew_callbacks,
    resolve_device,
)
from skmer.classifiers._prediction import in_double_precision, prediction_module
from skmer.classifiers._weighting import find_classes, weighted_rms, weighted_rows
from skmer.nn import SeededDropout
from skmer.training import (
    LOSS_TERMS,
    N_STREAMS,
    EarlyStop,
    Streams,
    asks_for_end,
    default_callbacks,
    one_thread,
    split_clips,
)

_WEIGHTS = threading.RLock()  # torch draws initial weights from its global generator, which threads share


class ClipNetClassifier(NeuralNetClassifier):
    """Base of the classifiers that train a torch module on the features of clips: one net of skorch.

    A subclass has its parameters in ``__init__``; ``_module_params`` and ``_criterion_params`` return those
    that build the network and its loss, ``_data_params`` what the network takes from the rows of the fit.
    ``_check_rows`` validates features and labels, ``_predict_rows`` averages what one clip gives.
    """

    _parameter_constraints: dict = {}
    # Parameters beside those of the module and the loss whose change asks for a new network.
    _structural: tuple[str, ...] = ("normalize_motion",)
    _layout = "graph_"  # attribute that a fit reads off the shape of its rows
    _loss_terms: tuple[str, ...] = LOSS_TERMS
    # Whether an incomplete last batch is left out of an epoch.
    _drop_last = True
    # Groups that a caller passes for a splitter are not meant for the net, unless it asks for them.
    __metadata_request__fit = {"groups": False}
    __metadata_request__partial_fit = {"groups": False}
    __repr__ = BaseEstimator.__repr__

    @property
    def classes_(self):
        """Labels, sorted; probabilities are in their order."""
        if not hasattr(self, "classes_inferred_"):
            raise AttributeError(f"{type(self).__name__} has no classes_ before fit.")
        return self.classes_inferred_

    @property
    def device(self):
        """Device of the tensors; "auto" is resolved at each reading and stays "auto" among the parameters."""
        return resolve_device(self.__dict__["device"])

    @device.setter
    def device(self, value):
        self.__dict__["device"] = value

    def _get_param_names(self):
        return [name for name in super()._get_param_names() if not name.startswith("_")]

    def get_params(self, deep=True):
        return {**super().get_params(deep=deep), "device": self.__dict__["device"]}

    def set_params(self, **params):
        if not self.initialized_ and "callbacks" in params:
            # skorch would build the callbacks here and now; fit says what is wrong with them.
            self.callbacks = params.pop("callbacks")
        # skorch would build the part anew at once, from the global generator; here the next fit does it.
        later = {name: params.pop(name) for name in [*params] if name.startswith(("module__", "criterion__"))}
        vars(self).update(later)
        self._params_to_validate.update(later)
        super().set_params(**params)
        if self.initialized_ and "weight_decay" in params:
            for group in self.optimizer_.param_groups:
                group["weight_decay"] = self.weight_decay
        return self

    def get_architecture(self):
        """Return the parameters that build the network, the dunder ones included.

        Returns
        -------
        params : dict
            Name to value.
        """
        own = {
            name.removeprefix("module__"): v for name, v in vars(self).items() if name.startswith("module__")
        }
        return {**self._module_params(), **own}

    def get_params_for(self, prefix):
        # The dunder parameters win.
        params = {**own_params_for(self, prefix), **super().get_params_for(prefix)}
        if params.keys() & {"foreach", "differentiable"}:
            params.pop("fused", None)
        return params

    def resumes(self):
        """Return whether training can go on: the network is the one that the parameters ask for.

        Returns
        -------
        resumes : bool
            False before the first fit, too.
        """
        return self.initialized_ and architecture_key(self) == self.architecture_key_

    def __setstate__(self, state):
        device = state["device"]
        super().__setstate__({**state, "device": resolve_device(device)})
        if device == "auto":
            self.device = device

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Train on clips.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            Features in a shape that the class names, any unit: one factor found on these rows scales them.
        y : array-like of shape (n_clips,)
            Class labels: strings, integers or booleans.
        sample_weight : array-like of shape (n_clips,), optional
            Weight of each clip in every term of the loss; a clip of weight zero is left out.
        groups : array-like of shape (n_clips,), optional
            Subject of each clip. Read by ``train_split`` and by nothing else.

        Returns
        -------
        self : estimator
            Fitted.
        """
        data = self._prepare(X, y, sample_weight, groups, self.warm_start and self.resumes())
        return self.train(data)

    def partial_fit(self, X, y, classes=None, sample_weight=None, *, groups=None):
        """Train ``max_epochs`` more epochs from where the last fit ended.

        Parameters
        ----------
        X, y : array-like
            As in `fit`.
        classes : array-like of shape (n_classes,), optional
            All labels that will ever come; read at the first call. None: those in ``y``.
        sample_weight, groups : array-like of shape (n_clips,), optional
            As in `fit`.

        Returns
        -------
        self : estimator
            Fitted.
        """
        return self.train(self._prepare(X, y, sample_weight, groups, self.resumes(), classes))

    def prepare_fit(self, X, y, sample_weight=None, *, groups=None):
        """Do all of `fit` but the training.

        Parameters
        ----------
        X, y, sample_weight, groups : array-like
            As in `fit`.

        Returns
        -------
        pairs : list of (estimator, ClipDataset)
            This net, initialized, and the rows for its `train`. An ensemble has a pair for each of its nets.
        """
        return [(self, self._prepare(X, y, sample_weight, groups))]

    def _prepare(self, X, y, sample_weight=None, groups=None, resume=False, classes=None):
        check_params(self)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        X, y = self._check_rows(X, y, resume)
        sample_weight = check_sample_weight(
            sample_weight, X[:, 0], dtype=np.float64, ensure_non_negative=True
        )
        if groups is not None and len(groups) != len(X):
            raise ValueError(f"groups must have one entry per clip, {len(X)}, got {len(groups)}.")
        if not resume:
            known = self.classes if classes is None else classes
            self.classes_inferred_ = find_classes(y[sample_weight > 0], known)
        data = weighted_rows(X, y, self.classes_, groups, sample_weight, self.class_weight, self._row_axes(X))
        if not resume:
            self.scale_ = self._find_scale(data)
            self.build(self.random_state)
        return data

    def _row_axes(self, X):
        """Return how many axes one row of X has where it is one view."""
        return X.ndim - 1

    def _find_scale(self, data):
        return weighted_rms(data)

    def build(self, random_state=None):
        """Draw the random streams and build the network around the attributes that a fit reads off its rows.

        Parameters
        ----------
        random_state : int, RandomState instance or None, default=None
            Seed of the streams. None: a random one.

        Returns
        -------
        self : estimator
            Initialized, untrained.
        """
        seeds = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=N_STREAMS)
        self.streams_ = Streams.from_seeds(seeds)
        return self.initialize()

    def initialize(self):
        if not hasattr(self, "classes_inferred_"):
            raise ValueError(
                f"{type(self).__name__}.initialize needs features and classes; call fit, partial_fit or load."
            )
        with _WEIGHTS, torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.streams_.weights)
            super().initialize()
        self.architecture_key_ = architecture_key(self)
        self.default_callback_names_ = [name for name, _ in self._default_callbacks]
        return self

    def initialize_criterion(self):
        super().initialize_criterion()
        self.criterion_.to(getattr(torch, self.dtype))
        return self

    def initialize_module(self):
        super().initialize_module()
        self.module_.to(getattr(torch, self.dtype))
        for layer in self.module_.modules():
            if isinstance(layer, SeededDropout):
                layer.generator = self.streams_.dropout
        return self

    def initialize_callbacks(self):
        self.default_callback_names_ = [name for name, _ in self._default_callbacks]
        return super().initialize_callbacks()

    @property
    def _default_callbacks(self):
        return default_callbacks(self.schedule is not None, self.train_split is not None, self._loss_terms)

    def train(self, data):
        """Train the initialized net for ``max_epochs`` epochs.

        Parameters
        ----------
        data : ClipDataset
            Rows, as `prepare_fit` returns them.

        Returns
        -------
        self : estimator
            Trained.
        """
        renew_callbacks(self)
        self.n_epochs_ = self.max_epochs
        self.notify("on_train_begin", X=data, y=data.y)
        with suppress(EarlyStop), one_thread(), self._while_training():
            self.fit_loop(data)
        self.notify("on_train_end", X=data, y=data.y)
        return self

    def _while_training(self):
        """Return a context manager around the epochs."""
        return nullcontext()

    def notify(self, method_name, **cb_kwargs):
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt:
            # EarlyStopping asks for the end in the same way as a user who presses Ctrl-C.
            if method_name == "on_epoch_end" and any(
                asks_for_end(callback) for _, callback in self.callbacks_
            ):
                raise EarlyStop from None
            raise

    def check_data(self, X, y=None):
        """Leave the classes as `fit` found them; skorch would infer them again here.

        Parameters
        ----------
        X, y : object
            Unused.
        """

    def get_split_datasets(self, X, y=None, **fit_params):
        return (X.unfold_views(), None) if self.train_split is None else split_clips(self.train_split, X)

    def get_iterator(self, dataset, training=False):
        iterator = super().get_iterator(dataset, training=training)
        if training and len(iterator) == 0:
            raise ValueError(
                f"iterator_train makes no batch of {len(dataset)} clips with batch_size={self.batch_size}; "
                "use a smaller batch_size or iterator_train__drop_last=False."
            )
        return iterator

    def _record_terms(self, terms, part):
        for name in terms._fields[1:]:
            self.history.record_batch(f"{part}_{name}", getattr(terms, name).item())

    def _set_training(self, training=True):
        """Switch modules to training or evaluation, where they are not there yet: the walk takes its time."""
        modules = [getattr(self, f"{name}_") for name in self._modules + self._criteria]
        if any(module.training != training for module in modules):
            super()._set_training(training)

    def infer(self, x, **fit_params):
        features = to_tensor(x["X"] if isinstance(x, Mapping) else x, device=self.device)
        features = features.to(getattr(torch, self.dtype)) / self.scale_
        if self.module_.training:
            return self.module_(features)
        module, dtype = prediction_module(self)
        return module(features.to(dtype))

    def get_loss(self, y_pred, y_true, X=None, training=False):
        weight = to_tensor(X["sample_weight"], device=self.device)
        # Outside of training the network's output may be float64, the criterion's centres are not.
        dtype = getattr(torch, self.dtype)
        y_pred = y_pred.to(dtype) if torch.is_tensor(y_pred) else tuple(part.to(dtype) for part in y_pred)
        terms = self.criterion_(y_pred, to_tensor(y_true, device=self.device), weight)
        if torch.is_tensor(terms):
            return terms
        self._record_terms(terms, "train" if training else "valid")
        return terms.total

    def forward_iter(self, X, training=False, device="cpu"):
        with nullcontext() if training else in_double_precision(self):
            yield from super().forward_iter(X, training=training, device=device)

    def predict_proba(self, X):
        """Return class probabilities, averaged over the views of a clip where it has several.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        proba : ndarray of shape (n_clips, n_classes)
            Columns in the order of ``classes_``; rows sum to one.
        """
        proba = super().predict_proba
        return proba(X) if is_dataset(X) else self._predict_rows(proba, X)

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
