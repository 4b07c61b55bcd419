"""One computation per clip, in parallel, each result kept on disk."""

from skmer._utils._files import digest
from skmer._utils._jobs import run_jobs
from skmer._utils._progress import Progress


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
