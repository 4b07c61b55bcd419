"""`SpatioTemporalBlock`, ``relu(TC(relu(GC(x; A))))``, and its gradient, for numba.

A few clips are computed at a time, so that they stay in a core's cache. A function gets a table with a line
``(address, step of a clip, step of a row)`` for each array, all counting entries. Arrays of
clips are (clips, nodes, frames times channels), others (rows, columns). Frames and channels lie side by side,
and zeros fill their row to whole vectors where the features of the first block have a few channels; all other
channels are a multiple of `LANES`. The taps of the temporal convolution stand one below the other: what joins
frames to frame t is some of these rows. ``lowest`` is the least number of the arrays' type: as a lower clamp
it changes nothing.
"""

from numba import njit

from skmer.nn._compiled._gemm import Matrix, product, round_up, transpose, where_positive

LINES = (
    *("x", "adjacency", "mix", "mix_bias", "taps", "taps_bias", "mixed", "hidden", "out"),
    *(
        "mix_turned",
        "taps_turned",
        "grad",
        "d_x",
        "d_adjacency",
        "d_mix",
        "d_mix_bias",
        "d_taps",
        "d_taps_bias",
    ),
    *("zeros", "ones", "scratch"),
)
"""Lines of the table. ``*_turned`` is the transpose of ``mix``, and of each of the ``taps`` in reverse."""

X, ADJACENCY, MIX, MIX_BIAS, TAPS, TAPS_BIAS, MIXED, HIDDEN, OUT, *_REST = range(len(LINES))
MIX_TURNED, TAPS_TURNED, GRAD, D_X, D_ADJACENCY, D_MIX, D_MIX_BIAS, D_TAPS, D_TAPS_BIAS, *_REST = _REST
ZEROS, ONES, SCRATCH = _REST

ROWS = 64
"""Nodes that are computed together, about: two clips of a face, several of a component."""


@njit(nogil=True)
def matrix(table, line, clip):
    """Return the matrix of a clip, or an array that is a matrix."""
    return Matrix(table[line, 0] + clip * table[line, 1], table[line, 2], 1)


@njit(nogil=True)
def _part(whole, row, column):
    """Return a matrix from one of its entries on."""
    return Matrix(whole.address + row * whole.row + column, whole.row, 1)


@njit(nogil=True)
def _joined(frame, n_frames):
    """Return the first and last (exclusive) frame joined to a frame, and the first tap."""
    # The first frame has none before it, so that its taps begin with the middle one.
    first = max(frame - 1, 0)
    return first, min(frame + 2, n_frames), first - frame + 1


@njit(nogil=True)
def row_of_gradients(n_frames, c):
    """Return the length of a row of ``d_mixed``: each frame is written with its channels as whole vectors."""
    return round_up((n_frames - 1) * c + round_up(c))


