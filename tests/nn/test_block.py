import numpy as np
import pytest

from skmer.nn import SpatioTemporalBlock


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
