import pytest
import torch

from skmer.face import FaceGraph
from skmer.nn import Adjacency

SKELETON = torch.as_tensor(FaceGraph.preset("brow-nose-lip31").normalized_adjacency())


def test_skeleton_plus_learned_starts_as_the_skeleton_and_learns():
    adjacency = Adjacency(SKELETON, "skeleton+learned")
    torch.testing.assert_close(adjacency().double(), SKELETON)
    adjacency().sum().backward()
    assert adjacency.learned.grad.shape == (31, 31)


def test_skeleton_and_full_hold_no_parameters():
    assert not list(Adjacency(SKELETON, "skeleton").parameters())
    full = Adjacency(SKELETON, "full")
    assert not list(full.parameters())
    torch.testing.assert_close(full(), torch.full_like(SKELETON, 1 / 31))


def test_learned_holds_no_skeleton():
    first, second = Adjacency(SKELETON, "learned")(), Adjacency(SKELETON, "learned")()
    assert not torch.equal(first, second)


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"adjacency must be one of .* got 'ring'"):
        Adjacency(SKELETON, "ring")
