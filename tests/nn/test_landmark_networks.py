import pytest
import torch

from skmer.nn import LFM, GraphTCN
from skmer.nn._landmark_networks import CausalNetwork, face_edges


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_numbers_of_parameters():
    network = LFM((2, 1, 68, 68), 5)
    assert (count(network.frame), count(network.recurrent)) == (171_968, 33_280)
    assert count(GraphTCN((28, 49), 5).nodes) == 66_650
    assert count(GraphTCN((28, 49), 5, layout="nodes").nodes) == 76_250


def test_lfm_reads_the_frames_in_their_order():
    torch.manual_seed(0)
    network = LFM((2, 1, 68, 68), 3).eval()
    x = torch.randn(2, 2, 1, 68, 68)
    assert not torch.allclose(network(x), network(x.flip(1)))


def test_no_output_sees_a_later_input():
    torch.manual_seed(0)
    network = CausalNetwork(2, n_levels=3).eval()
    x = torch.randn(1, 2, 60)
    y = network(x)
    x[..., 40] += 1
    changed = (network(x) != y).any(1)[0]
    assert not changed[:40].any() and changed[40]


def test_the_receptive_field_is_3061():
    torch.manual_seed(0)
    network = CausalNetwork(1).eval().double()
    x = torch.zeros(1, 1, 3_100, dtype=torch.float64, requires_grad=True)
    network(x)[0, :, -1].sum().backward()
    reached = x.grad[0, 0].nonzero()[:, 0]
    assert 3_100 - reached.min() <= 3_061
    # A rectifier may close the longest path of one input; without them every path is open.
    for block in network:
        block.register_forward_hook(lambda module, inputs, output: None)
    widths = [
        2 * (convolution.kernel_size[0] - 1) * convolution.dilation[0]
        for convolution in (block.convolutions[0] for block in network)
    ]
    assert 1 + sum(widths) == 3_061
    wide = torch.zeros(1, 1, 3_100, dtype=torch.float64)
    base = network(wide)[0, :, -1]
    wide[0, 0, -3_062] = 1e6
    assert torch.equal(network(wide)[0, :, -1], base)


@pytest.mark.parametrize(("layout", "shape"), [("flat", (1, 1372)), ("nodes", (49, 28))])
def test_layouts(layout, shape):
    network = GraphTCN((28, 49), 3, layout=layout)
    x = torch.randn(2, 28, 49)
    nodes, lines = network.sequences(x)
    assert nodes.shape == (2, *shape)
    assert lines.numel() == 2 * 26 * 49
    first, second = face_edges()[0]
    want = x[0, second] - x[0, first]
    torch.testing.assert_close(lines[0, 0, :49] if layout == "flat" else lines[0, :, 0], want)


def test_edges_follow_the_face():
    edges = face_edges()
    assert len(edges) == len(set(edges)) == 26
    assert (0, 1) in edges and (4, 5) not in edges  # the brows are not joined
    assert (21, 10) in edges and (27, 22) in edges  # the lips are closed
    assert {k for edge in edges for k in edge} == set(range(28))
