"""skorch, made to keep scikit-learn's promises: seeded streams, one loss term a column, an end when asked."""

import copy
import threading
from collections.abc import Mapping
from contextlib import suppress

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils import check_random_state
from skorch.callbacks import EarlyStopping, EpochScoring, EpochTimer, PassthroughScoring
from skorch.utils import to_tensor

from skmer.classifiers._parameters import NetParameters
from skmer.nn import Augmentation, DeReGRL, DeReGRLLoss, LossTerms, SeededDropout
from skmer.training._callbacks import OneCycle, QuietPrintLog
from skmer.training._compiled_steps import CompiledSteps, has_hooks, is_compiled
from skmer.training._split import split_clips
from skmer.training._streams import Streams
from skmer.training._threads import one_thread

_WEIGHTS = threading.RLock()
# What a fit finds in its rows before it builds a network.
FITTED = ("graph_", "classes_inferred_", "scale_", "n_features_in_", "feature_names_in_")
LOSS_TERMS = ("cross_entropy", "center", "weight", "balance")


def softmax(logits):
    """Probabilities in float64, so that they sum to one to the last digits."""
    return logits.double().softmax(-1)


class EarlyStop(Exception):
    """What skorch's EarlyStopping means."""


class ClipNet(NetParameters):
    """A skorch net over a `skmer.training._dataset.ClipDataset`.

    It expects ``graph_``, ``n_features_in_``, ``scale_`` and ``classes_`` to be there when it is initialized,
    and the parameters ``mirror``, ``noise``, ``rigid_noise``, ``schedule``, ``weight_decay``, ``n_members``
    and ``random_state`` in the subclass.
    """

    @property
    def _default_callbacks(self):
        terms = [
            (f"{part}_{term}", PassthroughScoring(name=f"{part}_{term}", on_train=part == "train"))
            for part in (("train",) if self.train_split is None else ("train", "valid"))
            for term in ("loss", *LOSS_TERMS)
        ]
        accuracy = EpochScoring("accuracy", name="valid_acc", lower_is_better=False)
        schedule = [("one_cycle", OneCycle())] if isinstance(self.schedule, str) else []
        return [
            ("epoch_timer", EpochTimer()),
            *terms,
            *([] if self.train_split is None else [("valid_acc", accuracy)]),
            *schedule,
            ("print_log", QuietPrintLog()),
        ]

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
        self.augmentation_ = self._make_augmentation()
        # torch draws initial weights from its global generator, which all threads share.
        with _WEIGHTS, torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.streams_.weights)
            super().initialize()
        self.built_with_ = self._blueprint()
        return self

    def _make_augmentation(self):
        return Augmentation(self.graph_, 0.5 * self.mirror, self.noise, self.rigid_noise)

    def rebuild(self):
        """Build everything anew around fitted attributes, for weights that are about to be loaded.

        Returns
        -------
        self : estimator
            Initialized; the weights are random.
        """
        return self._begin(np.random.RandomState() if self.random_state is None else self.random_state)

    def _begin(self, random_state):
        """Draw the streams, and build this net and those beside it."""
        random_state = check_random_state(random_state)
        self.streams_ = Streams.from_random_state(random_state)
        self.initialize()
        seeds = random_state.randint(np.iinfo(np.int32).max, size=self.n_members - 1)
        self.others_ = [self._other(int(seed)) for seed in seeds]
        return self

    def _other(self, seed):
        """Return a net beside this one: the same but for its seed."""
        other = clone(self).set_params(n_members=1, random_state=seed)
        vars(other).update({name: getattr(self, name) for name in FITTED if hasattr(self, name)})
        return other._begin(seed)

    def initialize_criterion(self):
        """Build the criterion in the precision of the module.

        Returns
        -------
        self : estimator
            With ``criterion_``.
        """
        super().initialize_criterion()
        self.criterion_.to(getattr(torch, self.dtype))
        return self

    def initialize_module(self):
        """Build the module and give its dropout layers their own generator.

        Returns
        -------
        self : estimator
            With ``module_``.
        """
        super().initialize_module()
        self.module_.to(getattr(torch, self.dtype))
        for layer in self.module_.modules():
            if isinstance(layer, SeededDropout):
                layer.generator = self.streams_.dropout
        return self

    def initialize_callbacks(self):
        """Build the callbacks, and note which of them are there by default.

        Returns
        -------
        self : estimator
            With ``callbacks_``.
        """
        self.usual_callbacks_ = [name for name, _ in self._default_callbacks]
        return super().initialize_callbacks()

    def _heed_changes(self):
        """Take over what was set since the last training and asks for no new network."""
        self.augmentation_ = self._make_augmentation()
        usual = [name for name, _ in self._default_callbacks]
        if self.callbacks == "disable" or usual == getattr(self, "usual_callbacks_", None):
            return
        self._initialize_callbacks()
        if self.schedule is None:
            for group in self.optimizer_.param_groups:
                group["lr"] = group.get("max_lr", self.lr)  # a cycle leaves next to nothing behind

    def _train(self, data):
        self._heed_changes()
        self.notify("on_train_begin", X=data, y=data.y)
        self.steps_ = self._make_steps()
        try:
            with suppress(EarlyStop), one_thread():
                self.fit_loop(data)
        finally:
            self.steps_ = None
        self.notify("on_train_end", X=data, y=data.y)
        return self

    def _make_steps(self):
        """What computes a step in compiled loops, None where it cannot."""
        usual = self.module is DeReGRL and self.criterion is DeReGRLLoss and not self.compile
        usual &= all(getattr(type(self), name) is getattr(ClipNet, name) for name in ("infer", "get_loss"))
        parts = self.module_, self.criterion_
        if not (usual and is_compiled(self)) or any(map(has_hooks, parts)):
            return None
        named = [{name: p.detach()[None] for name, p in part.named_parameters()} for part in parts]
        return CompiledSteps(*parts, *named)

    def notify(self, method_name, **cb_kwargs):
        """Call a method of every callback.

        Parameters
        ----------
        method_name : str
            Such as ``"on_epoch_end"``.
        **cb_kwargs : object
            Its arguments.
        """
        try:
            super().notify(method_name, **cb_kwargs)
        except KeyboardInterrupt:
            # EarlyStopping asks for the end in the same way as a user who presses Ctrl-C.
            if method_name == "on_epoch_end" and any(
                _has_had_enough(callback) for _, callback in self.callbacks_
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

    def get_iterator(self, dataset, training=False):
        """Return what cuts a dataset into batches.

        Parameters
        ----------
        dataset : Dataset
            Rows.
        training : bool, default=False
            Whether ``iterator_train`` or ``iterator_valid`` does it.

        Returns
        -------
        iterator : iterable
            Batches.

        Raises
        ------
        ValueError
            If there is none to train on.
        """
        iterator = super().get_iterator(dataset, training=training)
        if training and len(iterator) == 0:
            raise ValueError(
                f"iterator_train makes no batch of {len(dataset)} clips with batch_size={self.batch_size}; "
                "use a smaller batch_size or iterator_train__drop_last=False."
            )
        return iterator

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
        if getattr(self, "steps_", None) is None:
            return super().train_step_single((rows, target), **fit_params)
        return self._compiled_step(rows, target)

    def _compiled_step(self, rows, target):
        """Set the gradients and return what skorch's own step does."""
        self._set_training(True)
        features = rows["X"].to(getattr(torch, self.dtype)) / self.scale_
        step, terms = self.steps_(features[None], target[None], rows["sample_weight"][None])
        for part in (self.module_, self.criterion_):
            for name, parameter in part.named_parameters():
                parameter.grad = step.gradients[name][0] if parameter.requires_grad else None
        for name in LOSS_TERMS:
            self.history.record_batch(f"train_{name}", getattr(terms, name).item())
        return {"loss": terms.total[0], "y_pred": step.output()}

    def _set_training(self, training=True):
        """Switch modules to training or evaluation, where they are not there yet: the walk takes its time."""
        modules = [getattr(self, f"{name}_") for name in self._modules + self._criteria]
        if any(module.training != training for module in modules):
            super()._set_training(training)

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
        features = to_tensor(x["X"] if isinstance(x, Mapping) else x, device=self.device)
        features = features.to(getattr(torch, self.dtype)) / self.scale_
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
        # Outside of training the network's output is float64, the criterion's centres are not.
        y_pred = tuple(part.to(getattr(torch, self.dtype)) for part in y_pred)
        terms = self.criterion_(y_pred, to_tensor(y_true, device=self.device), weight)
        if not isinstance(terms, LossTerms):
            return terms
        part = "train" if training else "valid"
        for name in LOSS_TERMS:
            self.history.record_batch(f"{part}_{name}", getattr(terms, name).item())
        return terms.total


def _has_had_enough(callback):
    return isinstance(callback, EarlyStopping) and callback.misses_ == callback.patience
