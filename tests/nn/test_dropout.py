import torch

from skmer.nn import SeededDropout


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
