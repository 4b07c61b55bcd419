"""Action units of the Facial Action Coding System as displacement fields over the 68 landmarks.

Directions follow the muscle that pulls (x right, y down, the half that is seen on the left); sizes within a
unit say how much of the movement each landmark shares. Both are ours, from anatomy, and measured on no data.
"""

from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral

import numpy as np

from skmer._utils._arguments import TEXT, Items, checked, integer
from skmer.face._graph import FaceGraph
from skmer.face._points import mirror_half, side_weights

# Inner lip point -> its outer neighbour, on the half seen on the left and the midline. Unless a unit says
# otherwise they move together, or a warped mouth would tear between the two rings.
_INNER_FOLLOWS = {60: 48, 61: 50, 62: 51, 66: 57, 67: 58}
_INNER_SHARE = 0.9


@dataclass(frozen=True, eq=False)
class ActionUnit:
    """One action unit.

    Attributes
    ----------
    number : int
        Number in the Facial Action Coding System.
    name : str
        Its name there.
    muscle : str
        The muscle that makes it.
    reason : str
        Why the landmarks move as they do.
    field : ndarray of shape (68, 2)
        Displacement of each landmark when both sides act: x right, y down, largest norm one, read-only.

    References
    ----------
    Ekman, Friesen and Hager, "Facial Action Coding System", 2002.
    """

    number: int
    name: str
    muscle: str
    reason: str
    field: np.ndarray


def _scaled(vector, share):
    return (vector[0] * share, vector[1] * share)


def _corner_pull(corner, near, far=0.0):
    """Corner 48, its neighbours 49 and 59 by the share `near`, the next ones 50 and 58 by `far`."""
    pull = {48: corner, 49: _scaled(corner, near), 59: _scaled(corner, near)}
    return pull | ({50: _scaled(corner, far), 58: _scaled(corner, far)} if far else {})


def _up(shares):
    return {point: (0.0, -share) for point, share in shares.items()}


def _down(shares):
    return {point: (0.0, share) for point, share in shares.items()}


# number: (name, muscle, reason, movement of the half seen on the left and of the midline)
_UNITS = {
    1: (
        "inner brow raiser",
        "frontalis, pars medialis",
        "its medial fibres lift the inner end of the brow, less and less outward",
        _up({21: 1.0, 20: 0.8, 19: 0.4}),
    ),
    2: (
        "outer brow raiser",
        "frontalis, pars lateralis",
        "its lateral fibres lift the outer half of the brow into an arch",
        _up({18: 1.0, 17: 0.8, 19: 0.8, 20: 0.3}),
    ),
    4: (
        "brow lowerer",
        "corrugator supercilii and depressor supercilii",
        "the corrugator runs from the nose root obliquely out into the brow: it pulls down and inward",
        {21: (0.5, 0.85), 20: (0.4, 0.85), 19: (0.2, 0.7), 18: (0.1, 0.4)},
    ),
    5: (
        "upper lid raiser",
        "levator palpebrae superioris",
        "it lifts the upper lid alone",
        _up({37: 1.0, 38: 1.0}),
    ),
    6: (
        "cheek raiser",
        "orbicularis oculi, pars orbitalis",
        "the outer ring narrows: the cheek pushes the lower lid up, the lip corner goes slightly up and out",
        _up({40: 1.0, 41: 1.0}) | {48: (-0.1, -0.2), 49: (-0.05, -0.1)},
    ),
    7: (
        "lid tightener",
        "orbicularis oculi, pars palpebralis",
        "the inner ring narrows: the lids come together, the lower one most",
        _up({40: 1.0, 41: 1.0}) | _down({37: 0.7, 38: 0.7}),
    ),
    9: (
        "nose wrinkler",
        "levator labii superioris alaeque nasi",
        "from the nose root it lifts wing and middle of the upper lip; the brow's inner end comes down",
        _up({31: 0.8, 32: 0.6, 33: 0.3, 50: 0.5, 51: 0.3}) | _down({21: 0.4, 20: 0.15}),
    ),
    10: (
        "upper lip raiser",
        "levator labii superioris",
        "from the orbit's rim down into the upper lip: it lifts the lip's peaks and takes the wing along",
        _up({50: 1.0, 51: 0.7, 49: 0.7, 31: 0.5, 61: 0.9, 62: 0.6}),
    ),
    12: (
        "lip corner puller",
        "zygomaticus major",
        "from the cheekbone to the lip corner: it pulls up and out, the rest of the lips follow",
        _corner_pull((-0.65, -0.75), near=0.6, far=0.2),
    ),
    14: (
        "dimpler",
        "buccinator",
        "it runs back into the cheek: the lip corner is drawn out and pressed in, hardly lifted",
        _corner_pull((-0.8, -0.15), near=0.5),
    ),
    15: (
        "lip corner depressor",
        "depressor anguli oris",
        "from the jaw to the lip corner: it pulls it down, the lower lip beside it more than the upper",
        _down({48: 1.0, 59: 0.6, 49: 0.5}),
    ),
    17: (
        "chin raiser",
        "mentalis",
        "it lifts the skin of the chin and pushes the lower lip up, which pushes the upper",
        _up({57: 1.0, 58: 0.9, 59: 0.5, 51: 0.3, 50: 0.2, 8: 0.8, 7: 0.6}),
    ),
    20: (
        "lip stretcher",
        "risorius with platysma",
        "it runs back and slightly down: the lips are stretched sideways",
        _corner_pull((-0.9, 0.3), near=0.6),
    ),
    23: (
        "lip tightener",
        "orbicularis oris",
        "the ring contracts: corners come in and the red of the lips narrows, while their seam stays",
        {48: (0.8, 0.0), 49: (0.3, 0.35), 50: (0.1, 0.4), 51: (0.0, 0.4)}
        | {57: (0.0, -0.4), 58: (0.1, -0.4), 59: (0.3, -0.35)}
        | {61: (0.1, 0.0), 62: (0.0, 0.0), 66: (0.0, 0.0), 67: (0.1, 0.0)},
    ),
    24: (
        "lip pressor",
        "orbicularis oris",
        "the lips are pressed on each other: both outer edges move to the seam, which itself can hardly move",
        {48: (0.2, 0.0), 49: (0.1, 0.6), 50: (0.0, 0.7), 51: (0.0, 0.7)}
        | {57: (0.0, -0.7), 58: (0.0, -0.7), 59: (0.1, -0.6)}
        | {61: (0.0, 0.1), 62: (0.0, 0.1), 66: (0.0, -0.1), 67: (0.0, -0.1)},
    ),
    25: (
        "lips part",
        "depressor labii inferioris, or relaxation of mentalis",
        "the lower lip drops away from the upper, which rises a little; the jaw keeps its place",
        _down({57: 0.9, 58: 0.8, 59: 0.4, 66: 0.9, 67: 0.9}) | _up({50: 0.2, 51: 0.2, 49: 0.1}),
    ),
    43: (
        "eyes closed",
        "relaxation of levator palpebrae superioris",
        "the upper lid falls, the lower one hardly meets it",
        _down({37: 1.0, 38: 1.0}) | _up({40: 0.1, 41: 0.1}),
    ),
}


