import numpy as np
import pytest
import torch

from skmer.nn import ActionCenterLoss, DeReGRLLoss, LossTerms, WeightBalanceLoss, WeightCenterLoss

TARGET = torch.tensor([0, 1, 1, 2, 0, 1, 2])


@pytest.fixture
def output(draw):
    """Logits, actions and weights of seven samples, three classes, six actions."""
    return draw(7, 3), draw(7, 3, 6, 4), draw(7, 6).sigmoid()


@pytest.fixture
def sample_weight():
    return torch.tensor([1.0, 2.0, 0.5, 1.0, 3.0, 0.25, 1.0], dtype=torch.float64)


def plain_center(actions, weight, reduction):
    mean = np.average(actions, axis=0, weights=weight)
    squares = ((actions - mean) ** 2).reshape(len(actions), -1)
    return np.average(getattr(squares, reduction)(1), weights=weight)


def plain_weight(weights, target, weight, centers, reduction):
    if centers is None:
        classes = sorted(set(target))
        centers = {c: np.average(weights[target == c], axis=0, weights=weight[target == c]) for c in classes}
    squares = np.array([(w - centers[c]) ** 2 for w, c in zip(weights, target, strict=True)])
    return np.average(getattr(squares, reduction)(1), weights=weight)


def plain_balance(weights, weight, target, reduction):
    used = np.average(weights, axis=0, weights=weight)
    used = used / used.sum() if target == "relative" else used
    return getattr(np.abs(used - 1 / len(used)), reduction)()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_equation_7(output, sample_weight, reduction):
    want = plain_center(output[1].numpy(), sample_weight.numpy(), reduction)
    got = ActionCenterLoss(reduction)(output[1], sample_weight)
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("centers", ["batch", "learned"])
def test_equation_8(output, sample_weight, draw, centers, reduction):
    loss = WeightCenterLoss(3, 6, centers, reduction).double()
    learned = None
    if centers == "learned":
        loss.centers.data = draw(3, 6)
        learned = loss.centers.detach().numpy()
    arguments = (output[2].numpy(), TARGET.numpy(), sample_weight.numpy())
    want = plain_weight(*arguments, learned, reduction)
    got = loss(output[2], TARGET, sample_weight)
    np.testing.assert_allclose(got.detach(), want, rtol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("target", ["relative", "absolute"])
def test_equation_9(output, sample_weight, target, reduction):
    want = plain_balance(output[2].numpy(), sample_weight.numpy(), target, reduction)
    got = WeightBalanceLoss(target, reduction)(output[2], sample_weight)
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_relative_balance_does_not_see_the_scale(output, sample_weight):
    loss = WeightBalanceLoss("relative")
    torch.testing.assert_close(loss(output[2], sample_weight), loss(5 * output[2], sample_weight))


def test_equation_10(output, sample_weight):
    loss = DeReGRLLoss(3, 6, lambda_center=0.3, lambda_weight=0.7, lambda_balance=0.2)
    terms = loss(output, TARGET, sample_weight)
    logp = output[0].log_softmax(1).numpy()[np.arange(7), TARGET]
    weight = sample_weight.numpy()
    np.testing.assert_allclose(terms.cross_entropy, np.average(-logp, weights=weight), rtol=1e-12)
    np.testing.assert_allclose(terms.center, plain_center(output[1].numpy(), weight, "mean"), rtol=1e-12)
    want = terms.cross_entropy + 0.3 * terms.center + 0.7 * terms.weight + 0.2 * terms.balance
    torch.testing.assert_close(terms.total, want)
    assert isinstance(terms, LossTerms)


def test_label_smoothing_is_cross_entropy_with_soft_targets(output, sample_weight):
    got = DeReGRLLoss(3, 6, label_smoothing=0.3)(output, TARGET, sample_weight).cross_entropy
    soft = 0.1 + 0.7 * np.eye(3)[TARGET]
    losses = -(soft * output[0].log_softmax(1).numpy()).sum(1)
    np.testing.assert_allclose(got, np.average(losses, weights=sample_weight.numpy()), rtol=1e-12)


@pytest.mark.parametrize("centers", ["batch", "learned"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_weight_of_two_counts_as_two_samples_in_every_term(output, centers, reduction):
    loss = DeReGRLLoss(3, 6, centers=centers, reduction=reduction).double()
    twice = torch.tensor([0, 1, 1, 2, 3, 4, 4, 5, 6])
    weight = torch.bincount(twice).double()
    repeated = loss(tuple(part[twice] for part in output), TARGET[twice])
    for weighted, plain in zip(loss(output, TARGET, weight), repeated, strict=True):
        torch.testing.assert_close(weighted, plain)


def test_a_weight_of_zero_counts_as_absent_in_every_term(output):
    loss = DeReGRLLoss(3, 6)
    weight = torch.ones(7, dtype=torch.float64)
    weight[2] = 0
    kept = torch.tensor([0, 1, 3, 4, 5, 6])
    absent = loss(tuple(part[kept] for part in output), TARGET[kept])
    for weighted, plain in zip(loss(output, TARGET, weight), absent, strict=True):
        torch.testing.assert_close(weighted, plain)


def test_replicas_are_computed_side_by_side(draw):
    loss = DeReGRLLoss(3, 6)
    output = draw(2, 7, 3), draw(2, 7, 3, 6, 4), draw(2, 7, 6).sigmoid()
    target = torch.stack([TARGET, TARGET.flip(0)])
    weight = draw(2, 7).exp()
    stacked = loss(output, target, weight)
    for r in range(2):
        alone = loss(tuple(part[r] for part in output), target[r], weight[r])
        for many, one in zip(stacked, alone, strict=True):
            torch.testing.assert_close(many[r], one)


def test_a_network_without_actions_has_cross_entropy_alone(output):
    terms = DeReGRLLoss(3, 0)((output[0], output[1][:, :, :0], output[2][:, :0]), TARGET)
    assert terms.center == terms.weight == terms.balance == 0
    torch.testing.assert_close(terms.total, torch.nn.functional.cross_entropy(output[0], TARGET))


@pytest.mark.parametrize("name", ["reduction", "centers", "balance"])
@pytest.mark.parametrize("value", ["median", "\0"])
def test_unknown_choices_are_refused(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be one of \["):
        DeReGRLLoss(3, 6, **{name: value})
