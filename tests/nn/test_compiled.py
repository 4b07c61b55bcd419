import numpy as np
import pytest
import torch
from torch.func import functional_call

from skmer.face import FaceGraph
from skmer.nn import DeReGRL, DeReGRLLoss
from skmer.nn._compiled import _support

pytest.importorskip("numba", reason="without numba nothing is compiled")

GRAPH = FaceGraph.preset("brow-nose-lip31")
N_NETS, N_CLIPS, N_CLASSES = 3, 7, 5
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


def stacked(module, dtype):
    """Parameters of several nets, none of them zero."""
    named = {name: p.detach().to(dtype) for name, p in module.named_parameters()}
    return {
        name: (p + 0.1 * torch.randn(N_NETS, *p.shape, dtype=dtype)).requires_grad_()
        for name, p in named.items()
    }


def both(net, loss, dtype, draw, n_channels=2):
    """Terms and gradients by autograd, and by the compiled step."""
    module = DeReGRL(GRAPH, n_channels, N_CLASSES, **net).to(dtype)
    n_weights = 3 * net.get("n_actions", 3) if net.get("reconstruction", True) else 0
    criterion = DeReGRLLoss(N_CLASSES, n_weights, **loss)
    weights, centers = stacked(module, dtype), stacked(criterion, dtype)
    lambdas = draw(3, N_NETS).abs().to(dtype)
    names = ("lambda_center", "lambda_weight", "lambda_balance")
    for name, values in zip(names, lambdas, strict=True):
        setattr(criterion, name, values)
    x, weight = draw(N_NETS, N_CLIPS, 3, 31, n_channels).to(dtype), draw(N_NETS, N_CLIPS).abs().to(dtype)
    target = torch.randint(N_CLASSES - 1, (N_NETS, N_CLIPS))  # no clip is of the last class
    output = functional_call(module, weights, (x,))
    want = functional_call(criterion, centers, (output, target, weight))
    parameters = weights | centers
    gradients = torch.autograd.grad(want.total.sum(), list(parameters.values()), allow_unused=True)
    step = _support.loops().CompiledStep(module, criterion, weights, centers, N_CLIPS)
    got = step(x, target, weight, lambdas.T)
    return (want, dict(zip(parameters, gradients, strict=True)), output), (got, step.gradients, step.output())


@pytest.mark.parametrize("loss", LOSSES, ids=["means", "sums"])
@pytest.mark.parametrize("net", NETS, ids=lambda net: "-".join(net) or "default")
def test_is_what_autograd_finds(draw, net, loss):
    (want, gradients, output), (got, found, said) = both(net, loss, torch.float64, draw)
    torch.testing.assert_close(tuple(got), tuple(want))
    assert found.keys() == gradients.keys()
    for name, gradient in gradients.items():
        expected = torch.zeros_like(found[name]) if gradient is None else gradient
        torch.testing.assert_close(found[name], expected, rtol=1e-7, atol=1e-9, msg=name)
    torch.testing.assert_close(said, tuple(part[-1].detach() for part in output))


def test_single_precision(draw):
    (want, gradients, _), (got, found, _) = both(NETS[2], LOSSES[0], torch.float32, draw, n_channels=4)
    torch.testing.assert_close(tuple(got), tuple(want), rtol=1e-5, atol=1e-6)
    for name, gradient in gradients.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


def test_more_classes_than_features(draw):
    """The arrays that all loops share have room for whatever is wider."""
    generic = FaceGraph.generic(2)
    module, criterion = DeReGRL(generic, 1, 100, n_actions=1, n_channels=8).double(), DeReGRLLoss(100, 1)
    weights = stacked(module, torch.float64)
    x, target = draw(N_NETS, N_CLIPS, 1, 2, 1), torch.randint(100, (N_NETS, N_CLIPS))
    ones = torch.ones(N_NETS, N_CLIPS, dtype=torch.float64)
    total = criterion(functional_call(module, weights, (x,)), target, ones).total
    (want,) = torch.autograd.grad(total.sum(), [weights["head.weight"]])
    step = _support.loops().CompiledStep(module, criterion, weights, {}, N_CLIPS)
    step(x, target, ones, torch.tensor([[0.1, 0.1, 0.01]] * N_NETS).double())
    torch.testing.assert_close(step.gradients["head.weight"], want)


