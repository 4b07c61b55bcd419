import pytest
import torch

from skmer.face import MEAN_SHAPE, FaceGraph
from skmer.nn import Augmentation, MapAugmentation

GRAPH = FaceGraph.preset("brow-nose-lip31")


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def test_reflection_undoes_itself_and_exchanges_the_sides(draw):
    augment = Augmentation(GRAPH)
    x = draw(2, 3, 31, 4)
    y = augment.reflect(x)
    assert torch.equal(augment.reflect(y), x)
    right, left = GRAPH.node_names.index("brow_17"), GRAPH.node_names.index("brow_26")
    assert torch.equal(y[..., left, :], x[..., right, :] * torch.tensor([-1.0, 1.0, -1.0, 1.0]))


def test_half_of_the_samples_are_mirrored(draw, generator):
    augment = Augmentation(GRAPH, horizontal_flip=0.5, noise=0.0)
    x = draw(400, 3, 31, 2)
    y = augment(x, augment.draw(x.shape, generator))
    mirrored = (y != x).flatten(1).any(1)
    assert 150 < mirrored.sum() < 250
    assert torch.equal(y[mirrored], augment.reflect(x[mirrored]))


def test_noise_is_in_proportion_to_the_motion_and_leaves_still_frames(draw, generator):
    augment = Augmentation(GRAPH, horizontal_flip=0.0, noise=0.4)
    x = draw(500, 3, 31, 2) * torch.tensor([0.0, 3.0, 0.0], dtype=torch.float64)[:, None, None]
    added = augment(x, augment.draw(x.shape, generator)) - x
    assert (added[:, [0, 2]] == 0).all()
    assert abs(added[:, 1].std() / (0.4 * 3.0) - 1) < 0.02


def test_noise_does_not_depend_on_the_unit(draw, generator):
    augment = Augmentation(GRAPH)
    x = draw(5, 3, 31, 2)
    noise = augment.draw(x.shape, generator)
    torch.testing.assert_close(augment(8 * x, noise), 8 * augment(x, noise))


def test_one_frame_takes_noise_in_proportion_to_its_values(draw, generator):
    augment = Augmentation(FaceGraph.generic(50), noise=0.1)
    assert augment.horizontal_flip == 0
    x = 10 * draw(200, 1, 50, 1)
    added = augment(x, augment.draw(x.shape, generator)) - x
    assert abs(added.std() / (0.1 * 10) - 1) < 0.05


def test_nothing_to_do_is_said():
    assert Augmentation(GRAPH).active
    assert not Augmentation(GRAPH, horizontal_flip=0.0, noise=0.0).active
    assert Augmentation(GRAPH, horizontal_flip=0.0, noise=0.0, head_motion_noise=0.1).active
    assert not Augmentation(
        FaceGraph.generic(5), horizontal_flip=0.0, noise=0.0, head_motion_noise=0.1
    ).active


def test_head_motion_noise_is_a_similarity_in_proportion_to_the_motion(draw, generator):
    augment = Augmentation(GRAPH, horizontal_flip=0.0, noise=0.0, head_motion_noise=0.5)
    x = draw(400, 3, 31, 4) * torch.tensor([0.0, 3.0, 0.0], dtype=torch.float64)[:, None, None]
    added = augment(x, augment.draw(x.shape, generator)) - x
    assert (added[:, [0, 2]] == 0).all()
    assert abs(added[:, 1].square().mean().sqrt() / (0.5 * 3.0) - 1) < 0.1
    torch.testing.assert_close(added[..., :2], added[..., 2:])
    points = torch.as_tensor(MEAN_SHAPE[list(GRAPH.nodes)])
    x, y = points.T
    one, zero = torch.ones(31), torch.zeros(31)
    design = torch.stack(
        [torch.stack(p, -1).flatten() for p in ((one, zero), (zero, one), (-y, x), (x, y))], -1
    )
    left = added[:, 1, :, :2].flatten(1).T
    coefficients = torch.linalg.lstsq(design.double(), left).solution
    torch.testing.assert_close(design.double() @ coefficients, left, atol=1e-5, rtol=0)


def test_what_is_off_draws_what_it_always_drew(draw):
    shape = torch.Size([4, 3, 31, 2])
    draws = [
        Augmentation(GRAPH, head_motion_noise=size).draw(shape, torch.Generator().manual_seed(0))
        for size in (0.0, 0.5)
    ]
    assert torch.equal(draws[0].flip, draws[1].flip) and torch.equal(draws[0].noise, draws[1].noise)
    assert [tuple(draw.rigid.shape) for draw in draws] == [(4, 3, 0), (4, 3, 4)]


def test_maps_are_shifted_by_whole_pixels_with_the_border_repeated(draw, generator):
    augment = MapAugmentation(horizontal_flip=0.0, shift=2)
    x = draw(200, 3, 9, 11)
    drawn = augment.draw(x.shape, generator)
    y, padded = augment(x, drawn), torch.nn.functional.pad(x, [2] * 4, mode="replicate")
    for clip, (row, column) in enumerate(drawn.offset.tolist()):
        assert torch.equal(y[clip], padded[clip, :, row : row + 9, column : column + 11])
    assert set(drawn.offset.flatten().tolist()) == set(range(5))


def test_a_mirrored_map_turns_its_horizontal_flow(draw, generator):
    augment = MapAugmentation(horizontal_flip=1.0)
    x = draw(4, 3, 9, 11)
    expected = x.flip(-1) * torch.tensor([-1.0, 1.0, 1.0], dtype=x.dtype)[:, None, None]
    assert torch.equal(augment(x, augment.draw(x.shape, generator)), expected)
    assert torch.equal(augment.reflect(augment.reflect(x)), x)
    assert not MapAugmentation(0.0).active
