"""skorch's net with scikit-learn's manners: what is said at construction, read, scored and trimmed."""

import difflib
import inspect

import numpy as np
import torch
from skorch import NeuralNet, NeuralNetClassifier
from skorch.utils import is_dataset

from skmer.classifiers._parameters import resolve_device
from skmer.training import EarlyStop, asks_for_end

_PARTS = ("module", "criterion", "optimizer", "iterator_train", "iterator_valid", "callbacks")


class ScoresMixin:
    """Methods that follow from ``predict_proba`` and ``classes_``."""

    def predict_log_proba(self, X):
        """Return the logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        log_proba : ndarray of shape (n_clips, n_classes)
            Columns in the order of ``classes_``.
        """
        proba = self.predict_proba(X)
        return np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))

    def decision_function(self, X):
        """Return what the classes are ranked by: log-probabilities, of two classes their difference.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        decision : ndarray of shape (n_clips, n_classes), or (n_clips,) where there are two classes
            Of two, positive for ``classes_[1]``.
        """
        scores = self.predict_log_proba(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores


class SkorchNet(ScoresMixin, NeuralNetClassifier):
    """`NeuralNetClassifier` that refuses unknown arguments at once and lets `fit` alone find the classes."""

    def __init__(self, module, **kwargs):
        check_arguments(type(self), kwargs)
        super().__init__(module, **kwargs)

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

    def __setstate__(self, state):
        device = state["device"]
        super().__setstate__({**state, "device": resolve_device(device)})
        if device == "auto":
            self.device = device

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

    def _set_training(self, training=True):
        """Switch modules to training or evaluation, where they are not there yet: the walk takes its time."""
        # A net that was trimmed for prediction has no criterion any more.
        parts = (getattr(self, f"{name}_", None) for name in self._modules + self._criteria)
        if any(isinstance(part, torch.nn.Module) and part.training != training for part in parts):
            super()._set_training(training)

    def get_iterator(self, dataset, training=False):
        iterator = super().get_iterator(dataset, training=training)
        if training and len(iterator) == 0:
            raise ValueError(
                f"iterator_train makes no batch of {len(dataset)} clips with batch_size={self.batch_size}; "
                "use a smaller batch_size or iterator_train__drop_last=False."
            )
        return iterator

    def forward_iter(self, X, training=False, device="cpu"):
        """Yield the network's output, batch by batch; rows go through the same door as in `predict_proba`.

        Parameters
        ----------
        X : array-like
            As in `fit`.
        training : bool, default=False
            Whether the modules are in training mode.
        device : str, default="cpu"
            Where the outputs are put.

        Yields
        ------
        output : Tensor or tuple of Tensor
            Of one batch.
        """
        rows = X if is_dataset(X) else self._dataset_of(X)
        yield from super().forward_iter(rows, training=training, device=device)


def check_arguments(cls, kwargs):
    """Refuse arguments that neither the net nor one of its parts takes.

    Parameters
    ----------
    cls : type
        Of the net.
    kwargs : dict
        What its constructor hands to skorch.
    """
    own = {name for base in (NeuralNetClassifier, NeuralNet) for name in inspect.signature(base).parameters}
    # A class that makes parts of its own knows their prefixes, and skorch checks them in `fit`.
    free = not cls.initialize_module.__module__.startswith(("skmer.", "skorch."))
    for name in kwargs:
        prefix, dunder, _ = name.partition("__")
        if name in own or (dunder and (prefix in _PARTS or (free and prefix != "dataset"))):
            continue
        known = [p for p in inspect.signature(cls).parameters if p not in ("self", "kwargs")]
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        raise TypeError(f"{cls.__name__} got an unexpected argument {name!r}{hint}")