def test_a_second_batch_knows_nothing_of_the_first(draw):
    module, criterion = DeReGRL(GRAPH, 2, N_CLASSES), DeReGRLLoss(N_CLASSES, 9)
    weights, lambdas = stacked(module, torch.float32), torch.ones(N_NETS, 3)
    step = _support.loops().CompiledStep(module, criterion, weights, {}, N_CLIPS)
    x, target = draw(N_NETS, N_CLIPS, 3, 31, 2).float(), torch.zeros(N_NETS, N_CLIPS, dtype=torch.long)
    ones = torch.ones(N_NETS, N_CLIPS)
    first, gradient = step(x, target, ones, lambdas).total, step.gradients["head.weight"].clone()
    step(10 * x, target + 1, ones, 2 * lambdas)
    assert torch.equal(step(x, target, ones, lambdas).total, first)
    assert torch.equal(step.gradients["head.weight"], gradient)


def test_nan_is_not_swallowed(draw):
    module, criterion = DeReGRL(GRAPH, 2, N_CLASSES), DeReGRLLoss(N_CLASSES, 9)
    weights = stacked(module, torch.float32)
    step = _support.loops().CompiledStep(module, criterion, weights, {}, N_CLIPS)
    x = draw(N_NETS, N_CLIPS, 3, 31, 2).float()
    x[1, 2, 1, 5, 0] = np.nan
    target, ones = torch.zeros(N_NETS, N_CLIPS, dtype=torch.long), torch.ones(N_NETS, N_CLIPS)
    total = step(x, target, ones, torch.ones(N_NETS, 3)).total
    assert total.isnan().tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(31, 31, 48), (9, 5, 8), (1, 3, 16), (12, 48, 24), (10, 93, 40), (3, 2, 72)]
)
def test_product(dtype, shape):
    from skmer.nn._compiled._gemm import Matrix, prepare, product

    prepare(dtype)
    n_rows, depth, n_columns = shape
    draw = np.random.default_rng(0).standard_normal
    a, b = draw((depth, n_rows)).astype(dtype), draw((depth, n_columns)).astype(dtype)
    start, out = draw((1, n_columns)).astype(dtype), np.full((n_rows, n_columns + 8), 7, dtype)
    at = lambda array: array.ctypes.data // array.itemsize  # noqa: E731 (one line says it)
    places = Matrix(at(out), n_columns + 8, 1), Matrix(at(a), 1, n_rows), Matrix(at(b), n_columns, 1)
    product(*places, Matrix(at(start), 0, 1), dtype(-1), n_rows, n_columns, depth)
    tolerance = 1e-4 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(out[:, :n_columns], np.maximum(start + a.T @ b, -1), atol=tolerance)
    assert (out[:, n_columns:] == 7).all()


@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_softmax_of_any_numbers(number):
    from numba import njit

    from skmer.nn._compiled._simd import softmax, sum_of_sigmoids

    @njit
    def both_of(low, out, sigmoids, values, n_rows):
        softmax(low, out, values, 8, n_rows)
        return sum_of_sigmoids(low, sigmoids, values, n_rows)

    values = np.array([[-1e6, -200, -3, 0, 1e-9, 0.5, 88, 1e6]] * 3, number) * np.array(
        [[0], [1], [0.1]], number
    )
    out, sigmoids, positive = np.empty_like(values), np.empty_like(values), np.abs(values)
    at = lambda array: array.ctypes.data // array.itemsize  # noqa: E731 (one line says it)
    both_of(np.finfo(number).min, at(out), at(sigmoids), at(values), 3)
    shifted = np.exp((values - values.max(0)).astype(float))
    np.testing.assert_allclose(out, shifted / shifted.sum(0), rtol=20 * np.finfo(number).eps, atol=1e-30)
    total = both_of(np.finfo(number).min, at(out), at(sigmoids), at(positive), 3)
    np.testing.assert_allclose(
        sigmoids, 1 / (1 + np.exp(-positive.astype(float))), rtol=4 * np.finfo(number).eps
    )
    np.testing.assert_allclose(total, sigmoids.sum(dtype=float), rtol=1e-6)


@pytest.mark.parametrize(
    "other",
    [
        *({"activation": "tanh"}, {"dropout": 0.1}, {"fusion": "sum"}, {"weight_norm": "l2"}),
        *({"n_channels": 12}, {"n_layers": 0}),
    ],
)
def test_other_nets_are_left_to_autograd(other):
    assert _support.is_computed({"n_channels": 16})
    assert not _support.is_computed({"n_channels": 16, **other})


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'numba'"), ImportError("old numpy")])
def test_without_numba_nothing_is_compiled(monkeypatch, error):
    def missing(name):
        raise error

    monkeypatch.setattr(_support, "import_module", missing)
    _support.loops.cache_clear()
    try:
        assert not _support.is_computed({"n_channels": 16})
    finally:
        _support.loops.cache_clear()
