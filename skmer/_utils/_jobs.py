"""Many tasks over processes or machines, by joblib; on a Dask cluster none is lost with its worker."""

import os
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from uuid import uuid4

from joblib import effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend
from sklearn import config_context, get_config
from sklearn.utils.parallel import Parallel, delayed

from skmer._utils._arguments import JOBS, check_argument
from skmer._utils._files import digest
from skmer._utils._messages import see_page
from skmer._utils._progress import Progress

ATTEMPTS = 3
"""Times that a task is submitted whose worker died, or the data that it needs with one."""

_ROUND = 4  # tasks of each worker in a round, where a backend returns lists
_AHEAD = 2  # tasks submitted for each of the cluster's cores: one at work, one waiting


def run_jobs(function, tasks, *, n_jobs, shared, label=str, prefer=None, pre_dispatch="2*n_jobs"):
    """Run a function on each task, with what joblib is told to use.

    Parameters
    ----------
    function : callable
        Called as ``function(task, shared)``; importable where it runs.
    tasks : sequence
        First arguments; each is taken when its turn comes, and must not fail then.
    n_jobs : int or None
        Tasks at a time. On a Dask cluster it is the cluster that says how many.
    shared : object
        Second argument of all calls. It is sent to each worker of a Dask cluster once.
    label : callable, default=str
        What an error calls a task.
    prefer : {"threads", "processes"} or None, default=None
        What joblib takes where nobody has told it.
    pre_dispatch : int or str, default="2*n_jobs"
        Tasks handed out ahead of time, as of `joblib.Parallel`.

    Yields
    ------
    tuple of (int, object)
        Number and result of a task, as they are finished.

    Raises
    ------
    RuntimeError
        If a task was lost with its worker `ATTEMPTS` times.

    Examples
    --------
    >>> from operator import call
    >>> from skmer._utils._jobs import run_jobs
    >>> sorted(run_jobs(call, [abs, float], n_jobs=None, shared=-3))
    [(0, 3), (1, -3.0)]
    """
    check_argument("n_jobs", n_jobs, JOBS)
    backend, _ = get_active_backend()
    if hasattr(getattr(backend, "client", None), "scatter"):
        yield from _on_cluster(backend, function, tasks, shared, label)
        return
    # A generator: joblib takes tasks as workers become free, so that they need not all be there at once.
    home = _home()
    work = (delayed(_numbered)(function, k, task, shared, home) for k, task in enumerate(tasks))
    # Tasks are long: joblib's own batches of them would only leave workers idle at the end.
    options = {"batch_size": 1, "prefer": prefer, "pre_dispatch": pre_dispatch}
    if getattr(backend, "supports_return_generator", False):
        yield from Parallel(n_jobs=n_jobs, return_as="generator_unordered", **options)(work)
        return
    with Parallel(n_jobs=n_jobs, **options) as parallel:
        # These backends return all results at once: rounds let those of the first be kept before the last.
        while part := list(islice(work, _ROUND * effective_n_jobs(n_jobs))):
            yield from parallel(part)


def _home():
    """Number of this process and its folder, None where the folder is gone."""
    try:
        return os.getpid(), os.getcwd()
    except OSError:
        return os.getpid(), None


def _numbered(function, k, task, shared, home):
    parent, folder = home
    # A worker may have been started in another folder, from which relative paths lead elsewhere.
    if folder is not None and os.getppid() == parent:
        with suppress(OSError):
            os.chdir(folder)
    return k, function(task, shared)


def _on_cluster(backend, function, tasks, shared, label):
    """As `run_jobs`, over the Dask client of joblib's backend.

    joblib itself would wait for ever for a task that Dask has given up (`KilledWorker`), and end with all
    others at the first whose data were lost with a worker.
    """
    from distributed import CancelledError, KilledWorker

    waiting = iter(range(len(tasks)))
    with backend.retrieval_context():
        cluster = _Cluster(backend, function, tasks, shared, label)
        try:
            cluster.submit(islice(waiting, cluster.room()))
            for future in cluster.finished:
                k, place = cluster.pending.pop(future)
                try:
                    result = future.result()
                except (CancelledError, KilledWorker) as error:
                    cluster.submit_again(k, place, error)
                    continue
                cluster.submit(islice(waiting, cluster.room()))
                yield k, result
        finally:
            # Also where the caller stops listening: the cluster may be shared with others.
            cluster.client.cancel(list(cluster.pending))


