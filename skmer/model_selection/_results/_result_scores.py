"""Columns and scores of a result, from its out-of-fold table, and the comparison of two results."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, TEXT, check_argument, checked, real
from skmer._utils._files import written
from skmer._utils._text import html_table, latex_table
from skmer.metrics import majority_predictions, mcnemar_exact, paired_bootstrap, uar_score, uf1_score
from skmer.model_selection._protocols import datasets_of

_COLUMNS = ("clip", "subject", "seed", "truth", "prediction", "missing")


def check_table(table) -> None:
    """Refuse a table that is no out-of-fold table."""
    check_argument("predictions", table, [pd.DataFrame])
    lacking = [name for name in _COLUMNS if name not in table]
    if lacking:
        raise ValueError(
            f"predictions must have the columns {list(_COLUMNS)}, got none named {lacking[0]!r}."
        )
    _check_cells(table)
    codes, seeds = pd.factorize(table["seed"], use_na_sentinel=False)
    n_clips = len(codes) // max(len(seeds), 1)
    clips = table[["clip", "subject", "truth"]].to_numpy()
    # All scores are computed on the table as a (seeds, clips) grid: this is where it may be folded so.
    in_order = np.array_equal(codes, np.repeat(np.arange(len(seeds)), n_clips))
    if not in_order or not np.array_equal(clips, np.tile(clips[:n_clips], (len(seeds), 1))):
        raise ValueError("predictions must hold, seed after seed, the same clips in the same order.")


def _check_cells(table):
    if not len(table) or not table.columns.is_unique:
        raise ValueError("predictions must have rows, and each column once.")
    for name in ("clip", "subject", "truth", "prediction", "missing"):
        empty = table[name].isna() | (table[name].astype(str).str.strip() == "")
        if empty.any():
            raise ValueError(f"predictions must have no empty cell, {name} has one in row {empty.argmax()}.")
    keys = table[["seed", "subject", "clip"]].astype(str)
    if keys.duplicated().any():
        twice = keys.loc[keys.duplicated(), "clip"].iloc[0]
        raise ValueError(f"predictions must hold each clip of a subject once a seed, {twice!r} is repeated.")
    if not set(table["missing"].unique()) <= {True, False}:
        raise ValueError("predictions must be True or False in the column missing.")
    if "reliability" in table and not all(map(real(0, 1).is_satisfied_by, table["reliability"].dropna())):
        raise ValueError("predictions must hold numbers from 0 to 1, or NaN, in the column reliability.")
    columns = [name for name in table if str(name).startswith("probability_")]
    if columns:
        probabilities = table[columns].to_numpy()
        is_numeric = probabilities.dtype.kind in "fiu"
        if not is_numeric or not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
            raise ValueError("predictions must hold numbers from 0 to 1 in the columns of probabilities.")


def pooled_scores(truth, run, labels=None) -> dict:
    """Return accuracy, UF1 and UAR of some predictions, counted together."""
    # A class that is neither true nor predicted has no score, and takes no part in the mean.
    options = {"labels": labels, "zero_division": np.nan}
    return {
        "accuracy": float(np.mean(truth == run)),
        "uf1": uf1_score(truth, run, **options),
        "uar": uar_score(truth, run, **options),
    }


def majority_of(result) -> np.ndarray:
    """Return the commonest class among the training clips of each clip's fold."""
    if "majority" in result.clips:
        return result.clips["majority"].to_numpy()
    return majority_predictions(result.truth, result.groups)


def dataset_scores(result) -> pd.DataFrame:
    """Return pooled scores of each data set's own clips, and of its majority baseline."""
    of_clip, majority = datasets_of(result.groups), majority_of(result)
    rows = {str(name): _scores_of(result, majority, of_clip == name) for name in np.unique(of_clip)}
    return pd.DataFrame.from_dict(rows, orient="index").astype({"n_clips": int, "n_folds": int})


