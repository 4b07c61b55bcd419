"""Weights of one net, laid out for `skmer.nn._compiled._block`, and their gradients back, for numba.

``source`` has a line ``(address, step of a net, address of the gradient)`` for each tensor of the stack.
"""

from numba import njit

from skmer.nn._compiled import _block as pair
from skmer.nn._compiled._gemm import get, put, up
from skmer.nn._temporal_convolution import KERNEL_SIZE

MIX, MIX_BIAS, TAPS, TAPS_BIAS = range(4)
"""Lines of the source of a pair."""


@njit(nogil=True)
def load_pair(net, sizes, own, table, source, low):
    """Copy the weights of a pair; ``own`` are its channels (in, out) without those that fill a vector."""
    _, n_nodes, _, c, h, d = sizes
    c_own, d_own = own
    zero = low - low
    mix, taps = source[MIX, 0] + net * source[MIX, 1], source[TAPS, 0] + net * source[TAPS, 1]
    for i in range(c_own):
        for j in range(h):
            value = get(low, mix + i * h + j)
            put(low, table[pair.MIX, 0] + i * h + j, value)
            put(low, table[pair.MIX_TURNED, 0] + j * c + i, value)
    for tap in range(KERNEL_SIZE):
        for i in range(h):
            for j in range(d_own):
                value = get(low, taps + (tap * h + i) * d_own + j)
                put(low, table[pair.TAPS, 0] + (tap * h + i) * d + j, value)
                put(low, table[pair.TAPS_TURNED, 0] + ((KERNEL_SIZE - 1 - tap) * d + j) * h + i, value)
    for line, to, n in ((MIX_BIAS, pair.MIX_BIAS, h), (TAPS_BIAS, pair.TAPS_BIAS, d_own)):
        for j in range(n):
            put(low, table[to, 0] + j, get(low, source[line, 0] + net * source[line, 1] + j))
    padded = up(n_nodes)
    for line, n in (
        (pair.D_MIX, c * h),
        (pair.D_MIX_BIAS, h),
        (pair.D_TAPS, KERNEL_SIZE * h * d),
        (pair.D_TAPS_BIAS, d),
        (pair.D_ADJACENCY, n_nodes * padded),
    ):
        for j in range(n):
            put(low, table[line, 0] + j, zero)


@njit(nogil=True)
def store_pair(net, sizes, own, table, source, d_adjacency, first, low):
    """Copy the gradients of a pair, that of its adjacency added to a block of the whole."""
    _, n_nodes, _, _, h, d = sizes
    c_own, d_own = own
    for line, of, n_rows, n, row in (
        (MIX, pair.D_MIX, c_own, h, h),
        (MIX_BIAS, pair.D_MIX_BIAS, 1, h, h),
        (TAPS, pair.D_TAPS, KERNEL_SIZE * h, d_own, d),
        (TAPS_BIAS, pair.D_TAPS_BIAS, 1, d_own, d),
    ):
        to = source[line, 2] + net * source[line, 1]
        for i in range(n_rows):
            for j in range(n):
                put(low, to + i * n + j, get(low, table[of, 0] + i * row + j))
    padded = up(n_nodes)
    for i in range(n_nodes):
        for j in range(n_nodes):
            d_adjacency[first + i, first + j] += get(low, table[pair.D_ADJACENCY, 0] + i * padded + j)
