"""The field's networks on flow maps: sizes that papers and public code have, and what sets each apart."""

import numpy as np
import pytest
import torch
from torch import nn

from skmer.nn import FLOW_NETWORKS, FlowNetwork, SeededDropout
from skmer.nn._htnet import face_windows

BATCH, MAPS = {"norm": "batch"}, (3, 28, 28)
COUNTS = [
    ("ststnet", MAPS, 3, BATCH, 1_683),
    ("ststnet", MAPS, 5, BATCH, 2_485),
    ("ststnet", MAPS, 3, {"norm": None}, 1_651),
    ("ststnet", MAPS, 3, {"norm": "group"}, 1_683),
    ("off-apexnet", MAPS, 3, {}, 2_664_475),
    ("rcn-a", MAPS, 3, BATCH, 15_331),
    ("dual-inception", (3, 20, 20), 3, {}, 3_304_235),
    ("dual-inception", (3, 23, 23), 3, {}, 3_304_235),
    ("dual-inception", MAPS, 3, {}, 6_449_963),
    ("sssnet", (3, 64, 64), 3, BATCH, 1_349_251),
    ("sssnet", MAPS, 3, BATCH, 169_603),
    ("htnet", MAPS, 5, {}, 2_158_536),
    ("htnet", MAPS, 3, {"dim": 256}, 139_582_982),
    ("htnet", MAPS, 3, {"dim": 256, "n_blocks": (2, 2, 8)}, 114_429_446),
]


@pytest.mark.parametrize(("name", "shape", "n_classes", "params", "count"), COUNTS)
def test_numbers_of_parameters(name, shape, n_classes, params, count):
    with torch.device("meta"):
        network = FlowNetwork(shape, n_classes, name, **params)
    assert sum(p.numel() for p in network.parameters()) == count


@pytest.mark.parametrize("name", FLOW_NETWORKS)
@pytest.mark.parametrize("norm", ["group", "batch", None])
def test_logits_have_a_gradient_in_every_parameter(name, norm):
    torch.manual_seed(0)
    network = FlowNetwork((3, 56, 56), 4, name, norm=norm, dropout=0.0)
    logits = network(torch.randn(5, 3, 56, 56))
    assert logits.shape == (5, 4)
    (logits * torch.randn(5, 4)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())


def test_sizes_inside_ststnet():
    sizes = []
    network = FlowNetwork(MAPS, 3, "ststnet", norm="batch")
    for layer in (network.body.convolution, network.body.max_pool, network.body.average_pool):
        layer.register_forward_hook(lambda _, inputs, output: sizes.append(tuple(output.shape[1:])))
    network(torch.zeros(2, *MAPS))
    assert sizes == [(16, 28, 28), (16, 10, 10), (16, 5, 5)]
    assert network.body.head.in_features == 400


def test_one_convolution_is_the_three_streams():
    torch.manual_seed(0)
    network = FlowNetwork(MAPS, 3, "ststnet", norm="batch").body
    nn.init.uniform_(network.norm.weight, -1, 1)
    x, parts, start = torch.randn(6, *MAPS), [], 0
    for n_filters in (3, 5, 8):
        own, start = slice(start, start + n_filters), start + n_filters
        convolution, norm = nn.Conv2d(3, n_filters, 3, padding=1), nn.BatchNorm2d(n_filters)
        for layer, source in ((convolution, network.convolution), (norm, network.norm)):
            layer.load_state_dict(
                {name: getattr(source, name)[own] for name in ("weight", "bias")}, strict=False
            )
        pooled = nn.functional.max_pool2d(norm(convolution(x).relu()), 3, 3, 1)
        parts.append(nn.functional.avg_pool2d(pooled, 2))
    network.dropout.p = 0.0
    want = network.head(torch.cat(parts, 1).flatten(1))
    torch.testing.assert_close(network(x), want)


def test_off_apexnet_reads_u_and_v_alone():
    network = FlowNetwork(MAPS, 3, "off-apexnet").eval()
    x = torch.randn(2, *MAPS)
    logits = network(x)
    x[:, 2] = 0
    assert torch.equal(network(x), logits)
    x[:, 1] = 0
    assert not torch.equal(network(x), logits)


def test_whole_channels_are_dropped_in_sssnet():
    layer = SeededDropout(0.5, channels=True)
    layer.generator = torch.Generator().manual_seed(0)
    dropped = layer(torch.ones(4, 8, 3, 3)).flatten(2)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped.amin(2), dropped.amax(2))
    network = FlowNetwork(MAPS, 3, "sssnet")
    assert sum(isinstance(m, SeededDropout) and m.channels for m in network.modules()) == 2


def test_attention_of_rcn_a():
    network = FlowNetwork(MAPS, 2, "rcn-a", n_filters=1).body
    with torch.no_grad():
        network.head.weight[0] = 1.0
        network.head.weight[1] = 0.0
    x = torch.arange(25.0).reshape(1, 1, 5, 5)
    # The first class's map rises from 0 to 1; the second is flat, which would be 0/0.
    torch.testing.assert_close(network.attention(x), x / 24 / 2)


def test_the_recurrent_convolution_is_applied_twice():
    network, calls = FlowNetwork(MAPS, 2, "rcn-a", norm="batch").body, []
    network.recurrent_step[0].register_forward_hook(lambda *_: calls.append(1))
    network(torch.zeros(2, *MAPS))
    assert len(calls) == 2


def query_key_rows(network):
    for module in network.modules():
        if hasattr(module, "query_key_value"):
            weight = module.query_key_value.weight
            yield weight, slice(0, 2 * len(weight) // 3)


@pytest.mark.parametrize(("size", "silent"), [(28, True), (112, False)])
def test_attention_over_one_token_is_the_identity(size, silent):
    torch.manual_seed(0)
    network = FlowNetwork((3, size, size), 3, "htnet")
    x = torch.randn(2, 3, size, size)
    logits = network(x)
    logits.square().sum().backward()
    gradients = [weight.grad[rows].abs().max().item() for weight, rows in query_key_rows(network)]
    assert len(gradients) == 14
    assert all(g == 0 for g in gradients) if silent else all(g > 0 for g in gradients)
    with torch.no_grad():
        for weight, rows in query_key_rows(network):
            weight[rows] = torch.randn_like(weight[rows])
    assert torch.equal(network(x), logits) == silent


def test_windows_of_htnet():
    corners = face_windows(28, 28)
    assert corners.shape == (4, 2) and (corners >= 0).all() and (corners <= 14).all()
    left_eye, left_lip, right_eye, right_lip = corners
    assert left_eye[0] < left_lip[0] and left_eye[1] < right_eye[1] and left_lip[1] < right_lip[1]
    np.testing.assert_array_equal(corners[:2, 1] + corners[2:, 1], [14, 13])
    network = FlowNetwork(MAPS, 3, "htnet").body
    y, x = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    cut = network._cut(torch.stack([y, x])[None])[0]
    assert cut[:, 0, 0].tolist() == left_eye.tolist()
    assert cut[:, 14, 0].tolist() == left_lip.tolist()
    assert cut[:, 0, 14].tolist() == right_eye.tolist()
    assert cut[:, 27, 27].tolist() == (right_lip + 13).tolist()


def test_htnet_of_other_sizes_is_refused():
    with pytest.raises(ValueError, match=r"square maps of a multiple of 28 px .* got 30 x 30"):
        FlowNetwork((3, 30, 30), 3, "htnet")
    network = FlowNetwork((3, 64, 64), 3, "htnet", patch_size=4, dim=8)
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 3)
