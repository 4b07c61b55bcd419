"""Result of an evaluation of a spotter: movements, scores, curves and exports."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from skmer._utils._arguments import check_argument
from skmer._utils._text import naming
from skmer.spotting import _exports
from skmer.spotting._counts import ROWS, Comparison, pooled_scores
from skmer.spotting._interval_scores import spotting_score
from skmer.spotting._movements import video_names
from skmer.spotting._recognition_scores import Recognition
from skmer.spotting._resampling import recognition_interval, resampled_intervals


@dataclass(frozen=True, eq=False, repr=False)
class SpottingResult:
    """Spotted movements of all videos beside the true ones, with scores, curves and exports.

    Parameters
    ----------
    movements : DataFrame
        Spotted movements: ``video``, ``onset``, ``offset``, ``type``, and ``score`` and ``apex`` if known;
        ``emotion`` of a spotter that recognises.
    intervals : DataFrame
        True movements.
    videos : DataFrame
        All videos, those without a movement too: ``video``, ``group``, ``fps`` and ``n_frames``.
    run_card : dict, default={}
        Spotter, parameters, protocol, source and versions, and ``recognised_types`` where not all types of
        movements were named.

    Raises
    ------
    ValueError
        If a movement is of none of the videos, or the table of videos lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.spotting import SpottingResult
    >>> videos = pd.DataFrame({"video": ["a", "b"], "group": ["s1", "s2"], "fps": 30.0, "n_frames": 900})
    >>> true = pd.DataFrame({"video": ["a", "a"], "onset": [30, 90], "offset": [40, 150]})
    >>> SpottingResult(true[:1], true, videos).scores["f1"].round(3).to_dict()
    {'micro': 1.0, 'macro': 0.0, 'all': 0.667}
    """

    movements: pd.DataFrame
    intervals: pd.DataFrame
    videos: pd.DataFrame
    run_card: dict = field(default_factory=dict)

    def __post_init__(self):
        for name in ("movements", "intervals", "videos"):
            check_argument(name, getattr(self, name), [pd.DataFrame])
        check_argument("run_card", self.run_card, [dict])
        lacking = [name for name in ("video", "group", "fps", "n_frames") if name not in self.videos]
        if lacking:
            raise ValueError(
                f"videos must have the columns video, group, fps and n_frames, not {lacking[0]!r}."
            )
        for name in ("movements", "intervals", "videos"):
            table = getattr(self, name)
            if len(table) and "video" not in table:
                raise ValueError(f"{name} must have the column video, got {list(table.columns)[:10]}.")
            if len(table):  # 1.0 in one table is 1 in another
                object.__setattr__(self, name, table.assign(video=video_names(table["video"])))
        names = set(self.videos["video"])
        for name in ("movements", "intervals"):
            table = getattr(self, name)
            strange = set(table["video"]) - names if len(table) else set()
            if strange:
                raise ValueError(f"{name} must be of the videos, {sorted(strange)[0]!r} is none of them.")

    @property
    def n_videos(self):
        """Number of videos; int."""
        return len(self.videos)

    @property
    def n_empty(self):
        """Number of videos without a true movement; int."""
        return int((~self.videos["video"].isin(self.intervals["video"])).sum())

    @property
    def n_subjects(self):
        """Number of subjects, each left out once; int."""
        return int(self.videos["group"].nunique())

    @cached_property
    def scores(self):
        """Scores of micro, macro and all movements, as `spotting_score` gives them; DataFrame."""
        return spotting_score(self.intervals, self.movements, videos=self.videos, zero_division=0)

    @cached_property
    def _compared(self):
        return Comparison.take(self.intervals, self.movements, self.videos)

    @cached_property
    def hits(self):
        """True for each spotted movement that matches a true one; ndarray of bool."""
        return self._compared.match() >= 0

    @cached_property
    def counts(self):
        """``n_true``, ``n_pred`` and ``n_matched`` of each video and type; DataFrame."""
        return self._compared.counts(self._compared.match())

    @cached_property
    def per_subject(self):
        """Counts of all movements and ``f1`` of each subject; DataFrame."""
        counts = self.counts.xs("all", level="type")
        counts = counts.groupby(self.videos.set_index("video")["group"]).sum()
        return counts.assign(f1=pooled_scores(*counts.to_numpy().T)[2])

    @cached_property
    def curve(self):
        """Precision, recall and F1 of each type against the least score that a movement must have; DataFrame.

        Columns ``type``, ``threshold``, ``precision``, ``recall``, ``f1`` and ``fp_per_minute``. It is for
        looking: a threshold that is chosen here was chosen on the test.
        """
        columns = ["type", "threshold", "precision", "recall", "f1", "fp_per_minute"]
        if "score" not in self.movements or not len(self.movements):
            return pd.DataFrame(columns=columns)
        scores = self.movements["score"].to_numpy(dtype=float)
        rows = []
        for threshold in np.unique(np.quantile(scores, np.linspace(0, 1, 41), method="lower")):
            kept = self.movements[scores >= threshold]
            table = spotting_score(self.intervals, kept, videos=self.videos, zero_division=0)
            rows += [(kind, threshold, *table.loc[kind, columns[2:]]) for kind in ROWS]
        return pd.DataFrame(rows, columns=columns)

    def confidence(self, level=0.95, n_resamples=2000, random_state=0):
        """Return percentile intervals of pooled F1 and of the score of recognition, resampling subjects.

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
            Keys "micro", "macro" and "all", and "str" where movements were given emotions.
        """
        groups = self.videos.set_index("video")["group"].reindex(self._order)
        resampling = level, n_resamples, random_state
        intervals = resampled_intervals(self.counts, groups, *resampling)
        if self._recognition is not None:
            intervals["str"] = recognition_interval(self._recognition, *resampling)
        return intervals

    @property
    def _order(self):
        return self.counts.index.get_level_values("video").unique()

    @cached_property
    def _recognition(self):
        if "emotion" not in self.movements:
            return None
        return Recognition.of(self._compared, types=self.run_card.get("recognised_types"))

    @property
    def recognition(self):
        """Spot-then-recognise score of the types that were named; STRScore, or None.

        It is None of a spotter that names no emotions: its table of movements has no column ``emotion``.
        """
        return None if self._recognition is None else self._recognition.score()

    # Functions of a result, each with its own docstring.
    to_csv = _exports.to_csv
    to_json = _exports.to_json
    to_markdown = _exports.to_markdown
    to_latex = _exports.to_latex
    to_html = _exports.to_html

    def __repr__(self):
        return _exports.as_text(self)

    def _repr_html_(self):
        return _exports.as_html(self)

    @classmethod
    def from_json(cls, path):
        """Read what :meth:`to_json` wrote.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        SpottingResult
        """
        parts = _exports.parts_of_json(path)
        with naming(getattr(path, "name", path)):
            result = cls(*parts)
            _ = result.scores  # kept: what the tables lack is said here, beside the file's name
            return result