def _normalized(field):
    # A movement's amplitude in pixels is then that of the landmark that moves most.
    return field / np.linalg.norm(field, axis=1).max()


def _field(half):
    inner = {
        point: _scaled(half[outer], _INNER_SHARE) for point, outer in _INNER_FOLLOWS.items() if outer in half
    }
    field = _normalized(mirror_half(inner | half))
    field.setflags(write=False)
    return field


ACTION_UNITS = {
    number: ActionUnit(number, name, muscle, reason, _field(half))
    for number, (name, muscle, reason, half) in _UNITS.items()
}
"""Action units by number, each an `ActionUnit`."""


@checked(number=[Integral], side=TEXT)
def action_unit_field(number, side="both"):
    """Displacement of the 68 landmarks by one action unit.

    Parameters
    ----------
    number : int
        Number in the Facial Action Coding System, a key of `ACTION_UNITS`.
    side : {"both", "left", "right"}, default="both"
        The side that acts, as the viewer sees it: ``"left"`` moves points 17-21, 36-41 and 48, which are the
        person's right. Midline points share half of a one-sided movement.

    Returns
    -------
    field : ndarray of shape (68, 2)
        x right, y down, largest norm one. Times an amplitude in px it is a displacement in px.

    Raises
    ------
    ValueError
        If the unit or the side is unknown.

    Examples
    --------
    >>> from skmer.face import action_unit_field
    >>> smile = action_unit_field(12)
    >>> smile[[48, 54]].round(2).tolist()
    [[-0.65, -0.76], [0.65, -0.76]]
    >>> action_unit_field(12, side="left")[[48, 54]].round(2).any(axis=1)
    array([ True, False])
    """
    if number not in ACTION_UNITS:
        raise ValueError(f"number must be one of the action units {sorted(ACTION_UNITS)}, got {number!r}.")
    return _normalized(ACTION_UNITS[number].field * side_weights(side)[:, None])


