import numpy as np
import pytest
import torch

from skmer.face import FaceGraph
from skmer.nn import Adjacency, GraphConvolution

SKELETON = torch.as_tensor(FaceGraph.preset("brow-nose-lip31").normalized_adjacency())


def test_skeleton_plus_learned_starts_as_the_skeleton_and_learns():
    adjacency = Adjacency(SKELETON, "skeleton+learned")
    torch.testing.assert_close(adjacency().double(), SKELETON)
    adjacency().sum().backward()
    assert adjacency.learned.grad.shape == (31, 31)


def test_skeleton_and_full_hold_no_parameters():
    assert not list(Adjacency(SKELETON, "skeleton").parameters())
    full = Adjacency(SKELETON, "full")
    assert not list(full.parameters())
    torch.testing.assert_close(full(), torch.full_like(SKELETON, 1 / 31))


def test_learned_holds_no_skeleton():
    first, second = Adjacency(SKELETON, "learned")(), Adjacency(SKELETON, "learned")()
    assert not torch.equal(first, second)


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind must be one of .* got 'ring'"):
        Adjacency(SKELETON, "ring")


def test_matches_plain_numpy(plain, draw, nodes_first):
    layer = GraphConvolution(4, 5).double()
    torch.nn.init.normal_(layer.bias)
    x, adjacency = draw(2, 3, 6, 4), draw(6, 6)
    want = plain.graph_convolution(x.numpy(), adjacency.numpy(), *plain.value(layer))
    got = layer(nodes_first(x), adjacency).movedim(-4, -2).detach().numpy()
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_replicas_are_computed_side_by_side(draw, nodes_first, stack):
    layers = [GraphConvolution(4, 5).double() for _ in range(3)]
    x, adjacency = nodes_first(draw(3, 2, 3, 6, 4)), draw(3, 6, 6)
    want = torch.stack([layer(x[r], adjacency[r]) for r, layer in enumerate(layers)])
    torch.testing.assert_close(stack(layers)(x, adjacency), want)


def test_gradients(draw, nodes_first):
    layer = GraphConvolution(2, 3).double()
    assert torch.autograd.gradcheck(layer, (nodes_first(draw(1, 2, 3, 2)).requires_grad_(), draw(3, 3)))