class _Cluster:
    """Tasks in the hand of a Dask cluster; ``pending`` maps futures to their task and the data."""

    def __init__(self, backend, function, tasks, shared, label):
        from distributed import as_completed

        self.client, self.options = backend.client, backend.submit_kwargs
        self.function, self.tasks, self.shared, self.label = function, tasks, shared, label
        self.finished = as_completed([], loop=self.client.loop)
        self.pending = {}
        self.losses = Counter()
        self.place = None

    def room(self):
        """Tasks that may be submitted now, so that no core waits and no memory is filled."""
        return max(0, _AHEAD * max(1, sum(self.client.ncores().values())) - len(self.pending))

    def submit(self, numbers):
        for k in numbers:
            self.place = self.place or self._send()
            call = partial(_call, self.function, self.tasks[k], get_config())
            # A new key each time: under the old one Dask would hand back the future that was lost.
            key = f"{self.function.__name__}-{uuid4().hex}"
            future = self.client.submit(call, self.place, key=key, **self.options)
            self.pending[future] = k, self.place
            self.finished.add(future)

    def submit_again(self, k, place, error):
        self.losses[k] += 1
        if self.losses[k] == ATTEMPTS:
            raise RuntimeError(
                f"{self.label(self.tasks[k])} was lost with its worker {ATTEMPTS} times; look into the "
                "workers' logs, and give them more memory or less work at a time. "
                f"{see_page('distributed')}"
            ) from error
        if place is self.place:
            self.place = None  # what was sent may be lost with the worker
        self.submit([k])

    def _send(self):
        # To all workers, as data on one are lost with it. Unhashed, which would read all of it once more.
        send = partial(self.client.scatter, [self.shared], broadcast=True, hash=False)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return send()[0]
            except TimeoutError as error:
                raise TimeoutError(
                    "the Dask cluster has no worker; start one, or leave parallel_config('dask'). "
                    f"{see_page('distributed')}"
                ) from error
            except OSError:
                # A worker that was lost a moment ago still stands in the scheduler's list.
                if attempt == ATTEMPTS:
                    raise
                time.sleep(attempt / 2)


def _call(function, task, config, shared):
    """Run a task in a worker: settings of scikit-learn as at home, and nothing of its own on the cluster."""
    # A task that submitted tasks and waited for them would hold the very core that they wait for.
    with config_context(**config), parallel_config("sequential"):
        return function(task, shared)


_INTERRUPTS = threading.local()


@contextmanager
def raising_interrupts():
    """Let Ctrl-C end the fits inside with KeyboardInterrupt, rather than with the net as it is by then.

    Examples
    --------
    >>> from skmer._utils._jobs import interrupts_raise, raising_interrupts
    >>> with raising_interrupts():
    ...     interrupts_raise()
    True
    """
    before = interrupts_raise()
    _INTERRUPTS.active = True
    try:
        yield
    finally:
        _INTERRUPTS.active = before


def interrupts_raise():
    """Return whether a fit in this thread has to raise on Ctrl-C, since it is part of something larger."""
    return getattr(_INTERRUPTS, "active", False)


def run_clips(work, rows, *, cache=None, n_jobs=None, verbose=0, name="clips"):
    """Run a computation on every clip; those in the cache are read from it, in the workers.

    A clip is read, computed and written in one task, so that memory holds the clips at work and no more.

    Parameters
    ----------
    work : object
        With ``key(row, clip)``, which returns the cache key of a clip, and ``compute(row, clip)``, which
        returns an array. It is pickled to workers.
    rows : sequence
        What is known of each clip, such as the paths of its frames.
    cache : ArrayCache or None
        Where results are kept.
    n_jobs : int, default=None
        Clips at a time.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.
    name : str, default="clips"
        Its title.

    Yields
    ------
    tuple of (int, ndarray, str or None)
        Number, result and cache key of a clip, as they are finished; None without a cache.
    """
    results = run_jobs(_run, _Tasks(rows), n_jobs=n_jobs, shared=(work, cache), label=_label)
    computed = False
    with Progress(len(rows), title=name, unit="clip", verbose=verbose) as progress:
        for clip, (result, key, is_new) in results:
            computed |= is_new
            yield clip, result, key
            progress.add()
    if cache and computed:
        cache.prune()


def cache_key(name, version, settings, content):
    """Return the key of a result: by what computes it, its settings and the content of the clip."""
    return digest([name, version, settings, content])


class _Tasks:
    """Rows with their numbers, each taken when its turn comes."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, clip):
        if clip >= len(self.rows):
            raise IndexError(clip)
        return self.rows[clip], clip


def _run(task, shared):
    (row, clip), (work, cache) = task, shared
    key = work.key(row, clip) if cache else None
    result = cache.get(key) if cache else None
    is_new = result is None
    if is_new:
        result = work.compute(row, clip)
        if cache:
            cache.put(key, result)
    return result, key, is_new


def _label(task):
    return f"clip {task[1]}"
