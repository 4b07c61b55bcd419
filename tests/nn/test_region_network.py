import pytest
import torch

from skmer.nn import LGCcon, LGCconLoss, RegionScores, RegionTerms
from skmer.nn._region_network import STRIPS


def test_vgg_has_its_parameters():
    with torch.device("meta"):
        network = LGCcon((3, 600, 600), 5, backbone="vgg16")
    assert sum(p.numel() for p in network.parameters()) == 134_342_484


def test_strips_are_those_of_the_authors():
    pixels = [(round(225 * start), round(225 * stop)) for start, stop in STRIPS]
    assert pixels == [*((20 * k, 20 * k + 76) for k in range(8)), (143, 225)]


@pytest.fixture
def three_regions(monkeypatch):
    """A network whose face and three regions have given scores, through identity heads."""
    network = LGCcon((1, 32, 32), 2).eval()
    face = torch.tensor([[1.0, 2.0]])
    regions = torch.tensor([[[0.5, -1.0], [3.0, -2.0], [1.0, 4.0]]], requires_grad=True)
    network.features = torch.nn.Identity()
    network.heads = torch.nn.ModuleDict({name: torch.nn.Identity() for name in network.heads})
    monkeypatch.setattr(network, "_describe", lambda maps: face)
    monkeypatch.setattr(network, "regions", lambda maps: regions)
    return network, regions


def test_the_score_is_the_face_plus_the_best_region_of_each_class(three_regions):
    network, regions = three_regions
    output = network(torch.zeros(1, 1, 32, 32))
    assert output.score.tolist() == [[4.0, 6.0]]
    assert output.auxiliary_region.tolist() == [[3.0, 4.0]]
    output.score.sum().backward()
    assert regions.grad.tolist() == [[[0, 0], [1, 0], [0, 1]]]


@pytest.mark.parametrize(("strips", "axis"), [("vertical", 3), ("horizontal", 2)])
def test_a_strip_sees_its_part_of_the_picture_alone(strips, axis):
    torch.manual_seed(0)
    network = LGCcon((1, 128, 128), 2, norm=None, strips=strips).eval()
    maps = torch.randn(1, 64, 16, 16)
    before = network.regions(maps)
    changed = maps.clone()
    changed.narrow(axis, 15, 1).add_(10.0)
    differs = (network.regions(changed) != before).any(2)[0].tolist()
    assert not differs[0] and differs[8] and differs == sorted(differs)


def test_terms_and_their_weights():
    torch.manual_seed(0)
    output = RegionScores(*torch.randn(3, 4, 3))
    target, weight = torch.tensor([0, 1, 2, 0]), torch.tensor([1.0, 2.0, 0.5, 1.0])
    loss = LGCconLoss(3, lambda_center=0.008)
    terms = loss(output, target, weight)
    assert isinstance(terms, RegionTerms)
    auxiliary = terms.auxiliary_face + terms.auxiliary_region
    want = terms.cross_entropy + 0.7 * auxiliary + 0.008 * terms.center
    torch.testing.assert_close(terms.total, want)
    distance = output.score.square().sum(1) / 2  # the centres begin at zero
    torch.testing.assert_close(terms.center, (distance * weight).sum() / weight.sum())
    none = LGCconLoss(3, lambda_auxiliary=0, lambda_center=0)
    torch.testing.assert_close(none(output, target, weight).total, terms.cross_entropy)


def test_centres_are_learned():
    loss = LGCconLoss(2)
    loss(RegionScores(*[torch.ones(3, 2)] * 3), torch.tensor([0, 0, 1])).total.backward()
    assert (loss.centers.grad < 0).all()
