import pytest
import torch
from torch.nn import functional

from skmer.nn import WeightedCrossEntropy


def test_a_weight_of_two_is_a_clip_twice():
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    twice = WeightedCrossEntropy()(logits[[0, 1, 2, 3, 3]], target[[0, 1, 2, 3, 3]])
    torch.testing.assert_close(WeightedCrossEntropy()(logits, target, torch.tensor([1.0, 1, 1, 2])), twice)
    want = functional.cross_entropy(logits, target)
    torch.testing.assert_close(WeightedCrossEntropy()(logits, target), want)


def test_replicas_and_smoothing():
    logits, target, weight = torch.randn(2, 4, 3), torch.tensor([[0, 1, 2, 0]] * 2), torch.rand(2, 4)
    together = WeightedCrossEntropy(label_smoothing=0.1)(logits, target, weight)
    for k in range(2):
        alone = functional.cross_entropy(logits[k], target[k], reduction="none", label_smoothing=0.1)
        want = float((alone * weight[k]).sum() / weight[k].sum())
        assert together[k].item() == pytest.approx(want, rel=1e-5)
