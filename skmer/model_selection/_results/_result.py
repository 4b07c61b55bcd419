from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from skmer.metrics import (
    BaselineScores,
    class_scores,
    majority_predictions,
    subject_bootstrap,
    uar_score,
    uf1_score,
)
from skmer.model_selection._protocols import datasets_of
from skmer.model_selection._results._comparison import compare_results
from skmer.model_selection._results._exports import Exports
from skmer.model_selection._results._summary import as_text

_COLUMNS = ("clip", "subject", "seed", "truth", "prediction", "missing")
_CLIP_COLUMNS = ["clip", "subject", "truth", "missing", "fold", "majority"]


@dataclass(frozen=True, eq=False, repr=False)
class LOSOResult(Exports):
    """Out-of-fold predictions of a leave-one-subject-out run, and all that is read from them.

    With several seeds each is scored alone: ``per_seed`` holds the scores, ``accuracy``, ``uf1`` and ``uar``
    are their means.

    Parameters
    ----------
    predictions : pandas.DataFrame
        One row a clip and seed: ``clip``, ``subject``, ``seed``, ``truth``, ``prediction``, ``missing`` and,
        where the estimator has probabilities, ``probability_<class>`` for each class. Every seed holds the
        same clips in the same order.
    class_names : list
        All classes, sorted.
    run_card : dict, default={}
        Versions, parameters, seeds, sizes, fingerprint of the annotation sheet, hardware.

    Raises
    ------
    ValueError
        If the table lacks a column, or its seeds do not hold the same clips in the same order.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.model_selection import LOSOResult
    >>> table = pd.DataFrame({
    ...     "clip": ["a1", "a2", "b1", "b2"],
    ...     "subject": ["lab/a", "lab/a", "lab/b", "lab/b"],
    ...     "seed": 0,
    ...     "truth": ["happiness", "others", "others", "others"],
    ...     "prediction": ["happiness", "others", "others", "happiness"],
    ...     "missing": False,
    ... })
    >>> result = LOSOResult(table, ["happiness", "others"])
    >>> result.accuracy
    0.75
    >>> result.per_class["f1"].round(3).to_dict()
    {'happiness': 0.667, 'others': 0.8}
    """

    predictions: pd.DataFrame
    class_names: list
    run_card: dict = field(default_factory=dict)

    def __post_init__(self):
        lacking = [name for name in _COLUMNS if name not in self.predictions]
        if lacking:
            raise ValueError(
                f"predictions must have the columns {list(_COLUMNS)}, got none named {lacking[0]!r}."
            )
        codes, seeds = pd.factorize(self.predictions["seed"], use_na_sentinel=False)
        n_clips = len(codes) // max(len(seeds), 1)
        clips = self.predictions[["clip", "subject", "truth"]].to_numpy()
        in_order = np.array_equal(codes, np.repeat(np.arange(len(seeds)), n_clips))
        if not in_order or not np.array_equal(clips, np.tile(clips[:n_clips], (len(seeds), 1))):
            raise ValueError("predictions must hold, seed after seed, the same clips in the same order.")

    @cached_property
    def seeds(self):
        """Seeds in the order of the table; ``[None]`` where none was set; list."""
        return [None if pd.isna(seed) else seed for seed in self.predictions["seed"].unique()]

    @cached_property
    def runs(self):
        """Predicted classes; ndarray (n_seeds, n_clips)."""
        return self.predictions["prediction"].to_numpy().reshape(len(self.seeds), -1)

    @cached_property
    def clips(self):
        """``clip``, ``subject``, ``truth`` and ``missing`` of each clip once; DataFrame (n_clips, 4).

        Where folds are not subjects ``fold`` and ``majority``, the commonest training class, too.
        """
        names = [name for name in _CLIP_COLUMNS if name in self.predictions]
        return self.predictions[names].iloc[: self.runs.shape[1]]

    @property
    def truth(self):
        """True classes; ndarray (n_clips,)."""
        return self.clips["truth"].to_numpy()

    @property
    def groups(self):
        """Subjects; ndarray (n_clips,)."""
        return self.clips["subject"].to_numpy()

    @property
    def folds(self):
        """What each clip was held out with: its subject, or a name such as "casme2 -> samm"; ndarray."""
        return self.clips["fold" if "fold" in self.clips else "subject"].to_numpy()

    @property
    def n_clips(self):
        """Number of clips, each predicted once per seed."""
        return len(self.clips)

    @property
    def n_folds(self):
        """Number of folds: subjects held out, or data sets in a cross-dataset run."""
        return len(np.unique(self.folds))

    @property
    def n_missing(self):
        """Number of clips without features: never trained on, guessed as the commonest class."""
        return int(self.clips["missing"].sum())

    @property
    def class_counts(self):
        """Clips of each class; Series."""
        return pd.Series({name: int((self.truth == name).sum()) for name in self.class_names})

    @cached_property
    def per_seed(self):
        """Pooled ``accuracy``, ``uf1`` and ``uar`` of each seed; DataFrame (n_seeds, 3)."""
        scores = [_pooled_scores(self.truth, run, self.class_names) for run in self.runs]
        return pd.DataFrame(scores, index=pd.Index(self.seeds, name="seed"))

    @property
    def accuracy(self):
        """Share of clips predicted rightly, pooled over folds; the mean over seeds."""
        return float(self.per_seed["accuracy"].mean())

    @property
    def uf1(self):
        """Unweighted F1 of the pooled predictions; the mean over seeds."""
        return float(self.per_seed["uf1"].mean())

    @property
    def uar(self):
        """Unweighted average recall of the pooled predictions; the mean over seeds."""
        return float(self.per_seed["uar"].mean())

    @property
    def spread(self):
        """Standard deviation of the scores over seeds; NaN with one; Series."""
        return self.per_seed.std(ddof=1)

    @property
    def baseline(self):
        """Scores of the majority baseline, the commonest class of the training folds; BaselineScores."""
        return BaselineScores(**_pooled_scores(self.truth, self._majority, self.class_names))

    @property
    def _majority(self):
        """Commonest class among the training clips of each clip's fold; ndarray (n_clips,)."""
        if "majority" in self.clips:
            return self.clips["majority"].to_numpy()
        return majority_predictions(self.truth, self.groups)

    @cached_property
    def per_dataset(self):
        """Pooled scores of each data set's own clips and its majority baseline; mean over seeds; DataFrame.

        Columns ``n_clips``, ``n_folds``, ``accuracy``, ``uf1``, ``uar`` and those of the baseline, such as
        ``uf1_baseline``. A class that a set does not have counts in none of its scores.
        """
        of_clip = datasets_of(self.groups)
        rows = {str(name): self._scores_of(of_clip == name) for name in np.unique(of_clip)}
        return pd.DataFrame.from_dict(rows, orient="index").astype({"n_clips": int, "n_folds": int})

    def _scores_of(self, mask):
        truth = self.truth[mask]
        runs = pd.DataFrame([_pooled_scores(truth, run[mask], self.class_names) for run in self.runs])
        baseline = _pooled_scores(truth, self._majority[mask], self.class_names)
        counts = {"n_clips": mask.sum(), "n_folds": len(np.unique(self.folds[mask]))}
        return {**counts, **runs.mean(), **{f"{name}_baseline": score for name, score in baseline.items()}}

    @property
    def confusion(self):
        """Pooled clip counts, rows the truth, columns the prediction; mean over seeds; DataFrame."""
        counts = [confusion_matrix(self.truth, run, labels=self.class_names) for run in self.runs]
        return pd.DataFrame(np.mean(counts, axis=0), self.class_names, self.class_names)

    @property
    def per_class(self):
        """``n``, ``precision``, ``recall`` and ``f1`` of each class; mean over seeds; DataFrame."""
        tables = [class_scores(self.truth, run, labels=self.class_names) for run in self.runs]
        return (sum(tables) / len(tables)).astype({"n": int})

    @property
    def per_subject(self):
        """``n_clips``, ``n_classes`` and ``accuracy`` of each held-out subject; DataFrame."""
        right = pd.Series((self.runs == self.truth).mean(axis=0), index=self.clips.index)
        by_subject = self.clips.assign(accuracy=right).groupby("subject")
        return pd.DataFrame(
            {
                "n_clips": by_subject.size(),
                "n_classes": by_subject["truth"].nunique(),
                "accuracy": by_subject["accuracy"].mean(),
            }
        )

    @property
    def fold_mean(self):
        """Means over the folds' own scores, each over the classes seen in that fold; Series.

        NOT comparable with the pooled scores, nor with another set's: subjects miss classes, and a subject of
        two clips weighs as much as one of thirty.
        """
        folds = [self.folds == name for name in np.unique(self.folds)]
        scores = [_pooled_scores(self.truth[fold], run[fold]) for run in self.runs for fold in folds]
        return pd.DataFrame(scores).mean()

    def intervals(self, level=0.95, n_resamples=2000, random_state=0):
        """Percentile intervals of the pooled scores, from resampling whole subjects.

        Parameters
        ----------
        level : float, default=0.95
            Coverage.
        n_resamples : int, default=2000
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Source of the draws.

        Returns
        -------
        dict of str to Interval
            Keys "accuracy", "uf1" and "uar".
        """
        options = {"level": level, "n_resamples": n_resamples, "random_state": random_state}
        return subject_bootstrap(self.truth, self.runs, self.groups, **options)

    def compare(self, other, *, level=0.95, random_state=0):
        """Differences to another result on the same clips, with paired intervals and McNemar's test.

        Parameters
        ----------
        other : LOSOResult
            On the same clips; their order may differ.
        level : float, default=0.95
            Coverage of the intervals.
        random_state : int, RandomState instance or None, default=0
            Source of the bootstrap draws.

        Returns
        -------
        LOSOComparison
            Of this result minus the other.

        Raises
        ------
        ValueError
            If the clips, subjects or truths differ.
        """
        return compare_results(self, other, level=level, random_state=random_state)

    def __repr__(self):
        return as_text(self)


def _pooled_scores(truth, run, labels=None):
    options = {"labels": labels, "zero_division": np.nan}
    return {
        "accuracy": float(np.mean(truth == run)),
        "uf1": uf1_score(truth, run, **options),
        "uar": uar_score(truth, run, **options),
    }
