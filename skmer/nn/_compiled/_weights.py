"""Parameters of a block copied into its padded arrays, and their gradients copied back, for numba.

``source`` has a line ``(address of the parameter, address of its gradient)`` for each parameter of a block.
"""

from numba import njit

from skmer.nn._compiled import _block as block
from skmer.nn._compiled._gemm import get, put, round_up
from skmer.nn._spatio_temporal_block import KERNEL_SIZE

MIX, MIX_BIAS, TAPS, TAPS_BIAS = range(4)
"""Lines of the source of a block."""


@njit(nogil=True)
def load_block(sizes, d_own, table, source, lowest):
    """Copy the parameters and clear the gradients; ``d_own`` are the outgoing channels without padding."""
    _, n_nodes, _, c, h, d = sizes
    zero = lowest - lowest  # zero in the arrays' type
    mix, taps = source[MIX, 0], source[TAPS, 0]
    for i in range(c):
        for j in range(h):
            value = get(lowest, mix + i * h + j)
            put(lowest, table[block.MIX, 0] + i * h + j, value)
            put(lowest, table[block.MIX_TURNED, 0] + j * round_up(c) + i, value)
    for tap in range(KERNEL_SIZE):
        for i in range(h):
            for j in range(d_own):
                value = get(lowest, taps + (tap * h + i) * d_own + j)
                put(lowest, table[block.TAPS, 0] + (tap * h + i) * d + j, value)
                put(lowest, table[block.TAPS_TURNED, 0] + ((KERNEL_SIZE - 1 - tap) * d + j) * h + i, value)
    for line, to, n in ((MIX_BIAS, block.MIX_BIAS, h), (TAPS_BIAS, block.TAPS_BIAS, d_own)):
        for j in range(n):
            put(lowest, table[to, 0] + j, get(lowest, source[line, 0] + j))
    padded = round_up(n_nodes)
    for line, n in (
        (block.D_MIX, c * h),
        (block.D_MIX_BIAS, h),
        (block.D_TAPS, KERNEL_SIZE * h * d),
        (block.D_TAPS_BIAS, d),
        (block.D_ADJACENCY, n_nodes * padded),
    ):
        for j in range(n):
            put(lowest, table[line, 0] + j, zero)


@njit(nogil=True)
def store_block(sizes, d_own, table, source, d_adjacency, first, lowest):
    """Copy the gradients; that of the adjacency is added to the rows and columns of the block's nodes."""
    _, n_nodes, _, c, h, d = sizes
    for line, of, n_rows, n, row in (
        (MIX, block.D_MIX, c, h, h),
        (MIX_BIAS, block.D_MIX_BIAS, 1, h, h),
        (TAPS, block.D_TAPS, KERNEL_SIZE * h, d_own, d),
        (TAPS_BIAS, block.D_TAPS_BIAS, 1, d_own, d),
    ):
        to = source[line, 1]
        for i in range(n_rows):
            for j in range(n):
                put(lowest, to + i * n + j, get(lowest, table[of, 0] + i * row + j))
    padded = round_up(n_nodes)
    for i in range(n_nodes):
        for j in range(n_nodes):
            d_adjacency[first + i, first + j] += get(lowest, table[block.D_ADJACENCY, 0] + i * padded + j)
