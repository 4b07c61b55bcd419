import pytest
import torch

from skmer.nn import LEARNet


@pytest.mark.parametrize(("n_classes", "number"), [(8, 1_866_824), (5, 1_866_053)])
def test_numbers_of_parameters(n_classes, number):
    network = LEARNet((3, 112, 112), n_classes, norm="batch")
    assert sum(p.numel() for p in network.parameters()) == number
    norms = [*network.norms, network.norm]
    assert sum(p.numel() for norm in norms for p in norm.parameters()) == 704


def test_sizes_inside():
    network, sizes = LEARNet((3, 112, 112), 5).eval(), []
    for layer in (network.stem, *network.columns[3:6], network.convolution):
        layer.register_forward_hook(lambda _, inputs, output: sizes.append(output.shape[-1]))
    network(torch.zeros(1, 3, 112, 112))
    assert sizes == [56, 28, 14, 7, 4]


def test_the_second_column_hears_the_first_and_not_the_other_way_round():
    torch.manual_seed(0)
    network = LEARNet((1, 32, 32), 2, norm=None).eval()
    x = network.stem(torch.randn(1, 1, 32, 32))
    before = network._pair(x, 0)
    with torch.no_grad():
        network.columns[3].weight.mul_(2)
    after = network._pair(x, 0)
    assert torch.equal(before[0], after[0]) and not torch.equal(before[1], after[1])
    with torch.no_grad():
        network.columns[0].weight.mul_(2)
    last = network._pair(x, 0)
    assert not torch.equal(last[0], after[0]) and not torch.equal(last[1], after[1])


def test_padding_is_at_the_bottom_and_right_first():
    convolution = LEARNet((1, 8, 8), 2).stem
    with torch.no_grad():
        convolution.weight.fill_(1)
        convolution.bias.zero_()
    x = torch.zeros(1, 1, 8, 8)
    x[..., 0, 0] = 1
    # A kernel of 3 over 8 px starts at the first pixel and pads one at the end.
    assert convolution(x)[0, 0].nonzero().tolist() == [[0, 0]]
    assert convolution(x.flip(2, 3))[0, 0].nonzero().tolist() == [[3, 3]]
