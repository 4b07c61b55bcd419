"""Samples of an evaluation or a search, and which parameters of ``fit`` take their groups."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_consistent_length, has_fit_parameter

from skmer._utils._arguments import Items, check_argument, frames_of, integer
from skmer._utils._files import row_digests
from skmer._utils._label_checks import check_given, check_names
from skmer._utils._messages import see_page, warn_user
from skmer._utils._sklearn import (
    BaseSearchCV,
    GroupsConsumerMixin,
    check_method_params,
    num_samples,
    safe_indexing,
)
from skmer.model_selection._routing import routed_params


class Fold(NamedTuple):
    """Clips that are held out together, and those trained on instead; masks over all clips."""

    name: str
    train: np.ndarray
    test: np.ndarray


@dataclass(eq=False)
class Samples:
    """Rows of an evaluation or a search, and what is derived from them, each derived once.

    Parameters
    ----------
    X : array-like
        One row a clip.
    y, groups, clip_ids : ndarray of shape (n_clips,)
        Labels, subjects (None in a search without) and names.
    classes : ndarray
        All classes, sorted.
    fingerprint : str, optional
        Of the annotation sheet.
    estimator : estimator, optional
        The one under evaluation: it decides which clips are `present` and what takes the groups.
    params : dict, optional
        Further parameters of ``fit``, such as ``sample_weight``.
    tables : list, optional
        `X`, and the features that stateless transformers made of it.
    """

    X: Any
    y: np.ndarray
    groups: Any
    clip_ids: np.ndarray
    classes: np.ndarray
    fingerprint: str | None = None
    estimator: Any = None
    params: dict = field(default_factory=dict)
    tables: list = field(default_factory=list)

    def __post_init__(self):
        self.tables = self.tables or [self.X]
        # The transformers behind each table, and the number of the table by the key of their settings.
        self.transformers, self._numbers, self.files = [None], {}, {}
        self._warned = False

    @cached_property
    def present(self) -> np.ndarray:
        """Clips with features under the estimator; ndarray of bool."""
        return ~missing_clips(self.estimator, self.X)

    @cached_property
    def digests(self) -> list:
        """Content digests of the rows; list of str."""
        return row_digests(self.X, self.files)

    @cached_property
    def folds(self) -> list:
        """Leave-one-subject-out folds; list of Fold."""
        return [Fold(str(s), self.groups != s, self.groups == s) for s in np.unique(self.groups)]

    @cached_property
    def group_names(self) -> list:
        """Names under which the estimator's ``fit`` takes the groups; list of str."""
        return group_names(self.estimator, self.y)

    def warn_of_searches(self) -> None:
        """Warn, once, of each search in the estimator whose splitter ignores the groups."""
        if not self._warned:
            self._warned = True
            warn_of_searches(self.estimator, self.y)

    def take(self, rows) -> "Samples":
        """Return some of the samples."""
        groups = None if self.groups is None else self.groups[rows]
        X, y = safe_indexing(self.X, rows), self.y[rows]
        params = check_method_params(self.X, self.params, indices=rows)
        return Samples(
            X, y, groups, self.clip_ids[rows], self.classes, self.fingerprint, self.estimator, params
        )

    def features(self, transformers, key) -> int:
        """Return the number of the table of features that stateless transformers make, once a key."""
        if key not in self._numbers:
            self._numbers[key] = len(self.tables)
            self.tables.append(clone(transformers).transform(self.X))
            self.transformers.append(transformers)
        return self._numbers[key]

    def fit_params(self, model, rows) -> dict:
        """Return keyword arguments of a model's ``fit`` on some rows."""
        # Parameters with an entry a clip are split with the clips, all others handed on as they are.
        params = check_method_params(self.y, self.params, indices=rows)
        if get_config()["enable_metadata_routing"]:
            groups = {} if self.groups is None else {"groups": self.groups[rows]}
            return routed_params(model, groups | params)
        if self.groups is None:
            return params
        return params | dict.fromkeys(group_names(model, self.y), self.groups[rows])

    def for_workers(self, numbers) -> "Samples":
        """Return a copy that holds the tables with these numbers and none of the others."""
        # None in the place of the others, so that each table keeps its number.
        tables = [table if k in numbers else None for k, table in enumerate(self.tables)]
        return replace(self, X=None, estimator=None, tables=tables)


def check_samples(X, y, groups, estimator=None, params=None) -> Samples:
    """Read clips, a tuple (X, y, groups) or three arrays into :class:`Samples`."""
    if isinstance(X, tuple) and len(X) == 3 and y is None and groups is None:
        X, y, groups = X
    if y is None and groups is None:
        return _from_clips(X, estimator, params)
    check_given(y, groups)
    X = frames_of(X)
    y = check_names("y", y)
    groups = check_names("groups", groups)
    return _checked(Samples(X, y, groups, np.arange(len(y)), np.unique(y), None, estimator, params or {}))


