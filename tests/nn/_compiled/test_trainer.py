import copy
import pickle

import numpy as np
import pytest
import torch

from skmer.face import FaceGraph
from skmer.nn import DeReGRL, DeReGRLLoss, _compiled
from skmer.nn._compiled import AdamStep, _support, compiled_trainer, is_compiled

pytest.importorskip("numba", reason="without numba nothing is compiled")

GRAPH = FaceGraph.preset("brow-nose-lip31")
N_BATCHES, N_CLIPS, N_CLASSES = 3, 7, 5
NETS = [
    {},
    {"n_actions": 9, "n_channels": 8, "n_layers": 1},
    {"channels": ("magnitude", "edge"), "linear_skip": True},
    {"adjacency": "learned", "relations": "full"},
    {"adjacency": "skeleton", "relations": "component"},
    {"reconstruction": False},
    {"decomposition": False, "reconstruction": False, "n_layers": 3},
]
LOSSES = [{}, {"centers": "learned", "balance": "absolute", "reduction": "sum", "label_smoothing": 0.2}]


@pytest.fixture
def parts(draw):
    """A network and its loss, no parameter zero."""

    def make(net, loss, dtype, n_channels=2):
        module = DeReGRL(GRAPH, n_channels, N_CLASSES, **net)
        n_weights = 3 * net.get("n_actions", 3) if net.get("reconstruction", True) else 0
        criterion = DeReGRLLoss(N_CLASSES, n_weights, lambda_center=0.3, lambda_balance=0.2, **loss)
        for parameter in (*module.parameters(), *criterion.parameters()):
            parameter.data += 0.1 * draw(*parameter.shape).float()
        return module.to(dtype), criterion.to(dtype)

    return make


@pytest.fixture
def batches(draw):
    def make(dtype, n_channels=2):
        x = draw(N_BATCHES, N_CLIPS, 3, 31, n_channels).to(dtype)
        target = torch.randint(N_CLASSES - 1, (N_BATCHES, N_CLIPS))  # no clip is of the last class
        return x, target, draw(N_BATCHES, N_CLIPS).abs().to(dtype)

    return make


def named(module, criterion):
    return {**dict(module.named_parameters()), **dict(criterion.named_parameters())}


