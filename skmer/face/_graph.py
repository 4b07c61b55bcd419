"""Face graphs: nodes out of the 68 landmarks, the edges between them, and the facial component of each."""

from dataclasses import dataclass, field
from itertools import pairwise
from numbers import Integral

import numpy as np

from skmer._utils._arguments import TEXT, Items, check_argument, integer
from skmer.face._points import MIRROR_POINTS

_RIGHT_BROW, _LEFT_BROW = tuple(range(17, 22)), tuple(range(22, 27))
_BROW, _EYE, _NOSE = tuple(range(17, 27)), tuple(range(36, 48)), tuple(range(27, 36))
_LIP, _INNER_LIP = tuple(range(48, 60)), tuple(range(60, 68))


def _chain(points):
    return tuple(pairwise(points))


def _ring(points):
    return (*_chain(points), (points[0], points[-1]))


_BROW_EDGES = _chain(_RIGHT_BROW) + _chain(_LEFT_BROW)
_NOSE_EDGES = _chain(_NOSE[:4]) + _chain(_NOSE[4:])
_BRIDGES = ((21, 27), (22, 27), (30, 33), (33, 51))

# name -> (component -> points of the 68, edges between points of the 68)
_PRESETS = {
    "brow-nose-lip31": (
        {"brow": _BROW, "nose": _NOSE, "lip": _LIP},
        _BROW_EDGES + _NOSE_EDGES + _ring(_LIP) + _BRIDGES,
    ),
    # The nose is absent: the paths 21-27-...-33-51 and 22-27-...-33-51 shrink to one edge each.
    "brow-mouth30": (
        {"brow": _BROW, "mouth": _LIP + _INNER_LIP},
        _BROW_EDGES
        + _ring(_LIP)
        + _ring(_INNER_LIP)
        + ((48, 60), (51, 62), (54, 64), (57, 66))
        + ((21, 51), (22, 51)),
    ),
    # Each eye hangs on the nose by its inner corner and on the brow's tail by its outer one.
    "brow-eye-nose-lip43": (
        {"brow": _BROW, "eye": _EYE, "nose": _NOSE, "lip": _LIP},
        _BROW_EDGES
        + _NOSE_EDGES
        + _ring(_LIP)
        + _BRIDGES
        + _ring(_EYE[:6])
        + _ring(_EYE[6:])
        + ((27, 39), (27, 42), (17, 36), (26, 45)),
    ),
}