def _from_clips(clips, estimator, params):
    lacking = [name for name in ("frames", "target", "groups") if not hasattr(clips, name)]
    if lacking:
        raise TypeError(
            f"X must be clips with frames, target and groups where y and groups are not given, got "
            f"{type(clips).__name__} without {lacking[0]}."
        )
    y = check_names("target", clips.target)
    table = getattr(clips, "table", None)
    # Names that a subject's clips share tell none of them apart.
    named = table is not None and "clip" in table
    named = named and len(set(zip(clips.groups, table["clip"], strict=True))) == len(y)
    clip_ids = table["clip"].to_numpy() if named else np.arange(len(y))
    classes = np.sort(np.asarray(getattr(clips, "class_names", np.unique(y))))
    fingerprint = getattr(clips, "fingerprint", None)
    groups = check_names("groups", clips.groups)
    X = _input_of(estimator, clips)
    samples = Samples(X, y, groups, clip_ids, classes, fingerprint, estimator, params or {})
    return _checked(samples)


def _input_of(estimator, clips):
    """Return the sequences of clips where a transformer of the estimator asks for them, else their frames."""
    asking = [step for step in transformers_of(estimator) if _takes_sequences(step)]
    if not asking:
        return clips.frames
    sequences = getattr(clips, "sequences", None)
    if sequences is None or all(entry is None for entry in sequences):
        raise ValueError(
            f"X must have sequences for {type(asking[0]).__name__}, the clips hold keyframes alone; read "
            "them from their folder, or pass clips.frames, target and groups."
        )
    return sequences


def _takes_sequences(step):
    beside = [part for _, part in getattr(step, "transformer_list", ())]  # of a FeatureUnion
    if beside:
        return any(_takes_sequences(part) for part in beside if part not in ("drop", "passthrough"))
    return getattr(get_tags(step).input_tags, "sequences", False)


def _checked(samples):
    check_consistent_length(samples.X, samples.y, samples.groups, samples.clip_ids)
    subjects = np.unique(samples.groups)
    if len(subjects) < 2:
        raise ValueError(f"groups must name at least two subjects, got only {subjects[0]}.")
    unknown = np.setdiff1d(samples.y, samples.classes)
    if len(unknown):
        raise ValueError(f"target must hold classes of class_names only, got {unknown[0]!s} as well.")
    return samples


def splits_of(splitter, X, y, groups):
    """Return the splits that a splitter draws; ValueError that names cv where it cannot on these clips."""
    try:
        return list(splitter.split(X, y, groups))
    except ValueError as error:
        raise ValueError(f"cv must be able to split these clips: {error}") from error


def missing_clips(estimator, X) -> np.ndarray:
    """Return a mask of the clips without features: NaN in X, or in what a step with ``on_missing`` returns.

    Only stateless transformers may precede that step, since nothing is fitted here.
    """
    empty = _empty_rows(X)
    if empty is None:
        return _unfound(estimator, X)
    if isinstance(X, np.ndarray) and X.dtype == object and not empty.all():  # sequences
        empty[~empty] = _unfound(estimator, X[~empty])
    return empty


def _unfound(estimator, X):
    """Return a mask of the clips of which a step with ``on_missing`` returns NaN, or None for images."""
    steps = []
    for step in transformers_of(estimator):
        steps.append(clone(step))
        if _may_return_nan(step):
            features = make_pipeline(*steps).fit_transform(X)
            if isinstance(features, np.ndarray) and features.dtype == object:
                return np.array([_is_none(clip) for clip in features])
            features = np.asarray(features, dtype=float)
            return np.isnan(features.reshape(len(features), -1)).any(axis=1)
        if get_tags(step).requires_fit:
            break
    return np.zeros(num_samples(X), dtype=bool)


def _may_return_nan(step):
    """Return whether `on_missing` of a transformer, or of an estimator within it, is other than "raise"."""
    params = step.get_params().items()
    return any(value != "raise" for name, value in params if name.rpartition("__")[2] == "on_missing")


def _empty_rows(X):
    """Return a mask of rows without a number in a table, and of clips that are None or hold NaN.

    None for frames and sequences that are all there.
    """
    if isinstance(X, pd.DataFrame):
        holds_numbers = len(X.select_dtypes("number").columns) > 0
        return X.isna().to_numpy().all(axis=1) if holds_numbers else None
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
        missing = np.array([entry is None or _holds_nan(entry) for entry in X])
        return missing if missing.any() else None
    if not (isinstance(X, np.ndarray) and np.issubdtype(X.dtype, np.floating)):
        return None
    empty = np.isnan(X.reshape(len(X), -1))
    return empty.any(axis=1) if X.ndim > 2 else empty.all(axis=1)


def _is_none(clip):
    return clip is None or (isinstance(clip, np.ndarray) and clip.dtype == object and clip[0] is None)


def _holds_nan(entry):
    return isinstance(entry, np.ndarray) and entry.dtype.kind == "f" and bool(np.isnan(entry).any())


