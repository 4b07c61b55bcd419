import pytest
import torch

from skmer.nn import DSSN


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_numbers_of_parameters():
    network = DSSN((2, 3, 227, 227), 5)
    assert [count(stream) for stream in network.streams] == [342_400, 342_400]
    assert count(network) == 972_805
    assert count(DSSN((1, 3, 227, 227), 5)) == 630_405
    assert count(DSSN((2, 3, 227, 227), 5, rim=False)) == 901_125


def test_sizes_inside():
    network, sizes = DSSN((1, 3, 227, 227), 5), []
    for layer in network.streams[0]:
        layer.register_forward_hook(lambda _, inputs, output: sizes.append(output.shape[-1]))
    network(torch.zeros(1, 1, 3, 227, 227))
    assert sizes == [55, 55, 27, 27, 27, 27, 13, 13, 15]
    assert network.head.in_features == 57_600


def test_the_rim_is_zero_and_changes_no_logit():
    torch.manual_seed(0)
    with_rim = DSSN((2, 3, 64, 64), 3).eval()
    without = DSSN((2, 3, 64, 64), 3, rim=False).eval()
    without.streams.load_state_dict(with_rim.streams.state_dict())
    weight = with_rim.head.weight.detach().unflatten(1, (256, 4, 4))[..., 1:-1, 1:-1]
    without.head.load_state_dict({"weight": weight.flatten(1), "bias": with_rim.head.bias})
    x = torch.randn(2, 2, 3, 64, 64)
    torch.testing.assert_close(without(x), with_rim(x))


def test_a_silent_stream_leaves_the_bias_of_a_product():
    torch.manual_seed(0)
    network = DSSN((2, 3, 64, 64), 3, fusion="multiply").eval()
    x = torch.randn(2, 2, 3, 64, 64)
    x[:, 1] = 0  # filters without a bias answer zero with zero
    torch.testing.assert_close(network(x), network.head.bias.expand(2, 3))
    assert not torch.allclose(DSSN((2, 3, 64, 64), 3, fusion="add").eval()(x), network.head.bias.expand(2, 3))


@pytest.mark.parametrize("fusion", ["multiply", "add", "concatenate"])
def test_swapping_streams_and_their_branches_commutes(fusion):
    torch.manual_seed(0)
    network = DSSN((2, 3, 64, 64), 3, fusion=fusion).eval()
    x = torch.randn(2, 2, 3, 64, 64)
    want = network(x)
    first, second = (stream.state_dict() for stream in network.streams)
    first, second = ({k: v.clone() for k, v in state.items()} for state in (first, second))
    network.streams[0].load_state_dict(second)
    network.streams[1].load_state_dict(first)
    assert not torch.allclose(network(x), want)
    if fusion == "concatenate":
        half = network.head.in_features // 2
        weight = network.head.weight.data
        network.head.weight.data = torch.cat([weight[:, half:], weight[:, :half]], 1)
    torch.testing.assert_close(network(x.flip(1)), want)


def test_features_go_straight_to_the_linear_layer():
    network = DSSN((2, 3, 64, 64), 3).eval()
    x = torch.randn(2, 2, 3, 64, 64)
    torch.testing.assert_close(network(network.join_streams(x)), network(x))
