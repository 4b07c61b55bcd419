"""Results of many methods on the same clips: one table, pairwise differences, mean ranks over subjects."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from skmer._utils._arguments import SEED, Named, check_argument, checked, integer, option
from skmer.metrics import critical_difference, holm_correction, paired_bootstrap, subject_randomization_test
from skmer.model_selection._every_epoch import SELECTION
from skmer.model_selection._methods import _methods_forms
from skmer.model_selection._results._result import LOSOResult

SCORES = ("accuracy", "uf1", "uar")
TEST_EPOCH, INFLATION = "UF1 at the test epoch (not comparable)", "inflation (not comparable)"


@dataclass(frozen=True, eq=False, repr=False)
class MethodsResult:
    """Results of many methods on one list of clips, from `evaluate_methods`.

    Parameters
    ----------
    results : dict of str to LOSOResult
        Each method's result, all on the same clips.
    published : pandas.DataFrame
        A row a method, of `skmer.literature.published_results`; empty cells where nothing is published.
    test_epoch : dict of str to LOSOResult, default={}
        Of nets, the result at the epoch that is best on each held-out subject. It is not comparable, and each
        of these says so.
    max_epochs : int, default=None
        Epochs of named nets where they are not those of their papers.

    Raises
    ------
    ValueError
        If there is no result, or they are not on the same clips.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.model_selection import evaluate_methods
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> found = evaluate_methods(["lda", "majority"], clips, baselines=False)
    >>> found.table[["N", "folds"]].to_numpy().tolist()
    [[40, 4], [40, 4]]
    >>> found.differences().loc[("lda", "majority"), "difference"] > 0
    np.True_
    """

    results: dict[str, LOSOResult]
    published: pd.DataFrame = field(default_factory=pd.DataFrame)
    test_epoch: dict[str, LOSOResult] = field(default_factory=dict)
    max_epochs: int | None = None

    def __post_init__(self):
        check_argument("results", self.results, [Named(LOSOResult, least=1)])
        check_argument("published", self.published, [pd.DataFrame])
        check_argument("test_epoch", self.test_epoch, [Named(LOSOResult)])
        check_argument("max_epochs", self.max_epochs, [integer(1), None])
        first = next(iter(self.results.values()))
        for name, result in self.results.items():
            same = [np.array_equal(result.clips[c], first.clips[c]) for c in ("clip", "subject", "truth")]
            if not all(same):
                raise ValueError(f"results must be on the same clips in one order, {name!r} is on others.")

    @property
    def first(self):
        """The first method's result, whose clips are those of all; LOSOResult."""
        return next(iter(self.results.values()))

    @cached_property
    def table(self):
        """One row a method; DataFrame.

        ``N``, ``folds``, pooled ``accuracy``, ``UF1`` and ``UAR``, the ends ``low`` and ``high`` of the 95 %
        interval of UF1 by subject, ``seconds`` in all fits and predictions, without landmarks and other
        features that are found once, before; ``published accuracy``,
        ``published F1``, ``published N`` and ``published verdict``. After ``select="test-epoch"`` also the
        UF1 that choosing the epoch on each held-out subject gives, and what it adds.
        """
        table = pd.DataFrame([self._row(name) for name in self.results], index=list(self.results))
        return table.astype({"published N": "Int64", "published accuracy": float, "published F1": float})

    def _row(self, name):
        result = self.results[name]
        low, high = result.intervals()["uf1"]
        row = {"N": result.n_clips, "folds": result.n_folds, "accuracy": result.accuracy}
        row |= {"UF1": result.uf1, "UAR": result.uar, "low": low, "high": high}
        card = result.run_card
        row["seconds"] = card.get("fit_seconds", card.get("seconds", np.nan))
        for column, source in _PUBLISHED.items():
            known = name in self.published.index and pd.notna(self.published.loc[name, source])
            row[column] = self.published.loc[name, source] if known else None
        if self.test_epoch:
            best = self.test_epoch[name].uf1 if name in self.test_epoch else np.nan
            row |= {TEST_EPOCH: best, INFLATION: best - result.uf1}
        return row

    @checked(score=[option(*SCORES)], n_resamples=[integer(1, 100_000)], random_state=SEED)
    def differences(self, score="uf1", *, level=0.95, n_resamples=10_000, random_state=0):
        """Return the difference of every two methods, with a p-value corrected for their number.

        Parameters
        ----------
        score : {"accuracy", "uf1", "uar"}, default="uf1"
            Pooled score.
        level : float, default=0.95
            Coverage of the intervals, each by itself.
        n_resamples : int, default=10000
            Draws of the interval and of the test.
        random_state : int, RandomState instance or None, default=0
            Source of the draws.

        Returns
        -------
        table : pandas.DataFrame
            Index the two methods; ``difference`` (first minus second), ``low`` and ``high`` (paired subject
            bootstrap), ``p_value`` (predictions exchanged by subject), ``p_holm`` (corrected by Holm's
            procedure over all pairs of the table).

        Raises
        ------
        ValueError
            If there is no such score, or methods differ in the number of seeds.
        """
        options = {"n_resamples": n_resamples, "random_state": random_state}
        rows = {}
        for a, b in combinations(self.results, 2):
            one, other = self.results[a], self.results[b]
            data = self.first.truth, one.runs, other.runs, self.first.groups
            low, high = paired_bootstrap(*data, level=level, **options)[score]
            p_value = subject_randomization_test(*data, **options)[score]
            difference = getattr(one, score) - getattr(other, score)
            rows[a, b] = {"difference": difference, "low": low, "high": high, "p_value": p_value}
        columns = ["difference", "low", "high", "p_value"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        table.index = pd.MultiIndex.from_tuples(rows, names=["a", "b"]) if rows else table.index
        return table.assign(p_holm=holm_correction(table["p_value"]))

    @cached_property
    def uf1_differences(self):
        """The table of `differences` with its defaults, computed once; DataFrame."""
        return self.differences()

    @cached_property
    def subject_accuracy(self):
        """Share of each subject's clips that each method got right; DataFrame (n_subjects, n_methods)."""
        return pd.DataFrame({name: result.per_subject["accuracy"] for name, result in self.results.items()})

    @cached_property
    def mean_ranks(self):
        """Mean over subjects of each method's rank by accuracy, 1 the best, ties shared; Series, sorted."""
        ranks = rankdata(-self.subject_accuracy.round(12), axis=1)
        return pd.Series(ranks.mean(axis=0), index=list(self.results)).sort_values(kind="stable")

    def critical_difference(self, level=0.95):
        """Return the difference of mean ranks that two methods need to be told apart, by Nemenyi's test.

        Parameters
        ----------
        level : float, default=0.95
            One less the probability of any false difference.

        Returns
        -------
        difference : float

        Raises
        ------
        ValueError
            If the result holds one method alone.
        """
        if len(self.results) < 2:
            raise ValueError(f"results must hold at least two methods to compare, got {[*self.results]}.")
        return critical_difference(len(self.results), len(self.subject_accuracy), level=level)

    @property
    def heading(self):
        """Numbers of methods, clips, folds, classes and seeds, and the stamp of the test epoch; str."""
        stamp = f"; columns of the test epoch: {SELECTION.upper()}" if self.test_epoch else ""
        epochs = (
            "" if self.max_epochs is None else f"; named nets train {self.max_epochs} epochs, not their own"
        )
        return f"{len(self.results)} methods: {self.first.heading}{epochs}{stamp}"

    @property
    def rows(self):
        """Cells of the table as every form shows them, the header first; list of tuple of str."""
        return _methods_forms.rows_of(self)

    @cached_property
    def notes(self):
        """Lines below the table: clips, differences that hold, mean ranks; list of str."""
        return _methods_forms.notes_of(self)

    # Functions of a result, each with its own docstring.
    to_markdown = _methods_forms.to_markdown
    to_latex = _methods_forms.to_latex
    to_csv = _methods_forms.to_csv

    def __repr__(self):
        return _methods_forms.as_text(self)

    def _repr_html_(self):
        return _methods_forms.as_html(self)

    def to_html(self, path, *, title=None):
        """Write one page with the table, differences, mean ranks and every run card.

        Parameters
        ----------
        path : path-like
            File to write.
        title : str, default=None
            Heading of the page.

        Returns
        -------
        pathlib.Path
            The file. It loads nothing else.
        """
        from skmer.inspection import write_methods_report

        return write_methods_report(self, path, title=title)


_PUBLISHED = {
    "published accuracy": "accuracy",
    "published F1": "f1",
    "published N": "n_clips",
    "published verdict": "verdict",
}