@pytest.mark.parametrize("loss", LOSSES, ids=["means", "sums"])
@pytest.mark.parametrize("net", NETS, ids=lambda net: "-".join(net) or "default")
def test_loss_and_gradients_are_those_of_autograd(parts, batches, net, loss):
    module, criterion = parts(net, loss, torch.float64)
    x, target, weight = batches(torch.float64)
    trainer = compiled_trainer(module, criterion)
    got = trainer.run(x, target, weight)
    for k in range(N_BATCHES):
        output = module(x[k])
        want = criterion(output, target[k], weight[k])
        torch.testing.assert_close(list(got[k]), list(want))
    torch.testing.assert_close(trainer.output(N_CLIPS), tuple(part.detach() for part in output))
    parameters = named(module, criterion)
    gradients = torch.autograd.grad(want.total, list(parameters.values()), allow_unused=True)
    found = trainer.gradients()
    assert found.keys() == parameters.keys()
    for name, gradient in zip(parameters, gradients, strict=True):
        expected = torch.zeros_like(found[name]) if gradient is None else gradient
        torch.testing.assert_close(found[name], expected, rtol=1e-7, atol=1e-9, msg=name)


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.Adam])
@pytest.mark.parametrize("net", [NETS[2], NETS[4]], ids=["skip", "fixed"])
def test_updates_are_those_of_torch(parts, batches, net, optimizer):
    module, criterion = parts(net, LOSSES[1], torch.float64)
    x, target, weight = batches(torch.float64)
    mine = copy.deepcopy(module), copy.deepcopy(criterion)
    frozen = mine[0].head.weight.requires_grad_(False)
    module.head.weight.requires_grad_(False)
    settings = {"betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}
    rates = [1e-2, 3e-2, 2e-2]
    own = optimizer([*module.parameters(), *criterion.parameters()], **settings)
    for k, rate in enumerate(rates):
        own.param_groups[0]["lr"] = rate
        own.zero_grad()
        criterion(module(x[k]), target[k], weight[k]).total.backward()
        own.step()
    step = AdamStep(rates, 0, decoupled=optimizer is torch.optim.AdamW, **settings)
    trainer = compiled_trainer(*mine)
    trainer.run(x, target, weight, step)
    for (name, want), got in zip(named(module, criterion).items(), named(*mine).values(), strict=True):
        torch.testing.assert_close(got, want, rtol=1e-8, atol=1e-10, msg=name)
        if want.requires_grad:
            moments = torch.from_numpy(trainer.means[name]), torch.from_numpy(trainer.squares[name])
            state = own.state[want]
            torch.testing.assert_close(
                moments, (state["exp_avg"], state["exp_avg_sq"]), rtol=1e-6, atol=1e-12
            )
    assert torch.equal(frozen, module.head.weight)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_call_is_many_calls_bit_for_bit(parts, batches, dtype):
    module, criterion = parts(NETS[2], LOSSES[1], dtype)
    x, target, weight = batches(dtype)
    twin = copy.deepcopy(module), copy.deepcopy(criterion)
    at_once, one_by_one = compiled_trainer(module, criterion), compiled_trainer(*twin)
    whole = at_once.run(x, target, weight, AdamStep([1e-2] * N_BATCHES, 0))
    for k in range(N_BATCHES):
        terms = one_by_one.run(x[k : k + 1], target[k : k + 1], weight[k : k + 1], AdamStep([1e-2], k))
        assert torch.equal(whole[k], terms[0])
    for mine, other in zip(named(module, criterion).values(), named(*twin).values(), strict=True):
        assert torch.equal(mine, other)


def test_single_precision(parts, batches):
    module, criterion = parts(NETS[2], LOSSES[0], torch.float32, n_channels=4)
    x, target, weight = batches(torch.float32, n_channels=4)
    trainer = compiled_trainer(module, criterion)
    got = trainer.run(x, target, weight)
    want = criterion(module(x[-1]), target[-1], weight[-1])
    torch.testing.assert_close(list(got[-1]), list(want), rtol=1e-5, atol=1e-6)
    gradients = torch.autograd.grad(want.total, list(module.parameters()))
    for (name, _), gradient in zip(module.named_parameters(), gradients, strict=True):
        torch.testing.assert_close(trainer.gradients()[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


def test_more_classes_than_features(draw):
    """The arrays that all loops share have room for whatever is wider."""
    generic = FaceGraph.generic(2)
    module, criterion = DeReGRL(generic, 1, 100, n_actions=1, n_channels=8).double(), DeReGRLLoss(100, 1)
    x, target = draw(1, N_CLIPS, 1, 2, 1), torch.randint(100, (1, N_CLIPS))
    ones = torch.ones(1, N_CLIPS)
    (want,) = torch.autograd.grad(criterion(module(x[0]), target[0], ones[0]).total, [module.head.weight])
    trainer = compiled_trainer(module, criterion)
    trainer.run(x, target, ones)
    torch.testing.assert_close(trainer.gradients()["head.weight"], want)


def test_batches_of_other_sizes_know_nothing_of_each_other(parts, batches):
    module, criterion = parts({}, {}, torch.float32)
    x, target, weight = batches(torch.float32)
    trainer = compiled_trainer(module, criterion)
    first = trainer.run(x, target, weight)[:, 0]
    gradient = trainer.gradients()["head.weight"]
    trainer.run(10 * x[:2, :4], target[:2, :4] + 1, weight[:2, :4])
    trainer.run(10 * x, target + 1, weight)
    assert torch.equal(trainer.run(x, target, weight)[:, 0], first)
    assert torch.equal(trainer.gradients()["head.weight"], gradient)


def test_nan_is_not_swallowed(parts, batches):
    module, criterion = parts({}, {}, torch.float32)
    x, target, weight = batches(torch.float32)
    x[1, 2, 1, 5, 0] = np.nan
    total = compiled_trainer(module, criterion).run(x, target, weight)[:, 0]
    assert total.isnan().tolist() == [False, True, False]


def test_inputs_of_any_strides_and_dtypes(parts, batches):
    module, criterion = parts(NETS[2], {}, torch.float32)
    x, target, weight = batches(torch.float32)
    trainer = compiled_trainer(module, criterion)
    want = trainer.run(x, target, weight)[:, 0]
    turned = x.permute(4, 3, 2, 1, 0).contiguous().permute(4, 3, 2, 1, 0)
    wide = torch.stack([weight, weight], -1).double()[..., 0]
    assert torch.equal(trainer.run(turned.double(), target.int(), wide)[:, 0], want)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y, w, a: (x[..., :1], y, w, a), "features must have the shape"),
        (lambda x, y, w, a: (x[:, :, :2], y, w, a), "features must have the shape"),
        (lambda x, y, w, a: (x[:, :, :, :30], y, w, a), "features must have the shape"),
        (lambda x, y, w, a: (x[0], y, w, a), "features must have the shape"),
        (lambda x, y, w, a: (x[:, :-1], y, w, a), "features must have the shape"),
        (lambda x, y, w, a: (x[:0], y[:0], w[:0], a), "features must have the shape"),
        (lambda x, y, w, a: (x, y.flatten(), w, a), "features must have the shape"),
        (lambda x, y, w, a: (x, y, w[:, :-1], a), "sample_weight must have the shape"),
        (lambda x, y, w, a: (x, y + N_CLASSES, w, a), "target must hold class indices below 5, got 5 to"),
        (lambda x, y, w, a: (x, y - 1, w, a), "target must hold class indices below 5, got -1 to"),
        (
            lambda x, y, w, a: (x, y, w, AdamStep([1.0], 0)),
            "adam must have a rate for each of 3 batches, got 1",
        ),
    ],
)
def test_the_door_refuses_what_does_not_fit(parts, batches, change, message):
    module, criterion = parts({}, {}, torch.float32)
    x, target, weight = batches(torch.float32)
    target[0, 0] = 0
    trainer = compiled_trainer(module, criterion)
    with pytest.raises(ValueError, match=message):
        trainer.run(*change(x, target, weight, None))


