import torch

from skmer.nn import LinearHead


def test_is_a_linear_layer(draw):
    head = LinearHead(6, 4).double()
    linear = torch.nn.Linear(6, 4).double()
    linear.load_state_dict({"weight": head.weight.T, "bias": head.bias.flatten()})
    x = draw(5, 6)
    torch.testing.assert_close(head(x), linear(x))
