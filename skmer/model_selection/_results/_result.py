"""Result of an evaluation: the out-of-fold table, and all scores that are computed from it."""

from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from skmer._utils._arguments import SEED, Items, check_argument, checked, real
from skmer._utils._sklearn import HasMethods
from skmer._utils._text import naming
from skmer.metrics import BaselineScores, accuracy_at_coverage, class_scores, subject_bootstrap
from skmer.model_selection._results import _model_card, _result_scores, _summary
from skmer.model_selection._results._result_scores import compare_results, rows_in

_CLIP_COLUMNS = ["clip", "subject", "truth", "missing", "reliability", "fold", "majority"]


@dataclass(frozen=True, eq=False, repr=False)
class LOSOResult:
    """Out-of-fold predictions of an evaluation, with scores, tables, comparison and exports.

    With several seeds each is scored alone: ``per_seed`` holds the scores, ``accuracy``, ``uf1`` and ``uar``
    are their means.

    Parameters
    ----------
    predictions : pandas.DataFrame
        One row a clip and seed: ``clip``, ``subject``, ``seed``, ``truth``, ``prediction``, ``missing`` and,
        where the estimator has probabilities, ``probability_<class>`` for each class. ``reliability`` of a
        clip's movement, 0 to 1 or NaN, where its landmarks were found in images. Every seed holds the same
        clips in the same order.
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
        _result_scores.check_table(self.predictions)
        check_argument("class_names", self.class_names, [Items(str, Real, least=1)])
        check_argument("run_card", self.run_card, [dict])
        unknown = sorted(
            {*self.predictions["truth"], *self.predictions["prediction"]} - {*self.class_names}, key=str
        )
        if unknown or len({*self.class_names}) < len(self.class_names):
            raise ValueError(
                f"class_names must name each class of the predictions once, got {self.class_names}"
                + (f" without {unknown[0]!r}." if unknown else ".")
            )

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

        Where there is one, its ``reliability``; where folds are not subjects ``fold`` and ``majority``, the
        commonest training class, too.
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
        """Fold of each clip: its subject, or a name such as "casme2 -> samm"; ndarray."""
        return self.clips["fold" if "fold" in self.clips else "subject"].to_numpy()

    @property
    def n_clips(self):
        """Number of clips, each predicted once per seed."""
        return len(self.clips)

    @property
    def n_folds(self):
        """Number of folds."""
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
        scores = [_result_scores.pooled_scores(self.truth, run, self.class_names) for run in self.runs]
        return pd.DataFrame(scores, index=pd.Index(self.seeds, name="seed"))

    @property
    def accuracy(self):
        """Fraction of clips predicted correctly, pooled over folds; the mean over seeds."""
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

    @cached_property
    def coverage(self):
        """Accuracy of the clips whose movement is most reliable, as ever more are taken in; DataFrame, None.

        A row a clip, the most reliable first: ``coverage``, the share of clips so far, ``reliability`` of the
        clip, and ``accuracy`` of those so far, mean over seeds. None where no clip has a reliability.
        """
        return _result_scores.coverage_curve(self)

    @property
    def reliable_half_accuracy(self):
        """Accuracy of the more reliable half of the clips; NaN where none has a reliability; float."""
        if self.coverage is None:
            return float("nan")
        return accuracy_at_coverage(self.coverage["coverage"], self.coverage["accuracy"])

    @property
    def baseline(self):
        """Scores of the majority baseline, the commonest class of the training folds; BaselineScores."""
        majority = _result_scores.majority_of(self)
        return BaselineScores(**_result_scores.pooled_scores(self.truth, majority, self.class_names))

    @cached_property
    def per_dataset(self):
        """Pooled scores of each data set's own clips and its majority baseline; mean over seeds; DataFrame.

        Columns ``n_clips``, ``n_folds``, ``accuracy``, ``uf1``, ``uar`` and those of the baseline, such as
        ``uf1_baseline``. A class that a set does not have counts in none of its scores.
        """
        return _result_scores.dataset_scores(self)

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
        return _result_scores.subject_scores(self)

    @property
    def fold_mean(self):
        """Means over the folds' own scores, each over the classes seen in that fold; Series.

        NOT comparable with the pooled scores, nor with another set's: subjects miss classes, and a subject of
        two clips weighs as much as one of thirty.
        """
        return _result_scores.fold_means(self)

    @checked(level=[real(0, 1)], random_state=SEED)
    def intervals(self, level=0.95, n_resamples=2000, random_state=0):
        """Return percentile intervals of the pooled scores, from resampling whole subjects.

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

    @checked(level=[real(0, 1)], random_state=SEED)
    def compare(self, other, *, level=0.95, random_state=0):
        """Return differences to another result on the same clips, with intervals and McNemar's test.

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

    @property
    def heading(self):
        """Number of clips, folds, classes and seeds in a line; str."""
        return _summary.heading(self)

    @property
    def notes(self):
        """Lines below the scores: class counts, inner searches, missing clips; list of str."""
        return list(_summary.notes(self))

    @checked(level=[real(0, 1)])
    def summary_rows(self, level=0.95):
        """Return the rows that every form shows: pooled scores, intervals, baseline, data sets, fold means.

        Parameters
        ----------
        level : float, default=0.95
            Coverage of the intervals.

        Returns
        -------
        list of tuple of str
            A label, and the cells of accuracy, UF1 and UAR.
        """
        return _summary.summary_rows(self, level)

    @checked(clips=[HasMethods("select")])
    def rows_in(self, clips):
        """Return the row of each clip of the result in other clips, by subject and name.

        Parameters
        ----------
        clips : MicroExpressionClips
            The clips that were evaluated, or more.

        Returns
        -------
        ndarray of shape (n_clips,)
            Rows.

        Raises
        ------
        ValueError
            If one is not there or not unique, or has another class.
        """
        return rows_in(self, clips)

    # Functions of a result, each with its own docstring.
    to_markdown = _summary.to_markdown
    to_latex = _summary.to_latex
    to_csv = _summary.to_csv
    to_json = _summary.to_json
    to_megc_log = _summary.to_megc_log
    model_card = _model_card.model_card

    def __repr__(self):
        return _summary.as_text(self)

    def _repr_html_(self):
        return _summary.as_html(self)

    def to_html(self, path, clips=None, *, estimator=None, landmarks=None, title=None, frame_size=224):
        """Write one page with scores, pictures, run card, and every clip to leaf through and filter.

        The page holds all it needs and loads nothing, so it can be mailed or archived. It shows frames of
        the clips that it is given: those of a licensed corpus make it as private as the corpus.

        Parameters
        ----------
        path : path-like
            File to write.
        clips : MicroExpressionClips, default=None
            The clips that were evaluated, or more, for their frames: images and paths become small JPEG
            pictures, landmarks line drawings with the motion enlarged. None leaves the pictures out.
        estimator : DeReGRLClassifier or Pipeline, default=None
            One that is fitted, for pictures of its actions, their weights and its losses; it needs `clips`.
        landmarks : ndarray of shape (n_clips, 3, 68, 2), default=None
            Landmarks of `clips`, px; images are cropped around them.
        title : str, default=None
            Heading of the page.
        frame_size : int, default=224
            Longer side of the frames' pictures, px.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ValueError
            If `clips` lacks a clip of the result or has other classes, or `estimator` is given without it.
        TypeError
            If `estimator` has no actions.
        """
        from skmer.inspection import write_report

        options = {"estimator": estimator, "landmarks": landmarks, "title": title, "frame_size": frame_size}
        return write_report(self, path, clips, **options)

    @classmethod
    def from_json(cls, path):
        """Read what :meth:`to_json` wrote.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        LOSOResult
            With the same table, classes and run card.
        """
        table, class_names, run_card = _summary.parts_of_json(path)
        with naming(getattr(path, "name", path)):
            return cls(table, class_names, run_card)