def _scores_of(result, majority, mask):
    truth, names = result.truth[mask], result.class_names
    runs = pd.DataFrame([pooled_scores(truth, run[mask], names) for run in result.runs])
    baseline = pooled_scores(truth, majority[mask], names)
    counts = {"n_clips": mask.sum(), "n_folds": len(np.unique(result.folds[mask]))}
    return {**counts, **runs.mean(), **{f"{name}_baseline": score for name, score in baseline.items()}}


def coverage_curve(result) -> pd.DataFrame | None:
    """Return coverage, reliability and accuracy as ever less reliable clips are taken in; None without."""
    if "reliability" not in result.clips or result.clips["reliability"].isna().all():
        return None
    # Clips without a value come last.
    reliability = result.clips["reliability"].to_numpy(dtype=float)
    order = np.argsort(-np.nan_to_num(reliability, nan=-1.0), kind="stable")
    right = pd.Series((result.runs == result.truth).mean(axis=0)[order])
    # Clips of one reliability have no order: each stands for the mean of them.
    right = right.groupby(np.nan_to_num(reliability[order], nan=-1.0)).transform("mean")
    n_clips = np.arange(1, len(order) + 1)
    columns = {"coverage": n_clips / len(order), "reliability": reliability[order]}
    return pd.DataFrame({**columns, "accuracy": right.cumsum().to_numpy() / n_clips})


def subject_scores(result) -> pd.DataFrame:
    """Return the numbers of clips and classes, and the accuracy, of each subject."""
    right = pd.Series((result.runs == result.truth).mean(axis=0), index=result.clips.index)
    by_subject = result.clips.assign(accuracy=right).groupby("subject")
    columns = {
        "n_clips": by_subject.size(),
        "n_classes": by_subject["truth"].nunique(),
        "accuracy": by_subject["accuracy"].mean(),
    }
    return pd.DataFrame(columns)


def fold_means(result) -> pd.Series:
    """Return the means of the folds' own scores, which are not comparable."""
    folds = [result.folds == name for name in np.unique(result.folds)]
    scores = [pooled_scores(result.truth[fold], run[fold]) for run in result.runs for fold in folds]
    return pd.DataFrame(scores).mean()


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

    def __post_init__(self):
        for name in ("differences", "mcnemar"):
            check_argument(name, getattr(self, name), [pd.DataFrame])
        check_argument("level", self.level, [real(0, 1)])

    def __repr__(self):
        lines = [f"{'':8}  difference  {self.level:.0%} interval"]
        for name, row in self.differences.iterrows():
            lines.append(f"{name:8}  {row.difference:+10.3f}  {row.low:+.3f} to {row.high:+.3f}")
        return "\n".join([*lines, self._test_line()])

    def _repr_html_(self):
        rows = [("", "difference", f"{self.level:.0%} interval")]
        for name, row in self.differences.iterrows():
            rows.append((name, f"{row.difference:+.3f}", f"{row.low:+.3f} to {row.high:+.3f}"))
        return html_table(rows, self._test_line())

    @checked(path=[*PATH, None], caption=[*TEXT, None], label=[*TEXT, None])
    def to_latex(self, path=None, *, caption=None, label=None):
        r"""Return the differences with their intervals as a LaTeX table, for booktabs.

        Parameters
        ----------
        path : path-like, default=None
            File to write; None returns the text instead.
        caption, label : str, default=None
            Of a floating table around it; None of both: no such table.

        Returns
        -------
        text : str or None
            None where `path` is given; McNemar's test stands in a comment.
        """
        names = {"accuracy": "Accuracy", "uf1": "UF1", "uar": "UAR"}
        body = [
            (names[name], f"${row.difference:+.3f}$", f"$[{row.low:+.3f}, {row.high:+.3f}]$")
            for name, row in self.differences.iterrows()
        ]
        header = ("", "Difference", rf"{100 * self.level:.0f}\% interval")
        options = {"escape": False, "caption": caption, "label": label}
        return written(latex_table([header, *body], [self._test_line()], **options), path)

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
    # Clips of one name cannot be told apart but by their place, which has just been seen to differ.
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
