import numpy as np
import pytest
import torch

from skmer.nn import SpatioTemporalBlock, TemporalConvolution


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


@pytest.mark.parametrize("activate_output", [True, False])
def test_is_space_then_time(plain, draw, nodes_first, activate_output):
    layer = SpatioTemporalBlock(4, 5, hidden_channels=6, activate_output=activate_output).double()
    x, adjacency = draw(2, 3, 7, 4), draw(7, 7)
    want = plain.block(x.numpy(), adjacency.numpy(), layer, activate_output=activate_output)
    got = layer(nodes_first(x), adjacency).movedim(-4, -2).detach().numpy()
    np.testing.assert_allclose(got, want, atol=1e-12)
    assert (got.min() < 0) != activate_output


def test_activations_differ(draw, nodes_first):
    outputs = []
    for activation in ("relu", "leaky_relu", "elu", "gelu", "tanh"):
        layer = SpatioTemporalBlock(4, 5, activation=activation).double()
        for parameter in layer.parameters():
            parameter.data.fill_(0.1)
        outputs.append(layer(nodes_first(draw(1, 3, 7, 4)), draw(7, 7)).sum().item())
    assert len(set(outputs)) == 5


def test_unknown_activation_is_refused():
    with pytest.raises(ValueError, match=r"activation must be one of .* got 'step'"):
        SpatioTemporalBlock(4, 5, activation="step")


@pytest.mark.parametrize("activate_output", [True, False])
def test_written_out_gradient_is_that_of_autograd(draw, nodes_first, stack, activate_output):
    layers = [SpatioTemporalBlock(4, 5, activate_output=activate_output).double() for _ in range(3)]
    for layer in layers:
        torch.nn.init.normal_(layer.space.bias)
        torch.nn.init.normal_(layer.time.bias)
    x, adjacency = nodes_first(draw(3, 2, 3, 7, 4)).requires_grad_(), draw(3, 7, 7).requires_grad_()

    def plain(x, adjacency):
        for layer, own, mixing in zip(layers, x, adjacency, strict=True):
            out = layer.time(torch.relu(layer.space(own, mixing)))
            yield torch.relu(out) if activate_output else out

    together, apart = stack(layers)(x, adjacency), torch.stack(list(plain(x, adjacency)))
    torch.testing.assert_close(together, apart)
    inputs = [x, adjacency, *[parameter for layer in layers for parameter in layer.parameters()]]
    weights = draw(*apart.shape)
    for got, want in zip(
        torch.autograd.grad((together * weights).sum(), inputs),
        torch.autograd.grad((apart * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(got, want)


def test_gradients(draw, nodes_first):
    layer = SpatioTemporalBlock(2, 3).double()
    assert torch.autograd.gradcheck(
        layer, (nodes_first(draw(1, 3, 3, 2)).requires_grad_(), draw(3, 3).requires_grad_())
    )
