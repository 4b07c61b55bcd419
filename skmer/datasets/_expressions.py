"""How the classes of a data set move: action units per class, how often together, how often on one side.

The share of clips that show each unit, the share of one-sided movements and the class counts are published
summaries of CASME II and SAMM; the joint table that has these shares is ours.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from skmer.face import action_unit_field

_SECOND_STRENGTHS = (0.5, 1.0)


@dataclass(frozen=True)
class Expression:
    """One class: its number of clips, its sets of action units, and its share of one-sided movements."""

    count: int
    units: dict[tuple[int, ...], float]
    one_sided: float


EXPRESSIONS = {
    "casme2": {
        "disgust": Expression(
            64,
            {(4, 7): 0.31, (4,): 0.21, (4, 10): 0.15, (4, 9): 0.13, (4, 7, 9): 0.08, (4, 7, 10): 0.06}
            | {(7, 10): 0.03, (10,): 0.03},
            0.22,
        ),
        "happiness": Expression(
            32,
            {(12,): 0.54, (6, 12): 0.21, (14,): 0.10, (12, 15): 0.05, (12, 14): 0.03, (6, 14): 0.03}
            | {(15,): 0.03, (6, 12, 15): 0.01},
            0.41,
        ),
        "surprise": Expression(25, {(1, 2): 0.52, (1,): 0.20, (2,): 0.20, (2, 25): 0.08}, 0.56),
        "repression": Expression(
            27, {(17,): 0.44, (15,): 0.21, (15, 17): 0.20, (14,): 0.09, (14, 17): 0.06}, 0.0
        ),
        "others": Expression(
            99,
            {(4,): 0.59, (14,): 0.13, (17,): 0.08, (4, 7): 0.06, (24,): 0.05, (4, 14): 0.03, (15,): 0.03}
            | {(12,): 0.02, (7,): 0.01},
            0.06,
        ),
    },
    "samm": {
        "anger": Expression(
            57,
            {(7,): 0.48, (4, 7): 0.22, (4,): 0.13, (43,): 0.08, (7, 43): 0.04, (23,): 0.03, (4, 43): 0.02},
            0.0,
        ),
        "contempt": Expression(12, {(14,): 0.60, (14, 17): 0.23, (12, 14): 0.15, (12, 14, 17): 0.02}, 0.83),
        "happiness": Expression(26, {(12,): 1.0}, 0.0),
        "surprise": Expression(15, {(5,): 0.53, (1, 2): 0.20, (25,): 0.20, (1, 2, 5): 0.07}, 0.0),
        "others": Expression(26, {(2,): 0.50, (24,): 0.23, (4,): 0.10, (17,): 0.10, (14,): 0.07}, 0.0),
    },
}
"""Data set to class to `Expression`."""


@dataclass(frozen=True, eq=False)
class Movement:
    """One way a face can move: units, their relative strengths, the side, and the field of the 68 points.

    The field's largest norm is one; `strengths` are the units' own amplitudes in it.
    """

    units: tuple[int, ...]
    strengths: tuple[float, ...]
    side: str
    field: np.ndarray


def _movement(units, strengths, side):
    field = sum(share * action_unit_field(unit, side) for unit, share in zip(units, strengths, strict=True))
    largest = np.linalg.norm(field, axis=1).max()
    return Movement(units, tuple(share / largest for share in strengths), side, field / largest)


def class_movements(expression):
    """All movements of a class with their probabilities.

    A set's first unit acts at full strength and each further one at full or at half, equally likely. A
    one-sided movement is as often on the left as on the right.

    Parameters
    ----------
    expression : Expression
        The class.

    Returns
    -------
    movements : list of Movement
    probabilities : ndarray of shape (n_movements,)
        They sum to one.
    """
    sides = {
        "both": 1 - expression.one_sided,
        "left": expression.one_sided / 2,
        "right": expression.one_sided / 2,
    }
    movements, probabilities = [], []
    for units, share in expression.units.items():
        strengths = list(product((1.0,), *[_SECOND_STRENGTHS] * (len(units) - 1)))
        for chosen, (side, side_share) in product(strengths, sides.items()):
            if side_share:
                movements.append(_movement(units, chosen, side))
                probabilities.append(share * side_share / len(strengths))
    return movements, np.array(probabilities)
