"""Movements of the classes of each data set: action units, their combinations, shares of one-sided ones.

For CASME II and SAMM the share of clips that show each unit, the share of one-sided movements and the class
counts are published summaries; the joint table that has these shares is ours. The units of the further
classes and of CAS(ME)3 are ours, after EMFACS; their counts are the sheets'.
"""

from dataclasses import dataclass, replace
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
"""Data set to class to `Expression`: the five classes of the two whose units are published."""

_FEAR = {(1, 2, 4): 0.30, (1, 4): 0.20, (4, 5): 0.15, (1,): 0.10, (5,): 0.10, (20,): 0.10, (25,): 0.05}
_SADNESS = {(1, 4): 0.30, (15,): 0.30, (4, 15): 0.15, (15, 17): 0.10, (1,): 0.10, (17,): 0.05}
_ANGER = {(4,): 0.35, (4, 7): 0.30, (7,): 0.15, (23,): 0.10, (4, 23): 0.05, (24,): 0.05}
_SURPRISE = {(1, 2): 0.45, (1, 2, 5): 0.15, (1,): 0.10, (2,): 0.10, (5,): 0.10, (25,): 0.05, (2, 25): 0.05}


def _like(dataset, name, count):
    return replace(EXPRESSIONS[dataset][name], count=count)


def _classes_but_others(dataset):
    return {name: expression for name, expression in EXPRESSIONS[dataset].items() if name != "others"}


_SEVEN = {
    "samm": _classes_but_others("samm")
    | {
        "disgust": _like("casme2", "disgust", 9),
        "fear": Expression(8, _FEAR, 0.1),
        "sadness": Expression(6, _SADNESS, 0.1),
    },
    "casme3": {
        "anger": Expression(64, _ANGER, 0.05),
        "disgust": _like("casme2", "disgust", 250),
        "fear": Expression(86, _FEAR, 0.1),
        "happiness": _like("casme2", "happiness", 55),
        "others": _like("casme2", "others", 161),
        "sadness": Expression(57, _SADNESS, 0.1),
        "surprise": Expression(187, _SURPRISE, 0.3),
    },
}

_THREE_CLASSES = {"happiness": "positive", "surprise": "surprise"}  # others left out, the rest negative


def _merged(classes):
    """One class of several: counts add up, sets of units and sides have their mean share."""
    count = sum(expression.count for expression in classes)
    units = {}
    for expression in classes:
        for chosen, share in expression.units.items():
            # A class counts by its clips: the merged class moves as a clip drawn from any of them does.
            units[chosen] = units.get(chosen, 0.0) + share * expression.count / count
    one_sided = sum(expression.one_sided * expression.count for expression in classes) / count
    return Expression(count, units, one_sided)


def _three(tables):
    """The classes of the grand challenge of 2019: negative, positive, surprise."""
    members = {}
    for table in tables:
        for name, expression in table.items():
            if name != "others":
                members.setdefault(_THREE_CLASSES.get(name, "negative"), []).append(expression)
    return {name: _merged(classes) for name, classes in members.items()}


def _composite():
    """CASME II and SAMM in three classes, with the counts of the composite, whose third set has no units."""
    counts = {"negative": 250, "positive": 109, "surprise": 83}
    merged = _three([EXPRESSIONS["casme2"], _SEVEN["samm"]])
    return {name: replace(merged[name], count=count) for name, count in counts.items()}


_TABLES = {
    "casme2": {5: EXPRESSIONS["casme2"], 3: _three([EXPRESSIONS["casme2"]])},
    "samm": {5: EXPRESSIONS["samm"], 3: _three([_SEVEN["samm"]]), 7: _SEVEN["samm"]},
    "casme3": {7: _SEVEN["casme3"], 3: _three([_SEVEN["casme3"]])},
    "megc2019": {3: _composite()},
}


def class_table(dataset, n_classes=None):
    """Classes of a data set's synthetic twin.

    Parameters
    ----------
    dataset : {"casme2", "samm", "casme3", "megc2019"}
        Data set whose classes and action units are used.
    n_classes : int, default=None
        Number of classes; by default the set's own five, five, seven and three.

    Returns
    -------
    expressions : dict of str to Expression
    """
    if not isinstance(dataset, str) or dataset not in _TABLES:
        raise ValueError(f"dataset must be one of {sorted(_TABLES)}, got {dataset!r}.")
    tables = _TABLES[dataset]
    if n_classes is None:
        return next(iter(tables.values()))
    if n_classes not in list(tables) or isinstance(n_classes, bool):
        raise ValueError(
            f"n_classes must be one of {sorted(tables)} for dataset={dataset!r}, got {n_classes!r}."
        )
    return tables[n_classes]


@dataclass(frozen=True, eq=False)
class Movement:
    """One way a face can move: units, their relative strengths, the side, and the field of the 68 points.

    The field's largest norm is one; `strengths` are the units' own amplitudes in it.
    """

    units: tuple[int, ...]
    strengths: tuple[float, ...]
    side: str
    field: np.ndarray


def make_movement(units, strengths, side):
    """The movement of some units at relative strengths, scaled to a largest norm of one."""
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
        # The first unit's strength is the clip's amplitude; only ratios to it are free.
        strengths = list(product((1.0,), *[_SECOND_STRENGTHS] * (len(units) - 1)))
        for chosen, (side, side_share) in product(strengths, sides.items()):
            if side_share:
                movements.append(make_movement(units, chosen, side))
                probabilities.append(share * side_share / len(strengths))
    return movements, np.array(probabilities)
