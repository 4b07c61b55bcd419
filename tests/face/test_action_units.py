from itertools import pairwise

import numpy as np
import pytest

from skmer.face import (
    ACTION_UNITS,
    MEAN_SHAPE,
    MIRROR_POINTS,
    RIGID_POINTS,
    ActionUnit,
    FaceGraph,
    action_unit_field,
    action_unit_shares,
    assign_action_units,
)

UNITS_OF_THE_CORPORA = {1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 43}
INNER_TO_OUTER = {60: 48, 61: 50, 62: 51, 63: 52, 64: 54, 65: 56, 66: 57, 67: 58}


def test_every_unit_of_the_class_tables_is_there():
    assert set(ACTION_UNITS) == UNITS_OF_THE_CORPORA
    for number, unit in ACTION_UNITS.items():
        assert unit.number == number
        assert unit.name
        assert unit.muscle
        assert unit.reason


def test_a_unit_does_not_change():
    unit = ACTION_UNITS[12]
    assert isinstance(unit, ActionUnit)
    with pytest.raises(AttributeError):
        unit.name = "frown"


@pytest.mark.parametrize("number", sorted(UNITS_OF_THE_CORPORA))
def test_fields_are_symmetric_and_of_unit_size(number):
    field = ACTION_UNITS[number].field
    np.testing.assert_allclose(field[list(MIRROR_POINTS)] * (-1, 1), field, atol=1e-15)
    assert np.linalg.norm(field, axis=1).max() == pytest.approx(1)
    assert not field[list(RIGID_POINTS)].any()
    assert not field.flags.writeable


@pytest.mark.parametrize("number", sorted(UNITS_OF_THE_CORPORA))
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_sided_fields_leave_the_other_side_still(number, side):
    field = action_unit_field(number, side)
    other = MEAN_SHAPE[:, 0] > 0 if side == "left" else MEAN_SHAPE[:, 0] < 0
    assert not field[other].any()
    assert np.linalg.norm(field, axis=1).max() == pytest.approx(1)


@pytest.mark.parametrize("number", sorted(UNITS_OF_THE_CORPORA - {23, 24}))
def test_inner_lips_move_with_the_outer_ones(number):
    field = action_unit_field(number)
    for inner, outer in INNER_TO_OUTER.items():
        np.testing.assert_allclose(field[inner], field[outer], atol=0.2)


@pytest.mark.parametrize("number", [23, 24])
def test_pressed_lips_keep_their_seam(number):
    field = action_unit_field(number)
    assert np.all(field[[50, 51, 52], 1] > 0)
    assert np.all(field[[56, 57, 58], 1] < 0)
    assert np.abs(field[61:64, 1]).max() < 0.2


@pytest.mark.parametrize(
    ("number", "point", "direction"),
    [
        (1, 21, (0, -1)),
        (2, 18, (0, -1)),
        (4, 21, (0.51, 0.86)),
        (4, 22, (-0.51, 0.86)),
        (5, 37, (0, -1)),
        (7, 40, (0, -1)),
        (10, 50, (0, -1)),
        (12, 48, (-0.65, -0.76)),
        (12, 54, (0.65, -0.76)),
        (15, 54, (0, 1)),
        (17, 57, (0, -1)),
        (25, 57, (0, 1)),
        (43, 44, (0, 1)),
    ],
)
def test_directions(number, point, direction):
    np.testing.assert_allclose(action_unit_field(number)[point], direction, atol=0.01)


def test_no_two_units_are_the_same_movement():
    fields = np.array([unit.field.ravel() / np.linalg.norm(unit.field) for unit in ACTION_UNITS.values()])
    similarity = fields @ fields.T - np.eye(len(fields))
    assert similarity.max() < 0.95


def test_unknown_units_and_sides_are_refused():
    with pytest.raises(ValueError, match="number must be one of"):
        action_unit_field(3)
    with pytest.raises(ValueError, match="side must be 'both', 'left' or 'right'"):
        action_unit_field(12, side="l")


GRAPH = FaceGraph.preset("brow-nose-lip31")


@pytest.mark.parametrize("n_actions", [1, 3, 8])
def test_shares_of_units_are_those_of_their_energy(n_actions):
    shares = action_unit_shares(GRAPH, n_actions)
    assert shares.shape == (31, n_actions) and (shares > 0).all()
    ends = np.cumsum([0, *GRAPH.component_sizes])
    for start, stop in pairwise(ends):
        np.testing.assert_allclose(shares[start:stop].sum(axis=0), 1)
    energies = {n: np.square(unit.field[list(GRAPH.nodes)]).sum(axis=1) for n, unit in ACTION_UNITS.items()}
    strongest = max(energies.values(), key=lambda energy: energy[:10].sum())[:10]
    np.testing.assert_allclose(shares[:10, 0], 0.9 * strongest / strongest.sum() + 0.01)


def test_units_of_a_component_have_actions_of_their_own_while_there_are_any():
    numbers = [1, 2, 4, 9, 12, 15, 20]
    actions = assign_action_units(GRAPH, numbers, 3)
    assert [action // 3 for action in actions] == [0, 0, 0, 1, 2, 2, 2]
    assert len(set(actions)) == len(numbers)
    fewer = assign_action_units(GRAPH, numbers, 1)
    assert fewer == tuple(action // 3 for action in actions)


def test_units_without_a_field_go_where_the_fewest_are():
    assert sorted(assign_action_units(GRAPH, [101, 102, 103], 1)) == [0, 1, 2]
    assert assign_action_units(GRAPH, [1, 12, 101], 1) == (0, 2, 1)