def transformers_of(estimator):
    """Yield the transformers of an estimator in order, through searches and pipelines within pipelines."""
    # A feature selector has `estimator` too, and is a transformer itself.
    while hasattr(estimator, "estimator") and not hasattr(type(estimator), "get_support"):
        estimator = estimator.estimator
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps:
            if step not in (None, "passthrough"):
                yield from transformers_of(step)
    elif hasattr(estimator, "transform"):
        yield estimator


def steps_of(estimator, prefix=""):
    """Yield an estimator, or the steps of a Pipeline, each with the prefix of its fit parameters."""
    if not isinstance(estimator, Pipeline):
        yield prefix, estimator
        return
    for name, step in estimator.steps:
        if hasattr(step, "fit"):
            yield from steps_of(step, f"{prefix}{name}__")


def group_names(estimator, y) -> list:
    """Return the names under which ``fit`` takes the groups: of a step of a Pipeline ``<step>__groups``."""
    if get_config()["enable_metadata_routing"]:
        return sorted(routed_params(estimator, {"groups": ()}))
    return [prefix + "groups" for prefix, step in steps_of(estimator) if _takes_groups(step, y)]


def _takes_groups(step, y):
    if isinstance(step, BaseSearchCV):
        return splits_by_group(step, y)[0]
    return has_fit_parameter(step, "groups")


def warn_of_searches(estimator, y) -> None:
    """Warn of each search in an estimator whose splitter ignores the groups."""
    for _, step in steps_of(estimator):
        grouped, splitter = (True, "") if not isinstance(step, BaseSearchCV) else splits_by_group(step, y)
        if not grouped:
            warn_user(
                f"{type(step).__name__} splits the training clips by {splitter}, which puts a subject on "
                f"both sides; pass cv=LeaveOneGroupOut() or cv=GroupKFold() to it. {see_page('protocols')}"
            )


def splits_by_group(search, y) -> tuple[bool, str]:
    """Return whether the splitter of a search keeps groups apart, or is an unknown one; and its name."""
    # A search of this package turns None and numbers into splitters by subject.
    splitter = search.splitter(y) if hasattr(search, "splitter") else check_cv(search.cv, y, classifier=True)
    # A splitter from elsewhere may use groups without scikit-learn's mixin. It is believed here; the audit
    # looks at the splits that it draws.
    outside = not type(splitter).__module__.startswith("sklearn.")
    return isinstance(splitter, GroupsConsumerMixin) or outside, type(splitter).__name__


def warn_of_shared_subjects(splits, groups) -> None:
    """Warn where a split has a subject on both sides."""
    both = [np.intersect1d(groups[train], groups[test]) for train, test in splits]
    crossed = [shared for shared in both if len(shared)]
    if crossed:
        warn_user(
            f"{len(crossed)} of {len(splits)} splits of cv have a subject on both sides, such as "
            f"{crossed[0][0]}; leave cv out, or pass GroupKFold(), say. {see_page('protocols')}"
        )


def warn_of_unlearnable(y, splits, groups=None) -> None:
    """Warn of classes whose clips are all held out together: no fit that predicts one has seen it.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        Labels.
    splits : list of (train, test)
        Rows.
    groups : ndarray of shape (n_clips,), optional
        Subjects, for the sentence.
    """
    pairs = [(set(y[train].tolist()), set(y[test].tolist())) for train, test in splits]
    learned = set().union(*(train & test for train, test in pairs))
    for name in sorted(set().union(*(test for _, test in pairs)) - learned, key=str):
        rows = np.flatnonzero(y == name)
        whose = "" if groups is None else f" of {', '.join(map(str, np.unique(groups[rows])[:3]))}"
        clips = f"{len(rows)} clip{'s' if len(rows) > 1 else ''}{whose}"
        warn_user(
            f"The class {name!r} ({clips}) is in no training data when it is asked for, since all its clips "
            "are held out together: none can be predicted, and they count as errors. Leave the class out, or "
            "merge it with another."
        )


def check_seeds(seeds) -> list:
    """Return seeds as a list: None is the estimator's own ``random_state``, a number n is ``range(n)``."""
    if seeds is None:
        return [None]
    if isinstance(seeds, Integral) and not isinstance(seeds, bool) and 0 < int(seeds) < 2**31:
        return list(range(int(seeds)))
    check_argument("seeds", seeds, [Integral, Items(integer(0, 2**32 - 1), None)])
    # Twice the same seed would count twice in means, and be one part of a checkpoint.
    if isinstance(seeds, Integral) or not len(seeds) or len({*seeds}) < len(seeds):
        raise ValueError(f"seeds must be None, a positive number of seeds or distinct seeds, got {seeds!r}.")
    return list(seeds)


def seeded(estimator, seed):
    """Return an unfitted copy whose every ``random_state`` is `seed`; None leaves them alone."""
    estimator = clone(estimator)
    if seed is None:
        return estimator
    names = [name for name in estimator.get_params() if name.split("__")[-1] == "random_state"]
    return estimator.set_params(**dict.fromkeys(names, seed))
