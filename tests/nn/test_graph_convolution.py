import numpy as np
import torch

from skmer.nn import GraphConvolution


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
