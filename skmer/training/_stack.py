"""Many fits of one architecture trained as one: their parameters stacked along a replica axis."""

import copy
import time

import torch
from torch.func import functional_call

from skmer.classifiers._net import LOSS_TERMS
from skmer.nn import DeReGRL, DeReGRLLoss, SeededDropout
from skmer.training._callbacks import one_cycle
from skmer.training._compiled_steps import LAMBDAS, CompiledSteps, is_compiled
from skmer.training._dataset import BatchIterator, ClipDataset
from skmer.training._threads import one_thread

# Larger stacks are no quicker on a CPU, and more is lost with one.
STACK_SIZE = 32
OWN_LOOP = ("callbacks", "train_split", "warm_start", "compile")
USUAL = {
    "iterator_train": BatchIterator,
    "dataset": ClipDataset,
    "criterion": DeReGRLLoss,
    "module": DeReGRL,
}
# What they do to one entry of a tensor does not depend on the others.
ENTRYWISE = ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "RMSprop")
KNOWN_PREFIXES = ("module__", "criterion__", "optimizer__")


def reason_for_loop(net):
    """Say why a net has to be trained on its own; None where it can be stacked with others."""
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
    return f"{unknown} is set" if unknown else None


def shape_of(net, data):
    """Return what nets have to share to be stacked: shapes of tensors, batches, optimizer."""
    criterion = {name: v for name, v in net.get_params_for("criterion").items() if name not in LAMBDAS}
    parts = (net.get_params_for("module"), criterion, net.get_params_for("optimizer"))
    batches = [len(rows) for rows in net.get_iterator(data, training=True).batches()]
    names = ("module", "optimizer", "lr", "max_epochs", "schedule", "dtype", "device")
    names += ("mirror", "noise", "rigid_noise")
    plan = [getattr(net, name) for name in names]
    return repr([sorted(part.items()) for part in parts] + [plan, batches])


