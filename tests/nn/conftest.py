"""Plain float64 numpy versions of the paper's equations, (B, T, N, C) throughout."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

RELU = lambda x: np.maximum(x, 0.0)  # noqa: E731 (one line says it)


def graph_convolution(x, adjacency, weight, bias):
    return np.einsum("nm,btmc,cd->btnd", adjacency, x, weight) + bias


def temporal_convolution(x, kernel, bias):
    n_frames = x.shape[1]
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    return sum(np.einsum("btnc,cd->btnd", padded[:, s : s + n_frames], kernel[s]) for s in range(3)) + bias


def block(x, adjacency, layer, activate_output=True):
    space, time = value(layer.space), value(layer.time)
    y = temporal_convolution(RELU(graph_convolution(x, adjacency, *space)), *time)
    return RELU(y) if activate_output else y


def value(layer):
    weight, bias = (p.detach().double().numpy() for p in (layer.weight, layer.bias))
    return weight, bias.ravel()


def softmax(x, axis):
    shifted = np.exp(x - x.max(axis, keepdims=True))
    return shifted / shifted.sum(axis, keepdims=True)


@pytest.fixture(scope="session")
def plain():
    return SimpleNamespace(
        graph_convolution=graph_convolution,
        temporal_convolution=temporal_convolution,
        block=block,
        value=value,
        softmax=softmax,
        relu=RELU,
    )


@pytest.fixture
def draw():
    """Factory of float64 tensors, the same at every run."""
    generator = torch.Generator().manual_seed(0)
    return lambda *shape: torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.fixture
def nodes_first():
    return lambda x: x.movedim(-2, -4)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def stack():
    """Factory: several modules of one kind as one whose parameters carry a leading replica axis."""

    def make(modules):
        names = [name for name, _ in modules[0].named_parameters()]
        params = {n: torch.stack([dict(m.named_parameters())[n] for m in modules]) for n in names}
        return lambda *inputs: torch.func.functional_call(modules[0], params, inputs)

    return make