def _fields_of_components(graph):
    """Return of each component the units that move it most, as {number: field (n, 2) of its nodes}."""
    if graph.n_nodes != len(set(graph.nodes)) or not set(graph.nodes) <= set(range(68)):
        raise ValueError(f"graph must have landmarks as nodes for action units, {graph.name!r} has none.")
    starts = np.cumsum([0, *graph.component_sizes])
    own = [{} for _ in graph.component_sizes]
    for number, unit in ACTION_UNITS.items():
        field = unit.field[list(graph.nodes)]
        parts = [field[a:b] for a, b in pairwise(starts)]
        energy = [np.square(part).sum() for part in parts]
        if max(energy) > 0:
            most = int(np.argmax(energy))
            own[most][number] = parts[most]
    return own


def _cosine(a, b):
    return float((a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)))


@checked(graph=[FaceGraph], n_actions=[integer(1, 4096)])
def action_unit_shares(graph, n_actions):
    """Shares of a graph's nodes in the movements of action units, for the actions of each component.

    Of the units that move a component most, those are taken that are least alike, one an action.

    Parameters
    ----------
    graph : FaceGraph
        Over the 68 landmarks.
    n_actions : int
        Actions K of a component.

    Returns
    -------
    shares : ndarray of shape (N, K)
        Of each component's nodes in its actions; a column sums to one over a component. An action without a
        unit, where there are too few, has all nodes alike.

    Raises
    ------
    ValueError
        If the nodes of the graph are no landmarks.

    Examples
    --------
    >>> from skmer.face import FaceGraph, action_unit_shares
    >>> shares = action_unit_shares(FaceGraph.preset("brow-nose-lip31"), 3)
    >>> shares.shape, shares[:10].sum(axis=0).round(6).tolist()
    ((31, 3), [1.0, 1.0, 1.0])
    """
    columns = []
    for fields, size in zip(_fields_of_components(graph), graph.component_sizes, strict=True):
        lengths = {number: np.linalg.norm(field, axis=1) for number, field in fields.items()}
        chosen = sorted(lengths, key=lambda number: -np.square(lengths[number]).sum())[:1]
        while len(chosen) < min(n_actions, len(lengths)):
            rest = [number for number in lengths if number not in chosen]
            chosen.append(min(rest, key=lambda n: max(_cosine(fields[n], fields[c]) for c in chosen)))
        # A tenth is spread over all nodes, so that none is out of reach.
        shares = np.full((size, n_actions), 1 / size)
        for action, number in enumerate(chosen):
            energy = lengths[number] ** 2
            shares[:, action] = 0.9 * energy / energy.sum() + 0.1 / size
        columns.append(shares)
    return np.concatenate(columns)


@checked(graph=[FaceGraph], numbers=[Items(Integral)], n_actions=[integer(1, 4096)])
def assign_action_units(graph, numbers, n_actions):
    """Action of a decomposed face that each action unit belongs to.

    A unit belongs to the component that it moves most. Units of one component get an action each, as long as
    there are any, and then share that of the unit that they are most alike.

    Parameters
    ----------
    graph : FaceGraph
        Its components are decomposed.
    numbers : sequence of int
        Numbers of the units. Those without a field in `ACTION_UNITS`, or whose field moves no node, are dealt
        out to the actions that have the fewest.
    n_actions : int
        Actions K of a component.

    Returns
    -------
    actions : tuple of int
        Of each unit, from 0 to K times the number of components less one, component by component.

    Examples
    --------
    >>> from skmer.face import FaceGraph, assign_action_units
    >>> assign_action_units(FaceGraph.preset("brow-nose-lip31"), [1, 2, 4, 9, 12, 15], n_actions=3)
    (0, 1, 2, 3, 6, 7)
    """
    landmarks = set(graph.nodes) <= set(range(68)) and graph.name != "generic"
    fields = _fields_of_components(graph) if landmarks else [{} for _ in graph.component_sizes]
    taken = [{} for _ in fields]  # of each component, unit to action
    actions = [-1] * len(numbers)
    homes = [next((k for k, own in enumerate(fields) if number in own), None) for number in numbers]
    for place, (number, home) in enumerate(zip(numbers, homes, strict=True)):
        if home is not None:
            own, used = fields[home], taken[home]
            n_used = len(set(used.values()))
            alike = max(used, key=lambda n: _cosine(own[n], own[number])) if n_used == n_actions else None
            used[number] = n_used if alike is None else used[alike]
            actions[place] = home * n_actions + used[number]
    counts = np.bincount([a for a in actions if a >= 0], minlength=n_actions * len(fields))
    for place in [place for place, home in enumerate(homes) if home is None]:
        actions[place] = int(counts.argmin())
        counts[actions[place]] += 1
    return tuple(actions)