class StackedNets:
    """Initialized nets of one shape, about to be trained side by side.

    Every net keeps its own streams of random numbers and its own batches: what is stacked is the arithmetic.

    Parameters
    ----------
    nets : list of ClipNetClassifier
        Initialized, alike under `shape_of`.
    datasets : list of ClipDataset
        The rows of each, views unfolded.
    """

    def __init__(self, nets, datasets):
        self.nets = nets
        self.datasets = datasets
        self.device = torch.device(nets[0].device)
        self.module, self.weights = _stack([net.module_ for net in nets])
        self.criterion, self.centers = _stack([net.criterion_ for net in nets])
        self.scale = self._column([net.scale_ for net in nets]).reshape(-1, 1, 1, 1, 1)
        for name in LAMBDAS:
            setattr(self.criterion, name, self._column([getattr(net.criterion_, name) for net in nets]))
        for layer in self.module.modules():
            if isinstance(layer, SeededDropout):
                layer.generator = [net.streams_.dropout for net in nets]
        self.steps = CompiledSteps(self.module, self.criterion, self.weights, self.centers)

    def train(self):
        """Train all epochs; give each net its weights and its history."""
        optimizer, advance = self._optimizer()
        step = self._compiled if is_compiled(self.nets[0]) else self._by_autograd
        with one_thread():
            for epoch in range(self.nets[0].max_epochs):
                started, steps = time.perf_counter(), []
                for batch in self._batches():
                    terms = step(*self._inputs(batch))
                    optimizer.step()
                    advance()
                    steps.append(torch.stack(terms).detach())
                self._record(epoch + 1, torch.stack(steps), time.perf_counter() - started)
        for replica, net in enumerate(self.nets):
            _give(net.module_, self.weights, replica, optimizer, net.optimizer_)
            _give(net.criterion_, self.centers, replica, optimizer, net.optimizer_)

    def _batches(self):
        """Batches of one epoch, each a tuple over the nets."""
        alike = zip(self.nets, self.datasets, strict=True)
        return zip(*[net.get_iterator(data, training=True) for net, data in alike], strict=True)

    def _record(self, epoch, steps, seconds):
        """Write an epoch into each net's history, as `ClipNet` does; ``steps`` is (batches, terms, nets)."""
        names = ["train_loss", *[f"train_{name}" for name in LOSS_TERMS]]
        for net, values in zip(self.nets, steps.mean(0).T.tolist(), strict=True):
            net.history.new_epoch()
            row = {"epoch": epoch, "dur": seconds, "train_batch_count": len(steps)}
            for name, value in {**row, **dict(zip(names, values, strict=True))}.items():
                net.history.record(name, value)

    def _optimizer(self):
        """Return one optimizer for all, which works entry by entry, and what moves its schedule on."""
        first = self.nets[0]
        named = [*self.weights.items(), *self.centers.items()]
        args, kwargs = first.get_params_for_optimizer("optimizer", named)
        optimizer = first.optimizer(*args, **kwargs)
        if first.schedule is None:
            return optimizer, lambda: None
        n_steps = first.max_epochs * len(first.get_iterator(self.datasets[0], training=True))
        scheduler = one_cycle(optimizer, first.lr, n_steps)
        moves = iter([scheduler.step] * (n_steps - 1) + [lambda: None])
        return optimizer, lambda: next(moves)()

    def _compiled(self, features, target, weight):
        """Return the terms of the loss, each of (nets,), and set the gradients, in compiled loops."""
        step, terms = self.steps(features, target, weight)
        for name, tensor in (self.weights | self.centers).items():
            tensor.grad = step.gradients[name]
        return terms

    def _by_autograd(self, features, target, weight):
        """Return and set the same."""
        for tensor in (*self.weights.values(), *self.centers.values()):
            tensor.grad = None
        output = functional_call(self.module, self.weights, (features,))
        terms = functional_call(self.criterion, self.centers, (output, target, weight))
        # No parameter has a part in another replica's loss.
        terms.total.sum().backward()
        return terms

    def _inputs(self, batch):
        """Return features, classes and weights of a batch of all nets."""
        rows, target = zip(*batch, strict=True)
        x = torch.stack([row["X"] for row in rows])
        augment = self.nets[0].augmentation_
        if augment.active:
            draws = [net.augmentation_.draw(x.shape[1:], net.streams_.augmentation) for net in self.nets]
            x = augment(x, type(draws[0])(*map(torch.stack, zip(*draws, strict=True))))
        features = x.to(self.device, self.scale.dtype) / self.scale
        weight = torch.stack([row["sample_weight"] for row in rows]).to(self.device)
        return features, torch.stack(target).to(self.device), weight

    def _column(self, values):
        return torch.tensor(values, dtype=next(iter(self.weights.values())).dtype, device=self.device)


def train_nets(nets, datasets, chunk_size=STACK_SIZE):
    """Train initialized nets and their other members, those of one shape together.

    Parameters
    ----------
    nets : list of ClipNetClassifier
        Initialized.
    datasets : list of ClipDataset
        The rows of each.
    chunk_size : int, default=32
        Nets in a stack at most.
    """
    stacks = {}
    for first, data in zip(nets, datasets, strict=True):
        for net in (first, *first.others_):
            if reason_for_loop(net) is not None:
                net._train(data)
            else:
                rows = data.unfold_views()
                stacks.setdefault(shape_of(net, rows), []).append((net, rows))
    for alike in stacks.values():
        for start in range(0, len(alike), chunk_size):
            StackedNets(*map(list, zip(*alike[start : start + chunk_size], strict=True))).train()


def _stack(modules):
    """Return a module to call and its parameters with a replica axis in front."""
    named = [dict(module.named_parameters()) for module in modules]
    stacked = {name: torch.stack([params[name].detach() for params in named]) for name in named[0]}
    return copy.deepcopy(modules[0]), {name: tensor.requires_grad_() for name, tensor in stacked.items()}


def _give(module, stacked, replica, optimizer, own):
    """Write one replica's weights into its module, and what the optimizer knows of them into its own."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            together = stacked[name]
            parameter.copy_(together[replica])
            own.state[parameter] = {
                key: value[replica].clone() if value.shape == together.shape else copy.deepcopy(value)
                for key, value in optimizer.state[together].items()
            }
