import numpy as np
import pytest

from skmer.nn import RelationReconstruction


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
