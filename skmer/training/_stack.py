"""Many fits of one architecture trained as one in torch: their parameters stacked along a replica axis."""

import copy
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from skmer._utils._arguments import Items, check_same_length, checked, integer, option
from skmer._utils._sklearn import HasMethods
from skmer._utils._torch import usual_torch
from skmer.nn import DeReGRL, DeReGRLLoss, LossTerms, SeededDropout
from skmer.nn._compiled import LAMBDAS
from skmer.training._callbacks import LOSS_TERMS, one_cycle_rates
from skmer.training._dataset import BatchIterator, ClipDataset
from skmer.training._epochs import augment_batches, net_of, runs_in_threads
from skmer.training._repeatable import one_thread

# Replicas in a stack by device: a larger one is no quicker on a CPU, a GPU is idle with a smaller.
STACK_SIZES = {"cpu": 32, "cuda": 128}

OWN_LOOP = ("callbacks", "train_split", "warm_start", "compile")
USUAL = {
    "iterator_train": BatchIterator,
    "dataset": ClipDataset,
    "criterion": DeReGRLLoss,
    "module": DeReGRL,
}
# Optimizers that treat each entry of a tensor by itself.
ENTRYWISE = ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "RMSprop")
KNOWN_PREFIXES = ("module__", "criterion__", "optimizer__")


@checked(estimator=[HasMethods("fit")])
def stacking_reason(estimator: Any) -> str | None:
    """Return the reason that nets like an estimator's are not trained in stacks; None where they are.

    Nets whose steps are compiled are quickest one by one; others, and all nets on a GPU, in stacks. Which
    nets may share one is told by `stack_size_of`.

    Parameters
    ----------
    estimator : estimator
        A net, or an ensemble with a net as its ``estimator``.

    Returns
    -------
    reason : str or None
        Words that complete "since ...".

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skmer.training import stacking_reason
    >>> stacking_reason(SVC())
    'SVC is no net of skmer.classifiers'
    """
    net = net_of(estimator)
    if net is None:
        return f"{type(estimator).__name__} is no net of skmer.classifiers"
    if hasattr(net, "loop_reason"):
        return net.loop_reason
    for name in OWN_LOOP:
        if getattr(net, name):
            return f"{name} is set"
    for name, usual in USUAL.items():
        if getattr(net, name) is not usual:
            return f"{name} is not {usual.__name__}"
    if net.optimizer not in [getattr(torch.optim, name) for name in ENTRYWISE]:
        return f"{net.optimizer.__name__} does not work entry by entry"
    dunder = (name for name in vars(net) if "__" in name and not name.startswith("_"))
    unknown = next((name for name in dunder if not name.startswith(KNOWN_PREFIXES)), None)
    if unknown or getattr(net, "optimizer__param_groups", None):
        return f"{unknown or 'optimizer__param_groups'} is set"
    return "it is compiled for the CPU, where nets are quickest one by one" if runs_in_threads(net) else None


@checked(estimator=[HasMethods("fit")])
def stack_size_of(estimator: Any) -> int:
    """Return the largest number of nets of different fits in one stack.

    The nets of one fit, those of an ensemble, share stacks wherever `stacking_reason` has nothing against it.
    Nets of different fits, as those of a search, do so on a GPU alone: a stack adds in another order than a
    net by itself, so that on a CPU a result would depend on its company, and on where a run was interrupted.

    Parameters
    ----------
    estimator : estimator
        A net, or an ensemble with a net as its ``estimator``.

    Returns
    -------
    size : int
        1 where each fit is by itself.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skmer.training import stack_size_of
    >>> stack_size_of(SVC())
    1
    """
    alone = stacking_reason(estimator) is not None or _device_type(estimator) == "cpu"
    return 1 if alone else _replicas(estimator)


