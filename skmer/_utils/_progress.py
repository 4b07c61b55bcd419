"""Progress of long work: a bar on a terminal, a line now and then in a log."""

import sys
import time

from tqdm import tqdm

FIRST = 30.0
"""Seconds until the first line of a log; what is done by then prints none."""

EVERY = 60.0
"""Seconds between lines."""


class Progress:
    """Context in which work is counted.

    Parameters
    ----------
    total : int
        Pieces of work.
    done : int, default=0
        Pieces that were done before.
    title, unit : str
        What the work is, and what its pieces are.
    verbose : int or bool
        0 shows nothing.

    Examples
    --------
    >>> from skmer._utils._progress import Progress
    >>> with Progress(2, title="folds", unit="fit", verbose=1) as progress:
    ...     progress.add(2)
    """

    def __init__(self, total, done=0, *, title, unit, verbose):
        self.total, self.done, self.before = total, done, done
        self.title, self.unit, self.verbose = title, unit, verbose

    def __enter__(self):
        self.started = self.told = time.monotonic()
        # tqdm asks whether standard error is a terminal where it is told nothing.
        quiet = None if self.verbose else True
        self.bar = tqdm(
            total=self.total, initial=self.done, desc=self.title, unit=self.unit, disable=quiet, leave=None
        )
        self.in_log = bool(self.verbose) and self.bar.disable
        return self

    def add(self, n=1):
        """Count pieces of work that are done.

        Parameters
        ----------
        n : int, default=1
            Their number.
        """
        self.done += n
        self.bar.update(n)
        now = time.monotonic()
        wait = FIRST if self.told == self.started else EVERY
        if self.in_log and now - self.told >= wait:
            self.told = now
            print(self.line(now - self.started), file=sys.stderr, flush=True)

    def line(self, seconds):
        """Return the line of a log after some seconds.

        Parameters
        ----------
        seconds : float
            Since the work began.

        Returns
        -------
        line : str
            Share that is done, and the time that the rest will take at this pace.
        """
        here = self.done - self.before
        left = seconds / here * (self.total - self.done) if here else 0.0
        share = f"{self.title}: {self.done} of {self.total} {self.unit}s ({self.done / self.total:.0%})"
        return f"{share} after {_time(seconds)}, about {_time(left)} left"

    def __exit__(self, *exception):
        self.bar.close()
        if self.in_log and self.told != self.started:
            seconds = _time(time.monotonic() - self.started)
            print(f"{self.title}: {self.done} of {self.total} {self.unit}s in {seconds}", file=sys.stderr)


def _time(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
