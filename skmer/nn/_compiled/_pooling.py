"""Each action as an average of a component's nodes: eqs. (2) and (3), and their gradient, for numba.

Tables are as in `skmer.nn._compiled._block`, of one net. Scores, and maps, which are their softmax over the
nodes, are (clips, nodes, frames, actions), the actions filled up to whole vectors.
"""

from numba import njit

from skmer.nn._compiled._block import matrix
from skmer.nn._compiled._gemm import LANES, Matrix, product, transpose
from skmer.nn._compiled._simd import softmax, softmax_gradient

LINES = ("scores", "nodes", "maps", "actions", "d_actions", "d_scores", "d_nodes", "zeros", "turned")
"""Lines of the table; ``turned`` begins as zeros."""

SCORES, NODES, MAPS, ACTIONS, D_ACTIONS, D_SCORES, D_NODES, ZEROS, TURNED = range(len(LINES))


@njit(nogil=True)
def _frame(table, line, clip, step):
    """One frame of a clip, ``step`` entries from its first."""
    whole = matrix(table, line, 0, clip)
    return Matrix(whole.at + step, whole.row, 1)


@njit(nogil=True)
def average_forward(sizes, table, low):
    """Fill ``maps`` and ``actions``."""
    n_clips, n_nodes, n_frames, n_actions, d, width = sizes
    zeros = matrix(table, ZEROS, 0, 0)
    for clip in range(n_clips):
        for t in range(n_frames):
            scores, maps = _frame(table, SCORES, clip, t * width), _frame(table, MAPS, clip, t * width)
            for k in range(0, width, LANES):
                softmax(low, maps.at + k, scores.at + k, scores.row, n_nodes)
            nodes, to = _frame(table, NODES, clip, t * d), _frame(table, ACTIONS, clip, t * d)
            product(to, Matrix(maps.at, 1, maps.row), nodes, zeros, low, n_actions, d, n_nodes)


@njit(nogil=True)
def average_backward(sizes, table, low):
    """Fill ``d_scores`` and ``d_nodes``."""
    n_clips, n_nodes, n_frames, n_actions, d, width = sizes
    zeros, turned = matrix(table, ZEROS, 0, 0), Matrix(table[TURNED, 0], width, 1)
    for clip in range(n_clips):
        for t in range(n_frames):
            maps, to = _frame(table, MAPS, clip, t * width), _frame(table, D_SCORES, clip, t * width)
            nodes, grad = _frame(table, NODES, clip, t * d), _frame(table, D_ACTIONS, clip, t * d)
            transpose(turned, grad, low, n_actions, d)
            product(to, nodes, turned, zeros, low, n_nodes, width, d)
            for k in range(0, width, LANES):
                softmax_gradient(low, to.at + k, maps.at + k, maps.row, n_nodes)
            d_nodes = _frame(table, D_NODES, clip, t * d)
            product(d_nodes, maps, grad, zeros, low, n_nodes, d, n_actions)