@usual_torch()
@checked(
    estimators=[Items(HasMethods("prepare_fit"), HasMethods("fit"))],
    data=[Items(Items(object, n=3))],
    stack_size=[integer(1), option("auto")],
)
def fit_stacked(
    estimators: Sequence[Any],
    data: Sequence[tuple[Any, Any, dict[str, Any]]],
    *,
    stack_size: int | str = "auto",
) -> None:
    """Fit nets as ``estimator.fit(X, y, **params)`` does, those of one shape together.

    Parameters
    ----------
    estimators : sequence of estimator
        Unfitted nets, or ensembles of them.
    data : sequence of (X, y, params)
        Arguments of each fit.
    stack_size : int or "auto", default="auto"
        Nets in a stack at most. "auto": by the device.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.training import fit_stacked
    >>> X, y = np.random.default_rng(0).normal(size=(32, 4)), np.arange(32) % 2
    >>> nets = [DeReGRLClassifier(graph="generic", max_epochs=1, random_state=seed) for seed in (0, 1)]
    >>> fit_stacked(nets, [(X, y, {}), (X, y, {})])
    >>> nets[1].predict(X).shape
    (32,)
    """
    check_same_length(estimators=estimators, data=data)
    stacks: dict[str, list[tuple[Any, ClipDataset]]] = {}
    for estimator, (X, y, params) in zip(estimators, data, strict=True):
        for net, rows in estimator.prepare_fit(X, y, **params):
            # Action units are no part of a stack's step.
            if stacking_reason(net) is not None or rows.action_units is not None:
                net.train(rows)
            else:
                unfolded = rows.unfold_views()
                stacks.setdefault(_shape_of(net, unfolded), []).append((net, unfolded))
    for alike in stacks.values():
        size = _replicas(alike[0][0]) if isinstance(stack_size, str) else stack_size
        for start in range(0, len(alike), size):
            nets, datasets = zip(*alike[start : start + size], strict=True)
            StackedNets(nets, datasets).train()
            for net in nets:
                net.end_training()


