import numpy as np
import pytest

from skmer.datasets._synthetic._expressions import EXPRESSIONS, class_movements

# Published shares of the clips of a class that show a unit; counts; share of one-sided clips.
PUBLISHED = {
    ("casme2", "disgust"): ({4: 0.94, 7: 0.48, 10: 0.27, 9: 0.21}, 64, 0.22),
    ("casme2", "happiness"): ({12: 0.84, 6: 0.25, 14: 0.16, 15: 0.09}, 32, 0.41),
    ("casme2", "surprise"): ({2: 0.80, 1: 0.72, 25: 0.08}, 25, 0.56),
    ("casme2", "repression"): ({17: 0.70, 15: 0.41, 14: 0.15}, 27, 0.0),
    ("casme2", "others"): ({4: 0.68, 14: 0.16, 7: 0.07}, 99, 0.06),
    ("samm", "anger"): ({7: 0.74, 4: 0.37, 43: 0.14}, 57, 0.0),
    ("samm", "contempt"): ({14: 1.0, 17: 0.25, 12: 0.17}, 12, 0.83),
    ("samm", "happiness"): ({12: 1.0}, 26, 0.0),
    ("samm", "surprise"): ({5: 0.60, 1: 0.27, 2: 0.27}, 15, 0.0),
    ("samm", "others"): ({2: 0.50, 24: 0.23}, 26, 0.0),
}


def test_every_class_is_published():
    assert {(dataset, name) for dataset, classes in EXPRESSIONS.items() for name in classes} == set(PUBLISHED)


@pytest.mark.parametrize(("dataset", "name"), PUBLISHED)
def test_unit_sets_have_the_published_shares(dataset, name):
    shares, count, one_sided = PUBLISHED[dataset, name]
    expression = EXPRESSIONS[dataset][name]
    assert (expression.count, expression.one_sided) == (count, one_sided)
    assert sum(expression.units.values()) == pytest.approx(1)
    for unit, share in shares.items():
        assert sum(p for units, p in expression.units.items() if unit in units) == pytest.approx(share)


@pytest.mark.parametrize(
    ("dataset", "name", "commonest"),
    [
        ("casme2", "disgust", [(4, 7), (4,), (4, 10), (4, 9)]),
        ("casme2", "happiness", [(12,), (6, 12), (14,)]),
        ("casme2", "surprise", [(1, 2), (1,), (2,)]),
        ("casme2", "repression", [(17,), (15,), (15, 17)]),
        ("casme2", "others", [(4,), (14,), (17,), (4, 7), (24,)]),
    ],
)
def test_commonest_sets_come_first(dataset, name, commonest):
    units = EXPRESSIONS[dataset][name].units
    assert sorted(units, key=units.get, reverse=True)[: len(commonest)] == commonest


def test_movements_are_a_distribution_over_unit_fields():
    movements, probabilities = class_movements(EXPRESSIONS["casme2"]["happiness"])
    assert probabilities.sum() == pytest.approx(1)
    sides = np.array([movement.side for movement in movements])
    assert probabilities[sides != "both"].sum() == pytest.approx(0.41)
    assert probabilities[sides == "left"].sum() == pytest.approx(0.205)
    for movement in movements:
        assert np.linalg.norm(movement.field, axis=1).max() == pytest.approx(1)
        assert len(movement.strengths) == len(movement.units)
