"""Compilation by numba, and its cache on disk, whose faults cost a compilation and never a fit."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache

from skmer._utils._messages import warn_user


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


class ForgivingCache(FunctionCache):
    """The cache of a function; one that cannot be read or written draws a warning.

    numba lets such errors through to the caller: a full disk, or a file that a killed process left half
    written, would end every fit until somebody removes the file.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code that was compiled before; None where there is none, or none that can be read."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # pickle raises whatever the bytes stand for
            self._tell("read", error)
        with suppress(OSError):
            self.flush()  # an empty index, in which the next compilation finds its place
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, where that is possible."""
        try:
            super().save_overload(sig, data)
        except Exception as error:
            self._tell("written", error)

    def _tell(self, verb: str, error: Exception) -> None:
        warn_user(
            f"numba's cache in {self.cache_path} cannot be {verb} ({type(error).__name__}: {error}), so that "
            "this process compiles the training step itself; make room there, or name another folder in the "
            "environment variable NUMBA_CACHE_DIR."
        )


def cached(function: Any) -> Any:
    """Let a function that numba compiles on its first call have a `ForgivingCache`."""
    if hasattr(function, "py_func"):  # with NUMBA_DISABLE_JIT it is the plain function
        function._cache = ForgivingCache(function.py_func)
    return function


def compile_cached(compiler: Callable[..., Any], function: Callable[..., None]) -> Any:
    """Return ``compiler(function)``, for a compiler of numba that compiles at once, with a `ForgivingCache`.

    Parameters
    ----------
    compiler : callable
        Makes a decorator of ``cache=True`` or False.
    function : callable
        What is compiled.
    """
    with suppress(Exception):  # only a notice; what is wrong with the cache is told below
        if not FunctionCache(function)._cache_file._load_index():
            _tell_of_compilation()
    try:
        return compiler(cache=True)(function)
    except Exception as error:
        if "cannot cache" in str(error):
            raise
        cache = ForgivingCache(function)
        cache._tell("used", error)
    with suppress(OSError):
        cache.flush()
    return compiler(cache=False)(function)


@cache
def _tell_of_compilation() -> None:
    """Say once a process that what is not yet on this machine is being compiled."""
    logging.getLogger("skmer").warning(
        "skmer compiles its training step for this machine, which takes some seconds; it is kept on "
        "the disk, so that later fits start at once."
    )
