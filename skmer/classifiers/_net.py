"""The skorch net behind all classifiers of torch: scikit-learn's contract, seeded streams, one thread.

What the rows are, and how they become a batch and a prediction, is said by `skmer.classifiers._node_net` and
`skmer.classifiers._map_net`.
"""

from collections.abc import Mapping
from contextlib import nullcontext, suppress

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from skorch.utils import to_tensor

from skmer._utils._arguments import check_argument
from skmer._utils._checks import check_integer, warn_user
from skmer._utils._jobs import interrupts_raise
from skmer._utils._sklearn import check_sample_weight
from skmer._utils._torch import drawing_weights, usual_torch
from skmer.classifiers._outside_data import inner_rows, unpack_rows
from skmer.classifiers._parameters import (
    architecture_key,
    check_params,
    own_params_for,
    own_request,
    renew_callbacks,
)
from skmer.classifiers._prediction import (
    in_double_precision,
    most_probable,
    prediction_module,
    warn_of_divergence,
)
from skmer.classifiers._skorch_net import SkorchNet
from skmer.classifiers._weighting import find_classes, weighted_rms, weighted_rows
from skmer.nn import SeededDropout
from skmer.training import (
    LOSS_TERMS,
    N_STREAMS,
    ClipDataset,
    EarlyStop,
    Streams,
    default_callbacks,
    one_thread,
    split_clips,
)


class ClipNetClassifier(SkorchNet):
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

    def get_metadata_routing(self):
        return own_request(self, self.train_split)

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
            check_integer("epochs", epochs, 1)
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
    def _prepare(
        self, X, y, sample_weight=None, groups=None, resume=False, classes=None, action_units=None
    ):
        self.check_training_readiness()
        check_params(self)
        X, y = unpack_rows(X, y)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        X, y = self._check_rows(X, y, resume)
        sample_weight = check_sample_weight(
            sample_weight, X[:, 0], dtype=np.float64, ensure_non_negative=True
        )
        check_argument("groups", groups, ["array-like", None])
        if groups is not None and len(groups) != len(X):
            raise ValueError(f"groups must have one entry per clip, {len(X)}, got {len(groups)}.")
        units = self._check_action_units(action_units, len(X), resume)
        if not resume:
            known = self.classes if classes is None else classes
            self.classes_inferred_ = find_classes(y[sample_weight > 0], known)
        rows = (X, y, self.classes_, groups, sample_weight, self.class_weight, self._row_axes(X))
        data = weighted_rows(*rows, action_units=units)
        if not resume:
            self.scale_ = self._find_scale(data)
            self.commonest_ = int(data.y.bincount().argmax())
            self.build(self.random_state)
        return data

    def _check_action_units(self, action_units, n_clips, resume):
        """Return the action units of a fit, and keep their numbers; of nets without actions there are none."""

    def _loss_inputs(self, rows):
        """Return what the loss takes beside output, labels and weights."""
        return {}

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
        with drawing_weights(self.streams_.weights):
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
        renew_callbacks(self)
        self.n_epochs_ = self.max_epochs if epochs is None else epochs
        self.notify("on_train_begin", X=data, y=data.y)
        try:
            with suppress(EarlyStop), one_thread(), self._while_training():
                self.fit_loop(data, epochs=self.n_epochs_)
        except KeyboardInterrupt:
            # As in skorch, where a user's own fit is interrupted; part of a search must not go on so.
            if interrupts_raise():
                raise
            warn_user(f"The training was interrupted in epoch {len(self.history)}; the net is as it was.")
        finally:
            self.rows_in_training_ = []
        self.notify("on_train_end", X=data, y=data.y)
        return self.end_training()

    def end_training(self):
        """Warn where the training has left weights that are not finite.

        Returns
        -------
        self : estimator
            Trained.
        """
        warn_of_divergence(self)
        return self

    def _while_training(self):
        """Return a context manager around the epochs."""
        return nullcontext()

    def get_split_datasets(self, X, y=None, **fit_params):
        whole = X.unfold_views(), None
        train, valid = whole if self.train_split is None else split_clips(self.train_split, X)
        if valid is not None and not isinstance(valid, ClipDataset):
            valid = self._held_out(*unpack_rows(valid))  # of skorch's predefined_split
        self.rows_in_training_ = [id(part.X) for part in (train, valid) if part is not None]
        return train, valid

    def _held_out(self, X, y):
        """Return rows from outside that a callback watches, as those of a fit."""
        X, y = self._check_rows(X, y, True)
        weight = np.ones(len(X))
        return weighted_rows(X, y, self.classes_, None, weight, None, self._row_axes(X)).unfold_views()

    def _dataset_of(self, X):
        """Return rows from outside as a dataset, one view a row."""
        X = self._check_rows(unpack_rows(X)[0], None, True)
        return ClipDataset(X, row_axes=self._row_axes(X)).unfold_views()

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
        weight = to_tensor(X["sample_weight"], device=self.device)
        # Outside of training the network's output may be float64, the criterion's centres are not.
        dtype = getattr(torch, self.dtype)
        y_pred = y_pred.to(dtype) if torch.is_tensor(y_pred) else tuple(part.to(dtype) for part in y_pred)
        terms = self.criterion_(
            y_pred, to_tensor(y_true, device=self.device), weight, **self._loss_inputs(X)
        )
        if torch.is_tensor(terms):
            return terms
        self._record_terms(terms, "train" if training else "valid")
        return terms.total

    def forward_iter(self, X, training=False, device="cpu"):
        check_is_fitted(self)
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