@njit(nogil=True)
def block_forward(sizes, table, floor, lowest):
    """Fill ``mixed``, ``hidden`` and ``out``, whose least value is ``floor``."""
    n_clips, n_nodes, n_frames, c, h, d = sizes
    adjacency, zeros = matrix(table, ADJACENCY, 0), matrix(table, ZEROS, 0)
    mix, mix_bias = matrix(table, MIX, 0), matrix(table, MIX_BIAS, 0)
    taps, bias = matrix(table, TAPS, 0), matrix(table, TAPS_BIAS, 0)
    together = max(1, ROWS // n_nodes)
    for start in range(0, n_clips, together):
        end = min(start + together, n_clips)
        for clip in range(start, end):
            x, mixed = matrix(table, X, clip), matrix(table, MIXED, clip)
            product(mixed, adjacency, x, zeros, lowest, n_nodes, round_up(n_frames * c), n_nodes)
        n_rows = (end - start) * n_nodes
        mixed, hidden = matrix(table, MIXED, start), matrix(table, HIDDEN, start)
        # ReLU is the lower clamp at zero, `lowest - lowest` in the arrays' type.
        if mixed.row == n_frames * c:  # all frames are rows of one matrix
            rows, frames = Matrix(mixed.address, c, 1), Matrix(hidden.address, h, 1)
            product(frames, rows, mix, mix_bias, lowest - lowest, n_rows * n_frames, h, c)
        else:
            for t in range(n_frames):
                to, of = _part(hidden, 0, t * h), _part(mixed, 0, t * c)
                product(to, of, mix, mix_bias, lowest - lowest, n_rows, h, c)
        out = matrix(table, OUT, start)
        for t in range(n_frames):
            first, last, tap = _joined(t, n_frames)
            seen, own = _part(hidden, 0, first * h), _part(taps, tap * h, 0)
            product(_part(out, 0, t * d), seen, own, bias, floor, n_rows, d, (last - first) * h)


@njit(nogil=True)
def block_backward(sizes, table, activated, wanted, added, lowest):
    """Add to the gradients of the weights and, where it is wanted, fill ``d_x``, or add to it."""
    n_clips, n_nodes, n_frames, c, h, d = sizes
    together = max(1, ROWS // n_nodes)
    for start in range(0, n_clips, together):
        end = min(start + together, n_clips)
        n_rows = (end - start) * n_nodes
        grad, hidden = matrix(table, GRAD, start), matrix(table, HIDDEN, start)
        # Scratch is dealt out from its beginning, anew for each few clips.
        free = table[SCRATCH, 0]
        if activated:
            out = matrix(table, OUT, start)
            where_positive(free, grad.address, out.address, lowest, n_rows * n_frames * d)
            grad = Matrix(free, n_frames * d, 1)
            free += n_rows * n_frames * d
        d_hidden = Matrix(free, n_frames * h, 1)
        free += n_rows * n_frames * h
        _time_backward(sizes, table, lowest, hidden, grad, d_hidden, n_rows)
        where_positive(d_hidden.address, d_hidden.address, hidden.address, lowest, n_rows * n_frames * h)
        d_mixed = Matrix(free, row_of_gradients(n_frames, c), 1)
        _mix_backward(sizes, table, lowest, matrix(table, MIXED, start), d_hidden, d_mixed, n_rows)
        free += n_rows * d_mixed.row
        for clip in range(start, end):
            own = _part(d_mixed, (clip - start) * n_nodes, 0)
            _space_backward(sizes, table, wanted, added, lowest, clip, own, free)


@njit(nogil=True)
def _time_backward(sizes, table, lowest, hidden, grad, d_hidden, n_rows):
    """Add to the gradients of the taps and their bias, and find that of ``hidden``."""
    _, _, n_frames, _, h, d = sizes
    d_taps, d_bias = matrix(table, D_TAPS, 0), matrix(table, D_TAPS_BIAS, 0)
    turned, zeros = matrix(table, TAPS_TURNED, 0), matrix(table, ZEROS, 0)
    ones, frames = Matrix(table[ONES, 0], 0, 0), Matrix(grad.address, d, 1)
    product(d_bias, ones, frames, d_bias, lowest, 1, d, n_rows * n_frames)  # sums of columns
    for t in range(n_frames):
        first, last, tap = _joined(t, n_frames)
        n_joined = last - first
        columns, own = Matrix(hidden.address + first * h, 1, hidden.row), _part(d_taps, tap * h, 0)
        product(own, columns, _part(grad, 0, t * d), own, lowest, n_joined * h, d, n_rows)
        # A frame gets its gradient from those that it is joined to, through the taps in reverse.
        to, taps = _part(d_hidden, 0, t * h), _part(turned, tap * d, 0)
        product(to, _part(grad, 0, first * d), taps, zeros, lowest, n_rows, h, n_joined * d)


@njit(nogil=True)
def _mix_backward(sizes, table, lowest, mixed, d_hidden, d_mixed, n_rows):
    """Add to the gradients of the channels' mixing and its bias, and find that of ``mixed``."""
    _, _, n_frames, c, h, _ = sizes
    d_mix, d_bias = matrix(table, D_MIX, 0), matrix(table, D_MIX_BIAS, 0)
    turned, zeros = matrix(table, MIX_TURNED, 0), matrix(table, ZEROS, 0)
    frames = Matrix(d_hidden.address, h, 1)
    product(d_bias, Matrix(table[ONES, 0], 0, 0), frames, d_bias, lowest, 1, h, n_rows * n_frames)
    if mixed.row == n_frames * c:  # all frames are rows of one matrix
        columns, to = Matrix(mixed.address, 1, c), Matrix(d_mixed.address, c, 1)
        product(d_mix, columns, frames, d_mix, lowest, c, h, n_rows * n_frames)
        product(to, frames, turned, zeros, lowest, n_rows * n_frames, c, h)
        return
    for t in range(n_frames):
        columns, grad = Matrix(mixed.address + t * c, 1, mixed.row), _part(d_hidden, 0, t * h)
        product(d_mix, columns, grad, d_mix, lowest, c, h, n_rows)
        # The zeros beyond this frame's channels are overwritten by the next frame.
        product(_part(d_mixed, 0, t * c), grad, turned, zeros, lowest, n_rows, round_up(c), h)


@njit(nogil=True)
def _space_backward(sizes, table, wanted, added, lowest, clip, d_mixed, free):
    """Find the gradient of ``x`` and add to that of the adjacency."""
    _, n_nodes, n_frames, c, _, _ = sizes
    if wanted:
        adjacency, d_x = matrix(table, ADJACENCY, 0), matrix(table, D_X, clip)
        start = d_x if added else matrix(table, ZEROS, 0)
        transposed = Matrix(adjacency.address, 1, adjacency.row)
        product(d_x, transposed, d_mixed, start, lowest, n_nodes, n_frames * c, n_nodes)
    padded = round_up(n_nodes)
    columns, d_adjacency = Matrix(free, padded, 1), matrix(table, D_ADJACENCY, 0)
    # `product` needs the columns of its second factor side by side; those of a transposed view are not.
    transpose(columns, matrix(table, X, clip), lowest, n_nodes, n_frames * c)
    product(d_adjacency, d_mixed, columns, d_adjacency, lowest, n_nodes, padded, n_frames * c)