@dataclass(frozen=True)
class FaceGraph:
    """Graph over facial landmarks: nodes, edges and facial components.

    Parameters
    ----------
    name : str
        Name of the graph.
    nodes : tuple of int
        For each node its index in the 68 landmarks; ``range(n)`` for a generic graph.
    edges : tuple of (int, int)
        Pairs of node positions, undirected, without self-loops.
    components : dict of str to tuple of int
        Name to node positions. Components are contiguous, in order, and cover all nodes.
    mirror : tuple of int or None
        Permutation of the node positions under a horizontal flip of the face; None if there is none.
    n_frames : int, default=3
        Number of frames of a clip: onset, apex, offset. One for a generic graph.

    Raises
    ------
    ValueError
        If components, edges or mirror do not fit the nodes.

    Examples
    --------
    >>> from skmer.face import FaceGraph
    >>> graph = FaceGraph.preset("brow-nose-lip31")
    >>> graph.n_nodes, graph.component_sizes, graph.node_names[-1]
    (31, (10, 9, 12), 'lip_59')
    """

    name: str
    nodes: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    components: dict[str, tuple[int, ...]] = field(hash=False)
    mirror: tuple[int, ...] | None = None
    n_frames: int = 3

    def __post_init__(self):
        self._check_types()
        positions = tuple(position for part in self.components.values() for position in part)
        # In order and without a gap: the network cuts nodes into components by their sizes alone.
        if positions != tuple(range(self.n_nodes)) or not all(self.components.values()):
            raise ValueError(
                f"components must cover the {self.n_nodes} node positions once, in order, without an "
                f"empty component, got {self.components}; sort nodes by component."
            )
        if any(not 0 <= a < self.n_nodes or not 0 <= b < self.n_nodes or a == b for a, b in self.edges):
            raise ValueError(
                f"edges must join two different node positions in 0..{self.n_nodes - 1}, got {self.edges}."
            )
        # Left of left is right: a flip that is done twice must leave every node where it was.
        if self.mirror is not None and (
            sorted(self.mirror) != list(range(self.n_nodes))
            or any(self.mirror[self.mirror[node]] != node for node in range(self.n_nodes))
        ):
            raise ValueError(
                f"mirror must be a permutation of node positions that undoes itself, got {self.mirror}."
            )

    def _check_types(self):
        place = Items(integer(0))
        check_argument("name", self.name, TEXT)
        check_argument("nodes", self.nodes, [Items(integer(0), least=1)])
        check_argument("edges", self.edges, [Items(Items(integer(0), n=2))])
        check_argument("components", self.components, [dict])
        for part in self.components.items():
            check_argument("components", part, [Items(str, place, n=2)])
        check_argument("mirror", self.mirror, [place, None])
        check_argument("n_frames", self.n_frames, [integer(1)])
        points = [*self.nodes]
        if points != [*range(len(points))] and (len({*points}) < len(points) or max(points) > 67):
            raise ValueError(
                f"nodes must be landmarks in 0..67, each once, or range(n) of a generic graph, "
                f"got {self.nodes}."
            )

    @classmethod
    def preset(cls, name):
        """Return one of the graphs over the 68 landmarks, by its name.

        Parameters
        ----------
        name : {"brow-nose-lip31", "brow-mouth30", "brow-eye-nose-lip43"}
            ``"brow-nose-lip31"`` is the paper's: brows 17-26, nose 27-35, outer lip 48-59, no eyes because
            they blink. ``"brow-mouth30"`` has brows and both lip rings. ``"brow-eye-nose-lip43"`` adds the
            eyes 36-47, which the lid movements (action units 5, 6, 7, 43) need.

        Returns
        -------
        graph : FaceGraph
            Connected, symmetric under a horizontal flip.

        Raises
        ------
        ValueError
            If there is no such preset.

        References
        ----------
        Wei et al., "Prior Information Based Decomposition and Reconstruction Learning for Micro-Expression
        Recognition", IEICE Trans. Inf. & Syst. E106-D(10), 2023. The skeleton's edges are ours.
        """
        if not isinstance(name, str) or name not in _PRESETS:
            raise ValueError(f"graph must be one of {sorted(_PRESETS)} or a FaceGraph, got {name!r}.")
        parts, edges = _PRESETS[name]
        nodes = tuple(point for points in parts.values() for point in points)
        position = {point: index for index, point in enumerate(nodes)}
        return cls(
            name=name,
            nodes=nodes,
            edges=tuple((position[a], position[b]) for a, b in edges),
            components={part: tuple(position[point] for point in points) for part, points in parts.items()},
            mirror=tuple(position[MIRROR_POINTS[point]] for point in nodes),
        )

    @classmethod
    def generic(cls, n_nodes):
        """Return a graph for flat feature vectors: every column is a node, of one component and one frame.

        It has no edges: relations between the columns are unknown, and the normalised adjacency of a full
        graph would replace every column by the mean of all. A learned adjacency may find the edges.

        Parameters
        ----------
        n_nodes : int
            Number of columns, at least one.

        Returns
        -------
        graph : FaceGraph
            Nodes ``0 .. n_nodes - 1`` named ``"node_0"`` and so on; no mirror.

        Raises
        ------
        ValueError
            If `n_nodes` is below one.
        """
        if not isinstance(n_nodes, Integral) or not 1 <= n_nodes < 2**22:
            raise ValueError(f"n_nodes must be an integer of at least 1, got {n_nodes!r}.")
        nodes = tuple(range(n_nodes))
        return cls(name="generic", nodes=nodes, edges=(), components={"node": nodes}, n_frames=1)

    @property
    def n_nodes(self):
        """Number of nodes."""
        return len(self.nodes)

    @property
    def component_sizes(self):
        """Number of nodes in each component, in order."""
        return tuple(len(part) for part in self.components.values())

    @property
    def node_names(self):
        """Component and landmark index of each node: ``("brow_17", ..., "nose_27", ..., "lip_48", ...)``."""
        return tuple(
            f"{name}_{self.nodes[position]}" for name, part in self.components.items() for position in part
        )

    def adjacency(self):
        """Adjacency matrix of the skeleton.

        Returns
        -------
        adjacency : ndarray of shape (n_nodes, n_nodes)
            One where two nodes are joined, zero elsewhere and on the diagonal; symmetric.
        """
        adjacency = np.zeros((self.n_nodes, self.n_nodes))
        for a, b in self.edges:
            adjacency[a, b] = adjacency[b, a] = 1.0
        return adjacency

    def normalized_adjacency(self):
        """Adjacency with self-loops, normalised by the degrees: Deg^-1/2 (A + I) Deg^-1/2.

        Returns
        -------
        normalized : ndarray of shape (n_nodes, n_nodes)
            Symmetric, largest eigenvalue one.

        References
        ----------
        Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", ICLR 2017,
        eq. 2.
        """
        looped = self.adjacency() + np.eye(self.n_nodes)
        scale = looped.sum(axis=1) ** -0.5
        return scale[:, None] * looped * scale


def check_graph(graph):
    """Resolve the `graph` parameter of an estimator.

    Parameters
    ----------
    graph : str or FaceGraph
        Name of a preset, or a graph.

    Returns
    -------
    graph : FaceGraph
        The preset, or what was given.

    Raises
    ------
    ValueError
        If a name is unknown, or ``"generic"``, whose number of nodes only the data tell.
    TypeError
        If `graph` is neither a name nor a FaceGraph.

    Examples
    --------
    >>> from skmer.face import check_graph
    >>> check_graph("brow-mouth30").component_sizes
    (10, 20)
    """
    if isinstance(graph, FaceGraph):
        return graph
    if isinstance(graph, str):
        if graph == "generic":
            raise ValueError("graph='generic' has no width yet; use FaceGraph.generic(n_nodes).")
        return FaceGraph.preset(graph)
    raise TypeError(f"graph must be a preset's name or a FaceGraph, got {type(graph).__name__}.")
