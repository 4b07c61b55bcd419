"""What an evaluation is given: clips or arrays, which of them are missing, and a model per seed."""

import warnings
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import _num_samples, check_consistent_length, column_or_1d, has_fit_parameter

from skmer.model_selection._searches import is_grouped, steps_of


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
    """Which clips have no features: NaN in X, or in what a first step with ``on_missing`` makes of it."""
    n_clips = _num_samples(X)
    if isinstance(X, np.ndarray) and np.issubdtype(X.dtype, np.floating):
        empty = np.isnan(X.reshape(n_clips, -1))
        return empty.any(axis=1) if X.ndim > 2 else empty.all(axis=1)
    pipeline = getattr(estimator, "estimator", estimator)
    step = pipeline.steps[0][1] if isinstance(pipeline, Pipeline) else None
    if getattr(step, "on_missing", "raise") == "raise":
        return np.zeros(n_clips, dtype=bool)
    features = np.asarray(clone(step).fit(X).transform(X), dtype=float)
    return np.isnan(features.reshape(n_clips, -1)).any(axis=1)


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
        return is_grouped(step.cv, y)
    return has_fit_parameter(step, "groups"), ""
