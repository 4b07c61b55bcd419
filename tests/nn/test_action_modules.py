import numpy as np
import pytest
import torch

from skmer.nn import ActionDecomposition, ActionUnitHead, RelationReconstruction

SIZES = (4, 3, 5)


def plain_decomposition(plain, layer, x, adjacency, axis):
    actions, maps, start = [], [], 0
    for group, size in enumerate(SIZES):
        nodes = x[:, :, start : start + size]
        own = adjacency[start : start + size, start : start + size]
        scores = plain.block(nodes, own, layer.blocks[group], activate_output=False)  # eq. (1)
        maps.append(plain.softmax(scores, axis))  # eq. (2)
        actions.append(np.einsum("btnk,btnd->btkd", maps[-1], nodes))  # eq. (3)
        start += size
    return np.concatenate(actions, 2), maps


@pytest.mark.parametrize(("softmax", "axis"), [("nodes", 2), ("actions", 3)])
def test_equations_1_to_3(plain, draw, nodes_first, softmax, axis):
    layer = ActionDecomposition(SIZES, 6, 2, softmax=softmax).double()
    x, adjacency = draw(2, 3, 12, 6), draw(12, 12)
    want, want_maps = plain_decomposition(plain, layer, x.numpy(), adjacency.numpy(), axis)
    actions, maps = layer(nodes_first(x), adjacency)
    np.testing.assert_allclose(actions.movedim(-4, -2).detach().numpy(), want, atol=1e-12)
    for got, want in zip(maps, want_maps, strict=True):
        np.testing.assert_allclose(got.movedim(-4, -2).detach().numpy(), want, atol=1e-12)


def test_an_action_is_a_convex_combination_of_its_component(draw, nodes_first):
    layer = ActionDecomposition(SIZES, 6, 2).double()
    x = nodes_first(draw(2, 3, 12, 6))
    actions, maps = layer(x, draw(12, 12))
    for own in maps:
        torch.testing.assert_close(own.sum(-4), torch.ones_like(own.sum(-4)))
        assert (own >= 0).all()
    brow = x[:4]
    assert (actions[:2] <= brow.amax(0) + 1e-12).all() and (actions[:2] >= brow.amin(0) - 1e-12).all()


def test_components_do_not_see_each_other(draw, nodes_first):
    layer = ActionDecomposition(SIZES, 6, 2).double()
    x, adjacency = draw(1, 3, 12, 6), draw(12, 12)
    before = layer(nodes_first(x), adjacency)[0]
    x[:, :, 4:7] += 1.0
    after = layer(nodes_first(x), adjacency)[0]
    changed = (before != after).flatten(1).any(1)
    assert changed.tolist() == [False, False, True, True, False, False]


def test_gradients(draw, nodes_first):
    layer = ActionDecomposition((2, 1), 2, 2).double()
    inputs = (nodes_first(draw(1, 3, 3, 2)).requires_grad_(), draw(3, 3).requires_grad_())
    assert torch.autograd.gradcheck(lambda x, a: layer(x, a)[0], inputs)


def test_unknown_softmax_is_refused():
    with pytest.raises(ValueError, match=r"softmax must be one of .* got 'frames'"):
        ActionDecomposition(SIZES, 6, 2, softmax="frames")


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("sigmoid", [True, False])
def test_equations_4_and_5(plain, draw, nodes_first, norm, sigmoid):
    layer = RelationReconstruction(3, 2, 4, norm=norm, sigmoid=sigmoid).double()
    actions = draw(5, 3, 6, 4)
    relations = plain.block(actions.numpy(), layer.adjacency().detach().numpy(), layer.block)  # eq. (4)
    if sigmoid:
        relations = 1 / (1 + np.exp(-relations))
    entries = relations.transpose(0, 2, 1, 3).reshape(5, 6, 12)
    order = 1 if norm == "l1" else 2
    want = np.linalg.norm(entries, ord=order, axis=2) / 12  # eq. (5)
    got = layer(nodes_first(actions)).T.detach().numpy()
    np.testing.assert_allclose(got, want, atol=1e-12)
    assert got.min() >= 0


def test_component_relations_join_no_two_components(draw, nodes_first):
    layer = RelationReconstruction(3, 2, 4, relations="component").double()
    actions = draw(1, 3, 6, 4)
    before = layer(nodes_first(actions)).flatten()
    actions[:, :, 2:4] += 1.0
    after = layer(nodes_first(actions)).flatten()
    assert (before != after).tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize(("relations", "n_matrices"), [("learned", 1), ("full", 0), ("component", 0)])
def test_only_learned_relations_are_parameters(relations, n_matrices):
    layer = RelationReconstruction(3, 2, 4, relations=relations)
    assert len(list(layer.adjacency.parameters())) == n_matrices


@pytest.mark.parametrize("wrong", [{"relations": "none"}, {"norm": "l3"}])
def test_unknown_choices_are_refused(wrong):
    with pytest.raises(ValueError, match="must be one of"):
        RelationReconstruction(3, 2, 4, **wrong)


def test_each_unit_is_read_off_its_action_alone():
    torch.manual_seed(0)
    head = ActionUnitHead([2, 0, 2], n_features=6)
    with torch.no_grad():
        head.bias.copy_(torch.tensor([0.5, -1.0, 2.0]))
    actions = torch.randn(4, 5, 3, 2)
    logits = head(actions).detach().numpy()
    flat, weight = actions.reshape(4, 5, 6).numpy(), head.weight.detach().numpy()
    expected = np.stack([flat[2] @ weight[0] + 0.5, flat[0] @ weight[1] - 1, flat[2] @ weight[2] + 2], axis=1)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)
    others = actions.clone()
    others[[1, 3]] = torch.randn(2, 5, 3, 2)
    assert torch.equal(head(others), head(actions))
