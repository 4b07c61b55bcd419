import numpy as np
import pytest
import torch

from skmer.face import FaceGraph
from skmer.nn import Augmentation, LinearHead, NodeChannels, SeededDropout

GRAPH = FaceGraph.preset("brow-nose-lip31")


def test_channels_are_what_they_are_called(draw):
    x = draw(4, 3, 31, 4)
    got = NodeChannels(GRAPH, 4, ["magnitude", "relative", "edge"])(x).numpy()
    x = x.numpy()
    motion = x - x[:, :1]
    magnitude = np.stack([np.hypot(motion[..., c], motion[..., c + 1]) for c in (0, 2)], axis=-1)
    relative, edge = x.copy(), x.copy()
    for part in GRAPH.components.values():
        relative[:, :, list(part)] -= x[:, :, list(part)].mean(2, keepdims=True)
    for node, row in enumerate(GRAPH.adjacency()):
        edge[:, :, node] -= x[:, :, row > 0].mean(2)
    np.testing.assert_allclose(got, np.concatenate([x, magnitude, relative, edge], axis=-1), atol=1e-6)


def test_a_mirrored_face_has_mirrored_channels(draw):
    augment, append = Augmentation(GRAPH), NodeChannels(GRAPH, 2, ["relative", "edge", "magnitude"])
    x = draw(4, 3, 31, 2)
    got, want = append(augment.reflect(x)), append(x)
    torch.testing.assert_close(got[..., :6], augment.reflect(want[..., :6]), atol=1e-6, rtol=0)
    torch.testing.assert_close(got[..., 6], want[..., list(GRAPH.mirror), 6])


def test_replicas_and_still_frames(draw):
    append = NodeChannels(GRAPH, 2, ["magnitude", "edge"])
    x = draw(3, 4, 3, 31, 2)
    x[..., 2, :, :] = 0
    x.requires_grad_()
    y = append(x)
    assert y.shape == (3, 4, 3, 31, append.out_channels)
    torch.testing.assert_close(y[1], append(x[1]))
    assert torch.isfinite(torch.autograd.grad(y.sum(), x)[0]).all()


def test_nothing_is_appended_without_names_or_motion(draw):
    x = draw(4, 1, 7, 3)
    assert NodeChannels(FaceGraph.generic(7), 3, ["magnitude"])(x) is x
    assert NodeChannels(GRAPH, 2)(x) is x


def test_impossible_channels_are_refused():
    with pytest.raises(ValueError, match=r"channels must be names among .* got 'speed'"):
        NodeChannels(GRAPH, 2, ["speed"])
    with pytest.raises(ValueError, match=r"needs pairs \(x, y\), got 3 channels"):
        NodeChannels(GRAPH, 3, ["magnitude"])


def test_drops_a_share_and_keeps_the_mean():
    layer = SeededDropout(0.25)
    layer.generator = torch.Generator().manual_seed(0)
    y = layer(torch.ones(100_000))
    assert set(y.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert abs(y.mean() - 1) < 0.01


def test_masks_come_from_the_generator_alone():
    layer = SeededDropout(0.5)
    before = torch.get_rng_state()
    masks = []
    for _ in range(2):
        layer.generator = torch.Generator().manual_seed(7)
        masks.append(layer(torch.ones(50)))
    assert torch.equal(*masks)
    assert torch.equal(before, torch.get_rng_state())


def test_nothing_is_dropped_in_evaluation():
    x = torch.ones(50)
    assert torch.equal(SeededDropout(0.5).eval()(x), x)


def test_replicas_draw_from_generators_of_their_own():
    layer = SeededDropout(0.5)
    layer.generator = [torch.Generator().manual_seed(seed) for seed in (1, 2)]
    stacked = layer(torch.ones(2, 50))
    for replica, seed in enumerate((1, 2)):
        layer.generator = torch.Generator().manual_seed(seed)
        assert torch.equal(layer(torch.ones(50)), stacked[replica])


def test_is_a_linear_layer(draw):
    head = LinearHead(6, 4).double()
    linear = torch.nn.Linear(6, 4).double()
    linear.load_state_dict({"weight": head.weight.T, "bias": head.bias.flatten()})
    x = draw(5, 6)
    torch.testing.assert_close(head(x), linear(x))