def test_the_door_refuses_other_modules(parts, batches):
    module, criterion = parts({}, LOSSES[1], torch.float32)
    with pytest.raises(ValueError, match="must be float32 or float64 on the CPU, and alike"):
        compiled_trainer(module, criterion.double())
    with pytest.raises(ValueError, match="must be float32 or float64 on the CPU, and alike"):
        compiled_trainer(module.half(), criterion.half())
    trainer = compiled_trainer(module.float(), criterion.float())
    module.head.weight.data = torch.zeros(3, 5)
    with pytest.raises(ValueError, match=r"head\.weight has changed its shape or type"):
        trainer.run(*batches(torch.float32))


def test_addresses_are_not_copied(parts):
    trainer = compiled_trainer(*parts({}, {}, torch.float32))
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="addresses of this process's memory and cannot be copied"):
            copied(trainer)


@pytest.mark.parametrize(
    "other",
    [
        *({"activation": "tanh"}, {"dropout": 0.1}, {"fusion": "sum"}, {"weight_norm": "l2"}),
        *({"n_channels": 12}, {"n_layers": 0}),
    ],
)
def test_other_nets_are_left_to_autograd(other):
    assert is_compiled({"n_channels": 16})
    assert not is_compiled({"n_channels": 16, **other})


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'numba'"), ImportError("old numpy")])
def test_without_numba_nothing_is_compiled(monkeypatch, error):
    def missing(name):
        raise error

    monkeypatch.setattr(_support, "import_module", missing)
    _compiled._trainer_class.cache_clear()
    try:
        assert not is_compiled({"n_channels": 16})
    finally:
        _compiled._trainer_class.cache_clear()


def test_a_transposed_parameter_and_other_types_are_refused(parts, batches):
    module, criterion = parts({}, {}, torch.float32)
    x, target, weight = batches(torch.float32)
    trainer = compiled_trainer(module, criterion)
    trainer.run(x, target, weight)
    with pytest.raises(ValueError, match="target must hold integers"):
        trainer.run(x, target + 0.5, weight)
    with pytest.raises(ValueError, match="features real numbers, got"):
        trainer.run(x.to(torch.complex64), target, weight)
    with pytest.raises(ValueError, match="n_clips must be the size of a batch that was run"):
        trainer.output(N_CLIPS + 1)
    module.head.weight.data = module.head.weight.data.t()
    with pytest.raises(ValueError, match=r"head\.weight has changed its shape or type"):
        trainer.run(x, target, weight)
