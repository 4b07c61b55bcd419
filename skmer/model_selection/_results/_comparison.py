"""Comparison of two results on the same clips."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from skmer.metrics import mcnemar_exact, paired_bootstrap

_SCORES = ("accuracy", "uf1", "uar")


@dataclass(frozen=True, eq=False, repr=False)
class LOSOComparison:
    """Two results on the same clips, from :meth:`LOSOResult.compare`.

    Parameters
    ----------
    differences : pandas.DataFrame
        Rows ``accuracy``, ``uf1``, ``uar``; columns ``difference`` (first minus second), ``low`` and ``high``
        (paired subject bootstrap).
    mcnemar : pandas.DataFrame
        Exact test of every seed of the first against every seed of the second: ``seed_a``, ``seed_b``,
        ``only_a`` and ``only_b`` (clips that only one got right), ``p_value``.
    level : float
        Coverage of the intervals.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skmer.model_selection import evaluate_loso
    >>> y = np.tile(["happiness", "others", "others"], 10)
    >>> data = (y[:, None] == "others").astype(float), y, np.repeat(np.arange(6), 5)
    >>> tree = evaluate_loso(DecisionTreeClassifier(), *data)
    >>> print(tree.compare(evaluate_loso(DummyClassifier(), *data)))
              difference  95% interval
    accuracy      +0.333  +0.267 to +0.400
    uf1           +0.600  +0.577 to +0.625
    uar           +0.500  +0.500 to +0.500
    McNemar, exact: 10 clips only the first got right, 0 only the second, p = 0.002
    """

    differences: pd.DataFrame
    mcnemar: pd.DataFrame
    level: float

    def __repr__(self):
        lines = [f"{'':8}  difference  {self.level:.0%} interval"]
        for name, row in self.differences.iterrows():
            lines.append(f"{name:8}  {row.difference:+10.3f}  {row.low:+.3f} to {row.high:+.3f}")
        return "\n".join([*lines, self._test_line()])

    def _test_line(self):
        if len(self.mcnemar) > 1:
            p = self.mcnemar["p_value"]
            spread = f"from {p.min():.2g} to {p.max():.2g}, median {p.median():.2g}"
            return f"McNemar, exact, {len(p)} pairs of seeds: p {spread}"
        test = self.mcnemar.iloc[0]
        counts = f"{test.only_a:.0f} clips only the first got right, {test.only_b:.0f} only the second"
        return f"McNemar, exact: {counts}, p = {test.p_value:.2g}"


def compare_results(a, b, *, level, random_state):
    """Return the comparison of two results, their clips matched."""
    truth, groups, runs_a, runs_b = a.truth, a.groups, a.runs, b.runs[:, _matching_clips(a.clips, b.clips)]
    options = {"level": level, "random_state": random_state}
    intervals = paired_bootstrap(truth, runs_a, runs_b, groups, **options)
    differences = pd.DataFrame(
        [
            {"difference": getattr(a, name) - getattr(b, name), **intervals[name]._asdict()}
            for name in _SCORES
        ],
        index=list(_SCORES),
    )
    right_a, right_b = runs_a == truth, runs_b == truth
    tests = [
        (a.seeds[i], b.seeds[j], *mcnemar_exact(right_a[i], right_b[j]))
        for i, j in product(range(len(right_a)), range(len(right_b)))
    ]
    columns = ["seed_a", "seed_b", "p_value", "only_a", "only_b"]
    return LOSOComparison(differences, pd.DataFrame(tests, columns=columns), level)


def _matching_rows(keys, other_keys):
    """Return the row of the other table for each key, (subject, clip); -1 where it has none.

    None where the other table repeats a key, save in two tables of one order.
    """
    if len(keys) == len(other_keys) and (keys == other_keys).all():
        return np.arange(len(keys))
    if not other_keys.is_unique:
        return None
    return other_keys.get_indexer(keys)


def rows_in(result, clips):
    """Return the row of each clip of a result in clips that hold them; see `LOSOResult.rows_in`."""
    own = pd.MultiIndex.from_arrays([result.groups.astype(str), result.clips["clip"].astype(str)])
    have = pd.MultiIndex.from_arrays([clips.groups.astype(str), clips.table["clip"].astype(str)])
    rows = _matching_rows(own, have)
    if rows is None:
        raise ValueError("clips must have each (subject, clip) once, got repeated ones.")
    if (rows < 0).any():
        raise ValueError(
            f"clips must hold every clip of the result, got none named {own[rows < 0][0]}; pass the clips "
            "that were evaluated."
        )
    if not np.array_equal(clips.target[rows].astype(str), result.truth.astype(str)):
        raise ValueError("clips must have the result's true classes, got different ones.")
    return rows


def _matching_clips(clips, others):
    """Return the row of `others` for each row of `clips`, the same clips with the same truth."""
    keys, other_keys = (pd.MultiIndex.from_frame(table[["subject", "clip"]]) for table in (clips, others))
    rows = _matching_rows(keys, other_keys) if keys.is_unique and other_keys.is_unique else None
    if rows is None:
        raise ValueError("compare needs each (subject, clip) once in either result, got repeated ones.")
    if len(keys) != len(other_keys) or (rows < 0).any():
        raise ValueError(
            f"compare needs two results on the same clips, got {len(keys)} and {len(other_keys)} clips, "
            f"{int((rows >= 0).sum())} of them shared."
        )
    if not np.array_equal(clips["truth"].to_numpy(), others["truth"].to_numpy()[rows]):
        raise ValueError("compare needs the same true classes in both results, got different ones.")
    return rows
