"""The skorch net behind all classifiers of torch: scikit-learn's contract, seeded streams, one thread.

Rows are prepared in `skmer.classifiers._fitting`, parameters are checked in `skmer.classifiers._parameters`,
predictions are averaged in `skmer.classifiers._prediction`.
"""

from collections.abc import Mapping
from contextlib import nullcontext

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from skorch import NeuralNetClassifier
from skorch.utils import is_dataset, to_tensor

from skmer._utils._arguments import check_argument, integer
from skmer._utils._sklearn import DocumentedMixin
from skmer._utils._torch import drawing_weights, usual_torch
from skmer.classifiers import _fitting, _parameters
from skmer.classifiers._outside_data import inner_rows, unpack_rows
from skmer.classifiers._prediction import (
    decision_function,
    in_double_precision,
    most_probable,
    predict_log_proba,
    prediction_module,
)
from skmer.classifiers._validation import weighted_rms
from skmer.nn import SeededDropout
from skmer.training import LOSS_TERMS, N_STREAMS, EarlyStop, Streams, asks_for_end, default_callbacks


class ClipNetClassifier(DocumentedMixin, NeuralNetClassifier):
    """Base of the classifiers that train a torch module on the features of clips: one net of skorch.

    A subclass has its parameters in ``__init__``; ``_module_params`` and ``_criterion_params`` return those
    that build the network and its loss, ``_data_params`` what the network takes from the rows of the fit.
    ``_check_rows`` validates features and labels, ``_predict_rows`` averages what one clip gives.
    """

    _parameter_constraints: dict = {}
    _structural: tuple[str, ...] = ("normalize_motion",)  # these ask for a new network, as the module's do
    _layout = "graph_"  # attribute that a fit reads off the shape of its rows
    _loss_terms: tuple[str, ...] = LOSS_TERMS
    _row_axes: int | None = None  # of one view of a clip; None where a clip is one
    _drop_last = True  # of an epoch's batches, an incomplete one
    # Groups that a caller passes for a splitter are not meant for the net, unless it asks for them.
    __metadata_request__fit = {"groups": False}
    __metadata_request__partial_fit = {"groups": False}
    __repr__ = BaseEstimator.__repr__
    device = _parameters.AutoDevice()
    scale_ = _parameters.InputScale()
    load_params = _parameters.load_params
    predict_log_proba = predict_log_proba
    decision_function = decision_function

    def __init__(self, module, **kwargs):
        _parameters.check_arguments(type(self), kwargs)
        super().__init__(module, **kwargs)

    @property
    def classes_(self):
        """Labels, sorted; probabilities are in their order."""
        if not hasattr(self, "classes_inferred_"):
            raise AttributeError(f"{type(self).__name__} has no classes_ before fit.")
        return self.classes_inferred_

    def _get_param_names(self):
        return [name for name in super()._get_param_names() if not name.startswith("_")]

    def get_params(self, deep=True):
        return {**super().get_params(deep=deep), "device": vars(self)["device"]}

    def __setstate__(self, state):
        device = state["device"]
        super().__setstate__({**state, "device": _parameters.resolve_device(device)})
        if device == "auto":
            self.device = device

    def get_metadata_routing(self):
        return _parameters.own_request(self, self.train_split)

    def set_params(self, **params):
        return super().set_params(**_parameters.set_aside(self, params))

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
        params = {**_parameters.own_params_for(self, prefix), **super().get_params_for(prefix)}
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
        return self.initialized_ and _parameters.architecture_key(self) == self.architecture_key_

    def fit(self, X, y=None, sample_weight=None, *, groups=None):
        """Train on clips.

        Parameters
        ----------
        X : array-like of shape (n_clips, ...)
            Features in a shape that the class names, any unit: one factor found on these rows scales them. A
            torch dataset of rows and labels, and skorch's SliceDict of one array, are taken as well.
        y : array-like of shape (n_clips,)
            Class labels: strings, integers or booleans. None only where a dataset holds them.
        sample_weight : array-like of shape (n_clips,), optional
            Weight of each clip in every term of the loss; a clip of weight zero is left out.
        groups : array-like of shape (n_clips,), optional
            Subject of each clip. Read by ``train_split`` and by nothing else.

        Returns
        -------
        self : estimator
            Fitted.
        """
        _parameters.check_params(self)
        data = self._prepare(X, y, sample_weight, groups, self.warm_start and self.resumes())
        return self.train(data)

    def partial_fit(self, X, y=None, classes=None, sample_weight=None, *, groups=None, epochs=None):
        """Train some more epochs from where the last fit ended.

        Parameters
        ----------
        X, y : array-like
            As in `fit`.
        classes : array-like of shape (n_classes,), optional
            All labels that will ever come; read at the first call. None: those in ``y``.
        sample_weight, groups : array-like of shape (n_clips,), optional
            As in `fit`.
        epochs : int, default=None
            Number of epochs. None: ``max_epochs``.

        Returns
        -------
        self : estimator
            Fitted.
        """
        if epochs is not None:
            check_argument("epochs", epochs, [integer(1)])
        return self.train(self._prepare(X, y, sample_weight, groups, self.resumes(), classes), epochs)

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

    @usual_torch()
    def _prepare(self, X, y, sample_weight=None, groups=None, resume=False, classes=None, **more):
        self.check_training_readiness()
        _parameters.check_params(self)
        data = _fitting.fit_rows(self, X, y, sample_weight, groups, resume, classes, **more)
        if not resume:
            self.scale_ = self._find_scale(data)
            self.commonest_ = int(data.y.bincount().argmax())
            self.build(self.random_state)
        return data

    def _find_scale(self, data):
        return weighted_rms(data)

    def _read_augmentation(self):
        """Keep what the parameters say of augmentation, at the beginning of each training."""

    def _augment(self, features):
        """Return the features of a batch as the network is trained on them."""
        return features

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
        self._read_augmentation()
        with drawing_weights(self.streams_.weights):
            super().initialize()
        _parameters.InputScale.register(self)
        self.architecture_key_ = _parameters.architecture_key(self)
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

    @usual_torch()
    def train(self, data, epochs=None):
        """Train the initialized net.

        Parameters
        ----------
        data : ClipDataset
            Rows, as `prepare_fit` returns them.
        epochs : int, default=None
            Number of epochs. None: ``max_epochs``.

        Returns
        -------
        self : estimator
            Trained.
        """
        self._read_augmentation()
        _parameters.renew_callbacks(self)
        self.n_epochs_ = self.max_epochs if epochs is None else epochs
        self.notify("on_train_begin", X=data, y=data.y)
        with _fitting.training_of(self):
            self.fit_loop(data, epochs=self.n_epochs_)
        self.notify("on_train_end", X=data, y=data.y)
        return self.end_training()

    def end_training(self):
        """Warn where the training has left weights that are not finite.

        Returns
        -------
        self : estimator
            Trained.
        """
        _fitting.warn_of_divergence(self)
        return self

    def check_data(self, X, y=None):
        """Leave the classes as `fit` found them; skorch would infer them again here.

        Parameters
        ----------
        X, y : object
            Unused.
        """

    def get_split_datasets(self, X, y=None, **fit_params):
        train, valid = _fitting.split_rows(self, X)
        self.rows_in_training_ = [id(part.X) for part in (train, valid) if part is not None]
        return train, valid

    def get_iterator(self, dataset, training=False):
        iterator = super().get_iterator(dataset, training=training)
        if training:
            _fitting.check_batches(self, iterator, dataset)
        return iterator

    def notify(self, method_name, **cb_kwargs):
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt:
            # EarlyStopping asks for the end in the same way as a user who presses Ctrl-C.
            if method_name == "on_epoch_end" and any(asks_for_end(c) for _, c in self.callbacks_):
                raise EarlyStop from None
            raise

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        compiled = getattr(self, "compiled_", None) if training else None
        if compiled is not None and compiled.has_update:
            compiled.run_epoch(iterator, prefix)
        else:
            super().run_single_epoch(iterator, training, prefix, step_fn, **fit_params)

    def train_step_single(self, batch, **fit_params):
        if getattr(self, "compiled_", None) is None:
            rows, target = batch
            features = self._augment(rows["X"])
            return super().train_step_single(({**rows, "X": features}, target), **fit_params)
        self._set_training(True)
        terms, output = self.compiled_.gradients(batch)
        self._record_terms(terms, "train")
        return {"loss": terms.total[0], "y_pred": output}

    def _set_training(self, training=True):
        """Switch modules to training or evaluation, where they are not there yet: the walk takes its time."""
        if _fitting.is_elsewhere(self, training):
            super()._set_training(training)

    def _record_terms(self, terms, part):
        for name in terms._fields[1:]:
            self.history.record_batch(f"{part}_{name}", getattr(terms, name).item())

    def infer(self, x, **fit_params):
        features = to_tensor(x["X"] if isinstance(x, Mapping) else x, device=self.device)
        features = features.to(getattr(torch, self.dtype)) / self.scale_
        if self.module_.training:
            return self.module_(features)
        module, dtype = prediction_module(self)
        return module(features.to(dtype))

    def get_loss(self, y_pred, y_true, X=None, training=False):
        terms = _fitting.loss_terms(self, y_pred, y_true, X)
        if torch.is_tensor(terms):
            return terms
        self._record_terms(terms, "train" if training else "valid")
        return terms.total

    def forward_iter(self, X, training=False, device="cpu"):
        # Rows go through the same door as in predict_proba.
        check_is_fitted(self)
        with nullcontext() if training else in_double_precision(self):
            rows = X if is_dataset(X) else _fitting.predicted_rows(self, X)
            yield from super().forward_iter(rows, training=training, device=device)

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
        proba, rows = super().predict_proba, inner_rows(self, X)
        return proba(rows) if rows is not None else self._predict_rows(proba, unpack_rows(X)[0])

    def predict(self, X):
        """Return the most probable label of each clip.

        Parameters
        ----------
        X : array-like or Dataset
            As in `fit`. Rows of a running training, which skorch's callbacks pass, have class indices for
            labels and get such.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels.
        """
        best = most_probable(self, self.predict_proba(X))
        return best if inner_rows(self, X) is not None else self.classes_[best]
