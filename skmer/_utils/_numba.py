"""Compilation by numba, once for a machine where a folder can be written."""

from numba import njit


def compiled(function):
    """Compile a function on its first call, without Python's lock, and keep the result on disk.

    Parameters
    ----------
    function : callable
        What numba can compile in nopython mode.

    Returns
    -------
    callable

    Examples
    --------
    >>> from skmer._utils._numba import compiled
    >>> compiled(lambda a, b: a + b)(1, 2)
    3
    """
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        return njit(nogil=True)(function)  # each process compiles for itself
