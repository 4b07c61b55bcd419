"""Training of one net in compiled loops: a whole epoch, or the gradient of a batch, in one call."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from skmer._utils._arguments import Items, checked
from skmer._utils._sklearn import HasMethods
from skmer.nn import DeReGRL, DeReGRLLoss, LossTerms
from skmer.nn._compiled import AdamStep, compiled_trainer, is_compiled
from skmer.training._callbacks import LOSS_TERMS, OneCycle, hears_batches, hears_gradients
from skmer.training._dataset import BatchIterator

ADAMS = (torch.optim.AdamW, torch.optim.Adam)
PLAIN = ("amsgrad", "maximize", "differentiable", "capturable")

Batch = tuple[Mapping[str, Tensor], Tensor]


class CompiledEpochs:
    """Compiled steps on an initialized net, for as long as one training lasts.

    Parameters
    ----------
    net : skorch net
        Initialized, with ``module_`` a `skmer.nn.DeReGRL` and ``criterion_`` a `skmer.nn.DeReGRLLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.training import CompiledEpochs
    >>> X, y = np.random.default_rng(0).normal(size=(32, 4)), np.arange(32) % 2
    >>> ((net, data),) = DeReGRLClassifier(graph="generic", random_state=0).prepare_fit(X, y)
    >>> if CompiledEpochs.supports(net):
    ...     assert CompiledEpochs(net).has_update
    """

    @checked(net=[HasMethods("initialize")])
    def __init__(self, net: Any) -> None:
        self.net = net
        self.trainer = compiled_trainer(net.module_, net.criterion_)
        self.named = self.trainer.parameters
        callbacks = [callback for _, callback in net.callbacks_]
        self._heard = any(map(hears_batches, callbacks)), any(map(hears_gradients, callbacks))
        # Tensors on the trainer's own arrays: handed to the optimizer as its state, they need no copying.
        self._steps = torch.zeros(len(self.named))
        self._state = {
            name: {
                "exp_avg": torch.from_numpy(self.trainer.means[name]),
                "exp_avg_sq": torch.from_numpy(self.trainer.squares[name]),
                "step": step,
            }
            for name, step in zip(self.named, self._steps.unbind(), strict=True)
        }

    def __reduce__(self) -> Any:
        # Copies and pickles of a net in training, which callbacks may make, go without: the trainer holds
        # addresses of this process's memory.
        return type(None), ()

    @staticmethod
    def supports(net: Any) -> bool:
        """Return whether an initialized net can be trained so, and nothing waits for its modules' calls.

        Parameters
        ----------
        net : skorch net
            Initialized.

        Returns
        -------
        supported : bool
            False as well where a subclass has a step of its own.
        """
        # A subclass that defines one of these means something by it, which the loops would pass over.
        own = [getattr(type(net), name, None) for name in ("infer", "get_loss")]
        ours = all(str(getattr(method, "__module__", "")).startswith("skmer.") for method in own)
        return ours and runs_in_threads(net) and not any(map(_has_hooks, (net.module_, net.criterion_)))

    @property
    def has_update(self) -> bool:
        """True where the optimizer's step is compiled too; otherwise only the gradients are."""
        optimizer = self.net.optimizer_
        groups = optimizer.param_groups
        # A parameter that was frozen for a while has taken fewer steps than the rest.
        if len({float(state["step"]) for state in optimizer.state.values() if "step" in state}) > 1:
            return False
        plain = type(optimizer) in ADAMS and len(groups) == 1 and not any(groups[0].get(n) for n in PLAIN)
        rates = plain and all(isinstance(v, float) for v in (groups[0]["lr"], *groups[0]["betas"]))
        hooked = plain and (optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks)
        return bool(rates and not hooked and not self._heard[1])

    def run_epoch(self, iterator: Any, prefix: str) -> None:
        """Train one epoch and record it, as `skorch.NeuralNet.run_single_epoch` does.

        Batches are trained in one call, or one a call where a callback has a use for them: the bits are the
        same.

        Parameters
        ----------
        iterator : iterable of (rows, target)
            Batches.
        prefix : str
            Of the entries in the history, ``"train"``.
        """
        net, names = self.net, [f"{prefix}_{name}" for name in ("loss", *LOSS_TERMS, "batch_size")]
        if self._heard[0]:
            rows = []
            for batch in iterator:
                net.notify("on_batch_begin", batch=batch, training=True)
                rows += self.train(_stacked([batch]), [net.optimizer_.param_groups[0]["lr"]])
                for name, value in zip(names, rows[-1], strict=True):
                    net.history.record_batch(name, value)
                loss, output = torch.tensor(rows[-1][0]), self.trainer.output(rows[-1][-1])
                net.notify("on_batch_end", batch=batch, training=True, loss=loss, y_pred=output)
        else:
            runs = iterator.stacked() if type(iterator) is BatchIterator else _stacked(list(iterator))
            rows = self.train(runs, self._rates(sum(len(target) for _, target in runs)))
            # What `History.new_batch` and `record_batch` do, without a search through the history for each.
            net.history[-1]["batches"] += [dict(zip(names, row, strict=True)) for row in rows]
        net.history.record(f"{prefix}_batch_count", len(rows))

    def _rates(self, n_steps: int) -> Sequence[float]:
        """Return the learning rates of the next steps; the schedule moves on."""
        group = self.net.optimizer_.param_groups[0]
        for _, callback in self.net.callbacks_:
            if isinstance(callback, OneCycle):
                (rates,) = callback.next_rates(n_steps)
                group["lr"] = rates[-1]
                return rates
        return [group["lr"]] * n_steps

    def train(self, runs: Iterable[Batch], rates: Sequence[float]) -> list[list[float]]:
        """Train on batches one after the other.

        Parameters
        ----------
        runs : iterable of (rows, target)
            Batches of one size, stacked along a first axis, as `BatchIterator.stacked` gives them.
        rates : sequence of float
            Learning rate of each batch.

        Returns
        -------
        rows : list of list of float
            Of each batch the terms of the loss before the step, and its number of clips.
        """
        found: list[list[float]] = []
        for run in runs:
            n_batches, n_clips = run[1].shape
            adam = self._load_state(rates[len(found) : len(found) + n_batches])
            terms = self.trainer.run(*self._inputs(run), adam)
            self._store_state(adam)
            found += [[*row, n_clips] for row in terms.tolist()]
        return found

    def gradients(self, batch: Batch) -> tuple[LossTerms, tuple[Tensor, Tensor, Tensor]]:
        """Set the parameters' gradients for an optimizer of torch.

        Parameters
        ----------
        batch : (rows, target)
            As `ClipDataset` gives it.

        Returns
        -------
        terms : LossTerms of Tensor of shape (1,)
            Loss.
        output : tuple of Tensor
            Of the network.
        """
        (run,) = _stacked([batch])
        terms = self.trainer.run(*self._inputs(run))
        gradients = self.trainer.gradients()
        for name, parameter in self.named.items():
            parameter.grad = gradients[name] if parameter.requires_grad else None
        return LossTerms(*terms.T), self.trainer.output(len(batch[1]))

    def _inputs(self, run: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return augmented features, classes and weights of stacked batches."""
        net, (rows, target) = self.net, run
        features = augment_batches(rows["X"], [net] * len(target))
        return features.to(getattr(torch, net.dtype)) / net.scale_, target, rows["sample_weight"]

    def _load_state(self, rates: Sequence[float]) -> AdamStep:
        """Copy what the optimizer knows into the trainer, and return its settings."""
        optimizer, group = self.net.optimizer_, self.net.optimizer_.param_groups[0]
        for name, parameter in self.named.items():
            state = optimizer.state.get(parameter) or {}
            for key, kept in self._state[name].items():
                if key not in state:
                    kept.zero_()
                elif state[key] is not kept:
                    kept.copy_(state[key])
        # The optimizer counts no steps of frozen parameters.
        n_before = int(self._steps.max())
        decoupled = isinstance(optimizer, torch.optim.AdamW) or bool(group.get("decoupled_weight_decay"))
        return AdamStep(
            rates, n_before, tuple(group["betas"]), group["eps"], float(group["weight_decay"]), decoupled
        )

    def _store_state(self, adam: AdamStep) -> None:
        """Give the optimizer Adam's moments, so that it can go on from them."""
        optimizer = self.net.optimizer_
        # torch's schedulers warn where no step has been taken before their first.
        optimizer._opt_called = True
        self._steps.fill_(adam.n_steps_before + len(adam.rates))
        for name, parameter in self.named.items():
            own = self._state[name]
            # Once it has our tensors as its state, there is nothing to hand over: the loops write into them.
            if parameter.requires_grad and optimizer.state[parameter].get("exp_avg") is not own["exp_avg"]:
                optimizer.state[parameter] |= own


def _has_hooks(module: nn.Module) -> bool:
    """Return whether something waits for a module, or a part of it, to be called."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(part, name) for part in module.modules() for name in hooks)


@checked(x=[torch.Tensor], nets=[Items(HasMethods("fit"), least=1)])
def augment_batches(x: Tensor, nets: Sequence[Any]) -> Tensor:
    """Return augmented batches.

    Parameters
    ----------
    x : Tensor of shape (L, B, T, N, C)
        Node features of L batches.
    nets : sequence of net
        Of each batch, the net whose stream of random numbers it takes. All augment alike.

    Returns
    -------
    x : Tensor of shape (L, B, T, N, C)
        As it was where the nets augment nothing.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.training import augment_batches
    >>> X, y = np.random.default_rng(0).normal(size=(32, 186)), np.arange(32) % 2
    >>> ((net, data),) = DeReGRLClassifier(random_state=0).prepare_fit(X, y)
    >>> augment_batches(data.X[None], [net]).shape
    torch.Size([1, 32, 3, 31, 2])
    """
    augmentation = nets[0].augmentation_
    if not augmentation.active:
        return x
    draws = [net.augmentation_.draw(x.shape[1:], net.streams_.augmentation) for net in nets]
    return augmentation(x, type(draws[0])(*map(torch.stack, zip(*draws, strict=True))))


def _stacked(batches: list[Batch]) -> list[Batch]:
    """Return the batches in their order, neighbours of one size stacked."""
    runs = [list(alike) for _, alike in groupby(batches, key=lambda batch: len(batch[1]))]
    return [
        (
            {key: torch.stack([rows[key] for rows, _ in run]) for key in run[0][0]},
            torch.stack([y for _, y in run]),
        )
        for run in runs
    ]


@checked(estimator=[HasMethods("fit")])
def runs_in_threads(estimator: Any) -> bool:
    """Return whether fits of an estimator let go of Python's lock, so that threads train at the same time.

    Parameters
    ----------
    estimator : estimator
        A net, or an ensemble with a net as its ``estimator``.

    Returns
    -------
    in_threads : bool
        True for nets that are trained in compiled loops.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skmer.training import runs_in_threads
    >>> runs_in_threads(SVC())
    False
    """
    net = net_of(estimator)
    if net is None or net.module is not DeReGRL or net.criterion is not DeReGRLLoss or net.compile:
        return False
    return torch.device(net.device).type == "cpu" and is_compiled(net.get_architecture())


def net_of(estimator: Any) -> Any:
    """Return the net that an estimator is or is an ensemble of; None where it is neither."""
    net: Any = getattr(estimator, "estimator", estimator)
    return net if hasattr(net, "get_architecture") else None
