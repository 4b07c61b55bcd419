"""Callbacks of scikit-learn on a search: the tasks that `GridSearchCV` reports, reported here as well."""

from contextlib import contextmanager

from skmer._utils._sklearn import callback_management_context, safe_indexing


@contextmanager
def hearing(search, samples):
    """Tell the callbacks of a search of its beginning and its end.

    Parameters
    ----------
    search : BatchedSearch
        With callbacks (``set_callbacks``).
    samples : Samples
        All rows.

    Yields
    ------
    SearchTasks
        To be told of rounds and of the last fit.
    """
    weight = samples.params.get("sample_weight")
    given = {
        "X": samples.X,
        "y": samples.y,
        "metadata": None if weight is None else {"sample_weight": weight},
    }
    with callback_management_context(search):
        root = search._init_callback_context(max_subtasks=1 + bool(search.refit))
        root.call_on_fit_task_begin(estimator=search, **given)
        tasks = SearchTasks(search, samples, root, given)
        yield tasks
        tasks.end_rounds()
        root.call_on_fit_task_end(estimator=search, **given)


class SearchTasks:
    """The task tree of a search: rounds, fits, and the fit of the best candidate.

    A fit is reported when its predictions have arrived here; where it runs, callbacks do not reach.

    Parameters
    ----------
    search : BatchedSearch
        The search.
    samples : Samples
        All rows.
    root : CallbackContext
        Of the whole fit.
    given : dict
        Arguments of the whole fit, for the hooks.
    """

    def __init__(self, search, samples, root, given):
        self.search, self.samples, self.root, self.given = search, samples, root, given
        self.rounds = hasattr(search, "factor")
        self.all = None

    def round(self, tasks):
        """Return a function to be called with the number of each fit of a round that is finished."""
        if self.all is None:
            options = {"max_subtasks": None} if self.rounds else {"max_subtasks": len(tasks)}
            self.all = self._begin(self.root, "search", sequential_subtasks=self.rounds, **options)
        place = self.all
        if self.rounds:
            options = {"max_subtasks": len(tasks), "sequential_subtasks": False}
            place = self._begin(self.all, "halving-iteration", **options)
        left = set(range(len(tasks)))

        def finished(number):
            rows = tasks[number].train
            weight = (self.given["metadata"] or {}).get("sample_weight")
            given = {
                "X": lambda: safe_indexing(self.samples.X, rows),
                "y": self.samples.y[rows],
                "metadata": None if weight is None else {"sample_weight": safe_indexing(weight, rows)},
            }
            fit = self._begin(place, "candidate-split-evaluation", task_id=number, **given)
            fit.call_on_fit_task_end(estimator=self.search, **given)
            left.discard(number)
            if self.rounds and not left:
                place.call_on_fit_task_end(estimator=self.search)

        return finished

    def _begin(self, parent, name, task_id=None, X=None, y=None, metadata=None, **options):
        context = parent.subcontext(task_name=name, task_id=task_id, **options)
        return context.call_on_fit_task_begin(estimator=self.search, X=X, y=y, metadata=metadata)

    def end_rounds(self):
        """Report the end of all rounds, once."""
        if self.all is not None:
            self.all.call_on_fit_task_end(estimator=self.search)
            self.all = None

    @contextmanager
    def refit(self, model):
        """Report the fit of the best candidate, and let the model's own callbacks join."""
        self.end_rounds()
        context = self.root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(model):
            context.call_on_fit_task_begin(estimator=self.search, **self.given)
            yield
        context.call_on_fit_task_end(estimator=self.search, **self.given)
