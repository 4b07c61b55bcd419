"""Pooling of a component's nodes into actions, eqs. (2) and (3), and its gradient, for numba.

Tables are as in `skmer.nn._compiled._block`. Scores, and maps, which are their softmax over the nodes, are
(clips, nodes, frames, actions), the actions padded to whole vectors.
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
    """Return one frame of a clip, ``step`` entries after its first."""
    whole = matrix(table, line, clip)
    return Matrix(whole.address + step, whole.row, 1)


@njit(nogil=True)
def pooling_forward(sizes, table, lowest):
    """Fill ``maps`` and ``actions``."""
    n_clips, n_nodes, n_frames, n_actions, d, width = sizes
    zeros = matrix(table, ZEROS, 0)
    for clip in range(n_clips):
        for t in range(n_frames):
            scores, maps = _frame(table, SCORES, clip, t * width), _frame(table, MAPS, clip, t * width)
            for k in range(0, width, LANES):
                softmax(lowest, maps.address + k, scores.address + k, scores.row, n_nodes)
            nodes, to = _frame(table, NODES, clip, t * d), _frame(table, ACTIONS, clip, t * d)
            product(to, Matrix(maps.address, 1, maps.row), nodes, zeros, lowest, n_actions, d, n_nodes)


@njit(nogil=True)
def pooling_backward(sizes, table, lowest):
    """Fill ``d_scores`` and ``d_nodes``."""
    n_clips, n_nodes, n_frames, n_actions, d, width = sizes
    zeros, turned = matrix(table, ZEROS, 0), Matrix(table[TURNED, 0], width, 1)
    for clip in range(n_clips):
        for t in range(n_frames):
            maps, to = _frame(table, MAPS, clip, t * width), _frame(table, D_SCORES, clip, t * width)
            nodes, grad = _frame(table, NODES, clip, t * d), _frame(table, D_ACTIONS, clip, t * d)
            transpose(turned, grad, lowest, n_actions, d)
            product(to, nodes, turned, zeros, lowest, n_nodes, width, d)
            for k in range(0, width, LANES):
                softmax_gradient(lowest, to.address + k, maps.address + k, maps.row, n_nodes)
            d_nodes = _frame(table, D_NODES, clip, t * d)
            product(d_nodes, maps, grad, zeros, lowest, n_nodes, d, n_actions)
