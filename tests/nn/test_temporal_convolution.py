import numpy as np
import pytest
import torch

from skmer.nn import TemporalConvolution


@pytest.mark.parametrize("n_frames", [1, 2, 3, 5])
def test_matches_plain_numpy(plain, draw, nodes_first, n_frames):
    layer = TemporalConvolution(4, 5, n_frames).double()
    torch.nn.init.normal_(layer.bias)
    x = draw(2, n_frames, 6, 4)
    want = plain.temporal_convolution(x.numpy(), *plain.value(layer))
    got = layer(nodes_first(x)).movedim(-4, -2).detach().numpy()
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_matches_conv1d(draw, nodes_first):
    layer = TemporalConvolution(4, 5).double()
    x = draw(2, 3, 6, 4)
    rows = x.permute(0, 2, 3, 1).reshape(12, 4, 3)
    want = torch.nn.functional.conv1d(rows, layer.weight.permute(2, 1, 0), layer.bias.flatten(), padding=1)
    want = want.reshape(2, 6, 5, 3).permute(0, 3, 1, 2)
    torch.testing.assert_close(layer(nodes_first(x)).movedim(-4, -2), want)


def test_replicas_are_computed_side_by_side(draw, nodes_first, stack):
    layers = [TemporalConvolution(4, 5).double() for _ in range(3)]
    x = nodes_first(draw(3, 2, 3, 6, 4))
    want = torch.stack([layer(own) for layer, own in zip(layers, x, strict=True)])
    torch.testing.assert_close(stack(layers)(x), want)