class StackedNets:
    """Initialized nets of one shape, trained together by autograd.

    Every net keeps its own streams of random numbers and its own batches: the arithmetic alone is stacked. It
    differs from that of a net by itself in the order of additions.

    Parameters
    ----------
    nets : sequence of net
        Initialized, of one shape.
    datasets : sequence of ClipDataset
        The rows of each, views unfolded.
    """

    def __init__(self, nets: Sequence[Any], datasets: Sequence[ClipDataset]) -> None:
        self.nets = nets
        self.datasets = datasets
        self.device = torch.device(nets[0].device)
        self.module, self.weights = _stack([net.module_ for net in nets])
        self.criterion, self.centers = _stack([net.criterion_ for net in nets])
        self.scale = self._column([net.scale_ for net in nets]).reshape(-1, 1, 1, 1, 1)
        # One value a replica: the loss multiplies by whatever stands in the attribute.
        for name in LAMBDAS:
            setattr(self.criterion, name, self._column([getattr(net.criterion_, name) for net in nets]))
        for layer in self.module.modules():
            if isinstance(layer, SeededDropout):
                layer.generator = [net.streams_.dropout for net in nets]

    def train(self) -> None:
        """Train all epochs; give each net its weights, its history and its optimizer's state."""
        optimizer, rates = self._optimizer()
        with one_thread():
            for epoch in range(self.nets[0].max_epochs):
                started, steps = time.perf_counter(), []
                for batch in self._batches():
                    optimizer.param_groups[0]["lr"] = next(rates)
                    terms = self._step(*self._inputs(batch))
                    optimizer.step()
                    steps.append(torch.stack(terms).detach())
                self._record(epoch + 1, torch.stack(steps), time.perf_counter() - started)
        for replica, net in enumerate(self.nets):
            _give(net.module_, self.weights, replica, optimizer, net.optimizer_)
            _give(net.criterion_, self.centers, replica, optimizer, net.optimizer_)

    def _batches(self) -> Iterator[Any]:
        """Return the batches of one epoch, each a tuple over the nets."""
        alike = zip(self.nets, self.datasets, strict=True)
        return zip(*[net.get_iterator(data, training=True) for net, data in alike], strict=True)

    def _record(self, epoch: int, steps: Tensor, seconds: float) -> None:
        """Write an epoch into each net's history; ``steps`` is (batches, terms, nets)."""
        names = ["train_loss", *[f"train_{name}" for name in LOSS_TERMS]]
        for net, values in zip(self.nets, steps.mean(0).T.tolist(), strict=True):
            net.history.new_epoch()
            row = {"epoch": epoch, "dur": seconds, "train_batch_count": len(steps)}
            for name, value in {**row, **dict(zip(names, values, strict=True))}.items():
                net.history.record(name, value)

    def _optimizer(self) -> tuple[torch.optim.Optimizer, Iterator[float]]:
        """Return one optimizer for all, which works entry by entry, and the learning rate of each step."""
        first = self.nets[0]
        named = [*self.weights.items(), *self.centers.items()]
        args, kwargs = first.get_params_for_optimizer("optimizer", named)
        n_steps = first.max_epochs * len(first.get_iterator(self.datasets[0], training=True))
        rates = [first.lr] * n_steps if first.schedule is None else one_cycle_rates(first.lr, n_steps)
        return first.optimizer(*args, **kwargs), iter(rates)

    def _step(self, features: Tensor, target: Tensor, weight: Tensor) -> LossTerms:
        """Return the terms of the loss, each of (nets,), and set the gradients."""
        for tensor in (*self.weights.values(), *self.centers.values()):
            tensor.grad = None
        output = functional_call(self.module, self.weights, (features,))
        terms = functional_call(self.criterion, self.centers, (output, target, weight))
        # No parameter has a part in another replica's loss.
        terms.total.sum().backward()
        return terms

    def _inputs(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Return features, classes and weights of a batch of all nets."""
        rows, target = zip(*batch, strict=True)
        x = augment_batches(torch.stack([row["X"] for row in rows]), self.nets)
        features = x.to(self.device, self.scale.dtype) / self.scale
        weight = torch.stack([row["sample_weight"] for row in rows]).to(self.device)
        return features, torch.stack(target).to(self.device), weight

    def _column(self, values: list[float]) -> Tensor:
        return torch.tensor(values, dtype=next(iter(self.weights.values())).dtype, device=self.device)


def _device_type(estimator: Any) -> str:
    return torch.device(net_of(estimator).device).type


def _replicas(estimator: Any) -> int:
    return STACK_SIZES.get(_device_type(estimator), STACK_SIZES["cuda"])


def _shape_of(net: Any, data: ClipDataset) -> str:
    """Return a key of what nets have to share to be stacked: shapes of tensors, batches, optimizer."""
    criterion = {name: v for name, v in net.get_params_for("criterion").items() if name not in LAMBDAS}
    parts = (net.get_params_for("module"), criterion, net.get_params_for("optimizer"))
    batches = [len(rows) for rows in net.get_iterator(data, training=True).batches()]
    names = (
        *("module", "optimizer", "lr", "max_epochs", "schedule", "dtype", "device"),
        *("horizontal_flip", "noise", "head_motion_noise"),
    )
    plan = [getattr(net, name) for name in names]
    # The values have no common order or hash (graphs, classes of torch); their text tells them apart.
    return repr([sorted(part.items()) for part in parts] + [plan, batches])


def _stack(modules: list[nn.Module]) -> tuple[nn.Module, dict[str, Tensor]]:
    """Return a module to call, and its parameters with a replica axis in front."""
    named = [dict(module.named_parameters()) for module in modules]
    stacked = {name: torch.stack([params[name].detach() for params in named]) for name in named[0]}
    return copy.deepcopy(modules[0]), {name: tensor.requires_grad_() for name, tensor in stacked.items()}


def _give(module: nn.Module, stacked: Any, replica: int, optimizer: Any, own: Any) -> None:
    """Write one replica's weights into its module, and its part of the optimizer's state into its own."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            together = stacked[name]
            parameter.copy_(together[replica])
            own.state[parameter] = {
                # Moments have the replica axis; the number of steps is one for all.
                key: value[replica].clone() if value.shape == together.shape else copy.deepcopy(value)
                for key, value in optimizer.state[together].items()
            }
