"""Seeded random streams and a fixed number of threads: the conditions of a repeatable fit."""

import threading
from collections.abc import Sequence
from contextlib import ContextDecorator
from dataclasses import dataclass

import torch

N_STREAMS = 4
"""Seeds that `Streams.from_seeds` takes."""


@dataclass
class Streams:
    """Random streams of a fit, one for each use; no global generator is read or moved.

    Attributes
    ----------
    weights : int
        Seed of the initial weights.
    shuffle, augmentation, dropout : torch.Generator
        Order of the rows; flips, noise and head motion; dropout masks.

    Examples
    --------
    >>> from skmer.training import Streams
    >>> Streams.from_seeds([0, 1, 2, 3]).weights
    0
    """

    weights: int
    shuffle: torch.Generator
    augmentation: torch.Generator
    dropout: torch.Generator

    @classmethod
    def from_seeds(cls, seeds: Sequence[int]) -> "Streams":
        """Return the streams of four seeds.

        Parameters
        ----------
        seeds : sequence of int
            Four integers below 2**31, in the order of the attributes.

        Returns
        -------
        streams : Streams
            Fresh.
        """
        return cls(int(seeds[0]), *[torch.Generator().manual_seed(int(seed)) for seed in seeds[1:N_STREAMS]])


class _OneThread(ContextDecorator):
    """Give torch one thread on the CPU for a while, however many callers ask for it at once.

    The products of these networks take microseconds: handing them to a second thread costs more than it
    saves, and on a busy machine twenty times as much. With one thread a result does not depend on the
    machine's cores either.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callers = 0
        self._own = threading.local()

    def __enter__(self) -> None:
        # torch keeps a count for each of Python's threads; a new thread begins with what was set last.
        depth = self._own.depth = getattr(self._own, "depth", 0) + 1
        if depth > 1:
            return
        with self._lock:
            if self._callers == 0:
                self._before = torch.get_num_threads()
            self._callers += 1
            torch.set_num_threads(1)

    def __exit__(self, *exception: object) -> None:
        self._own.depth -= 1
        if self._own.depth > 0:
            return
        with self._lock:
            self._callers -= 1
            torch.set_num_threads(self._before)


_SHARED = _OneThread()


def one_thread() -> _OneThread:
    """Return a context manager: one torch thread inside, the previous number after.

    Returns
    -------
    context : context manager
        Reentrant, and shared by all threads of Python.

    Examples
    --------
    >>> import torch
    >>> from skmer.training import one_thread
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    return _SHARED
