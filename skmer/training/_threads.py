"""One thread for networks that are too small for two."""

import threading
from contextlib import ContextDecorator

import torch


class _OneThread(ContextDecorator):
    """Give torch one thread on the CPU for a while, however many callers ask for it at once.

    The products of these networks take microseconds: handing them to a second thread costs more than it
    saves, and on a busy machine twenty times as much. With one thread a result does not depend on the
    machine's cores either.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._callers = 0
        self._own = threading.local()

    def __enter__(self):
        # torch counts for each of Python's threads apart; a new one begins with what was set last.
        depth = self._own.depth = getattr(self._own, "depth", 0) + 1
        if depth > 1:
            return
        with self._lock:
            if self._callers == 0:
                self._before = torch.get_num_threads()
            self._callers += 1
            torch.set_num_threads(1)

    def __exit__(self, *exception):
        self._own.depth -= 1
        if self._own.depth > 0:
            return
        with self._lock:
            self._callers -= 1
            torch.set_num_threads(self._before)


_SHARED = _OneThread()


def one_thread():
    """Return the context in which torch has one thread; who leaves it has as many as before."""
    return _SHARED
