"""Loops over the pixels of a frame that numba compiles: binary patterns, and votes into blocks."""

import numpy as np

from skmer._utils._numba import compiled

# Rounding errors are forgiven, or flat areas would flicker. Nothing else is: an interpolated level is a + b
# sqrt(2) with halves of integers a and b, and for radii up to 10 it equals an integer or misses it by more.
SLACK = 5e-6


@compiled
def _compare_point(flat, start, steps, weights, bit, codes):
    """Set a bit of the codes of a row where one sampling point is at least as bright as the centre."""
    n = len(codes)
    centre = flat[start : start + n]
    a = flat[start + steps[0] : start + steps[0] + n]
    if weights[0] == 1.0:
        for x in range(n):
            codes[x] |= np.uint8(a[x] >= centre[x]) * bit
        return
    b = flat[start + steps[1] : start + steps[1] + n]
    c = flat[start + steps[2] : start + steps[2] + n]
    d = flat[start + steps[3] : start + steps[3] + n]
    for x in range(n):
        level = weights[0] * a[x] + weights[1] * b[x] + weights[2] * c[x] + weights[3] * d[x]
        codes[x] |= np.uint8(level + SLACK >= centre[x]) * bit


@compiled
def pattern_codes(volume, t, margin, steps, weights, codes):
    """Write the binary patterns around the pixels of one frame, all but a margin.

    Parameters
    ----------
    volume : ndarray of shape (T, H, W), uint8, C-contiguous
        The frames.
    t : int
        Number of the frame whose pixels are the centres.
    margin : int
        Pixels left out on each side.
    steps : ndarray of shape (n_points, 4), int64
        Steps in the flat volume from a centre to the pixels that a sampling point is interpolated from.
    weights : ndarray of shape (n_points, 4), float64
        Weights of these pixels; where the first is 1, the others are not read.
    codes : ndarray of shape (H - 2 * margin, W - 2 * margin), uint8
        Filled; bit p is set where point p is at least as bright as the centre.
    """
    flat = volume.reshape(-1)
    _, height, width = volume.shape
    codes[:] = 0
    for y in range(len(codes)):
        start = (t * height + y + margin) * width + margin
        for p in range(len(steps)):
            _compare_point(flat, start, steps[p], weights[p], np.uint8(1 << p), codes[y])


@compiled
def add_counts(bins, table, rows, columns, counts):
    """Count the pixels of each block of a frame in the bin that a table has for their code.

    Parameters
    ----------
    bins : ndarray of shape (H, W), uint8
        Codes of the pixels.
    table : ndarray of int64
        Bin of each code.
    rows, columns : ndarray of shape (n, 2), int64
        First row or column of a block, and that after its last.
    counts : ndarray of shape (n_rows, n_columns, n_bins), float64
        Added to.
    """
    for i in range(len(rows)):
        for y in range(rows[i, 0], rows[i, 1]):
            for j in range(len(columns)):
                for x in range(columns[j, 0], columns[j, 1]):
                    counts[i, j, table[bins[y, x]]] += 1.0


@compiled
def add_votes(bins, votes, rows, columns, counts):
    """Add the vote of each pixel of each block of a frame to its bin; shapes as in `add_counts`."""
    for i in range(len(rows)):
        for y in range(rows[i, 0], rows[i, 1]):
            for j in range(len(columns)):
                for x in range(columns[j, 0], columns[j, 1]):
                    counts[i, j, bins[y, x]] += votes[y, x]


@compiled
def add_orientations(volume, t, along, up, table, by_length, rows, columns, counts):
    """Add the vote of each pixel of each block of a frame to the bin of its gradient's orientation.

    Parameters
    ----------
    volume : ndarray of shape (T, H, W), uint8, C-contiguous
        The frames.
    t : int
        Number of the frame.
    along, up : int
        Steps in the flat volume to the next pixel on the horizontal and vertical axis.
    table : ndarray of shape (511, 511), uint8
        Bin of a gradient, at [vertical + 255, horizontal + 255].
    by_length : bool
        Whether the vote is the gradient's length rather than one.
    rows, columns : ndarray of shape (n, 2), int64
        As in `add_counts`, counted from the second row and column of the frame.
    counts : ndarray of shape (n_rows, n_columns, n_bins), float64
        Added to.
    """
    flat = volume.reshape(-1)
    _, height, width = volume.shape
    for i in range(len(rows)):
        for y in range(rows[i, 0], rows[i, 1]):
            start = (t * height + y + 1) * width + 1
            for j in range(len(columns)):
                for at in range(start + columns[j, 0], start + columns[j, 1]):
                    a = np.int64(flat[at + along]) - np.int64(flat[at - along])
                    b = np.int64(flat[at + up]) - np.int64(flat[at - up])
                    if a != 0 or b != 0:
                        vote = np.sqrt(np.float64(a * a + b * b)) if by_length else 1.0
                        counts[i, j, table[b + 255, a + 255]] += vote
