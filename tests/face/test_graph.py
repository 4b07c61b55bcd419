import pickle

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from skmer.face import MIRROR_POINTS, FaceGraph, check_graph

PRESETS = ("brow-nose-lip31", "brow-mouth30", "brow-eye-nose-lip43")


@pytest.mark.parametrize(
    ("name", "sizes", "names"),
    [
        ("brow-nose-lip31", (10, 9, 12), ("brow", "nose", "lip")),
        ("brow-mouth30", (10, 20), ("brow", "mouth")),
        ("brow-eye-nose-lip43", (10, 12, 9, 12), ("brow", "eye", "nose", "lip")),
    ],
)
def test_preset_components(name, sizes, names):
    graph = FaceGraph.preset(name)
    assert graph.component_sizes == sizes
    assert tuple(graph.components) == names
    assert graph.n_nodes == sum(sizes) == int(name[-2:])
    assert graph.n_frames == 3


def test_paper_graph_nodes_and_skeleton():
    graph = FaceGraph.preset("brow-nose-lip31")
    assert graph.nodes == (*range(17, 36), *range(48, 60))
    assert graph.node_names[:1] + graph.node_names[10:11] + graph.node_names[19:20] == (
        "brow_17",
        "nose_27",
        "lip_48",
    )
    edges = {tuple(sorted((graph.nodes[a], graph.nodes[b]))) for a, b in graph.edges}
    chains = {
        (a, a + 1) for a in (*range(17, 21), *range(22, 26), *range(27, 30), *range(31, 35), *range(48, 59))
    }
    assert edges == chains | {(48, 59), (21, 27), (22, 27), (30, 33), (33, 51)}


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_connected_and_symmetric(name):
    graph = FaceGraph.preset(name)
    adjacency = graph.adjacency()
    assert connected_components(adjacency)[0] == 1
    assert adjacency.sum() == 2 * len(graph.edges)
    mirror = list(graph.mirror)
    np.testing.assert_array_equal(adjacency[np.ix_(mirror, mirror)], adjacency)
    assert [MIRROR_POINTS[point] for point in graph.nodes] == [graph.nodes[position] for position in mirror]


def test_normalized_adjacency_matches_its_formula():
    graph = FaceGraph("path", (0, 1, 2), ((0, 1), (1, 2)), {"all": (0, 1, 2)})
    root6 = 6**-0.5
    expected = [[1 / 2, root6, 0], [root6, 1 / 3, root6], [0, root6, 1 / 2]]
    np.testing.assert_allclose(graph.normalized_adjacency(), expected)
    assert np.linalg.eigvalsh(graph.normalized_adjacency()).max() == pytest.approx(1)


def test_generic_graph_keeps_columns_apart():
    graph = FaceGraph.generic(5)
    assert (graph.n_frames, graph.component_sizes, graph.mirror) == (1, (5,), None)
    assert graph.node_names == ("node_0", "node_1", "node_2", "node_3", "node_4")
    np.testing.assert_array_equal(graph.normalized_adjacency(), np.eye(5))
    with pytest.raises(ValueError, match="at least 1, got 0"):
        FaceGraph.generic(0)


def test_graph_is_hashable_picklable_and_comparable():
    graph = FaceGraph.preset("brow-nose-lip31")
    assert pickle.loads(pickle.dumps(graph)) == graph
    assert len({graph, FaceGraph.preset("brow-nose-lip31"), FaceGraph.preset("brow-mouth30")}) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"components": {"a": (0, 1)}}, "components must cover the 3"),
        ({"components": {"a": (0, 2), "b": (1,)}}, "components must cover"),
        ({"components": {"a": (0, 1, 2), "b": ()}}, "empty component"),
        ({"edges": ((0, 3),)}, "edges must join"),
        ({"edges": ((1, 1),)}, "edges must join"),
        ({"mirror": (1, 2, 0)}, "undoes itself"),
        ({"mirror": (0, 1)}, "undoes itself"),
    ],
)
def test_inconsistent_graphs_are_refused(changes, message):
    fields = {"name": "own", "nodes": (4, 5, 6), "edges": ((0, 1),), "components": {"all": (0, 1, 2)}}
    with pytest.raises(ValueError, match=message):
        FaceGraph(**(fields | changes))


def test_check_graph_resolves_names():
    graph = FaceGraph.preset("brow-mouth30")
    assert check_graph(graph) is graph
    assert check_graph("brow-mouth30") == graph
    with pytest.raises(ValueError, match=r"graph must be one of .*brow-nose-lip31.*got 'nose'"):
        check_graph("nose")
    with pytest.raises(ValueError, match=r"FaceGraph\.generic"):
        check_graph("generic")
    with pytest.raises(TypeError, match="got int"):
        check_graph(31)
