"""Callbacks of a net: learning-rate schedule, averages of loss terms, a printed log, an early end."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    LRScheduler,
    PassthroughScoring,
    PrintLog,
)

from skmer._utils._arguments import FLAG, Items, checked

LOSS_TERMS = ("cross_entropy", "center", "weight", "balance")
"""Terms of the composite loss, in the order of `skmer.nn.LossTerms` after the total."""


class EarlyStop(Exception):
    """Raised to leave the training loop when `EarlyStopping` runs out of patience.

    Examples
    --------
    >>> from skmer.training import EarlyStop
    >>> issubclass(EarlyStop, Exception)
    True
    """


@checked(callback=[Callback])
def asks_for_end(callback: Callback) -> bool:
    """Return whether a callback is a skorch `EarlyStopping` that has run out of patience.

    Parameters
    ----------
    callback : skorch.callbacks.Callback
        After an epoch.

    Returns
    -------
    asks : bool
        skorch's own way to say so is a KeyboardInterrupt, which a user may cause as well.

    Examples
    --------
    >>> from skorch.callbacks import EpochTimer
    >>> from skmer.training import asks_for_end
    >>> asks_for_end(EpochTimer())
    False
    """
    return isinstance(callback, EarlyStopping) and callback.misses_ == callback.patience


@checked(callback=[Callback])
def hears_batches(callback: Callback) -> bool:
    """Return whether a callback has a use for the beginning or the end of a training batch.

    Parameters
    ----------
    callback : skorch.callbacks.Callback
        Where none has, an epoch can be trained in one call.

    Returns
    -------
    hears : bool
        False for callbacks whose methods for batches do nothing as they are set.

    Examples
    --------
    >>> from skorch.callbacks import EpochTimer, ProgressBar
    >>> from skmer.training import hears_batches
    >>> hears_batches(EpochTimer()), hears_batches(ProgressBar())
    (False, True)
    """
    if isinstance(callback, OneCycle) or (isinstance(callback, EpochScoring) and not callback.on_train):
        return False
    if isinstance(callback, LRScheduler) and callback.step_every == "epoch":
        return False
    return any(
        getattr(type(callback), m) is not getattr(Callback, m) for m in ("on_batch_begin", "on_batch_end")
    )


@checked(callback=[Callback])
def hears_gradients(callback: Callback) -> bool:
    """Return whether a callback has a use for gradients before the optimizer's step.

    Parameters
    ----------
    callback : skorch.callbacks.Callback
        Where one has, the optimizer's step is torch's.

    Returns
    -------
    hears : bool
        Whether it has its own ``on_grad_computed``.

    Examples
    --------
    >>> from skorch.callbacks import GradientNormClipping
    >>> from skmer.training import hears_gradients
    >>> hears_gradients(GradientNormClipping())
    True
    """
    return type(callback).on_grad_computed is not Callback.on_grad_computed


@lru_cache(maxsize=64)
def one_cycle_rates(lr: float, n_steps: int) -> tuple[float, ...]:
    """Return the learning rates of one cycle with the maximum ``lr``, one a step.

    They are read off `torch.optim.lr_scheduler.OneCycleLR`, once for all fits of one length.
    """
    optimizer = torch.optim.SGD([torch.zeros(1, device="cpu")], lr=lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr, total_steps=n_steps, cycle_momentum=False
    )
    rates = [optimizer.param_groups[0]["lr"]]
    optimizer.step()  # torch warns of a schedule that moves before its optimizer
    for _ in range(n_steps - 1):
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return tuple(rates)


class OneCycle(Callback):
    """Raise the learning rate to its maximum over 30 % of the steps, then lower it to almost nothing.

    The cycle of Smith and Topin ("Super-convergence", 2019) as `torch.optim.lr_scheduler.OneCycleLR` has it,
    with the number of steps taken from the data. The maximum is the rate of each parameter group, the net's
    ``lr`` unless ``optimizer__param_groups`` says otherwise. Every call of ``fit`` or ``partial_fit`` is one
    cycle.

    Examples
    --------
    >>> from skmer.training import OneCycle
    >>> OneCycle().initialize()  # doctest: +ELLIPSIS
    <skmer.training._callbacks.OneCycle object at ...>
    """

    rates_: Any = None

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        # Forget the cycle of an earlier call.
        self.rates_ = None

    def on_epoch_begin(self, net: Any, dataset_train: Any = None, **kwargs: Any) -> None:
        # Start the cycle with the first epoch, when the number of batches is known.
        if self.rates_ is None:
            n_steps = net.n_epochs_ * len(net.get_iterator(dataset_train, training=True))
            args, kwargs = net.get_params_for_optimizer("optimizer", list(net.get_all_learnable_params()))
            own = [group.get("lr", kwargs.get("lr", net.lr)) for group in args[0]]
            for group, rate in zip(net.optimizer_.param_groups, own, strict=True):
                group["max_lr"] = rate
            self.rates_ = [one_cycle_rates(rate, n_steps) for rate in own]
            self.step_ = 0

    def next_rates(self, n_steps: int) -> list[tuple[float, ...]]:
        """Return the learning rates of the next steps, and move on.

        Parameters
        ----------
        n_steps : int
            Number of steps.

        Returns
        -------
        rates : list of tuple of float
            One rate a step, for each parameter group.
        """
        start, self.step_ = self.step_, self.step_ + n_steps
        return [rates[start : self.step_] for rates in self.rates_]

    def on_batch_begin(self, net: Any, training: bool = False, **kwargs: Any) -> None:
        # Set the rate of the step to come.
        if training and self.step_ < len(self.rates_[0]):
            for group, (rate,) in zip(net.optimizer_.param_groups, self.next_rates(1), strict=True):
                group["lr"] = rate

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        # Let go of the rates.
        self.rates_ = None


class EpochMeans(Callback):
    """Record the means of batch entries of the history, weighted by the clips of each batch.

    Parameters
    ----------
    names : sequence of str
        Entries, such as "train_center"; one that no batch has is passed over.

    Examples
    --------
    >>> from skmer.training import EpochMeans
    >>> EpochMeans(["train_center"]).names
    ['train_center']
    """

    @checked(names=[Items(str)])
    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        # Record the means of the epoch.
        batches = net.history[-1]["batches"]
        for name in self.names:
            size = f"{name.partition('_')[0]}_batch_size"
            # By clips, since a last batch may be smaller.
            rows = [batch for batch in batches if name in batch]
            if rows:
                total = sum(batch[name] * batch[size] for batch in rows)
                net.history.record(name, total / sum(batch[size] for batch in rows))


class EpochPredictions(Callback):
    """Predict the same clips after every epoch, for a learning curve, or to show what choosing an epoch does.

    Training is not changed by it. An epoch that is chosen by the score on these clips is chosen on the test
    data where they are held out: such a score is no result.

    Parameters
    ----------
    X : array-like
        Clips, as the net takes them.

    Attributes
    ----------
    probabilities_ : list of ndarray (n_clips, n_classes)
        After each epoch of the last training, classes in the net's order.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.training import EpochPredictions
    >>> EpochPredictions(np.zeros((4, 3, 31, 2))).X.shape
    (4, 3, 31, 2)
    """

    @checked(X=["array-like", dict])
    def __init__(self, X: Any) -> None:
        self.X = X

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        # Forget an earlier training.
        self.probabilities_: list[Any] = []

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        # Predict as after a fit that ends here.
        self.probabilities_.append(net.predict_proba(self.X))


class QuietPrintLog(PrintLog):
    """`PrintLog` that does nothing when ``verbose=0``.

    Parameters
    ----------
    keys_ignored, sink, tablefmt, floatfmt, stralign : object
        As of `skorch.callbacks.PrintLog`.

    Examples
    --------
    >>> from skmer.training import QuietPrintLog
    >>> QuietPrintLog().initialize().first_iteration_
    True
    """

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        # Print the epoch where ``verbose`` asks for it.
        if net.verbose:
            super().on_epoch_end(net, **kwargs)


@checked(has_schedule=FLAG, has_validation=FLAG, terms=[Items(str)])
def default_callbacks(
    has_schedule: bool, has_validation: bool, terms: Sequence[str] = LOSS_TERMS
) -> list[tuple[str, Callback]]:
    """Return the callbacks that every net has.

    Parameters
    ----------
    has_schedule : bool
        Whether the learning rate follows `OneCycle`.
    has_validation : bool
        Whether rows are held out from training.
    terms : sequence of str
        Terms of the loss whose means over an epoch are recorded.

    Returns
    -------
    callbacks : list of (str, Callback)
        Names and callbacks.

    Examples
    --------
    >>> from skmer.training import default_callbacks
    >>> [name for name, _ in default_callbacks(True, False)]
    ['epoch_timer', 'train_loss', 'loss_terms', 'one_cycle', 'print_log']
    """
    parts = ("train", "valid") if has_validation else ("train",)
    losses = [(f"{p}_loss", PassthroughScoring(f"{p}_loss", on_train=p == "train")) for p in parts]
    means = EpochMeans([f"{part}_{term}" for part in parts for term in terms])
    accuracy = EpochScoring("accuracy", name="valid_acc", lower_is_better=False)
    return [
        ("epoch_timer", EpochTimer()),
        *losses,
        ("loss_terms", means),
        *([("valid_acc", accuracy)] if has_validation else []),
        *([("one_cycle", OneCycle())] if has_schedule else []),
        ("print_log", QuietPrintLog()),
    ]
