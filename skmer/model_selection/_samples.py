"""What an evaluation is given: clips or arrays, which of them are missing, and a model per seed."""

import warnings
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn import get_config
from sklearn.base import clone
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import _num_samples, check_consistent_length, column_or_1d, has_fit_parameter

from skmer.model_selection._subjects import is_grouped, steps_of


class Samples(NamedTuple):
    """One row a clip."""

    X: Any
    y: np.ndarray
    groups: np.ndarray
    clip_ids: np.ndarray
    classes: np.ndarray
    fingerprint: str | None


def check_samples(X, y, groups):
    """Read clips, a tuple (X, y, groups) or three arrays into :class:`Samples`."""
    if isinstance(X, tuple) and len(X) == 3 and y is None and groups is None:
        X, y, groups = X
    if y is None and groups is None:
        return _from_clips(X)
    if y is None or groups is None:
        lacking = "y" if y is None else "groups"
        raise ValueError(f"{lacking} must be given with X, got None; or pass clips that hold both.")
    y = column_or_1d(y)
    return _checked(X, y, groups, np.arange(len(y)), np.unique(y), None)


def _from_clips(clips):
    lacking = [name for name in ("frames", "target", "groups") if not hasattr(clips, name)]
    if lacking:
        raise TypeError(
            f"X must be clips with frames, target and groups where y and groups are not given, got "
            f"{type(clips).__name__} without {lacking[0]}."
        )
    y = column_or_1d(clips.target)
    table = getattr(clips, "table", None)
    named = table is not None and "clip" in table
    clip_ids = table["clip"].to_numpy() if named else np.arange(len(y))
    classes = np.asarray(getattr(clips, "class_names", np.unique(y)))
    return _checked(clips.frames, y, clips.groups, clip_ids, classes, getattr(clips, "fingerprint", None))


def _checked(X, y, groups, clip_ids, classes, fingerprint):
    groups = column_or_1d(groups)
    check_consistent_length(X, y, groups, clip_ids)
    subjects = np.unique(groups)
    if len(subjects) < 2:
        raise ValueError(f"groups must name at least two subjects, got only {subjects[0]}.")
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(f"target must hold classes of class_names only, got {unknown[0]!s} as well.")
    return Samples(X, y, groups, clip_ids, np.sort(classes), fingerprint)


def missing_clips(estimator, X):
    """Which clips have no features: NaN in X, or in what a step with ``on_missing`` makes of it.

    Only steps that learn nothing may stand before that step, since nothing is fitted here.
    """
    empty = _empty_rows(X)
    if empty is not None:
        return empty
    steps = []
    for step in _steps(estimator):
        steps.append(clone(step))
        if _may_return_nan(step):
            features = np.asarray(make_pipeline(*steps).fit_transform(X), dtype=float)
            return np.isnan(features.reshape(len(features), -1)).any(axis=1)
        if get_tags(step).requires_fit:
            break
    return np.zeros(_num_samples(X), dtype=bool)


def _may_return_nan(step):
    """Whether `on_missing` of a transformer, or of an estimator within it, is other than "raise"."""
    params = step.get_params().items()
    return any(value != "raise" for name, value in params if name.rpartition("__")[2] == "on_missing")


def _empty_rows(X):
    """Rows without a number in a table, clips with NaN in landmarks; None where X is frames."""
    if isinstance(X, pd.DataFrame):
        holds_numbers = len(X.select_dtypes("number").columns) > 0
        return X.isna().to_numpy().all(axis=1) if holds_numbers else None
    if not (isinstance(X, np.ndarray) and np.issubdtype(X.dtype, np.floating)):
        return None
    empty = np.isnan(X.reshape(len(X), -1))
    return empty.any(axis=1) if X.ndim > 2 else empty.all(axis=1)


def _steps(estimator):
    """Transformers that data meets one after the other, through searches and pipelines within pipelines."""
    while hasattr(estimator, "estimator") and not hasattr(type(estimator), "get_support"):  # no selector
        estimator = estimator.estimator
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps:
            if step not in (None, "passthrough"):
                yield from _steps(step)
    elif hasattr(estimator, "transform"):
        yield estimator


def check_seeds(seeds):
    """None, a number of seeds or the seeds themselves -> list."""
    if seeds is None:
        return [None]
    if isinstance(seeds, Integral) and seeds > 0:
        return list(range(seeds))
    seeds = [] if isinstance(seeds, Integral) else list(seeds)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be None, a positive number of seeds or distinct seeds, got {seeds}.")
    return seeds


def seeded(estimator, seed):
    """Unfitted copy whose every ``random_state`` is `seed`; None leaves them alone."""
    estimator = clone(estimator)
    if seed is None:
        return estimator
    names = [name for name in estimator.get_params() if name.split("__")[-1] == "random_state"]
    return estimator.set_params(**dict.fromkeys(names, seed))


def group_names(estimator, y):
    """Names under which ``fit`` has a use for the subjects; warns of a search whose splitter has none.

    Steps of a Pipeline are handed theirs as ``<step>__groups``; with metadata routing the Pipeline is asked.
    """
    names = []
    for prefix, step in steps_of(estimator):
        grouped, splitter = _takes_groups(step, y)
        if grouped:
            names.append(prefix + "groups")
        elif splitter:
            warnings.warn(
                f"{type(step).__name__} splits the training clips by {splitter}, which puts a subject on "
                "both sides; pass cv=LeaveOneGroupOut() or cv=GroupKFold() to it.",
                UserWarning,
                stacklevel=3,
            )
    if isinstance(estimator, Pipeline) and get_config()["enable_metadata_routing"]:
        return sorted(get_routing_for_object(estimator).consumes("fit", ["groups"]))
    return names


def _takes_groups(step, y):
    """Whether a step's ``fit`` wants the subjects, and the name of the splitter of a search; (bool, str)."""
    if isinstance(step, BaseSearchCV):
        return is_grouped(step, y)
    return has_fit_parameter(step, "groups"), ""
