import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from skmer.face import FaceGraph
from skmer.nn import DeReGRL, DeReGRLLoss

GRAPH = FaceGraph.preset("brow-nose-lip31")
SWITCHES = [
    {},
    {"n_actions": 5, "n_channels": 8, "n_layers": 1},
    {"adjacency": "learned", "relations": "component"},
    {"adjacency": "full", "relations": "full", "activation": "tanh"},
    {"action_softmax": "actions", "weight_norm": "l2", "weight_sigmoid": False},
    {"fusion": "sum"},
    {"reconstruction": False},
    {"decomposition": False, "reconstruction": False},
    {"channels": ("magnitude", "relative"), "linear_skip": True},
]


@pytest.fixture(scope="module")
def textbook():
    path = Path(__file__).parents[2] / "benchmarks" / "textbook.py"
    spec = importlib.util.spec_from_file_location("textbook", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_matches_the_textbook_network_in_values_and_gradients(textbook, draw):
    ours = DeReGRL(GRAPH, 2, 5).double()
    plain = textbook.TextbookDeReGRL(GRAPH.normalized_adjacency(), GRAPH.component_sizes, 2, 5).double()
    textbook.copy_weights(plain, ours)
    x, target, weight = draw(6, 3, 31, 2), torch.tensor([0, 1, 2, 2, 4, 0]), draw(6).exp()
    outputs = ours(x), plain(x)
    for got, want in zip(*outputs, strict=True):
        torch.testing.assert_close(got, want)
    total = DeReGRLLoss(5, 9)(outputs[0], target, weight).total
    reference = textbook.TextbookLoss(5)(outputs[1], target, weight)
    torch.testing.assert_close(total, reference)
    total.backward()
    reference.backward()
    torch.testing.assert_close(ours.adjacency.learned.grad, plain.learned.grad)
    torch.testing.assert_close(ours.reconstruction.adjacency.learned.grad, plain.relations.grad)


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_shapes_of_every_switch(draw, switches):
    network = DeReGRL(GRAPH, 4, 5, **switches).double()
    logits, actions, weights = network(draw(2, 3, 31, 4))
    n_actions = 3 * switches.get("n_actions", 3)
    assert logits.shape == (2, 5)
    assert actions.shape == (2, 3, n_actions * switches.get("decomposition", True), actions.shape[-1])
    assert weights.shape == (2, n_actions * switches.get("reconstruction", True))


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_replicas_are_computed_side_by_side(draw, stack, switches):
    networks = [DeReGRL(GRAPH, 2, 5, **switches).double() for _ in range(3)]
    x = draw(3, 2, 3, 31, 2)
    stacked = stack(networks)(x)
    for r, network in enumerate(networks):
        for many, one in zip(stacked, network(x[r]), strict=True):
            torch.testing.assert_close(many[r], one)


def test_equation_6(draw):
    network = DeReGRL(GRAPH, 2, 5).double()
    logits, actions, weights = (part.detach().numpy() for part in network(draw(4, 3, 31, 2)))
    weighted = (weights[:, None, :, None] * actions).transpose(0, 2, 1, 3).reshape(4, -1)
    head = network.head
    want = weighted @ head.weight.detach().numpy() + head.bias.detach().numpy()
    np.testing.assert_allclose(logits, want, atol=1e-12)


def test_the_linear_skip_is_added_to_the_logits_and_starts_at_zero(draw):
    network = DeReGRL(GRAPH, 2, 5, channels=["magnitude"], linear_skip=True).double()
    x = draw(4, 3, 31, 2)
    before = network(x)[0]
    path = network.linear_skip
    assert not path.weight.any() and not path.bias.any()
    path.weight.data, path.bias.data = draw(186, 5), draw(1, 5)
    torch.testing.assert_close(network(x)[0] - before, x.flatten(1) @ path.weight + path.bias)


def test_action_maps_lie_in_their_component_and_sum_to_one(draw):
    maps = DeReGRL(GRAPH, 2, 5).double().action_maps(draw(2, 3, 31, 2))
    assert maps.shape == (2, 3, 31, 9)
    torch.testing.assert_close(maps.sum(-2), torch.ones(2, 3, 9, dtype=torch.float64))
    inside = torch.zeros(31, 9, dtype=torch.bool)
    for s, positions in enumerate(GRAPH.components.values()):
        inside[list(positions), 3 * s : 3 * s + 3] = True
    assert ((maps > 0) == inside).all()


def test_generic_graph_takes_one_frame(draw):
    network = DeReGRL(FaceGraph.generic(7), 1, 2, n_actions=2).double()
    assert [part.shape for part in network(draw(5, 1, 7, 1))] == [(5, 2), (5, 1, 2, 16), (5, 2)]


def test_impossible_choices_are_refused(draw):
    with pytest.raises(ValueError, match="reconstruction=True needs decomposition=True"):
        DeReGRL(GRAPH, 2, 5, decomposition=False)
    with pytest.raises(ValueError, match="fusion must be one of"):
        DeReGRL(GRAPH, 2, 5, fusion="max")
    with pytest.raises(ValueError, match="action_maps needs decomposition=True"):
        DeReGRL(GRAPH, 2, 5, decomposition=False, reconstruction=False).action_maps(draw(1, 3, 31, 2))
