"""Training of one net in compiled loops: a whole epoch, or the gradient of a batch, in one call."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from skmer.nn import DeReGRL, DeReGRLLoss, LossTerms
from skmer.nn._compiled import AdamStep, compiled_trainer, is_compiled
from skmer.training._callbacks import LOSS_TERMS, OneCycle, hears_batches, hears_gradients

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

    def __init__(self, net: Any) -> None:
        self.net = net
        self.trainer = compiled_trainer(net.module_, net.criterion_)
        self.named = self.trainer.parameters

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
        """Whether the optimizer's step is compiled too; otherwise only the gradients are."""
        optimizer = self.net.optimizer_
        groups = optimizer.param_groups
        # A parameter that was frozen for a while has taken fewer steps than the rest.
        if len({float(state["step"]) for state in optimizer.state.values() if "step" in state}) > 1:
            return False
        plain = type(optimizer) in ADAMS and len(groups) == 1 and not any(groups[0].get(n) for n in PLAIN)
        rates = plain and all(isinstance(v, float) for v in (groups[0]["lr"], *groups[0]["betas"]))
        hooked = plain and (optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks)
        heard = any(hears_gradients(callback) for _, callback in self.net.callbacks_)
        return bool(rates and not hooked and not heard)

    def run_epoch(self, iterator: Iterable[Batch], prefix: str) -> None:
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
        net, batches = self.net, list(iterator)
        if any(hears_batches(callback) for _, callback in net.callbacks_):
            for batch in batches:
                net.notify("on_batch_begin", batch=batch, training=True)
                ((terms, n_clips),) = self.train([batch], [net.optimizer_.param_groups[0]["lr"]])
                self._record(terms, n_clips, prefix)
                loss, output = torch.tensor(terms.total), self.trainer.output(n_clips)
                net.notify("on_batch_end", batch=batch, training=True, loss=loss, y_pred=output)
        else:
            for terms, n_clips in self.train(batches, self._rates(len(batches))):
                net.history.new_batch()
                self._record(terms, n_clips, prefix)
        net.history.record(f"{prefix}_batch_count", len(batches))

    def _rates(self, n_steps: int) -> Sequence[float]:
        """Return the learning rates of the next steps; the schedule moves on."""
        group = self.net.optimizer_.param_groups[0]
        for _, callback in self.net.callbacks_:
            if isinstance(callback, OneCycle):
                (rates,) = callback.next_rates(n_steps)
                group["lr"] = rates[-1]
                return rates
        return [group["lr"]] * n_steps

    def _record(self, terms: LossTerms, n_clips: int, prefix: str) -> None:
        """Write a batch into the history."""
        record = self.net.history.record_batch
        record(f"{prefix}_loss", terms.total)
        record(f"{prefix}_batch_size", n_clips)
        for name in LOSS_TERMS:
            record(f"{prefix}_{name}", getattr(terms, name))

    def train(self, batches: Iterable[Batch], rates: Iterable[float]) -> list[tuple[LossTerms, int]]:
        """Train on batches one after the other.

        Parameters
        ----------
        batches : iterable of (rows, target)
            As `ClipDataset` gives them.
        rates : iterable of float
            Learning rate of each.

        Returns
        -------
        terms : list of (LossTerms of float, int)
            Loss before the step and number of clips of each batch.
        """
        rates = list(rates)
        found: list[tuple[LossTerms, int]] = []
        for alike in _runs_of_one_size(list(batches)):
            inputs = self._inputs(alike)
            adam = self._load_state(rates[len(found) : len(found) + len(alike)])
            terms = self.trainer.run(*inputs, adam)
            self._store_state(adam)
            values = torch.stack(tuple(terms)).T.tolist()
            found += [(LossTerms(*row), len(alike[0][1])) for row in values]
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
        terms = self.trainer.run(*self._inputs([batch]))
        gradients = self.trainer.gradients()
        for name, parameter in self.named.items():
            parameter.grad = gradients[name] if parameter.requires_grad else None
        return terms, self.trainer.output(len(batch[1]))

    def _inputs(self, batches: list[Batch]) -> tuple[Tensor, Tensor, Tensor]:
        """Return augmented features, classes and weights of batches of one size, stacked."""
        net = self.net
        rows, target = zip(*batches, strict=True)
        features = augment_batches(torch.stack([row["X"] for row in rows]), [net] * len(rows))
        features = features.to(getattr(torch, net.dtype)) / net.scale_
        return features, torch.stack(target), torch.stack([row["sample_weight"] for row in rows])

    def _load_state(self, rates: list[float]) -> AdamStep:
        """Copy what the optimizer knows into the trainer, and return its settings."""
        optimizer, group = self.net.optimizer_, self.net.optimizer_.param_groups[0]
        n_before = 0
        for name, parameter in self.named.items():
            state = optimizer.state.get(parameter) or {}
            for key, kept in (("exp_avg", self.trainer.means), ("exp_avg_sq", self.trainer.squares)):
                kept[name][...] = state[key].numpy() if state else 0
            n_before = max(n_before, int(state["step"]) if state else 0)
        decoupled = isinstance(optimizer, torch.optim.AdamW) or bool(group.get("decoupled_weight_decay"))
        return AdamStep(
            rates, n_before, tuple(group["betas"]), group["eps"], float(group["weight_decay"]), decoupled
        )

    def _store_state(self, adam: AdamStep) -> None:
        """Copy Adam's moments back, so that the optimizer can go on from them."""
        state = self.net.optimizer_.state
        # torch's schedulers warn where no step has been taken before their first.
        self.net.optimizer_._opt_called = True
        for name, parameter in self.named.items():
            if not parameter.requires_grad:
                continue
            own = state[parameter]
            if not own:
                own |= {key: torch.zeros_like(parameter) for key in ("exp_avg", "exp_avg_sq")}
                own["step"] = torch.tensor(0.0, dtype=torch.float32)
            own["exp_avg"].copy_(torch.from_numpy(self.trainer.means[name]))
            own["exp_avg_sq"].copy_(torch.from_numpy(self.trainer.squares[name]))
            own["step"].fill_(adam.n_steps_before + len(adam.rates))


def _has_hooks(module: nn.Module) -> bool:
    """Return whether something waits for a module, or a part of it, to be called."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(part, name) for part in module.modules() for name in hooks)


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


def _runs_of_one_size(batches: list[Batch]) -> list[list[Batch]]:
    """Return the batches in their order, neighbours of one size in one list."""
    runs: list[list[Batch]] = []
    for batch in batches:
        if not runs or len(runs[-1][-1][1]) != len(batch[1]):
            runs.append([])
        runs[-1].append(batch)
    return runs


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
